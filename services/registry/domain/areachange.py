"""Turns a wish to split, merge, move, rename or reorganise areas into the rows a file of areas would have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from services.platform.areaindex import BORDER_TOLERANCE_DEG
from services.registry.domain.areas import Area, AreaLevel, Draft
from services.registry.domain.errors import AreaChangeRefused, AreaUnknown
from services.registry.domain.geojson import AreaFile, rounded


class ChangeKind(IntEnum):
    """How areas change; the numbers are those of the contract."""

    SPLIT = 1
    MERGE = 2
    MOVE_BORDER = 3
    RENAME = 4
    REPARENT = 5


class ChangeState(IntEnum):
    """How far a change has come; the numbers are those of the contract."""

    PLANNED = 1
    DECIDED = 2
    DONE = 3
    DROPPED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where something of another service lies: an open case, a camera."""

    grid_code: str
    longitude_deg: float
    latitude_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedArea:
    """An area as it shall be; what is empty stays as it was, or is taken from where it comes from."""

    code: str
    name: str = ""
    name_en: str = ""
    kind: str = ""
    #: GeoJSON geometry in WGS-84.
    outline: str = ""
    parent_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The change as somebody wants it."""

    kind: ChangeKind
    from_codes: tuple[str, ...]
    to: tuple[WantedArea, ...]


#: How many areas a change begins from and how many it leads to, at least.
_SIZES: Final[Mapping[ChangeKind, tuple[int, int]]] = {
    ChangeKind.SPLIT: (1, 2),
    ChangeKind.MERGE: (2, 1),
    ChangeKind.MOVE_BORDER: (2, 2),
    ChangeKind.RENAME: (1, 1),
    ChangeKind.REPARENT: (1, 1),
}


def file_of(wanted: Wanted, present: Mapping[str, Area]) -> AreaFile:
    """All areas below each parent concerned, as they shall be; fails with AREA_UNKNOWN, AREA_CHANGE_REFUSED."""
    standing = {code: area for code, area in present.items() if not area.retired}
    for code in wanted.from_codes:
        if code not in standing:
            raise AreaUnknown(code=code)
    _require_shape(wanted, standing)
    drafts = _REPLANTED[wanted.kind](wanted, standing)
    gone = _gone(set(wanted.from_codes) - {draft.code for draft in drafts}, drafts, standing)
    parents = {draft.parent_code for draft in drafts} | {standing[code].parent_code for code in gone}
    parents |= {standing[code].parent_code for code in wanted.from_codes}
    stated = {draft.code for draft in drafts}
    staying = [
        _as_it_is(area)
        for area in standing.values()
        if area.parent_code in parents and area.code not in gone and area.code not in stated
    ]
    return AreaFile(drafts=(*drafts, *staying), faults=())


def _gone(ended: set[str], drafts: Sequence[Draft], standing: Mapping[str, Area]) -> set[str]:
    """What ends, and every parent that would be left with nothing inside."""
    kept_parents = {draft.parent_code for draft in drafts}
    gone, pending = set(ended), list(ended)
    while pending:
        parent = standing[pending.pop()].parent_code
        left = (area for area in standing.values() if area.parent_code == parent and area.code not in gone)
        if parent in standing and parent not in gone | kept_parents and next(left, None) is None:
            gone.add(parent)
            pending.append(parent)
    return gone


def heirs_of(ended: Sequence[Area], begun: Sequence[Area]) -> dict[str, str]:
    """For each area that ended the one of its level that took most of it: where posts and open cases go."""
    shapes = {area.code: shapely.from_geojson(area.outline) for area in (*ended, *begun) if area.outline}
    heirs: dict[str, str] = {}
    for old in ended:
        shares = [
            (-shapely.intersection(shapes[old.code], shapes[new.code]).area, new.code)
            for new in begun
            if new.level is old.level and old.code in shapes and new.code in shapes
        ]
        if shares and min(shares)[0] < 0:
            heirs[old.code] = min(shares)[1]
    return heirs


def _require_shape(wanted: Wanted, standing: Mapping[str, Area]) -> None:
    least_from, least_to = _SIZES[wanted.kind]
    levels = {standing[code].level for code in wanted.from_codes}
    codes = [area.code for area in wanted.to]
    faults = []
    if len(wanted.from_codes) < least_from or len(wanted.to) < least_to:
        faults.append(
            (codes[0], "CHANGE_TOO_SMALL", f"it takes {least_from} or more areas and leads to {least_to} or more")
        )
    if len(set(codes)) < len(codes):
        faults.append((codes[0], "CODE_TWICE", "a code is named twice"))
    if len(levels) > 1:
        faults.append((wanted.from_codes[0], "LEVELS_MIXED", "areas of one level only can change together"))
    taken = [
        code
        for code in codes
        if code in standing and code not in wanted.from_codes and wanted.kind is not ChangeKind.REPARENT
    ]
    faults += [(code, "CODE_TAKEN", "another area in force has this code") for code in taken]
    drawn = wanted.kind in {ChangeKind.SPLIT, ChangeKind.MOVE_BORDER}
    if drawn and levels not in ({AreaLevel.GRID}, {AreaLevel.MICRO_GRID}):
        faults.append(
            (wanted.from_codes[0], "NOT_A_GRID", "grids are drawn; what holds grids changes by reparenting them")
        )
    if drawn:
        # Whose border moves may be left out once: it takes what the others leave.
        bare = [area for area in wanted.to if not area.outline][int(wanted.kind is ChangeKind.MOVE_BORDER) :]
        faults += [(area.code, "AREA_SHAPE_MISSING", "it needs a polygon") for area in bare]
    faults += [
        (area.code, "AREA_SHAPE_INVALID", "its outline is no sound polygon")
        for area in wanted.to
        if area.outline and not _is_sound(area.outline)
    ]
    if faults:
        first = faults[0]
        raise AreaChangeRefused(fault_count=len(faults), first=f"{first[0]}: {first[1]}, {first[2]}")


def _is_sound(outline: str) -> bool:
    shape = shapely.from_geojson(outline, on_invalid="ignore")
    return (
        shape is not None and shape.geom_type in {"Polygon", "MultiPolygon"} and bool(shape.is_valid) and shape.area > 0
    )


def _shape(outline: str) -> BaseGeometry:
    return rounded(shapely.from_geojson(outline))


def _split(wanted: Wanted, standing: Mapping[str, Area]) -> list[Draft]:
    source = standing[wanted.from_codes[0]]
    shapes = [_shape(area.outline) for area in wanted.to]
    whole = sum(shape.area for shape in shapes) or 1.0
    return [
        _draft(area, source, outline=shape, share=shape.area / whole)
        for area, shape in zip(wanted.to, shapes, strict=True)
    ]


def _merge(wanted: Wanted, standing: Mapping[str, Area]) -> list[Draft]:
    sources = [standing[code] for code in wanted.from_codes]
    (target, *_) = wanted.to
    given = _shape(target.outline) if target.outline else None
    union = rounded(shapely.union_all([shapely.from_geojson(area.outline) for area in sources if area.outline]))
    base = standing.get(target.code, sources[0])
    merged = _draft(target, base, outline=given or union, share=1.0)
    return [
        replace(
            merged,
            households=sum(area.households for area in sources),
            population=sum(area.population for area in sources),
        )
    ]


def _move_border(wanted: Wanted, standing: Mapping[str, Area]) -> list[Draft]:
    drafts = []
    given = {area.code: _shape(area.outline) for area in wanted.to if area.outline}
    for area in wanted.to:
        base = standing.get(area.code)
        if base is None:
            raise AreaUnknown(code=area.code)
        outline = given[area.code] if area.code in given else _left_of(wanted.from_codes, given.values(), standing)
        drafts.append(_draft(area, base, outline=outline, share=1.0))
    return drafts


def _left_of(codes: Iterable[str], taken: Iterable[BaseGeometry], standing: Mapping[str, Area]) -> BaseGeometry:
    """What of some areas others leave, without the crumbs that rounding makes."""
    whole = shapely.union_all(
        [shapely.from_geojson(standing[code].outline) for code in codes if standing[code].outline]
    )
    parts = shapely.get_parts(shapely.difference(whole, shapely.union_all(list(taken))))
    wide = [part for part in parts.tolist() if not part.buffer(-BORDER_TOLERANCE_DEG).is_empty]
    if not wide:
        raise AreaChangeRefused(
            fault_count=1, first=f"{min(codes)}: AREA_SHAPE_MISSING, the others leave nothing of it"
        )
    return rounded(shapely.union_all(wide))


def _rename(wanted: Wanted, standing: Mapping[str, Area]) -> list[Draft]:
    drafts = []
    for area in wanted.to:
        base = standing.get(area.code)
        if base is None:
            raise AreaUnknown(code=area.code)
        drafts.append(replace(_as_it_is(base), name=area.name or base.name, name_en=area.name_en or base.name_en))
    return drafts


def _reparent(wanted: Wanted, standing: Mapping[str, Area]) -> list[Draft]:
    """Each area goes below another parent under another code, and so does all that lies in it; further areas are new."""
    drafts = []
    moved = dict(zip(wanted.from_codes, wanted.to, strict=False))
    for area in wanted.to[len(wanted.from_codes) :]:
        level = AreaLevel(standing[wanted.from_codes[0]].level - 1)
        drafts.append(
            Draft(
                code=area.code, name=area.name or area.code, name_en=area.name_en, level=level, kind=area.kind or "community",
                parent_code=area.parent_code, households=0, population=0, outline=None,
            )
        )  # fmt: skip
    for old_code, area in moved.items():
        for inner in standing.values():
            if inner.code == old_code:
                named = replace(_as_it_is(inner), name=area.name or inner.name, name_en=area.name_en or inner.name_en)
                drafts.append(replace(named, code=area.code, parent_code=area.parent_code or inner.parent_code))
            elif old_code in inner.path.split("."):
                drafts.append(
                    replace(
                        _as_it_is(inner),
                        code=_recoded(inner.code, old_code, area.code),
                        parent_code=_recoded(inner.parent_code, old_code, area.code),
                    )
                )
    return drafts


def _recoded(code: str, old: str, new: str) -> str:
    return new + code[len(old) :] if code.startswith(old) else code


def _draft(area: WantedArea, base: Area, *, outline: BaseGeometry, share: float) -> Draft:
    kept = area.code == base.code
    return Draft(
        code=area.code,
        name=area.name or (base.name if kept else area.code),
        name_en=area.name_en or (base.name_en if kept else ""),
        level=base.level,
        kind=area.kind or base.kind,
        parent_code=base.parent_code,
        households=round(base.households * share),
        population=round(base.population * share),
        outline=outline,
    )


def _as_it_is(area: Area) -> Draft:
    outline = shapely.from_geojson(area.outline) if area.outline_given and area.outline else None
    return Draft(
        code=area.code,
        name=area.name,
        name_en=area.name_en,
        level=area.level,
        kind=area.kind,
        parent_code=area.parent_code,
        households=area.households,
        population=area.population,
        outline=outline,
    )


_REPLANTED: Final = {
    ChangeKind.SPLIT: _split,
    ChangeKind.MERGE: _merge,
    ChangeKind.MOVE_BORDER: _move_border,
    ChangeKind.RENAME: _rename,
    ChangeKind.REPARENT: _reparent,
}
