"""What is taken in and what is refused: each refusal by its name, and then nothing is stored."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import tasks_pb2

from services.incidents.writer import BATCH_MAX, Writer
from services.platform import errors
from services.platform.database import open_database
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, eventually

TABLES = ("incident", "dossier", "history", "leg", "timer", "outbox", "request")


async def stored(hall: Hall) -> dict[str, int]:
    return {table: await hall.count(table) for table in TABLES}


NOTHING = dict.fromkeys(TABLES, 0)


def in_the_future(hall: Hall) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(hall.clock.now() + timedelta(minutes=5))
    return moment


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"point": place_pb2.Point(longitude_deg=0, latitude_deg=0)}, "OUT_OF_AREA"),
        ({"task_type": "dragon_sighting"}, "TASK_TYPE_UNKNOWN"),
        ({"task_type": "", "description": "xyzzy"}, "TASK_TYPE_UNKNOWN"),
        ({"evidence": []}, "EVIDENCE_REQUIRED"),
        ({"form_answers": '{"waste": "gold"}'}, "FORM_ANSWERS_INVALID"),
        ({"form_answers": "{"}, "FORM_ANSWERS_INVALID"),
        ({"form_answers": "[" * 9000}, "FORM_ANSWERS_INVALID"),
        ({"filing_condition": "no_such"}, "FILING_CONDITION_UNKNOWN"),
        ({"description": ""}, "FIELD_INVALID"),
        ({"description": "a\0b"}, "FIELD_INVALID"),
    ],
)
async def test_a_report_that_is_wrong_is_refused_by_name_and_nothing_is_stored(
    hall: Hall, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(errors.GridwardError) as caught:
        await hall.report(**fields)
    assert caught.value.reason == reason
    assert await stored(hall) == NOTHING


async def test_a_report_from_the_future_is_refused(hall: Hall) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await hall.report(seen_at=in_the_future(hall))
    assert caught.value.details["field"] == "report.seen_at"
    assert await stored(hall) == NOTHING


async def test_a_wrong_answer_in_the_form_is_named(hall: Hall) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await hall.report(form_answers='{"waste": "mixed", "volume_m3": -1}')
    assert caught.value.details["field"] == "volume_m3"


async def test_a_demanded_answer_that_is_missing_is_named_unless_the_type_was_only_suggested(hall: Hall) -> None:
    strict = tasks_pb2.TaskType()
    strict.CopyFrom(next(task for task in town.task_types() if task.code == town.GARBAGE))
    strict.version = 2
    strict.form_schema = '{"type": "object", "properties": {"waste": {"type": "string"}}, "required": ["waste"]}'
    hall.view.take_task_types(tasks_pb2.WatchTaskTypesResponse(task_types=[strict], version=100, complete=True))
    with pytest.raises(errors.Invalid) as caught:
        await hall.report()
    assert (caught.value.reason, caught.value.details["field"]) == ("FORM_ANSWERS_INVALID", "waste")
    assert (await hall.report(task_type="", description="垃圾满溢")).task_type == town.GARBAGE


@pytest.mark.mechanism(2)
async def test_a_terminal_outside_its_grid_stores_nothing(hall: Hall) -> None:
    hall.terminals.refusal = errors.Forbidden.received(reason="OUT_OF_GRID", message="out", details={})
    with pytest.raises(errors.Forbidden) as caught:
        await hall.report(by=hall.worker, terminal_id="phone-1")
    assert caught.value.reason == "OUT_OF_GRID"
    assert hall.terminals.asked == ["phone-1"]
    assert await stored(hall) == NOTHING


@pytest.mark.mechanism(51)
@pytest.mark.parametrize("admission", ["PENDING", "SUSPENDED", "RETIRED"])
async def test_no_case_is_made_of_a_matter_that_is_not_admitted_and_open_ones_go_on(hall: Hall, admission: str) -> None:
    running = await hall.report()
    changed = tasks_pb2.TaskType()
    changed.CopyFrom(next(task for task in town.task_types() if task.code == town.GARBAGE))
    changed.admission = tasks_pb2.AdmissionState.Value(f"ADMISSION_STATE_{admission}")
    hall.view.take_task_types(tasks_pb2.WatchTaskTypesResponse(task_types=[changed], version=100, complete=True))
    with pytest.raises(errors.Conflict) as caught:
        await hall.report()
    assert caught.value.reason == "TASK_TYPE_NOT_ADMITTED"
    await hall.advance(running, town.step("accept"), by=hall.acceptor)


async def test_the_task_type_is_suggested_from_the_words(hall: Hall) -> None:
    case = await hall.report(task_type="", description="路边井盖缺失，很危险")
    assert case.task_type == town.MANHOLE
    assert case.emergency
    assert case.loop_level == 3


async def test_a_call_passed_on_by_the_hotline_needs_no_photo(hall: Hall) -> None:
    case = await hall.report(by=hall.acceptor, source=cases_pb2.SOURCE_HOTLINE, evidence=[])
    assert case.source == cases_pb2.SOURCE_HOTLINE


async def test_a_like_report_nearby_is_pointed_out(hall: Hall) -> None:
    first = await hall.report()
    hall.clock.advance(timedelta(minutes=5))
    request = town.report_request(point=town.point_in(town.GRID, north_m=20), description="垃圾堆在路边没人管")
    answer = await hall.stub(hall.resident).ReportIncident(request)
    (duplicate,) = answer.duplicates
    assert (duplicate.case_id, duplicate.number) == (first.id, first.number)
    assert duplicate.distance_m == pytest.approx(20, abs=1)
    assert 0.5 < duplicate.score <= 1
    far = town.report_request(point=town.point_in(town.GRID, north_m=80))
    assert not (await hall.stub(hall.resident).ReportIncident(far)).duplicates
    hall.clock.advance(timedelta(hours=25))
    assert not (await hall.stub(hall.resident).ReportIncident(town.report_request())).duplicates


async def test_a_preview_tells_the_way_and_the_time_and_stores_nothing(hall: Hall) -> None:
    await hall.report()
    before = await stored(hall)
    report = town.report(task_type="", description="垃圾满溢", evidence=[])
    preview = await hall.stub(hall.resident).PreviewRoute(incidents_pb2.PreviewRouteRequest(report=report))
    assert [area.code for area in preview.areas] == town.path_of(town.GRID).split(".")
    assert not any(area.geometry for area in preview.areas)
    assert preview.task_type == town.GARBAGE == preview.suggested_task_types[0]
    assert preview.route.department_code == "D07"
    assert preview.deadline_at.ToDatetime() == hall.clock.now().replace(hour=8, tzinfo=None)
    assert len(preview.duplicates) == 1
    assert await stored(hall) == before


async def test_a_report_sent_twice_is_counted_once_and_answered_the_same(hall: Hall) -> None:
    request = town.report_request()
    first = await hall.stub(hall.resident).ReportIncident(request)
    await hall.advance(first.case, town.step("accept"), by=hall.acceptor)
    assert await hall.stub(hall.resident).ReportIncident(request) == first
    assert await hall.count("incident") == 1


async def test_a_repeated_report_is_answered_even_when_it_would_be_refused_now(hall: Hall) -> None:
    request = town.report_request(terminal_id="phone-1")
    first = await hall.stub(hall.worker).ReportIncident(request)
    hall.terminals.refusal = errors.Forbidden.received(reason="OUT_OF_GRID", message="out", details={})
    assert await hall.stub(hall.worker).ReportIncident(request) == first


async def test_a_request_id_cannot_be_used_for_another_report(hall: Hall) -> None:
    await hall.report(id="same-request")
    for fields in ({"description": "别的事"}, {"point": place_pb2.Point(longitude_deg=0, latitude_deg=0)}):
        with pytest.raises(errors.AlreadyExists) as caught:
            await hall.report(id="same-request", **fields)
        assert caught.value.reason == "REQUEST_ID_REUSED"
    assert await hall.count("incident") == 1


async def test_two_people_may_choose_the_same_request_id(hall: Hall) -> None:
    mine = await hall.report(id="same-request")
    theirs = await hall.report(id="same-request", by=hall.person("resident", subject="resident-2"))
    assert mine.id != theirs.id


async def test_reports_sent_many_times_at_once_are_counted_once_each(hall: Hall) -> None:
    requests = [town.report_request() for _ in range(5)]
    sent = [request for request in requests for _ in range(6)]
    answers = await asyncio.gather(*(hall.stub(hall.resident).ReportIncident(request) for request in sent))
    assert len({answer.case.id for answer in answers}) == 5
    assert (await stored(hall))["incident"] == 5
    assert (await stored(hall))["outbox"] == 5


async def test_a_batch_keeps_its_order_and_each_report_succeeds_or_fails_alone(hall: Hall) -> None:
    twice = town.report_request()
    other_body = town.report_request(id=twice.request_id, description="别的事")
    good, nul = town.report_request(), town.report_request(description="a\0b")
    outside = town.report_request(point=place_pb2.Point(longitude_deg=0, latitude_deg=0))
    batch = incidents_pb2.BatchReportRequest(reports=[twice, outside, nul, twice, other_body, good])
    answer = await hall.stub(hall.resident).BatchReport(batch)
    assert [result.reason for result in answer.results] == [
        *("", "OUT_OF_AREA", "FIELD_INVALID", "", "REQUEST_ID_REUSED", "")
    ]
    assert answer.results[0].case == answer.results[3].case
    assert answer.results[1].message == "The point 0.0, 0.0 lies in no grid of the city."
    assert await stored(hall) == {**dict.fromkeys(TABLES, 2), "timer": 4}


async def test_a_report_that_breaks_a_rule_of_the_contract_fails_alone_in_its_batch(hall: Hall) -> None:
    silent = town.report_request(description="")
    wide = town.report_request(point=place_pb2.Point(longitude_deg=1, latitude_deg=95))
    batch = incidents_pb2.BatchReportRequest(reports=[silent, town.report_request(), wide])
    answer = await hall.stub(hall.resident).BatchReport(batch)
    assert [result.reason for result in answer.results] == ["FIELD_INVALID", "", "FIELD_INVALID"]
    assert "report.description" in answer.results[0].message
    assert (await stored(hall))["incident"] == 1


async def test_one_bad_row_never_fails_its_neighbours(hall: Hall) -> None:
    good = [town.report_request() for _ in range(20)]
    bad = town.report_request(place="\0")
    calls = [hall.stub(hall.resident).ReportIncident(request) for request in [*good[:10], bad, *good[10:]]]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result).__name__ for result in results].count("ReportIncidentResponse") == 20
    assert isinstance(results[10], errors.Invalid)
    assert await hall.count("incident") == 20


async def test_numbers_are_given_once_whoever_gives_them_and_begin_anew_each_day(hall: Hall) -> None:
    first = await asyncio.gather(*(hall.report() for _ in range(30)))
    assert len({case.number for case in first}) == 30
    hall.clock.advance(timedelta(hours=13, minutes=59))
    assert (await hall.report()).number.startswith("9991-20260302-")
    hall.clock.advance(timedelta(minutes=1))
    assert (await hall.report()).number == "9991-20260303-00001"


async def held_up(hall: Hall) -> bool:
    """Whether a statement waits for a lock."""
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(await hall.rows(query))


async def test_a_report_is_acknowledged_only_when_it_is_stored(hall: Hall) -> None:
    async with hall.database.transaction() as transaction:
        await transaction.execute("LOCK TABLE history IN ACCESS EXCLUSIVE MODE")
        stub = hall.stub(hall.resident)
        call = asyncio.ensure_future(stub.ReportIncident(town.report_request(), timeout=60))
        await eventually(lambda: held_up(hall))
        assert not call.done()
    assert (await call).case.number


async def test_too_many_at_once_are_turned_away_and_none_is_lost(hall: Hall) -> None:
    beside = (getattr(task, "__self__", None) for task in hall.process.background)
    (writer,) = (worker for worker in beside if isinstance(worker, Writer))
    requests = [town.report_request() for _ in range(BATCH_MAX)]
    batch = incidents_pb2.BatchReportRequest(reports=requests)

    async def full() -> bool:
        return writer.line.full and await held_up(hall)

    async with hall.database.transaction() as transaction:
        await transaction.execute("LOCK TABLE history IN ACCESS EXCLUSIVE MODE")
        calls = [asyncio.ensure_future(hall.stub(hall.resident).BatchReport(batch, timeout=60)) for _ in range(6)]
        await eventually(full)
    reasons = [result.reason for call in calls for result in (await call).results]
    assert set(reasons) == {"", "EXHAUSTED"}
    again = await hall.stub(hall.resident).BatchReport(batch, timeout=60)
    assert {result.reason for result in again.results} == {""}
    assert await hall.count("incident") == BATCH_MAX


async def test_without_a_database_reports_are_refused_and_later_taken(hall: Hall) -> None:
    other = await open_database(hall.dsn, service="incidents")
    await hall.report()
    async with other.connection() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
        )
    results = await asyncio.gather(*(hall.report() for _ in range(3)), return_exceptions=True)
    assert all(isinstance(result, cases_pb2.Case | errors.Unavailable) for result in results)
    assert (await _taken(hall)).number
    await other.close()


async def _taken(hall: Hall) -> cases_pb2.Case:
    """What a caller who comes again until it is taken gets in the end."""
    while True:
        try:
            return await hall.report()
        except errors.Unavailable:
            await asyncio.sleep(0.05)
