"""However areas are split, merged and moved, every point of the city lies in exactly one grid."""

import json
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.platform.areaindex import AreaIndex
from services.registry.domain.areachange import ChangeKind, Wanted, WantedArea, file_of, heirs_of
from services.registry.domain.areaimport import plan_import
from services.registry.domain.areas import Area, AreaLevel, AreaRules
from services.registry.domain.errors import AreaChangeRefused, AreaImportRefused, AreaUnknown
from tests.unit.registry.builders import (
    DISTRICT,
    SOUTH_DEG,
    STEP_DEG,
    WEST_DEG,
    community_code,
    grid_code,
    square,
    standing,
    town,
)

COLUMNS = ROWS = 3


def outline(column: float, row: float, **size: float) -> str:
    return json.dumps(square(column, row, **size))


def after(present: dict[str, Area], kind: ChangeKind, from_codes: list[str], *to: WantedArea) -> dict[str, Area]:
    """The books after a change."""
    wanted = Wanted(kind=kind, from_codes=tuple(from_codes), to=to)
    plan = plan_import(file_of(wanted, present), present, AreaRules())
    return present | {area.code: area for area in plan.changed}


def grids(present: dict[str, Area]) -> list[Area]:
    return [area for area in present.values() if area.level is AreaLevel.GRID and not area.retired]


class Reorganisation(RuleBasedStateMachine):
    """Splits and merges grids at random."""

    @initialize()
    def begin(self) -> None:
        self.present = standing(town(columns=COLUMNS, rows=ROWS))
        self.next = COLUMNS * ROWS
        self.whole = shapely.union_all([shapely.from_geojson(area.outline) for area in grids(self.present)]).area

    def new_code(self) -> str:
        self.next += 1
        return grid_code(self.next)

    @rule(pick=st.integers(0, 50), share=st.integers(2, 8), upright=st.booleans())
    def split(self, pick: int, share: int, upright: bool) -> None:
        area = sorted(grids(self.present), key=lambda grid: grid.code)[pick % len(grids(self.present))]
        shape = shapely.from_geojson(area.outline)
        west, south, east, north = shape.bounds
        cut = round(west + (east - west) * share / 10, 6) if upright else round(south + (north - south) * share / 10, 6)
        window = shapely.box(west, south, cut, north) if upright else shapely.box(west, south, east, cut)
        parts = [shape.intersection(window), shape.difference(window)]
        if any(part.geom_type != "Polygon" or part.area < 1e-7 for part in parts):
            return
        to = [WantedArea(code=self.new_code(), outline=shapely.to_geojson(part)) for part in parts]
        self.present = after(self.present, ChangeKind.SPLIT, [area.code], *to)

    @rule(pick=st.integers(0, 50), other=st.integers(0, 10), keep=st.booleans())
    def merge(self, pick: int, other: int, keep: bool) -> None:
        standing_grids = sorted(grids(self.present), key=lambda grid: grid.code)
        area = standing_grids[pick % len(standing_grids)]
        if len(standing_grids) < 3 or not area.adjacent_codes:
            return
        neighbour = area.adjacent_codes[other % len(area.adjacent_codes)]
        code = area.code if keep else self.new_code()
        self.present = after(self.present, ChangeKind.MERGE, [area.code, neighbour], WantedArea(code=code))

    @invariant()
    def every_point_lies_in_exactly_one_grid(self) -> None:
        shapes = [shapely.from_geojson(area.outline) for area in grids(self.present)]
        assert abs(sum(shape.area for shape in shapes) - self.whole) < 1e-9
        assert abs(shapely.union_all(shapes).area - self.whole) < 1e-9
        index = AreaIndex((area.code, shape) for area, shape in zip(grids(self.present), shapes, strict=True))
        points = [
            (WEST_DEG + STEP_DEG * COLUMNS * x / 7 + 1e-5, SOUTH_DEG + STEP_DEG * ROWS * y / 7 + 1e-5)
            for x in range(7)
            for y in range(7)
        ]
        assert None not in index.locate_many(points)
        for point in points:
            assert sum(shape.contains(shapely.Point(point)) for shape in shapes) <= 1


Reorganisation.TestCase.settings = settings(max_examples=12, stateful_step_count=8, deadline=None)
TestReorganisation = Reorganisation.TestCase


