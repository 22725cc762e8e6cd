"""Areas tile the city without gap or overlap, or the file is refused with everything that is wrong."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.platform.areaindex import AreaIndex
from services.registry.domain.areaimport import plan_import
from services.registry.domain.areas import Area, AreaLevel, AreaRules
from services.registry.domain.errors import AreaImportRefused
from services.registry.domain.geojson import read_areas
from tests.unit.registry.builders import (
    CITY,
    DISTRICT,
    TYPED,
    Json,
    changed,
    community_code,
    content,
    feature,
    grid_code,
    middle_of,
    plan,
    square,
    standing,
    town,
    typed_district,
    without,
)


def faults(refused: pytest.ExceptionInfo[AreaImportRefused]) -> list[tuple[str, str]]:
    listed: list[Json] = json.loads(refused.value.details["faults"])
    return [(fault["subject"], fault["reason"]) for fault in listed]


def refused_for(features: list[Json], *, present: dict[str, Area] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(AreaImportRefused) as refused:
        plan(features, present)
    return faults(refused)


def grids_of(areas: Iterable[Area]) -> set[str]:
    return {area.code for area in areas if area.level is AreaLevel.GRID}


def test_a_town_is_planned_parents_first_with_paths_outlines_and_neighbours() -> None:
    made = plan(town())
    assert [area.level for area in made.created] == sorted(area.level for area in made.created)
    areas = {area.code: area for area in made.created}
    grid = areas[grid_code(0)]
    assert grid.path == f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}.{grid_code(0)}"
    assert grid.adjacent_codes == (grid_code(1), grid_code(2))
    assert grid.area_m2 == pytest.approx(1_076_000, rel=0.01)
    assert (grid.longitude_deg, grid.latitude_deg) == pytest.approx(middle_of(0, 0))
    city = areas[CITY]
    assert not city.outline_given
    assert city.area_m2 == pytest.approx(4 * grid.area_m2, rel=1e-3)
    assert made.warnings == ()


def test_the_same_file_again_changes_nothing() -> None:
    again = plan(town(), standing(town()))
    assert (again.changed, again.unchanged_count) == ((), 8)


def test_a_new_name_changes_one_area_alone() -> None:
    made = plan(changed(town(), grid_code(1), name="新名"), standing(town()))
    assert [area.name for area in made.changed] == ["新名"]
    assert made.unchanged_count == 7


@pytest.mark.mechanism(1)
def test_a_district_of_68_typed_grids_is_covered_point_by_point() -> None:
    areas = standing(typed_district())
    grids = [area for area in areas.values() if area.level is AreaLevel.GRID]
    assert {kind: sum(grid.kind == kind for grid in grids) for kind in ("urban", "scenic", "rural")} == {
        "urban": 15,
        "scenic": 8,
        "rural": 45,
    }
    index = AreaIndex.from_geojson([(grid.code, grid.outline.encode()) for grid in grids])
    found = index.locate_many([middle_of(number % 17, number // 17) for number in range(68)])
    assert len(set(found)) == len(TYPED) == 68
    assert None not in index.locate_many([middle_of(x / 3 - 0.5, y / 3 - 0.5) for x in range(52) for y in range(13)])


@pytest.mark.mechanism(1)
def test_a_file_that_leaves_a_grid_out_is_refused() -> None:
    features = typed_district()
    gone = next(row for row in features if row["properties"].get("type") == "scenic")["properties"]["code"]
    assert refused_for(without(features, gone)) == [(DISTRICT, "AREA_GAP")]
    # Once the books know what the community held, its loss shows as well.
    assert {(DISTRICT, "AREA_GAP"), (gone[:12], "AREA_GAP")} <= set(
        refused_for(without(features, gone), present=standing(features))
    )


@pytest.mark.mechanism(1)
def test_a_grid_that_overlaps_another_is_refused() -> None:
    wider = changed(town(), grid_code(0), geometry=square(0, 0, columns=1.1))
    assert (grid_code(0), "AREA_OVERLAP") in refused_for(wider)


def test_an_area_that_reaches_beyond_its_parent_is_refused() -> None:
    assert refused_for(changed(town(), grid_code(1), geometry=square(1, 0, columns=1.2))) == [
        (f"{DISTRICT}001", "AREA_OUTSIDE_PARENT")
    ]


def test_a_district_left_out_of_a_city_without_outline_is_missed_all_the_same() -> None:
    other = "430822"
    both = [*town(), feature(other, "district", parent=CITY, geometry=square(5, 5))]
    assert refused_for(town(), present=standing(both)) == [(CITY, "AREA_GAP")]
    grown = plan(both, standing(town()))
    assert {area.code for area in grown.created} == {other}


def test_two_grids_become_one_and_the_one_that_went_is_retired() -> None:
    merged = without(changed(town(), grid_code(0), geometry=square(0, 0, columns=2)), grid_code(1))
    made = plan(merged, standing(town()))
    assert [area.code for area in made.retired] == [grid_code(1)]
    assert all(area.retired for area in made.retired)
    assert grids_of(made.updated) == {grid_code(0), grid_code(3)}


def test_a_retired_area_comes_back_as_the_same_area() -> None:
    merged = without(changed(town(), grid_code(0), geometry=square(0, 0, columns=2)), grid_code(1))
    before = standing(town())
    present = {**before, **{area.code: area for area in plan(merged, before).changed}}
    back = plan(town(), present)
    assert (back.created, back.retired) == ((), ())
    assert grids_of(back.updated) == {grid_code(0), grid_code(1), grid_code(3)}
    assert {area.code: area for area in back.updated}[grid_code(1)] == before[grid_code(1)]


def test_what_lies_inside_a_retired_area_goes_with_it() -> None:
    second = community_code(1)
    split = [
        *without(changed(town(), community_code(), households=1), grid_code(2), grid_code(3)),
        feature(second, "community", parent=f"{DISTRICT}001"),
        feature(f"{second}001", "grid", parent=second, geometry=square(0, 1)),
        feature(f"{second}002", "grid", parent=second, geometry=square(1, 1)),
    ]
    made = plan(town(), standing(split))
    assert [area.code for area in made.retired] == [second, f"{second}001", f"{second}002"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (feature("43081", "district", parent=CITY, geometry=square(7, 7)), "AREA_CODE_INVALID"),
        (feature("43O822", "district", parent=CITY, geometry=square(7, 7)), "AREA_CODE_INVALID"),
        (feature("999999", "district", parent=CITY, geometry=square(7, 7)), "AREA_CODE_INVALID"),
        (feature("430822001", "subdistrict", parent="430822", geometry=square(7, 7)), "AREA_PARENT_UNKNOWN"),
        (feature("430822001", "subdistrict", geometry=square(7, 7)), "AREA_PARENT_UNKNOWN"),
        (feature(f"{DISTRICT}009", "subdistrict", parent=f"{DISTRICT}001"), "AREA_PARENT_UNKNOWN"),
        (feature("430900", "city"), "CITY_SECOND"),
    ],
)
def test_an_area_that_fits_nowhere_is_named(row: Json, reason: str) -> None:
    assert (row["properties"]["code"], reason) in refused_for([*town(), row], present=standing(town()))


def test_a_grid_without_polygon_is_named_and_a_huge_polygon_too() -> None:
    bare = feature(f"{community_code()}009", "grid", parent=community_code())
    assert refused_for([*town(), bare]) == [(bare["properties"]["code"], "AREA_SHAPE_MISSING")]
    with pytest.raises(AreaImportRefused) as refused:
        plan(town(), outline_bytes_max=100)
    assert {reason for _, reason in faults(refused)} == {"AREA_SHAPE_TOO_LARGE"}


def test_code_lengths_are_the_citys_own() -> None:
    with pytest.raises(AreaImportRefused):
        plan(town(), code_lengths=(6, 6, 9, 12, 16, 18))


def test_a_place_inside_may_keep_codes_of_its_own_length_beside_the_others() -> None:
    """Grids of 15 digits in the district, of 16 in the county-level city next to it."""
    inside = "430882"
    own = {inside: (6, 6, 9, 12, 16, 19)}
    places = [
        (inside, "district", CITY, square(5, 0)),
        (f"{inside}001", "subdistrict", inside, None),
        (f"{inside}001001", "community", f"{inside}001", None),
    ]
    above = [feature(code, level, parent=parent, geometry=drawn) for code, level, parent, drawn in places]
    grid = feature(f"{inside}0010010001", "grid", parent=f"{inside}001001", geometry=square(5, 0))
    short = feature(f"{inside}001001001", "grid", parent=f"{inside}001001", geometry=square(5, 0))
    made = plan([*town(), *above, grid], code_lengths_of=own)
    assert {len(code) for code in grids_of(made.created)} == {15, 16}
    for files, lengths in (([*town(), *above, short], own), ([*town(), *above, grid], {})):
        with pytest.raises(AreaImportRefused) as refused:
            plan(files, code_lengths_of=lengths)
        assert (files[-1]["properties"]["code"], "AREA_CODE_INVALID") in faults(refused)


def test_a_district_need_not_name_the_one_city_and_levels_may_be_left_out() -> None:
    flat = [
        feature(CITY, "city"),
        feature(DISTRICT, "district", geometry=square(0, 0)),
        feature(f"{DISTRICT}001001001", "grid", parent=DISTRICT, geometry=square(0, 0)),
    ]
    areas = standing(flat)
    assert areas[f"{DISTRICT}001001001"].path == f"{CITY}.{DISTRICT}.{DISTRICT}001001001"


def test_micro_grids_need_not_fill_their_grid_but_stay_inside() -> None:
    micro = f"{grid_code(0)}001"
    inside = feature(micro, "micro_grid", parent=grid_code(0), geometry=square(0.2, 0.2, columns=0.1, rows=0.1))
    assert len(plan([*town(), inside]).created) == 9
    outside = feature(micro, "micro_grid", parent=grid_code(0), geometry=square(0.95, 0.2, columns=0.1, rows=0.1))
    assert refused_for([*town(), outside]) == [(micro, "AREA_OUTSIDE_PARENT")]


def test_siblings_of_different_levels_may_not_overlap_either() -> None:
    grid = feature(f"{DISTRICT}001900001", "grid", parent=f"{DISTRICT}001", geometry=square(0, 0))
    found = refused_for([*town(), grid])
    assert (grid_code(0), "AREA_OVERLAP") in found
    assert any(reason == "AREA_OVERLAP" and community_code() in subject for subject, reason in found)


def test_every_fault_of_a_file_is_counted_and_as_many_as_fit_are_listed() -> None:
    wrong = [feature(f"X{number}", "grid", geometry=square(number, 9)) for number in range(400)]
    with pytest.raises(AreaImportRefused) as refused:
        plan([*town(), *wrong])
    details = refused.value.details
    assert int(details["fault_count"]) >= 400
    assert 10 < int(details["listed_count"]) == len(faults(refused)) < 400
    assert len(details["faults"].encode()) <= 3000
    assert details["first"].startswith("X0: ")


@pytest.mark.mechanism(14)
def test_grids_of_odd_size_are_worth_a_look_but_taken() -> None:
    features = changed(changed(town(), grid_code(0), households=80), grid_code(1), households=451)
    features = changed(features, grid_code(2), households=0)
    assert [(fault.subject, fault.reason) for fault in plan(features).warnings] == [
        (grid_code(0), "GRID_HOUSEHOLDS_UNUSUAL"),
        (grid_code(1), "GRID_HOUSEHOLDS_UNUSUAL"),
    ]
    assert {fault.reason for fault in plan(town(), reach_m_max=500).warnings} == {"GRID_TOO_WIDE"}


def test_a_slit_of_rounding_is_no_gap_and_a_visible_one_is() -> None:
    metre = 1 / 970
    assert plan(changed(town(), grid_code(0), geometry=square(0, 0, columns=1 - 0.1 * metre))).created
    assert refused_for(changed(town(), grid_code(0), geometry=square(0, 0, columns=1 - metre))) == [
        (DISTRICT, "AREA_GAP")
    ]


def test_grids_of_a_community_that_the_file_is_silent_about_stay() -> None:
    grids = [grid_code(number) for number in range(4)]
    made = plan(without(town(), *grids), standing(town()))
    assert (made.changed, made.unchanged_count) == ((), 8)


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09"])
def test_long_borders_of_shifted_maps_still_fit_the_short_ones_beside_them(crs: str) -> None:
    file = read_areas(content(town(columns=20, rows=3)), crs=crs)
    assert len(plan_import(file, {}, AreaRules()).created) == 64


@settings(max_examples=40)
@given(
    columns=st.integers(1, 4),
    rows=st.integers(1, 4),
    cut=st.sampled_from(["nothing", "left out", "grown", "shrunk"]),
    data=st.data(),
)
@pytest.mark.mechanism(1)
def test_only_a_whole_tiling_is_taken(columns: int, rows: int, cut: str, data: st.DataObject) -> None:
    features = town(columns=columns, rows=rows)
    assume(cut != "left out" or columns * rows > 1)  # a community without any grid is a plan, not a gap
    number = data.draw(st.integers(0, columns * rows - 1))
    column, row = number % columns, number // columns
    code = grid_code(number)
    if cut == "nothing":
        assert len(plan(features).created) == 4 + columns * rows
        return
    broken = {
        "left out": lambda: without(features, code),
        "grown": lambda: changed(features, code, geometry=square(column, row, columns=1.01)),
        "shrunk": lambda: changed(features, code, geometry=square(column, row, rows=0.99)),
    }[cut]()
    assert refused_for(broken)
