"""The ways beside the main one: put right on the spot, verified, passed on, extended, suspended, pressed for, reopened."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.incidents.domain import errors
from services.incidents.domain.actors import SYSTEM
from services.incidents.domain.case import Case, Event, Source, State
from services.incidents.domain.dealings import Ending, Priority
from services.incidents.domain.firing import fire
from services.incidents.domain.limits import Limit
from services.incidents.domain.procedure import Procedure
from services.incidents.domain.rewards import reward_of
from services.incidents.domain.signal import Signal
from services.incidents.domain.step import Effect, Outcome, Step
from services.incidents.domain.tasktypes import EvidenceKind, FilingCondition
from services.incidents.domain.timers import Rung, timers_of
from services.incidents.domain.workflow import apply
from tests.unit.incidents.builders import (
    ACCEPTOR,
    BOTH,
    CHECKER,
    CHIEF,
    DISPATCHER,
    GARBAGE,
    HANDLER,
    LEADER,
    RESIDENT,
    RULEBOOK,
    SANITATION,
    SECOND_DISPATCHER,
    WATER,
    WORKER,
    a_case,
    a_report,
    local,
    opened,
    proof,
    suspended,
    take,
)


def fired(case: Case, rung: Rung) -> Case:
    due_at = next(timer.due_at for timer in timers_of(case) if timer.rung is rung)
    firing = fire(case, rung, at=due_at, task_type=GARBAGE, rulebook=RULEBOOK)
    assert firing is not None
    return firing.case


def dispatched_at(moment: str) -> Case:
    return take(a_case(Event.REGISTER), Event.DISPATCH, actor=DISPATCHER, at=local(moment)).case


def disposing(case: Case) -> Case:
    signed = take(case, Event.SIGN, actor=SANITATION).case
    return take(signed, Event.ASSIGN, actor=SANITATION, assignee=HANDLER.id).case


def test_what_a_worker_puts_right_is_shown_before_and_after_and_closed_by_somebody_else() -> None:
    with pytest.raises(errors.EvidenceRequired):
        take(opened().case, Event.SELF_DISPOSE, actor=WORKER, evidence=proof(EvidenceKind.AFTER))
    done = take(opened().case, Event.SELF_DISPOSE, actor=WORKER, evidence=BOTH).case
    assert (done.state, done.solver) == (State.SELF_DONE, WORKER.id)
    closed = take(done, Event.CLOSE, actor=ACCEPTOR).case
    assert (closed.state, closed.ending, closed.leg.reply) == (State.CLOSED, Ending.SELF_SOLVED, "PUT_RIGHT")
    refused = take(done, Event.REFUSE_SELF, actor=ACCEPTOR, opinion="照片看不清").case
    assert (refused.state, refused.solver, refused.leg.answered) == (State.REPORTED, "", False)
    assert Rung.LOOP_1 in {timer.rung for timer in timers_of(refused)}


def test_the_desks_time_stands_still_while_somebody_verifies() -> None:
    accepted = a_case(Event.ACCEPT)
    sent = take(accepted, Event.SEND_VERIFY, actor=ACCEPTOR, assignee=WORKER.id).case
    back = take(sent, Event.VERIFY_EXISTS, actor=WORKER, at=sent.updated_at + timedelta(minutes=25))
    assert accepted.stage_due_at is not None
    assert back.case.stage_due_at == accepted.stage_due_at + timedelta(minutes=25)
    assert (back.case.state, back.case.checker, back.entry.overdue) == (State.ACCEPTED, "", False)
    registered = take(back.case, Event.REGISTER, actor=ACCEPTOR, filing_condition="exposed")
    assert not registered.entry.overdue


def test_what_is_not_there_is_not_opened_and_can_be_refused() -> None:
    sent = take(a_case(Event.ACCEPT), Event.SEND_VERIFY, actor=ACCEPTOR, assignee=WORKER.id).case
    absent = take(sent, Event.VERIFY_ABSENT, actor=WORKER, opinion="现场没有").case
    with pytest.raises(errors.FoundAbsent):
        take(absent, Event.REGISTER, actor=ACCEPTOR, filing_condition="exposed")
    refused = take(absent, Event.REFUSE_FILING, actor=ACCEPTOR, opinion="核实不属实").case
    assert (refused.state, refused.ending, timers_of(refused)) == (State.NOT_REGISTERED, Ending.REFUSED, ())


@pytest.mark.mechanism(56)
def test_a_volunteers_clue_is_verified_by_the_worker_before_anything_follows() -> None:
    way = Procedure(version=1, verify_first=frozenset({Source.VOLUNTEER}))

    def step(case: Case, event: Event, **fields: object) -> Outcome:
        actor = WORKER if event is Event.VERIFY_EXISTS else ACCEPTOR
        wanted = replace(Step(event=event), **fields)
        at = case.updated_at + timedelta(minutes=1)
        return apply(case, wanted, actor=actor, at=at, task_type=GARBAGE, rulebook=RULEBOOK, procedure=way)

    clue = step(opened(report=a_report(Source.VOLUNTEER)).case, Event.ACCEPT).case
    with pytest.raises(errors.VerifyFirst):
        step(clue, Event.REGISTER, filing_condition="exposed")
    task = step(clue, Event.SEND_VERIFY, assignee=WORKER.id).case
    assert (task.state, task.checker) == (State.VERIFYING, WORKER.id)
    found = step(task, Event.VERIFY_EXISTS).case
    assert step(found, Event.REGISTER, filing_condition="exposed").case.state is State.REGISTERED
    told = step(opened(report=a_report(Source.RESIDENT)).case, Event.ACCEPT).case
    assert step(told, Event.REGISTER, filing_condition="exposed").case.state is State.REGISTERED


def granted(case: Case, *, at: str) -> Case:
    """More time, by the approval of two others."""
    asked = take(case, Event.ASK_EXTENSION, actor=HANDLER, opinion="缺配件", at=local(at)).case
    endorsed = take(asked, Event.ENDORSE_REQUEST, actor=SANITATION).case
    return take(endorsed, Event.GRANT_EXTENSION, actor=DISPATCHER).case


def test_more_time_is_the_limit_once_more_and_needs_two_approvals_of_others() -> None:
    case = disposing(dispatched_at("2026-03-09 09:00"))
    assert case.deadline_at == local("2026-03-10 11:00")
    asked = take(case, Event.ASK_EXTENSION, actor=SANITATION, opinion="缺配件").case
    with pytest.raises(errors.RequestPending):
        take(asked, Event.ASK_EXTENSION, actor=HANDLER, opinion="再来")
    with pytest.raises(errors.OwnRequest):
        take(asked, Event.ENDORSE_REQUEST, actor=SANITATION)
    with pytest.raises(errors.RequestMissing):
        take(asked, Event.GRANT_EXTENSION, actor=DISPATCHER)
    endorsed = take(asked, Event.ENDORSE_REQUEST, actor=LEADER).case
    longer = take(endorsed, Event.GRANT_EXTENSION, actor=DISPATCHER)
    assert longer.case.deadline_at == local("2026-03-11 15:00")  # 20 work hours from Monday 09:00
    assert longer.case.limit == Limit.of(10, "work_hour")
    assert Effect.COUNTDOWN_EXTENDED in longer.effects


def test_more_time_is_given_twice_at_most_and_a_refusal_does_not_count() -> None:
    case = disposing(dispatched_at("2026-03-09 09:00"))
    asked = take(case, Event.ASK_EXTENSION, actor=HANDLER, opinion="缺配件").case
    refused = take(asked, Event.REFUSE_REQUEST, actor=DISPATCHER, opinion="不需要").case
    assert refused.dealings.extension_count == 0
    twice = granted(granted(refused, at="2026-03-09 10:00"), at="2026-03-09 11:00")
    assert twice.dealings.extension_count == 2
    with pytest.raises(errors.ExtensionsUsed):
        take(twice, Event.ASK_EXTENSION, actor=HANDLER, opinion="第三次")


def test_more_time_is_asked_for_before_the_deadline() -> None:
    case = disposing(dispatched_at("2026-03-09 09:00"))
    with pytest.raises(errors.TooLateToAsk):
        take(case, Event.ASK_EXTENSION, actor=HANDLER, opinion="晚了", at=local("2026-03-10 11:01"))


def test_a_suspended_case_stands_still_and_goes_on_by_itself() -> None:
    case = suspended(days=30)
    assert case.state is State.SUSPENDED
    assert {timer.rung for timer in timers_of(case)} == {Rung.RESUME}
    assert case.countdown is not None
    left = case.countdown.remaining
    resumed = fired(case, Rung.RESUME)
    assert (resumed.state, resumed.dealings.suspended_until) == (State.DISPOSING, None)
    assert resumed.countdown is not None
    assert resumed.countdown.left(resumed.updated_at, RULEBOOK.calendar) == left
    with pytest.raises(errors.SuspensionUsed):
        take(resumed, Event.ASK_SUSPENSION, actor=HANDLER, opinion="再停", until=resumed.updated_at + timedelta(days=1))


@pytest.mark.parametrize(("days", "possible"), [(0, False), (365, True), (366, False)])
def test_a_case_is_suspended_for_a_year_at_most(days: int, *, possible: bool) -> None:
    case = a_case(Event.ASSIGN)
    at = case.updated_at + timedelta(minutes=1)
    until = at + timedelta(days=days)
    if possible:
        assert take(case, Event.ASK_SUSPENSION, actor=HANDLER, opinion="x", at=at, until=until).case.dealings.petition
        return
    with pytest.raises(errors.SuspensionTooLong):
        take(case, Event.ASK_SUSPENSION, actor=HANDLER, opinion="x", at=at, until=until)


@pytest.mark.mechanism(54)
def test_a_transfer_states_its_reason_and_the_first_handler_answers_until_the_next_has_signed() -> None:
    case = take(dispatched_at("2026-03-09 09:00"), Event.SIGN, actor=SANITATION).case
    with pytest.raises(errors.ReasonRequired):
        take(case, Event.TRANSFER, actor=SANITATION, department_code="D11")
    with pytest.raises(errors.SameDepartment):
        take(case, Event.TRANSFER, actor=SANITATION, department_code="D07", opinion="x")
    passed = take(case, Event.TRANSFER, actor=SANITATION, department_code="D11", opinion="属排水管网")
    assert (passed.case.department_code, passed.case.dealings.answerable) == ("D11", "D07")
    assert passed.entry.receiver == "D11"
    signed = take(passed.case, Event.SIGN, actor=WATER).case
    assert signed.dealings.answerable == "D11"
    with pytest.raises(errors.StepNotLegal):
        take(signed, Event.SIGN, actor=WATER)


def test_what_is_passed_on_three_times_becomes_a_problem_order_and_is_supervised() -> None:
    case = dispatched_at("2026-03-09 09:00")
    for _ in range(3):
        assert not case.dealings.problem_order
        back = take(case, Event.RETURN_BACK, actor=SANITATION, opinion="不属我们")
        case = take(back.case, Event.DISPATCH, actor=DISPATCHER).case
    assert back.case.dealings.problem_order
    assert Effect.PROBLEM_ORDER in back.effects
    answered = take(case, Event.REPLY, actor=SANITATION, opinion="明日办结").case
    assert answered.dealings.owed == ()


def test_formal_pressure_wants_an_answer_in_time() -> None:
    case = take(a_case(Event.SIGN), Event.SUPERVISE, actor=CHIEF, opinion="群众反映强烈").case
    assert [owed.kind for owed in case.dealings.owed] == ["supervision"]
    replied = take(case, Event.REPLY, actor=SANITATION, opinion="正在处理").case
    assert Rung.ANSWER not in {timer.rung for timer in timers_of(replied)}
    with pytest.raises(errors.NothingOwed):
        take(replied, Event.REPLY, actor=SANITATION, opinion="再答")
    silent = fired(case, Rung.ANSWER)
    assert silent.dealings.interview


@pytest.mark.mechanism(53)
def test_a_red_case_without_an_explanation_in_time_is_listed_for_an_interview() -> None:
    case = take(dispatched_at("2026-03-09 09:00"), Event.SIGN, actor=SANITATION).case
    for rung in (Rung.YELLOW, Rung.DEADLINE, Rung.RED):
        case = fired(case, rung)
    assert case.signal is Signal.RED
    explained = take(case, Event.EXPLAIN, actor=SANITATION, opinion="等待上游施工", at=local("2026-03-11 16:00")).case
    assert explained.dealings.owed == ()
    assert Rung.ANSWER not in {timer.rung for timer in timers_of(explained)}
    due = next(timer.due_at for timer in timers_of(case) if timer.rung is Rung.ANSWER)
    assert due == local("2026-03-12 15:00:01")  # one work day after it turned red on Wednesday 15:00:01
    firing = fire(case, Rung.ANSWER, at=due, task_type=GARBAGE, rulebook=RULEBOOK)
    assert firing is not None
    assert firing.outcome is not None
    assert (firing.outcome.entry.event, firing.outcome.entry.actor) == (Event.LIST_FOR_INTERVIEW, SYSTEM.id)
    assert firing.case.dealings.interview


def closed_late() -> Case:
    case = take(dispatched_at("2026-03-09 09:00"), Event.SIGN, actor=SANITATION).case
    case = take(case, Event.DISPOSE, actor=SANITATION, evidence=proof(EvidenceKind.AFTER)).case
    case = take(case, Event.FEEDBACK, actor=SANITATION, opinion="清了", at=local("2026-03-10 15:00")).case
    case = take(case, Event.SEND_CHECK, actor=ACCEPTOR, assignee=CHECKER.id).case
    case = take(case, Event.CHECK_PASS, actor=CHECKER, evidence=proof(EvidenceKind.CHECK)).case
    return take(case, Event.CLOSE, actor=ACCEPTOR).case


def test_an_appeal_leaves_the_fact_and_exempts_from_statistics_once() -> None:
    case = closed_late()
    assert case.overdue
    with pytest.raises(errors.NotOverdue):
        take(a_case(Event.CLOSE), Event.APPEAL, actor=SANITATION, opinion="x")
    asked = take(case, Event.APPEAL, actor=SANITATION, opinion="暴雨停工").case
    endorsed = take(asked, Event.ENDORSE_REQUEST, actor=SECOND_DISPATCHER).case
    exempt = take(endorsed, Event.GRANT_APPEAL, actor=ACCEPTOR).case
    assert (exempt.dealings.exempt, exempt.overdue, exempt.signal) == (True, True, Signal.YELLOW)
    with pytest.raises(errors.AppealedAlready):
        take(exempt, Event.APPEAL, actor=SANITATION, opinion="再诉")


def test_the_reporter_may_open_a_closed_case_again_for_two_weeks_and_earns_once() -> None:
    rated = a_case(Event.RATE)
    assert rated.closed_at is not None
    with pytest.raises(errors.ReopenTooLate):
        take(rated, Event.REOPEN, actor=RESIDENT, opinion="又堆了", at=rated.closed_at + timedelta(days=14, seconds=1))
    again = take(rated, Event.REOPEN, actor=RESIDENT, opinion="又堆了", at=rated.closed_at + timedelta(days=14)).case
    assert (again.state, again.ending, again.closed_at, again.rating) == (State.REOPENED, Ending.OPEN, None, 0)
    reworked = take(again, Event.REWORK, actor=DISPATCHER).case
    assert (reworked.state, reworked.rework_count, reworked.leg.sequence) == (State.DISPATCHED, 1, 2)
    assert reworked.countdown is not None
    assert reworked.countdown.running
    assert reward_of(replace(reworked, rating=5), GARBAGE.points) is None


def test_a_case_closed_by_force_is_not_solved() -> None:
    closed = take(a_case(Event.SIGN), Event.FORCE_CLOSE, actor=CHIEF, opinion="整体拆迁").case
    assert (closed.state, closed.ending) == (State.CLOSED, Ending.UNSOLVED)
    returned = take(a_case(Event.SIGN), Event.RETURN_BACK, actor=SANITATION, opinion="不属我们").case
    with pytest.raises(errors.StepNotLegal):  # after a return nobody pushes a case to its end
        take(returned, Event.FORCE_CLOSE, actor=CHIEF, opinion="x")


def test_a_check_that_could_not_be_made_is_made_by_somebody_else() -> None:
    unable = take(a_case(Event.SEND_CHECK), Event.CHECK_UNABLE, actor=CHECKER, opinion="封路").case
    assert (unable.state, unable.checker, unable.dealings.unable_count) == (State.FEEDBACK, "", 1)
    assert take(unable, Event.SEND_CHECK, actor=ACCEPTOR, assignee=WORKER.id).case.state is State.CHECKING


def test_nobody_checks_who_ever_worked_on_it() -> None:
    failed = take(
        a_case(Event.SEND_CHECK), Event.CHECK_FAIL, actor=CHECKER, opinion="还在", evidence=proof(EvidenceKind.CHECK)
    ).case
    case = take(take(failed, Event.REWORK, actor=DISPATCHER).case, Event.SIGN, actor=SANITATION).case
    case = take(case, Event.DISPOSE, actor=SANITATION, evidence=proof(EvidenceKind.AFTER)).case
    case = take(case, Event.FEEDBACK, actor=SANITATION, opinion="清了").case
    for worker in (HANDLER, SANITATION):  # the one solved it first, the other now
        with pytest.raises(errors.CheckerIsSolver):
            take(case, Event.SEND_CHECK, actor=ACCEPTOR, assignee=worker.id)


def test_a_handler_may_hand_a_case_back_and_a_department_may_not_accept_a_result() -> None:
    back = take(a_case(Event.ASSIGN), Event.HAND_BACK, actor=HANDLER, opinion="设备坏了").case
    assert (back.state, back.handler) == (State.SIGNED, "")
    refused = take(a_case(Event.DISPOSE), Event.REFUSE_RESULT, actor=SANITATION, opinion="没清干净").case
    assert (refused.state, refused.disposed_at) == (State.DISPOSING, None)


def test_another_kind_or_priority_counts_the_same_stretches_again_and_keeps_the_old_deadline() -> None:
    sweeping = replace(
        GARBAGE,
        code="street_sweeping",
        filing_conditions=(FilingCondition(code="dusty", title="积尘", limit=Limit.of(2, "work_day")),),
    )
    case = take(dispatched_at("2026-03-09 09:00"), Event.SIGN, actor=SANITATION)
    corrected = take(
        case.case, Event.CORRECT, actor=ACCEPTOR, task_type=sweeping, filing_condition="dusty", opinion="实为积尘"
    )
    assert corrected.case.deadline_at == local("2026-03-11 09:00")
    assert (case.entry.deadline_at, corrected.entry.deadline_at) == (
        local("2026-03-10 11:00"),
        local("2026-03-11 09:00"),
    )
    pressing = take(corrected.case, Event.PRIORITIZE, actor=CHIEF, priority=Priority.URGENT, opinion="校门口")
    assert pressing.case.deadline_at == local("2026-03-10 09:00")
    assert Effect.COUNTDOWN_RECOUNTED in pressing.effects
    elsewhere = replace(sweeping, code="drain", department_code="D11")
    with pytest.raises(errors.DepartmentWouldChange):
        take(case.case, Event.CORRECT, actor=ACCEPTOR, task_type=elsewhere, filing_condition="dusty", opinion="x")
