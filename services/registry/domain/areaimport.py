"""Decides what an import of areas changes, or refuses all of it and says everything that is wrong.

For every parent that a file names children of, the file states all of them: a child it leaves out is to go. So a file
without one of the grids leaves a gap, and is refused.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from services.registry.domain import plane as planes
from services.registry.domain.areas import Area, AreaLevel, AreaRules, Draft, Fault
from services.registry.domain.errors import AreaImportRefused
from services.registry.domain.geojson import AreaFile, outline_text, rounded
from services.registry.domain.plane import Plane
from services.registry.domain.tiling import Tile, look_around, look_inside, uncovered
from services.registry.domain.tree import Tree, plant

#: Error details travel in a header, which has room for some thousand bytes.
FAULTS_BYTES_MAX: Final = 3000
FIRST_LENGTH_MAX: Final = 200
WARNINGS_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import changes, each area as it will be, parents first."""

    created: tuple[Area, ...]
    updated: tuple[Area, ...]
    retired: tuple[Area, ...]
    unchanged_count: int
    warnings: tuple[Fault, ...]

    @property
    def changed(self) -> tuple[Area, ...]:
        """Everything to be written."""
        return (*self.created, *self.updated, *self.retired)


def plan_import(file: AreaFile, present: Mapping[str, Area], rules: AreaRules) -> ImportPlan:
    """What taking in a file changes; fails with AREA_IMPORT_REFUSED and all faults, as far as they can be told apart.

    Coverage is only looked at when everything else is right: a row that cannot be read would leave a gap as well.
    """
    tree, faults = plant(file.drafts, present, rules)
    faults = [*file.faults, *faults]
    outlines = _outlines(tree)
    faults += _missing_outlines(tree, outlines)
    tiles, plane = _laid_out(tree, outlines)
    neighbourhood = look_around(list(tiles.values()))
    faults += neighbourhood.faults
    if not faults:
        faults += _coverage(tree, tiles, plane)
    if not faults:
        areas = _areas(tree, outlines, neighbourhood.adjacent_codes)
        faults += _too_large(areas.values(), rules)
    if faults:
        raise refusal(faults)
    warnings = _warnings(tree, tiles, rules)
    return _compared(areas, present, tree.retired, warnings)


def refusal(faults: Sequence[Fault]) -> AreaImportRefused:
    """The faults as an error, as many of them as fit."""
    listed: list[str] = []
    size = 2
    for fault in faults:
        row = json.dumps(
            {"subject": fault.subject, "reason": fault.reason, "message": fault.message}, ensure_ascii=False
        )
        size += len(row.encode()) + 1
        if size > FAULTS_BYTES_MAX:
            break
        listed.append(row)
    first = faults[0]
    return AreaImportRefused(
        fault_count=len(faults),
        first=f"{first.subject}: {first.reason}, {first.message}"[:FIRST_LENGTH_MAX],
        faults=f"[{','.join(listed)}]",
        listed_count=len(listed),
    )


def _outlines(tree: Tree) -> dict[str, BaseGeometry]:
    """The polygon of each area; one that was given none has that of all areas inside."""
    outlines = {code: draft.outline for code, draft in tree.drafts.items() if draft.outline is not None}
    for code in tree.bottom_up():
        if code in outlines:
            continue
        inside = [outlines[child] for child in tree.children.get(code, ()) if child in outlines]
        if inside:
            outlines[code] = rounded(shapely.union_all(inside))
    return outlines


def _missing_outlines(tree: Tree, outlines: Mapping[str, BaseGeometry]) -> Iterator[Fault]:
    for code, draft in tree.drafts.items():
        if draft.level >= AreaLevel.GRID and code not in outlines:
            yield Fault(subject=code, reason="AREA_SHAPE_MISSING", message=f"a {draft.level.word} needs a polygon")


def _laid_out(tree: Tree, outlines: Mapping[str, BaseGeometry]) -> tuple[dict[str, Tile], Plane]:
    if not outlines:
        return {}, Plane(longitude_deg=0.0, latitude_deg=0.0)
    shapes = np.array(list(outlines.values()), dtype=object)
    plane = Plane.at_middle_of(shapes)
    tiles = {
        code: Tile(code=code, parent_code=tree.drafts[code].parent_code, level=tree.drafts[code].level, outline=outline)
        for code, outline in zip(outlines, plane.laid_out(shapes), strict=True)
    }
    return tiles, plane


