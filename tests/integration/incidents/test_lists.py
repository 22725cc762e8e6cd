"""Lists and counts: filters, pages, words, lights."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import areas_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.incidents.domain.case import State
from services.incidents.domain.light import light_of
from services.incidents.domain.signal import SignalRules
from services.incidents.store.reading import read_cases
from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall


def stamp(hall: Hall, **delta: float) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(hall.clock.now() + timedelta(**delta))
    return moment


async def test_pages_show_each_case_once_newest_first_also_while_new_ones_come(hall: Hall) -> None:
    requests = [town.report_request() for _ in range(23)]  # many at the very same moment
    answer = await hall.stub(hall.resident).BatchReport(incidents_pb2.BatchReportRequest(reports=requests))
    for _ in range(12):
        hall.clock.advance(timedelta(seconds=1))
        await hall.report()
    seen: list[cases_pb2.Case] = []
    token = ""
    while True:
        request = incidents_pb2.ListCasesRequest(page_size=4, page_token=token)
        page = await hall.stub(hall.acceptor).ListCases(request)
        seen.extend(page.cases)
        hall.clock.advance(timedelta(seconds=1))
        await hall.report()
        token = page.next_page_token
        if not token:
            break
        assert len(page.cases) == 4
    assert len({case.id for case in seen}) == len(seen) == 35
    assert {result.case.id for result in answer.results} <= {case.id for case in seen}
    moments = [case.reported_at.ToDatetime() for case in seen]
    assert moments == sorted(moments, reverse=True)
    assert not any(case.evidence or case.HasField("route") or case.form_answers for case in seen)


@pytest.mark.parametrize("token", ["nonsense", "WyJhIl0", "WyJhIiwiYiJd", "WyIyMDI2LTAxLTAxIiwiYiJd"])
async def test_a_strange_page_token_is_refused(hall: Hall, token: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await hall.stub(hall.acceptor).ListCases(incidents_pb2.ListCasesRequest(page_token=token))
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


async def test_lists_are_narrowed_by_state_kind_and_time(hall: Hall) -> None:
    rejected = await hall.report()
    await hall.advance(rejected, town.step("reject", opinion="不属实"), by=hall.acceptor)
    hall.clock.advance(timedelta(hours=1))
    accepted = await hall.report(task_type=town.MANHOLE)
    await hall.advance(accepted, town.step("accept"), by=hall.acceptor)
    new = await hall.report()
    see = hall.seen_by
    assert await see(hall.acceptor, open_only=True) == {accepted.id, new.id}
    assert await see(hall.acceptor, states=[cases_pb2.CASE_STATE_REJECTED]) == {rejected.id}
    assert await see(hall.acceptor, states=[cases_pb2.CASE_STATE_ACCEPTED]) == {accepted.id}
    both = [cases_pb2.CASE_STATE_REPORTED, cases_pb2.CASE_STATE_REJECTED]
    assert await see(hall.acceptor, states=both) == {rejected.id, new.id}
    assert await see(hall.acceptor, states=both, open_only=True) == {new.id}
    assert await see(hall.acceptor, task_type=town.MANHOLE) == {accepted.id}
    assert await see(hall.acceptor, department_code="D09") == {accepted.id}
    assert await see(hall.acceptor, reported_from=stamp(hall, minutes=-1)) == {accepted.id, new.id}
    assert await see(hall.acceptor, reported_until=stamp(hall)) == {rejected.id}
    assert await see(hall.acceptor, closed_from=stamp(hall, minutes=-90)) == {rejected.id}
    assert await see(hall.acceptor, closed_from=stamp(hall, minutes=-1)) == set()


def around(grid: str, *, span_deg: float) -> str:
    """A triangle around the middle of a grid, as a map writes what was drawn on it."""
    east, north = town.middle_of(grid)
    corners = ((east - span_deg, north - span_deg), (east + span_deg, north - span_deg), (east, north + span_deg))
    return ";".join(f"{longitude:.6f},{latitude:.6f}" for longitude, latitude in corners)


async def test_a_list_holds_what_lies_within_what_a_map_shows_and_what_was_drawn(hall: Hall) -> None:
    here = await hall.report()
    ended = await hall.report()
    await hall.advance(ended, town.step("reject", opinion="不属实"), by=hall.acceptor)
    there = await hall.report(grid=town.SIBLING_GRID)
    see = hall.seen_by
    near, beside = around(town.GRID, span_deg=0.0004), around(town.SIBLING_GRID, span_deg=0.0004)
    assert await see(hall.acceptor, within=[around(town.GRID, span_deg=1.0)]) == {here.id, ended.id, there.id}
    assert await see(hall.acceptor, within=[near]) == {here.id, ended.id}
    assert await see(hall.acceptor, within=[near], open_only=True) == {here.id}
    assert await see(hall.acceptor, within=[beside], open_only=True) == {there.id}
    assert await see(hall.acceptor, within=[near, beside], open_only=True) == set()
    east, north = town.middle_of(town.GRID)
    corner = f"{east - 0.0004:.6f},{north + 0.0004:.6f};{east - 0.0004:.6f},{north:.6f};{east - 0.0001:.6f},{north + 0.0004:.6f}"
    assert await see(hall.acceptor, within=[corner], open_only=True) == set()


@pytest.mark.parametrize("ring", ["1,2;3,4", "1,2;3,x;5,6", "1,2;3,4;200,6"])
async def test_what_is_no_ring_is_refused(hall: Hall, ring: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await hall.stub(hall.acceptor).ListCases(incidents_pb2.ListCasesRequest(within=[ring]))
    assert caught.value.reason == "FIELD_INVALID"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("积水", {0}),
        ("道路积水", {0}),
        ("松风路", {0, 1}),
        ("Broken LAMP", {2}),
        ("100%", {3}),
        ("100_", set()),
        ("没有这事", set()),
        ("00002", {1}),
        ("9991-20260302-00003", {2}),
        ("20260302-00004", {3}),
        ("20260301-00004", set()),
    ],
)
async def test_words_are_found_in_description_place_and_number(hall: Hall, text: str, found: set[int]) -> None:
    cases = [
        await hall.report(description="道路积水严重", place="松风路1号"),
        await hall.report(description="垃圾满溢", place="松风路2号"),
        await hall.report(description="broken lamp", place="海滨路"),
        await hall.report(description="满溢 100% 了", place="海滨路"),
    ]
    seen = await hall.seen_by(hall.acceptor, text=text)
    assert {number for number, case in enumerate(cases) if case.id in seen} == found


async def test_a_single_character_is_too_little_to_search_for(hall: Hall) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await hall.seen_by(hall.acceptor, text=" 水 ")
    assert caught.value.details["field"] == "text"


@pytest.mark.mechanism(53)
async def test_lights_are_told_by_the_clock_in_lists_counts_and_cases(hall: Hall) -> None:
    case = await hall.dispatched(task_type=town.MANHOLE)  # two urgent hours
    await hall.advance(case, town.step("sign"), by=hall.specialist("D09"))
    untimed = await hall.report(grid=town.OTHER_GRID)

    async def light_now() -> str:
        seen = await hall.get(case, by=hall.acceptor)
        name = cases_pb2.Signal.Name(seen.case.signal)
        listed = await hall.seen_by(hall.acceptor, signals=[seen.case.signal])
        assert case.id in listed
        assert (untimed.id in listed) == (name == "SIGNAL_GREEN")
        request = incidents_pb2.SummarizeAreasRequest(level=areas_pb2.AREA_LEVEL_GRID, under_code=town.COMMUNITY)
        (area,) = (await hall.stub(hall.acceptor).SummarizeAreas(request)).areas
        counts = {"SIGNAL_GREEN": area.green_count, "SIGNAL_YELLOW": area.yellow_count, "SIGNAL_RED": area.red_count}
        assert counts == {key: int(key == name) for key in counts}
        return name

    assert await light_now() == "SIGNAL_GREEN"
    hall.clock.advance(timedelta(minutes=95))
    assert await light_now() == "SIGNAL_GREEN"
    hall.clock.advance(timedelta(minutes=1))
    assert await light_now() == "SIGNAL_YELLOW"
    hall.clock.advance(timedelta(minutes=144))
    assert await light_now() == "SIGNAL_YELLOW"
    hall.clock.advance(timedelta(seconds=1))
    assert await light_now() == "SIGNAL_RED"


async def test_counts_are_told_by_area_of_any_level(hall: Hall) -> None:
    await asyncio.gather(
        *(hall.report(grid=grid) for grid in (town.GRID, town.GRID, town.SIBLING_GRID, town.OTHER_GRID))
    )

    async def counts(level: areas_pb2.AreaLevel.ValueType, under: str = "") -> dict[str, int]:
        request = incidents_pb2.SummarizeAreasRequest(level=level, under_code=under)
        answer = await hall.stub(hall.acceptor).SummarizeAreas(request)
        return {area.area_code: area.green_count for area in answer.areas}

    assert await counts(areas_pb2.AREA_LEVEL_CITY) == {town.CITY: 4}
    assert await counts(areas_pb2.AREA_LEVEL_DISTRICT) == {town.DISTRICT: 4}
    assert await counts(areas_pb2.AREA_LEVEL_COMMUNITY) == {town.COMMUNITY: 3, town.OTHER_COMMUNITY: 1}
    assert await counts(areas_pb2.AREA_LEVEL_GRID, town.COMMUNITY) == {town.GRID: 2, town.SIBLING_GRID: 1}
    assert await counts(areas_pb2.AREA_LEVEL_GRID, "nowhere") == {}


MINUTES = st.integers(min_value=-600, max_value=600)


@st.composite
def columns(draw: st.DrawFn) -> dict[str, Any]:
    """State, missed signatures and moments of a case, in minutes from now."""
    yellow = draw(MINUTES)
    deadline = yellow + draw(st.integers(min_value=0, max_value=300))
    moments: dict[str, int | None] = {
        "yellow_at": yellow,
        "deadline_at": deadline,
        "red_at": deadline + draw(st.integers(min_value=0, max_value=300)),
        "paused_at": None,
        "stopped_at": None,
        "started_at": yellow,
    }
    ended = draw(st.sampled_from([None, "paused_at", "stopped_at"]))
    if ended:
        moments[ended] = draw(MINUTES)
    if draw(st.booleans()):
        moments = dict.fromkeys(moments)
    state = draw(st.sampled_from([State.DISPATCHED, State.DISPOSING, State.FEEDBACK]))
    return {"state": state, "misses": draw(st.integers(min_value=0, max_value=3)), **moments}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=columns())
async def test_the_database_tells_the_same_light_as_the_rules(
    hall_with_case: tuple[Hall, str], columns: dict[str, Any]
) -> None:
    hall, case_id = hall_with_case
    now = hall.clock.now()
    values = {
        key: now + timedelta(minutes=value) if key.endswith("_at") and value is not None else value
        for key, value in columns.items()
    }
    async with hall.database.connection() as connection:
        await connection.execute(
            "UPDATE incident SET state = %(state)s, sign_missed_count = %(misses)s, time_value = 4,"
            " time_unit = 'work_hour', started_at = %(started_at)s, yellow_at = %(yellow_at)s,"
            " deadline_at = %(deadline_at)s, red_at = %(red_at)s, paused_at = %(paused_at)s,"
            " stopped_at = %(stopped_at)s",
            values,
        )
        cursor = await connection.execute("SELECT light(i, %s, 2) AS light FROM incident AS i", (now,))
        row = await cursor.fetchone()
        (stored,) = await read_cases(connection, [UUID(case_id)])
    assert row is not None
    assert row["light"] == light_of(stored.case, now, SignalRules(red_sign_misses=2))


@pytest.fixture
async def hall_with_case(hall: Hall) -> tuple[Hall, str]:
    case = await hall.report()
    return hall, case.id