def test_a_border_that_moves_takes_from_one_what_it_gives_the_other() -> None:
    present = standing(town(columns=2, rows=1))
    to = [
        WantedArea(code=grid_code(0), outline=outline(0, 0, columns=1.25)),
        WantedArea(code=grid_code(1), outline=outline(1.25, 0, columns=0.75)),
    ]
    moved = after(present, ChangeKind.MOVE_BORDER, [grid_code(0), grid_code(1)], *to)
    sizes = [moved[grid_code(number)].area_m2 for number in (0, 1)]
    assert sizes[0] / sizes[1] == pytest.approx(1.25 / 0.75, rel=1e-4)
    with pytest.raises(AreaImportRefused):
        after(
            present,
            ChangeKind.MOVE_BORDER,
            [grid_code(0), grid_code(1)],
            to[0],
            WantedArea(code=grid_code(1), outline=outline(1, 0)),
        )


def test_a_neighbour_takes_what_a_moved_border_leaves_and_nobody_is_left_with_nothing() -> None:
    present = standing(town(columns=2, rows=1))
    both = [grid_code(0), grid_code(1)]
    kept = WantedArea(code=grid_code(0), outline=outline(0, 0, columns=0.75))
    moved = after(present, ChangeKind.MOVE_BORDER, both, kept, WantedArea(code=grid_code(1)))
    sizes = [moved[code].area_m2 for code in both]
    assert sizes[1] / sizes[0] == pytest.approx(1.25 / 0.75, rel=1e-4)
    assert moved[grid_code(1)].households == present[grid_code(1)].households
    whole = WantedArea(code=grid_code(0), outline=outline(0, 0, columns=2))
    for to in ((whole, WantedArea(code=grid_code(1))), (WantedArea(code=both[0]), WantedArea(code=both[1]))):
        with pytest.raises(AreaChangeRefused):
            after(present, ChangeKind.MOVE_BORDER, both, *to)


def test_a_reorganised_community_takes_its_grids_along_under_new_codes() -> None:
    present = standing(town())
    old, new = community_code(0), f"{DISTRICT}002001"
    moved = after(
        present,
        ChangeKind.REPARENT,
        [old],
        WantedArea(code=new, name="新社区", parent_code=f"{DISTRICT}002"),
        WantedArea(code=f"{DISTRICT}002", name="新街道", kind="street", parent_code=DISTRICT),
    )
    assert moved[old].retired
    assert moved[new].name == "新社区"
    assert all(
        moved[f"{new}{number:03}"].path.endswith(f"{DISTRICT}002.{new}.{new}{number:03}") for number in range(1, 5)
    )
    assert heirs_of([moved[grid_code(0)]], [area for area in moved.values() if not area.retired]) == {
        grid_code(0): f"{new}001"
    }


@pytest.mark.parametrize(
    ("kind", "from_codes", "to"),
    [
        (ChangeKind.SPLIT, [0], [(8, outline(0, 0))]),
        (ChangeKind.SPLIT, [0], [(8, ""), (9, "")]),
        (ChangeKind.SPLIT, [0], [(8, "{}"), (9, outline(0, 0))]),
        (ChangeKind.SPLIT, [0], [(1, outline(0, 0)), (9, outline(0, 0))]),
        (ChangeKind.SPLIT, [0], [(8, outline(0, 0)), (8, outline(0, 0))]),
        (ChangeKind.MERGE, [0], [(8, "")]),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(kind: ChangeKind, from_codes: list[int], to: list[Any]) -> None:
    wanted = [WantedArea(code=grid_code(number), outline=shape) for number, shape in to]
    with pytest.raises(AreaChangeRefused):
        after(standing(town()), kind, [grid_code(number) for number in from_codes], *wanted)


def test_what_there_is_not_cannot_change_and_what_holds_grids_is_not_drawn() -> None:
    with pytest.raises(AreaUnknown):
        after(standing(town()), ChangeKind.RENAME, [grid_code(77)], WantedArea(code=grid_code(77), name="x"))
    halves = [WantedArea(code=f"{DISTRICT}00100{n}", outline=outline(0, 0)) for n in (8, 9)]
    with pytest.raises(AreaChangeRefused):
        after(standing(town()), ChangeKind.SPLIT, [community_code()], *halves)


@given(st.integers(1, 9))
def test_households_are_shared_by_size_when_a_grid_is_split(share: int) -> None:
    present = standing(town())
    cut = share / 10
    to = [
        WantedArea(code=grid_code(0), outline=outline(0, 0, columns=cut)),
        WantedArea(code=grid_code(9), outline=outline(cut, 0, columns=1 - cut)),
    ]
    moved = after(present, ChangeKind.SPLIT, [grid_code(0)], *to)
    told = [moved[grid_code(number)].households for number in (0, 9)]
    assert sum(told) in {299, 300, 301}
    assert abs(told[0] - 300 * cut) <= 1
