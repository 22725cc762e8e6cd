"""Puts the areas of a file into the city's tree, and notes those that do not fit."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from services.registry.domain.areas import Area, AreaLevel, AreaRules, Draft, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Every area that will be in force, each as a draft, whether the file states it or it stays as it is."""

    drafts: Mapping[str, Draft]
    children: Mapping[str, tuple[str, ...]]
    #: Codes the file states.
    stated: frozenset[str]
    #: Codes that go, the deepest last.
    retired: tuple[str, ...]
    #: Outlines that followed from the areas inside before.
    outlines_before: Mapping[str, BaseGeometry]

    def bottom_up(self) -> list[str]:
        """All codes, the deepest first."""
        return sorted(self.drafts, key=lambda code: (self.drafts[code].level, code), reverse=True)

    def path_of(self, code: str) -> str:
        """All codes from the city to this area, joined by dots."""
        path = [code]
        while (parent := self.drafts[path[0]].parent_code) in self.drafts:
            path.insert(0, parent)
        return ".".join(path)


def plant(drafts: Sequence[Draft], present: Mapping[str, Area], rules: AreaRules) -> tuple[Tree, list[Fault]]:
    """The tree as it would be, and what is wrong with the file's rows in it; those rows are left out."""
    standing = {code: area for code, area in present.items() if not area.retired}
    outlines = _outlines(standing)
    rows, faults = _rooted(drafts, standing)
    stated = {draft.code: _with_known_outline(draft, standing, outlines) for draft in rows}
    retired = _left_out(stated, standing)
    staying = {code: _draft(area, outlines) for code, area in standing.items() if code not in retired}
    whole = {**staying, **stated}
    for draft in rows:
        found = list(_misfits(draft, whole, rules))
        faults += found
        if found:
            whole.pop(draft.code)
    children: dict[str, list[str]] = defaultdict(list)
    for code in sorted(whole):
        children[whole[code].parent_code].append(code)
    derived = {code: outlines[code] for code in whole if code in outlines and not standing[code].outline_given}
    tree = Tree(
        drafts=whole,
        children={code: tuple(codes) for code, codes in children.items() if code in whole},
        stated=frozenset(stated) & frozenset(whole),
        retired=tuple(sorted(retired, key=lambda code: (standing[code].level, code))),
        outlines_before=derived,
    )
    return tree, faults


def _rooted(drafts: Iterable[Draft], standing: Mapping[str, Area]) -> tuple[list[Draft], list[Fault]]:
    """Every row with its parent; a district that names none lies in the one city there is."""
    rows = list(drafts)
    cities = {draft.code for draft in rows if draft.level is AreaLevel.CITY}
    cities |= {area.code for area in standing.values() if area.level is AreaLevel.CITY}
    faults: list[Fault] = []
    if len(cities) > 1:
        message = f"there can be only one city, not {len(cities)}"
        faults += [
            Fault(subject=draft.code, reason="CITY_SECOND", message=message)
            for draft in rows
            if draft.level is AreaLevel.CITY and draft.code not in standing
        ]
        cities = {code for code in cities if code in standing} or cities
    city = min(cities, default="")
    kept = [draft for draft in rows if draft.level is not AreaLevel.CITY or draft.code == city]
    at_top = (AreaLevel.DISTRICT,)
    return [
        replace(draft, parent_code=city) if draft.level in at_top and not draft.parent_code else draft for draft in kept
    ], faults


def _misfits(draft: Draft, whole: Mapping[str, Draft], rules: AreaRules) -> Iterator[Fault]:
    length = rules.code_length(draft.code, draft.level)
    if len(draft.code) != length or not (draft.code.isascii() and draft.code.isdecimal()):
        message = f"the code of a {draft.level.word} has {length} digits here"
        yield Fault(subject=draft.code, reason="AREA_CODE_INVALID", message=message)
    if draft.level is AreaLevel.CITY:
        if draft.parent_code:
            yield Fault(subject=draft.code, reason="AREA_PARENT_UNKNOWN", message="the city lies in no other area")
        return
    parent = whole.get(draft.parent_code)
    if parent is None:
        message = f"there is no area {draft.parent_code}" if draft.parent_code else "it names no parent"
        yield Fault(subject=draft.code, reason="AREA_PARENT_UNKNOWN", message=message)
    elif parent.level >= draft.level:
        message = f"{parent.code} is a {parent.level.word} and cannot hold a {draft.level.word}"
        yield Fault(subject=draft.code, reason="AREA_PARENT_UNKNOWN", message=message)
    elif not draft.code.startswith(_stem(parent)):
        message = f"the code must begin with {_stem(parent)}, as that of {parent.code} does"
        yield Fault(subject=draft.code, reason="AREA_CODE_INVALID", message=message)


def _stem(parent: Draft) -> str:
    """What the codes of all areas inside begin with; a city's own code ends in zeros where its districts count."""
    if parent.level is not AreaLevel.CITY:
        return parent.code
    stem = parent.code
    while stem.endswith("00"):
        stem = stem[:-2]
    return stem


def _left_out(stated: Mapping[str, Draft], standing: Mapping[str, Area]) -> set[str]:
    """Areas whose parent's children the file states without them, and everything inside those that goes with them."""
    parents = {draft.parent_code for draft in stated.values()}
    gone: set[str] = set()
    for code, area in sorted(standing.items(), key=lambda item: item[1].level):
        if code not in stated and (area.parent_code in parents or area.parent_code in gone):
            gone.add(code)
    return gone


def _outlines(standing: Mapping[str, Area]) -> dict[str, BaseGeometry]:
    drawn = [area for area in standing.values() if area.outline]
    shapes = shapely.from_geojson([area.outline for area in drawn])
    return {area.code: shape for area, shape in zip(drawn, shapes, strict=True)}


def _draft(area: Area, outlines: Mapping[str, BaseGeometry]) -> Draft:
    return Draft(
        code=area.code,
        name=area.name,
        name_en=area.name_en,
        level=area.level,
        kind=area.kind,
        parent_code=area.parent_code,
        households=area.households,
        population=area.population,
        outline=outlines.get(area.code) if area.outline_given else None,
    )


def _with_known_outline(draft: Draft, standing: Mapping[str, Area], outlines: Mapping[str, BaseGeometry]) -> Draft:
    """A row without a polygon leaves a polygon given before as it is."""
    before = standing.get(draft.code)
    if draft.outline is None and before is not None and before.outline_given:
        return replace(draft, outline=outlines.get(draft.code))
    return draft