def _coverage(tree: Tree, tiles: Mapping[str, Tile], plane: Plane) -> Iterator[Fault]:
    for code, children in tree.children.items():
        parent = tiles.get(code)
        inside = [tiles[child] for child in children if child in tiles]
        if parent is None or len(inside) < len(children):
            continue
        if tree.drafts[code].outline is not None:
            yield from look_inside(parent, inside, plane=plane)
        elif code in tree.outlines_before:
            # An outline that follows from the areas inside may grow; what it once held it keeps.
            before = plane.laid_out(np.array([tree.outlines_before[code]], dtype=object))[0]
            yield from uncovered(replace(parent, outline=before), parent.outline, plane=plane)


def _areas(
    tree: Tree, outlines: Mapping[str, BaseGeometry], adjacent_codes: Mapping[str, tuple[str, ...]]
) -> dict[str, Area]:
    return {
        code: _area(tree.drafts[code], tree.path_of(code), outlines.get(code), adjacent_codes.get(code, ()))
        for code in reversed(tree.bottom_up())
    }


def _area(draft: Draft, path: str, outline: BaseGeometry | None, adjacent_codes: tuple[str, ...]) -> Area:
    longitude_deg, latitude_deg = planes.middle(outline) if outline is not None else (0.0, 0.0)
    return Area(
        code=draft.code,
        name=draft.name,
        name_en=draft.name_en,
        level=draft.level,
        kind=draft.kind,
        parent_code=draft.parent_code,
        path=path,
        households=draft.households,
        population=draft.population,
        area_m2=planes.area_m2(outline) if outline is not None else 0.0,
        longitude_deg=longitude_deg,
        latitude_deg=latitude_deg,
        outline=outline_text(outline),
        outline_given=draft.outline is not None,
        adjacent_codes=adjacent_codes,
    )


def _too_large(areas: Iterable[Area], rules: AreaRules) -> Iterator[Fault]:
    for area in areas:
        size = len(area.outline)
        if size > rules.outline_bytes_max:
            message = f"its polygon has {size} bytes; at most {rules.outline_bytes_max} are kept"
            yield Fault(subject=area.code, reason="AREA_SHAPE_TOO_LARGE", message=message)


def _warnings(tree: Tree, tiles: Mapping[str, Tile], rules: AreaRules) -> list[Fault]:
    found: list[Fault] = []
    grids = (code for code in tree.stated if tree.drafts[code].level is AreaLevel.GRID)
    for code in sorted(grids):
        households = tree.drafts[code].households
        if households and not rules.households_min <= households <= rules.households_max:
            message = f"{households} households; usual are {rules.households_min} to {rules.households_max}"
            found.append(Fault(subject=code, reason="GRID_HOUSEHOLDS_UNUSUAL", message=message))
        reach_m = planes.reach_m(tiles[code].outline)
        if reach_m > rules.reach_m_max:
            message = f"{reach_m:.0f} m from its middle to its edge; at most {rules.reach_m_max:.0f} m can be walked"
            found.append(Fault(subject=code, reason="GRID_TOO_WIDE", message=message))
    return found[:WARNINGS_MAX]


def _compared(
    areas: Mapping[str, Area], present: Mapping[str, Area], retired: Iterable[str], warnings: Sequence[Fault]
) -> ImportPlan:
    sorted_areas: dict[str, list[Area]] = defaultdict(list)
    for code, area in areas.items():
        before = present.get(code)
        state = "created" if before is None else "unchanged" if before == area else "updated"
        sorted_areas[state].append(area)
    return ImportPlan(
        created=tuple(sorted_areas["created"]),
        updated=tuple(sorted_areas["updated"]),
        retired=tuple(replace(present[code], retired=True) for code in retired),
        unchanged_count=len(sorted_areas["unchanged"]),
        warnings=tuple(warnings),
    )
