"""What the course of a case tells through real calls: deadlines explained, holders traced, cases within cases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from google.protobuf import any_pb2
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, course_pb2, course_pb2_grpc, incidents_pb2, settling_pb2, settling_pb2_grpc
from gridward.registry.v1 import tasks_pb2

from services.platform import errors
from services.platform.grpc_client import connect
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, event_types, eventually
from tests.integration.incidents.test_timers import drain

CITY_ZONE = ZoneInfo("Asia/Shanghai")


def course(hall: Hall, caller: Caller) -> course_pb2_grpc.CourseServiceAsyncStub:
    hall.stub(caller)
    return course_pb2_grpc.CourseServiceStub(hall.channels[repr(caller)])


def settling(hall: Hall, caller: Caller) -> settling_pb2_grpc.SettlingServiceAsyncStub:
    if caller.subject.startswith("plugin:"):
        signer = hall.tokens.signer("host")  # only the host speaks for departments' programs
        hall.channels[repr(caller)] = connect(f"127.0.0.1:{hall.process.port}", signer=signer, caller=caller)
    hall.stub(caller)
    return settling_pb2_grpc.SettlingServiceStub(hall.channels[repr(caller)])


def chief(hall: Hall) -> Caller:
    return hall.person("duty_chief", subject="chief-1")


def local(stamp: object) -> str:
    return stamp.ToDatetime().replace(tzinfo=ZoneInfo("UTC")).astimezone(CITY_ZONE).strftime("%m-%d %H:%M")  # type: ignore[attr-defined]


async def test_a_deadline_is_explained_stretch_by_stretch_and_counted_in_office_time(hall: Hall) -> None:
    case = await hall.dispatched()  # Monday 10:00, four work hours
    assert (case.limit_s, case.left_s) == (4 * 3600, 4 * 3600)
    hall.clock.advance(timedelta(hours=3))  # 13:00: two of them are gone, noon counts for nothing
    explained = await course(hall, hall.acceptor).ExplainDeadline(
        course_pb2.ExplainDeadlineRequest(case_id=case.number)
    )
    assert [(local(each.start), local(each.end), each.counted_s) for each in explained.intervals] == [
        ("03-02 10:00", "03-02 12:00", 7200),
        ("03-02 14:00", "03-02 16:00", 7200),
    ]
    assert (local(explained.deadline_at), explained.left_s, list(explained.provisional_years)) == (
        "03-02 16:00",
        7200,
        [],
    )
    seen = await hall.get(case, by=hall.acceptor)
    assert seen.case.left_s == 7200
    (listed,) = (await hall.stub(hall.acceptor).ListCases(incidents_pb2.ListCasesRequest())).cases
    assert listed.left_s == 7200


async def test_a_calendar_that_changes_counts_open_cases_again_and_keeps_the_old_deadline(still: Hall) -> None:
    case, elsewhere = await still.dispatched(), await still.dispatched(grid=town.OTHER_GRID)
    wanted = settling_pb2.PutCalendarRequest(
        request_id=town.request_id(),
        area_code=town.COMMUNITY,
        version=0,
        calendar=settling_pb2.WorkingCalendar(
            area_code=town.COMMUNITY,
            slots=[settling_pb2.OfficeSlot(start="08:00", end="11:00")],
            days=[settling_pb2.CalendarDay(day="2026-03-03", worked=False, name="停电")],
        ),
        reason="社区停电",
    )
    with pytest.raises(errors.Forbidden):
        await settling(still, still.acceptor).PutCalendar(wanted)
    answer = await settling(still, chief(still)).PutCalendar(wanted)
    assert (answer.calendar.version, answer.recounted_cases) == (1, 1)
    assert await settling(still, chief(still)).PutCalendar(wanted) == answer

    async def recounted() -> bool:
        still.clock.advance(timedelta(seconds=1))
        await drain(still.firing)
        return (await still.get(case, by=still.acceptor)).case.version > case.version

    await still.refresh()
    await eventually(recounted)
    explained = await course(still, still.acceptor).ExplainDeadline(course_pb2.ExplainDeadlineRequest(case_id=case.id))
    # One hour on Monday, none on Tuesday, three on Wednesday.
    assert (local(explained.deadline_at), explained.calendar_area_code) == ("03-04 11:00", town.COMMUNITY)
    assert [local(each.deadline_at) for each in explained.earlier] == ["03-02 16:00", "03-04 11:00"]
    assert explained.earlier[-1].event == cases_pb2.CASE_EVENT_RECOUNT
    assert [note.name for note in explained.notes] == ["停电"]
    assert local((await still.get(elsewhere, by=still.acceptor)).case.deadline_at) == "03-02 16:00"
    wanted.request_id = town.request_id()
    with pytest.raises(errors.Stale) as caught:
        await settling(still, chief(still)).PutCalendar(wanted)
    assert caught.value.reason == "CALENDAR_STALE"
    assert town.fresh(caught.value, settling_pb2.PutCalendarResponse).calendar == answer.calendar
    year = settling_pb2.GetCalendarRequest(area_code=town.COMMUNITY, year=2031)
    told = await settling(still, still.acceptor).GetCalendar(year)
    assert told.provisional
    assert (await settling(still, still.acceptor).ListCalendars(settling_pb2.ListCalendarsRequest())).calendars


async def test_a_procedure_is_declared_by_its_own_department_and_lives_in_cases_reported_after(hall: Hall) -> None:
    before = await hall.dispatched()
    own = hall.person("plugin", department="D07", subject="plugin:urban_management")
    foreign = hall.person("plugin", department="D11", subject="plugin:water")
    declared = settling_pb2.DeclareProcedureRequest(
        request_id=town.request_id(),
        task_type=town.GARBAGE,
        procedure=settling_pb2.Procedure(
            proofs=[settling_pb2.StepProof(event=cases_pb2.CASE_EVENT_FEEDBACK, words_min=6)],
            ordered_steps=[
                settling_pb2.DepartmentStep(
                    department_code="D11", limit=tasks_pb2.Limit(value=2, unit=tasks_pb2.LIMIT_UNIT_WORK_HOUR)
                )
            ],
        ),
    )
    with pytest.raises(errors.Forbidden):
        await settling(hall, foreign).DeclareProcedure(declared)
    hall.clock.advance(timedelta(seconds=1))
    assert (await settling(hall, own).DeclareProcedure(declared)).version == 1
    declared.request_id = town.request_id()
    assert (await settling(hall, own).DeclareProcedure(declared)).version == 1  # as it was, so no new version
    other = settling_pb2.DeclareProcedureRequest(request_id=town.request_id(), task_type=town.GARBAGE, seen_version=0)
    other.procedure.proofs.add(event=cases_pb2.CASE_EVENT_FEEDBACK, words_min=20)
    with pytest.raises(errors.Stale) as stale:
        await settling(hall, own).DeclareProcedure(other)
    newest = settling_pb2.GetProcedureResponse()
    assert isinstance(stale.value.fresh, any_pb2.Any)
    assert stale.value.fresh.Unpack(newest)
    assert (stale.value.reason, newest.version, newest.newest_version) == ("PROCEDURE_STALE", 1, 1)
    assert newest.procedure == declared.procedure

    async def followed() -> bool:
        hall.clock.advance(timedelta(seconds=1))
        return bool((await hall.get(await hall.dispatched(), by=hall.acceptor)).case.parts)

    await eventually(followed)
    assert not (await hall.get(before, by=hall.acceptor)).case.parts
    case = await hall.dispatched()
    water = hall.specialist("D11")
    assert case.id in await hall.seen_by(water)  # a department with a part sees the case
    answer = await hall.advance(case, town.step("part_sign"), by=water)
    answer = await hall.advance(answer.case, town.step("part_done", opinion="已处理"), by=water)
    assert answer.case.parts[0].state == cases_pb2.PART_STATE_DONE
    done = [town.step("sign"), town.step("dispose", evidence=[town.photo(place_pb2.EVIDENCE_KIND_AFTER)])]
    with pytest.raises(errors.Invalid) as caught:
        await hall.advance(answer.case, *done, town.step("feedback", opinion="清了"), by=hall.specialist())
    assert caught.value.reason == "WORDS_TOO_FEW"


@pytest.mark.mechanism(6)
async def test_a_direct_report_reaches_three_at_once_and_exactly_one_takes_it(hall: Hall) -> None:
    people = [hall.person("mediator", town.GRID, subject=f"expert-{number}") for number in range(3)]
    request = course_pb2.ReportDirectRequest(
        request_id=town.request_id(),
        report=town.report(),
        addressees=[cases_pb2.Addressee(receiver=person.subject) for person in people],
    )
    sent = await course(hall, hall.worker).ReportDirect(request)
    assert await course(hall, hall.worker).ReportDirect(request) == sent
    assert [part.receiver for part in sent.case.parts] == [person.subject for person in people]
    for person in people:
        assert sent.case.id in await hall.seen_by(person)
    results = await asyncio.gather(
        *(hall.advance(sent.case, town.step("take"), by=person) for person in people), return_exceptions=True
    )
    assert sum(isinstance(result, incidents_pb2.AdvanceCaseResponse) for result in results) == 1
    assert sum(isinstance(result, errors.Stale) for result in results) == 2
    seen = (await hall.get(sent.case, by=hall.acceptor)).case
    loser = next(person for person in people if person.subject != seen.dealings.owner)
    with pytest.raises(errors.Conflict) as caught:
        await hall.advance(seen, town.step("take"), by=loser)
    assert (caught.value.reason, caught.value.details["owner"]) == ("TAKEN_ALREADY", seen.dealings.owner)


@pytest.mark.mechanism(30)
async def test_of_two_units_that_claim_at_once_one_wins_and_what_it_releases_is_on_the_list_of_both(hall: Hall) -> None:
    units = [hall.person("mediator", town.GRID, subject=f"unit-{number}") for number in range(2)]
    request = course_pb2.ReportDirectRequest(
        request_id=town.request_id(),
        report=town.report(),
        addressees=[cases_pb2.Addressee(receiver=unit.subject) for unit in units],
    )
    case = (await course(hall, hall.worker).ReportDirect(request)).case
    results = await asyncio.gather(
        *(hall.advance(case, town.step("take"), by=unit) for unit in units), return_exceptions=True
    )
    (won,) = [result for result in results if isinstance(result, incidents_pb2.AdvanceCaseResponse)]
    (lost,) = [result for result in results if isinstance(result, errors.Stale)]
    assert lost.reason == "STALE"
    winner = next(unit for unit in units if unit.subject == won.case.dealings.owner)
    with pytest.raises(errors.Invalid) as silent:
        await hall.advance(won.case, town.step("release"), by=winner)
    assert silent.value.reason == "REASON_REQUIRED"
    released = (await hall.advance(won.case, town.step("release", opinion="力量不够"), by=winner)).case
    for unit in units:
        legal = {step.event for step in (await hall.get(released, by=unit)).legal_steps}
        assert cases_pb2.CASE_EVENT_TAKE in legal
    other = next(unit for unit in units if unit is not winner)
    again = (await hall.advance(released, town.step("take"), by=other)).case
    assert again.dealings.owner == other.subject


async def test_a_blocking_child_keeps_its_parent_open_to_any_depth_and_never_in_a_circle(hall: Hall) -> None:
    top, middle, bottom = [await hall.dispatched() for _ in range(3)]
    boss = chief(hall)

    def link(parent: cases_pb2.Case, child: cases_pb2.Case) -> course_pb2.LinkChildRequest:
        return course_pb2.LinkChildRequest(
            request_id=town.request_id(),
            case_id=parent.id,
            version=parent.version,
            child=child.number,
            blocking=True,
            opinion="同一工程",
        )

    linked = await course(hall, boss).LinkChild(link(top, middle))
    assert list(linked.case.open_children) == [middle.number]
    await course(hall, boss).LinkChild(link(linked.child, bottom))
    for parent, child in ((bottom, top), (bottom, bottom)):
        fresh = (await hall.get(parent, by=boss)).case
        with pytest.raises(errors.Conflict) as caught:
            await course(hall, boss).LinkChild(link(fresh, child))
        assert caught.value.reason == "CHILD_NOT_POSSIBLE"
    with pytest.raises(errors.Stale):
        await course(hall, boss).LinkChild(link(top, bottom))
    fresh = (await hall.get(top, by=boss)).case
    with pytest.raises(errors.Conflict) as caught:
        await hall.advance(fresh, town.step("cancel", opinion="不办了"), by=boss)
    assert (caught.value.reason, caught.value.details["children"]) == ("CHILDREN_OPEN", middle.number)
    for case in (bottom, middle, top):  # from below, each may end once nothing below it is open
        fresh = (await hall.get(case, by=boss)).case
        ended = await hall.advance(fresh, town.step("cancel", opinion="办结"), by=boss)
        assert ended.case.state == cases_pb2.CASE_STATE_CANCELLED
    children = await course(hall, boss).ListChildren(course_pb2.ListChildrenRequest(case_id=top.id))
    assert [child.id for child in children.cases] == [middle.id]


@pytest.mark.mechanism(44)
async def test_the_trace_names_who_held_a_case_and_who_refused_it(hall: Hall) -> None:
    case = await hall.dispatched()
    hall.clock.advance(timedelta(minutes=40))
    answer = await hall.advance(case, town.step("return_back", opinion="不属我单位"), by=hall.specialist())
    hall.clock.advance(timedelta(minutes=5))
    await hall.advance(answer.case, town.step("dispatch", department_code="D11"), by=hall.dispatcher)
    traced = await course(hall, hall.acceptor).TraceCase(course_pb2.TraceCaseRequest(case_id=case.id))
    held = [(stay.holder, stay.dwell_s, stay.refused, stay.actor, stay.opinion) for stay in traced.holdings]
    assert held[2] == ("D07", 2400, True, "specialist-D07", "不属我单位")
    assert held[3][:2] == ("city_dispatch_desk", 300)
    assert held[4][:2] == ("D11", 0)


async def test_the_table_is_told_to_whoever_shows_it(hall: Hall) -> None:
    told = await course(hall, hall.resident).DescribeWorkflow(course_pb2.DescribeWorkflowRequest())
    events = {row.event for row in told.rows}
    named = set(cases_pb2.CaseEvent.values()) - {cases_pb2.CASE_EVENT_UNSPECIFIED, cases_pb2.CASE_EVENT_REPORT}
    assert events == named
    accept = next(row for row in told.rows if row.event == cases_pb2.CASE_EVENT_ACCEPT)
    assert (accept.stage, accept.limit.value, accept.effects[0]) == ("accept", 15, "correct_task_type")


async def test_a_corrected_case_goes_where_the_right_kind_goes_and_whoever_is_on_duty_takes_it(hall: Hall) -> None:
    case = await hall.report()
    answer = await hall.advance(case, town.step("accept", task_type=town.MANHOLE), by=hall.acceptor)
    assert (answer.case.department_code, answer.case.loop_level, answer.case.emergency) == ("D09", 3, True)
    seen = await hall.get(case, by=hall.acceptor)
    assert [(leg.loop_level, leg.receiver, leg.reply, leg.cause) for leg in seen.legs] == [
        (1, f"P-{town.GRID}", "corrected", ""),
        (3, "D09", "", "corrected"),
    ]
    assert "case_advanced" in event_types(await hall.told(case.id))


@pytest.mark.mechanism(55)
async def test_the_reporter_sees_one_thread_and_the_answer_only_when_the_back_office_has_finished(hall: Hall) -> None:
    case = await hall.dispatched()
    done = town.step("dispose", opinion="夜间作业，已清", evidence=[town.photo(place_pb2.EVIDENCE_KIND_AFTER)])
    working = [town.step("sign"), town.step("note", opinion="居民情绪激动"), done]
    answer = await hall.advance(case, *working, by=hall.specialist())
    early = await hall.get(case, by=hall.resident)  # solved, and the back office has not finished: nothing is said yet
    assert [line.opinion for line in early.history[1:]] == [""] * 4
    assert "夜间作业" not in str(early.case)
    finish = town.step("feedback", opinion="已清理，增设垃圾桶")
    answer = await hall.advance(answer.case, finish, by=hall.specialist())
    seen = await hall.get(case, by=hall.resident)
    names = [cases_pb2.CaseEvent.Name(line.event).removeprefix("CASE_EVENT_") for line in seen.history]
    assert names == ["REPORT", "ACCEPT", "REGISTER", "DISPATCH", "SIGN", "FEEDBACK"]
    assert [line.opinion for line in seen.history[1:]] == [""] * 5
    assert not seen.legs
    staff = await hall.get(case, by=hall.acceptor)
    assert "居民情绪激动" in [line.opinion for line in staff.history]
    sent = await hall.advance(answer.case, town.step("send_check", assignee=hall.worker.subject), by=hall.acceptor)
    passed = town.step("check_pass", evidence=[town.photo(place_pb2.EVIDENCE_KIND_CHECK)])
    checked = await hall.advance(sent.case, passed, by=hall.worker)
    await hall.advance(checked.case, town.step("close", opinion="请您评价"), by=hall.acceptor)
    told = [line.opinion for line in (await hall.get(case, by=hall.resident)).history if line.opinion]
    assert told == [case.description, "已清理，增设垃圾桶", "请您评价"]


@pytest.mark.mechanism(51)
async def test_a_matter_that_is_not_admitted_makes_no_case_and_one_withdrawn_keeps_those_it_has(hall: Hall) -> None:
    case = await hall.report()
    for admission in (
        tasks_pb2.ADMISSION_STATE_PENDING,
        tasks_pb2.ADMISSION_STATE_SUSPENDED,
        tasks_pb2.ADMISSION_STATE_RETIRED,
    ):
        withdrawn = tasks_pb2.TaskType()
        withdrawn.CopyFrom(next(task for task in town.task_types() if task.code == town.GARBAGE))
        withdrawn.admission = admission
        hall.view.take_task_types(tasks_pb2.WatchTaskTypesResponse(task_types=[withdrawn], version=101, complete=True))
        with pytest.raises(errors.Conflict) as caught:
            await hall.report()
        assert caught.value.reason == "TASK_TYPE_NOT_ADMITTED"
        other = await hall.report(task_type="road_damage")
        with pytest.raises(errors.Conflict):  # nor may a desk load it onto the grid by correcting another
            await hall.advance(other, town.step("accept", task_type=town.GARBAGE), by=hall.acceptor)
    steps = (town.step("accept"), town.step("register", filing_condition="usual"))
    answer = await hall.advance(case, *steps, by=hall.acceptor)
    answer = await hall.advance(answer.case, town.step("dispatch"), by=hall.dispatcher)
    assert answer.case.state == cases_pb2.CASE_STATE_DISPATCHED


async def test_the_stages_of_a_departments_task_type_are_gone_through_before_it_is_done(hall: Hall) -> None:
    staged = tasks_pb2.TaskType()
    staged.CopyFrom(next(task for task in town.task_types() if task.code == town.GARBAGE))
    staged.version = 2
    staged.traits.stages.add(code="permit", title="办理许可", title_en="Permit", next=["clearing"])
    staged.traits.stages.add(code="clearing", title="清运", title_en="Clearing")
    hall.view.take_task_types(tasks_pb2.WatchTaskTypesResponse(task_types=[staged], version=101, complete=True))
    case = await hall.dispatched()
    done = town.step("dispose", evidence=[town.photo(place_pb2.EVIDENCE_KIND_AFTER)])
    department = hall.specialist()
    signed = await hall.advance(case, town.step("sign"), by=department)
    assert cases_pb2.CASE_EVENT_DISPOSE not in {step.event for step in signed.legal_steps}
    (move,) = [step for step in signed.legal_steps if step.event == cases_pb2.CASE_EVENT_MOVE]
    assert (move.move, move.title, move.title_en) == ("start_to_permit", "办理许可", "Permit")
    moved = await hall.advance(signed.case, town.step("move", move="start_to_permit"), by=department)
    assert (moved.case.dealings.own_state, moved.case.dealings.own_state_title) == ("permit", "办理许可")
    with pytest.raises(errors.Conflict) as caught:
        await hall.advance(moved.case, done, by=department)
    assert caught.value.reason == "OWN_STATE_OPEN"
    steps = (town.step("move", move="permit_to_clearing"), done)
    assert (await hall.advance(moved.case, *steps, by=department)).case.state == cases_pb2.CASE_STATE_DISPOSED
