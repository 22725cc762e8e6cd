"""The life of a case through real calls: reported, accepted, dispatched, solved, checked, closed and rated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2

from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, event_types, unpacked


async def test_a_report_becomes_a_case_with_a_number_a_grid_a_department_and_reasons(hall: Hall) -> None:
    case = await hall.report()
    assert case.number == "9991-20260302-00001"
    assert (case.grid_code, case.area_path) == (town.GRID, town.path_of(town.GRID))
    assert case.state == cases_pb2.CASE_STATE_REPORTED
    assert (case.version, case.loop_level, case.department_code) == (1, 1, "D07")
    assert case.grid_name == "松风社区第1网格"
    assert case.route.worker_post == f"P-{town.GRID}"
    assert case.route.department_name == "市容环境卫生中心"
    assert {rule.rule: rule.matched for rule in case.route.rules}["task_type_department"]
    assert all(rule.why and rule.why_en for rule in case.route.rules)
    seen = await hall.get(case, by=hall.acceptor)
    assert seen.case == case
    assert [line.event for line in seen.history] == [cases_pb2.CASE_EVENT_REPORT]
    assert [(leg.loop_level, leg.receiver) for leg in seen.legs] == [(1, f"P-{town.GRID}")]


@pytest.mark.mechanism(47)
async def test_a_case_goes_its_whole_way_and_every_step_leaves_a_line(hall: Hall) -> None:
    case = await hall.closed()
    hall.clock.advance(timedelta(minutes=3))
    await hall.advance(case, town.step("rate", rating=4, opinion="很快"), by=hall.resident)
    seen = await hall.get(case, by=hall.acceptor)
    names = [cases_pb2.CaseEvent.Name(line.event).removeprefix("CASE_EVENT_").lower() for line in seen.history]
    assert names == [
        *("report", "accept", "register", "dispatch", "sign", "dispose", "feedback"),
        *("send_check", "check_pass", "close", "rate"),
    ]
    assert [line.sequence for line in seen.history] == list(range(1, 12))
    assert seen.history[-1].elapsed_s == 180
    assert (seen.case.state, seen.case.rating, seen.case.version) == (cases_pb2.CASE_STATE_CLOSED, 4, 11)
    assert (seen.case.solver, seen.case.checker) == ("specialist-D07", hall.worker.subject)
    kinds = [item.kind for item in seen.case.evidence]
    assert kinds == [
        place_pb2.EVIDENCE_KIND_SCENE,
        place_pb2.EVIDENCE_KIND_AFTER,
        place_pb2.EVIDENCE_KIND_CHECK,
    ]
    assert seen.legs[0].reply == "已清理"
    assert await hall.count("timer") == 0


async def test_every_step_is_told_once_and_in_order_with_the_case_as_it_was_then(hall: Hall) -> None:
    case = await hall.closed()
    told = await hall.told(case.id)
    assert event_types(told) == ["incident_reported", *["case_advanced"] * 9]
    steps = [unpacked(payload, cases_pb2.CaseAdvanced) for _, payload in told[1:]]
    assert [step.entry.sequence for step in steps] == list(range(2, 11))
    assert [step.case.version for step in steps] == list(range(2, 11))
    assert [len(step.case.evidence) for step in steps] == [1, 1, 1, 1, 2, 2, 2, 3, 3]


async def test_a_rating_says_who_earns_how_many_points(hall: Hall) -> None:
    case = await hall.closed()
    await hall.advance(case, town.step("rate", rating=4), by=hall.resident)
    told = await hall.told(case.id)
    assert event_types(told)[-2:] == ["case_advanced", "case_rated"]
    rated = unpacked(told[-1][1], cases_pb2.CaseRated)
    assert (rated.beneficiary, rated.points, rated.case.rating) == ("resident-1", 12 * 4 // 5, 4)
    fresh = await hall.get(case, by=hall.resident)
    with pytest.raises(errors.Conflict) as caught:
        await hall.advance(fresh.case, town.step("rate", rating=5), by=hall.resident)
    assert caught.value.reason == "RATED_ALREADY"


async def test_the_deadline_is_counted_on_the_working_calendar_from_dispatch(hall: Hall) -> None:
    case = await hall.dispatched()
    at = hall.clock.now()
    assert case.limit.value == 4
    assert case.deadline_at.ToDatetime(at.tzinfo) == at.replace(hour=8)  # 10:00 + 4 wh = 16:00 in the city
    assert case.yellow_at.ToDatetime(at.tzinfo) < case.deadline_at.ToDatetime(at.tzinfo)
    assert not case.deadline_provisional


async def test_a_step_with_an_old_version_is_told_the_fresh_case(hall: Hall) -> None:
    case = await hall.report()
    await hall.advance(case, town.step("accept"), by=hall.acceptor)
    with pytest.raises(errors.Stale) as caught:
        await hall.advance(case, town.step("reject", opinion="不属实"), by=hall.acceptor)
    stale = unpacked(caught.value.fresh, cases_pb2.StaleCase)  # type: ignore[arg-type]
    assert (stale.case.version, stale.case.state) == (2, cases_pb2.CASE_STATE_ACCEPTED)
    assert cases_pb2.CASE_EVENT_REGISTER in [step.event for step in stale.legal_steps]


async def test_a_note_is_never_stale_and_makes_nobodys_look_stale(hall: Hall) -> None:
    case = await hall.report()
    await hall.advance(case, town.step("note", opinion="先关阀门"), by=hall.acceptor)
    accepted = await hall.advance(case, town.step("accept"), by=hall.acceptor)
    assert (accepted.case.version, accepted.case.state) == (3, cases_pb2.CASE_STATE_ACCEPTED)
    noted = await hall.advance(case, town.step("note", opinion="阀门已关"), by=hall.acceptor)
    assert [entry.opinion for entry in noted.entries] == ["阀门已关"]
    assert noted.case.version == 4
    with pytest.raises(errors.Stale):  # between this look and now lies more than notes
        await hall.advance(case, town.step("reject", opinion="不属实"), by=hall.acceptor)
    ahead = cases_pb2.Case(id=case.id, version=9)
    with pytest.raises(errors.Stale):
        await hall.advance(ahead, town.step("note", opinion="早了"), by=hall.acceptor)


async def test_of_two_who_step_at_once_one_wins_and_the_other_is_told(hall: Hall) -> None:
    import asyncio

    case = await hall.report()
    others = [hall.person("acceptor", subject=f"acceptor-{number}") for number in range(6)]
    results = await asyncio.gather(
        *(hall.advance(case, town.step("accept"), by=other) for other in others), return_exceptions=True
    )
    assert sum(isinstance(result, incidents_pb2.AdvanceCaseResponse) for result in results) == 1
    assert sum(isinstance(result, errors.Stale) for result in results) == 5
    assert await hall.count("history") == 2


async def test_of_several_steps_all_are_taken_or_none(hall: Hall) -> None:
    case = await hall.report()
    with pytest.raises(errors.Conflict) as caught:
        await hall.advance(case, town.step("accept"), town.step("close"), by=hall.acceptor)
    assert caught.value.reason == "STEP_NOT_LEGAL"
    seen = await hall.get(case, by=hall.acceptor)
    assert (seen.case.version, len(seen.history)) == (1, 1)
    assert event_types(await hall.told(case.id)) == ["incident_reported"]


@pytest.mark.parametrize(
    ("event", "fields", "reason"),
    [
        ("reject", {}, "REASON_REQUIRED"),
        ("register", {"filing_condition": "usual"}, "STEP_NOT_LEGAL"),
        ("accept", {"task_type": "nothing_like_it"}, "TASK_TYPE_UNKNOWN"),
    ],
)
async def test_a_step_that_the_rules_refuse_changes_nothing(
    hall: Hall, event: str, fields: dict[str, str], reason: str
) -> None:
    case = await hall.report()
    with pytest.raises(errors.GridwardError) as caught:
        await hall.advance(case, town.step(event, **fields), by=hall.acceptor)
    assert caught.value.reason == reason
    assert await hall.count("history") == 1


async def test_a_step_is_only_for_those_whom_its_rule_names(hall: Hall) -> None:
    case = await hall.report()
    with pytest.raises(errors.Forbidden) as caught:
        await hall.advance(case, town.step("accept"), by=hall.dispatcher)
    assert caught.value.reason == "STEP_FORBIDDEN"
    seen = await hall.get(case, by=hall.dispatcher)
    assert cases_pb2.CASE_EVENT_ACCEPT not in [step.event for step in seen.legal_steps]


async def test_whoever_solved_a_case_cannot_check_it(hall: Hall) -> None:
    case = await hall.dispatched()
    done = town.photo(place_pb2.EVIDENCE_KIND_AFTER)
    steps = (town.step("sign"), town.step("dispose", evidence=[done]), town.step("feedback", opinion="已清理"))
    answer = await hall.advance(case, *steps, by=hall.specialist())
    with pytest.raises(errors.Conflict) as caught:
        await hall.advance(answer.case, town.step("send_check", assignee="specialist-D07"), by=hall.acceptor)
    assert caught.value.reason == "CHECKER_IS_SOLVER"


async def test_a_case_sent_back_stands_still_and_goes_on_with_what_was_left(hall: Hall) -> None:
    case = await hall.dispatched()
    hall.clock.advance(timedelta(minutes=30))
    answer = await hall.advance(case, town.step("return_back", opinion="不属我单位"), by=hall.specialist())
    assert answer.case.paused
    assert answer.case.return_count == 1
    hall.clock.advance(timedelta(minutes=10))
    answer = await hall.advance(answer.case, town.step("dispatch"), by=hall.dispatcher)
    moved = answer.case.deadline_at.ToDatetime() - case.deadline_at.ToDatetime()
    assert moved == timedelta(minutes=10)
    rungs = await hall.rows("SELECT rung FROM timer WHERE incident_id = %s ORDER BY rung", case.id)
    assert [row["rung"] for row in rungs] == ["deadline", "loop_1", "red", "sign", "yellow"]


async def test_a_step_sent_twice_is_taken_once_and_answered_the_same(hall: Hall) -> None:
    case = await hall.report()
    first = await hall.advance(case, town.step("accept"), by=hall.acceptor, id="same-request")
    await hall.advance(first.case, town.step("register", filing_condition="usual"), by=hall.acceptor)
    again = await hall.advance(case, town.step("accept"), by=hall.acceptor, id="same-request")
    assert again == first
    assert await hall.count("history") == 3


async def test_a_step_sent_twice_at_once_is_taken_once(hall: Hall) -> None:
    import asyncio

    case = await hall.report()
    step = town.step("accept")
    answers = await asyncio.gather(*(hall.advance(case, step, by=hall.acceptor, id="same-request") for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert await hall.count("history") == 2


async def test_a_request_id_cannot_be_used_for_another_step(hall: Hall) -> None:
    case, other = await hall.report(), await hall.report()
    await hall.advance(case, town.step("accept"), by=hall.acceptor, id="same-request")
    with pytest.raises(errors.AlreadyExists) as caught:
        await hall.advance(other, town.step("accept"), by=hall.acceptor, id="same-request")
    assert caught.value.reason == "REQUEST_ID_REUSED"
    assert (await hall.get(other, by=hall.acceptor)).case.version == 1


async def test_a_corrected_task_type_takes_its_department_along(hall: Hall) -> None:
    case = await hall.report()
    answer = await hall.advance(case, town.step("accept", task_type="road_damage"), by=hall.acceptor)
    assert (answer.case.task_type, answer.case.department_code) == ("road_damage", "D09")
    assert answer.case.task_type_title == "道路破损"


async def test_a_case_is_found_by_its_number_too(hall: Hall) -> None:
    case = await hall.report()
    by_number = await hall.stub(hall.acceptor).GetCase(incidents_pb2.GetCaseRequest(case_id=case.number))
    assert by_number.case.id == case.id
    with pytest.raises(errors.NotFound) as caught:
        await hall.stub(hall.acceptor).GetCase(incidents_pb2.GetCaseRequest(case_id="9991-20260302-99999"))
    assert caught.value.reason == "CASE_UNKNOWN"


async def test_a_running_case_lives_by_the_version_it_began_with(hall: Hall) -> None:
    from gridward.registry.v1 import tasks_pb2

    case = await hall.report()
    newer = tasks_pb2.TaskType()
    newer.CopyFrom(next(task for task in town.task_types() if task.code == town.GARBAGE))
    newer.version, newer.title = 2, "改名"
    newer.filing_conditions[0].code = "other"
    hall.view.take_task_types(tasks_pb2.WatchTaskTypesResponse(task_types=[newer], version=100, complete=True))
    answer = await hall.advance(
        case, town.step("accept"), town.step("register", filing_condition="usual"), by=hall.acceptor
    )
    assert (answer.case.task_type_version, answer.case.task_type_title) == (1, "暴露垃圾与垃圾满溢")
    assert (await hall.report()).task_type_version == 2


async def test_what_was_said_of_the_time_of_seeing_is_kept(hall: Hall) -> None:
    seen_at = Timestamp()
    seen_at.FromDatetime(hall.clock.now() - timedelta(hours=2))
    case = await hall.report(seen_at=seen_at, terminal_id="phone-7")
    (row,) = await hall.rows("SELECT seen_at, terminal_id FROM dossier WHERE incident_id = %s", case.id)
    assert row == {"seen_at": hall.clock.now() - timedelta(hours=2), "terminal_id": "phone-7"}


async def test_the_history_of_a_case_can_be_neither_changed_nor_removed(hall: Hall) -> None:
    import psycopg

    await hall.report()
    for statement in ("UPDATE history SET opinion = ''", "DELETE FROM history", "TRUNCATE history"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            await hall.rows(statement)


async def test_steps_of_many_at_once_stand_each_by_itself(hall: Hall) -> None:
    cases = [await hall.report() for _ in range(12)]
    stub = hall.stub(hall.acceptor)

    def accept(case: cases_pb2.Case, version: int) -> Awaitable[incidents_pb2.AdvanceCaseResponse]:
        step = cases_pb2.Step(event=cases_pb2.CASE_EVENT_ACCEPT)
        return stub.AdvanceCase(
            incidents_pb2.AdvanceCaseRequest(request_id=uuid4().hex, case_id=case.id, version=version, steps=[step]),
            timeout=20,
        )

    wrong = {3, 7}
    told = await asyncio.gather(
        *(accept(case, case.version + (place in wrong)) for place, case in enumerate(cases)),
        *(accept(case, case.version) for case in cases[:2]),  # the same case by two people: one of them is too late
        return_exceptions=True,
    )
    stale = [place for place, answer in enumerate(told) if isinstance(answer, errors.Stale)]
    assert wrong < set(stale)
    assert len([place for place in stale if place in {0, 1, 12, 13}]) == 2
    assert all(not isinstance(answer, BaseException) for place, answer in enumerate(told) if place not in stale)
