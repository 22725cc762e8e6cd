"""The way of a case, step by step."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.incidents.domain.actors import SYSTEM, Actor
from services.incidents.domain.case import OPEN, Case, Event, Source, State
from services.incidents.domain.errors import (
    CheckerIsSolver,
    DepartmentUnknown,
    EvidenceRequired,
    FilingConditionUnknown,
    LoopTopReached,
    RatedAlready,
    ReasonRequired,
    StepForbidden,
    StepNotLegal,
    TaskTypeNotAdmitted,
)
from services.incidents.domain.limits import Limit
from services.incidents.domain.procedure import Proof
from services.incidents.domain.rewards import Reward, reward_of
from services.incidents.domain.signal import Signal
from services.incidents.domain.step import Effect
from services.incidents.domain.table import ROWS, TABLE, legal_events
from services.incidents.domain.tasktypes import Admission, EvidenceKind, PointsRule
from services.incidents.domain.timers import Rung, Timer, timers_of
from services.incidents.domain.workflow import LegalStep, legal_steps
from services.platform.errors import FieldInvalid
from tests.unit.incidents.builders import (
    ACCEPTOR,
    BOTH,
    CHECKER,
    CHIEF,
    DISPATCHER,
    GARBAGE,
    HANDLER,
    MANHOLE,
    MONDAY_8,
    RESIDENT,
    RULEBOOK,
    SANITATION,
    WATER,
    WORKER,
    a_case,
    a_report,
    an_actor,
    local,
    main_way,
    opened,
    proof,
    suspended,
    take,
)


def offered(case: Case, actor: Actor, *, aside: bool = False) -> list[Event]:
    steps = legal_steps(case, actor, at=MONDAY_8, task_type=GARBAGE, rulebook=RULEBOOK)
    return [step.event for step in steps if step.aside is aside]


def test_the_main_way_leads_from_the_report_to_the_rating() -> None:
    outcomes = main_way(Event.RATE)
    assert [outcome.case.state for outcome in outcomes] == [
        State.REPORTED,
        State.ACCEPTED,
        State.REGISTERED,
        State.DISPATCHED,
        State.SIGNED,
        State.DISPOSING,
        State.DISPOSED,
        State.FEEDBACK,
        State.CHECKING,
        State.CHECKED,
        State.CLOSED,
        State.CLOSED,
    ]
    assert [outcome.case.version for outcome in outcomes] == list(range(1, 13))
    assert [outcome.entry.sequence for outcome in outcomes] == list(range(1, 13))
    case = outcomes[-1].case
    assert (case.handler, case.solver, case.checker) == (HANDLER.id, HANDLER.id, CHECKER.id)
    assert (case.rating, case.rating_comment) == (4, "很快")
    assert case.closing_condition == "清理"
    assert case.signal is Signal.GREEN
    assert timers_of(case) == ()


def test_every_line_of_history_says_who_what_whom_and_how_long() -> None:
    entry = main_way(Event.DISPATCH)[-1].entry
    assert (entry.from_state, entry.to_state, entry.event) == (State.REGISTERED, State.DISPATCHED, Event.DISPATCH)
    assert (entry.actor, entry.role, entry.receiver) == (DISPATCHER.id, "dispatcher", "D07")
    assert (entry.elapsed_s, entry.overdue) == (60, False)


def test_the_last_line_of_a_closed_case_holds_the_closing_condition() -> None:
    assert main_way(Event.CLOSE)[-1].entry.opinion == "清理"
    spoken = take(a_case(Event.CHECK_PASS), Event.CLOSE, actor=ACCEPTOR, opinion="已回访")
    assert spoken.entry.opinion == "已回访"


def test_the_disposal_time_runs_from_dispatch_and_not_from_the_signature() -> None:
    case = take(a_case(Event.REGISTER), Event.DISPATCH, actor=DISPATCHER, at=local("2026-03-09 09:00")).case
    signed = take(case, Event.SIGN, actor=SANITATION, at=local("2026-03-09 09:30")).case
    assert signed.deadline_at == local("2026-03-10 11:00")


def test_the_desk_time_of_the_department_counts_until_its_feedback() -> None:
    disposed = a_case(Event.DISPOSE)
    late = take(disposed, Event.FEEDBACK, actor=SANITATION, opinion="清了", at=local("2026-03-11 09:00"))
    assert late.entry.overdue
    assert late.case.overdue
    assert late.case.signal is Signal.YELLOW
    assert {Effect.COUNTDOWN_STOPPED, Effect.DEADLINE_PASSED, Effect.SIGNAL_CHANGED} <= set(late.effects)


def test_the_filing_condition_fixes_limit_and_closing_condition() -> None:
    case = take(a_case(Event.ACCEPT), Event.REGISTER, actor=ACCEPTOR, filing_condition="piled").case
    assert (case.limit, case.closing_condition) == (Limit.of(5, "work_day"), "清运")


@pytest.mark.parametrize("condition", ["", "no-such"])
def test_a_case_is_opened_on_a_condition_of_its_own_type(condition: str) -> None:
    with pytest.raises(FilingConditionUnknown) as caught:
        take(a_case(Event.ACCEPT), Event.REGISTER, actor=ACCEPTOR, filing_condition=condition)
    assert caught.value.details["known"] == "exposed, piled"


@pytest.mark.parametrize(
    ("stage", "event", "actor"),
    [
        (Event.ACCEPT, Event.REJECT, ACCEPTOR),
        (Event.DISPATCH, Event.RETURN_BACK, SANITATION),
        (Event.DISPOSE, Event.FEEDBACK, SANITATION),
        (Event.SEND_CHECK, Event.CHECK_FAIL, CHECKER),
        (Event.DISPATCH, Event.CANCEL, CHIEF),
        (Event.ACCEPT, Event.ESCALATE, WORKER),
        (Event.ACCEPT, Event.NOTE, WORKER),
    ],
)
def test_a_step_that_takes_something_away_needs_words(stage: Event, event: Event, actor: Actor) -> None:
    case = opened().case if event is Event.REJECT else a_case(stage)
    with pytest.raises(ReasonRequired):
        take(case, event, actor=actor, opinion="  ", evidence=proof(EvidenceKind.CHECK))


def test_what_is_not_in_the_table_is_refused_with_what_is() -> None:
    with pytest.raises(StepNotLegal) as caught:
        take(opened().case, Event.CLOSE, actor=CHIEF)
    assert caught.value.details == {
        "state": "reported",
        "event": "close",
        "allowed": ", ".join(legal_events(State.REPORTED)),
    }


def test_a_case_is_closed_only_after_the_check_was_passed() -> None:
    usual = [row for row in TABLE if row.target is State.CLOSED and row.event is not Event.FORCE_CLOSE]
    assert {row.sources for row in usual} == {frozenset({State.CHECKED}), frozenset({State.SELF_DONE})}
    assert {row.event for row in TABLE if row.target is State.CHECKED} == {Event.CHECK_PASS}


@pytest.mark.parametrize(
    ("stage", "event", "actor"),
    [
        (Event.REGISTER, Event.DISPATCH, ACCEPTOR),
        (Event.DISPATCH, Event.SIGN, WATER),
        (Event.DISPATCH, Event.SIGN, an_actor("elsewhere", "department_specialist", "999100.999103", "D07")),
        (Event.ASSIGN, Event.DISPOSE, an_actor("other", "handler", department="D07")),
        (Event.SEND_CHECK, Event.CHECK_PASS, WORKER),
        (Event.CLOSE, Event.RATE, WORKER),
        (Event.SIGN, Event.CANCEL, ACCEPTOR),
    ],
)
def test_a_step_is_for_those_the_table_names(stage: Event, event: Event, actor: Actor) -> None:
    with pytest.raises(StepForbidden):
        take(a_case(stage), event, actor=actor, assignee="x", opinion="x", rating=3)


def test_an_area_is_not_mistaken_for_one_whose_code_begins_alike() -> None:
    neighbour = an_actor("a", "acceptor", "999100.99910")
    with pytest.raises(StepForbidden):
        take(opened().case, Event.ACCEPT, actor=neighbour)


def test_the_named_handler_disposes_whatever_role_they_hold() -> None:
    assigned = take(a_case(Event.SIGN), Event.ASSIGN, actor=SANITATION, assignee=WORKER.id).case
    disposed = take(assigned, Event.DISPOSE, actor=WORKER, evidence=proof(EvidenceKind.AFTER))
    assert (disposed.case.solver, disposed.entry.role) == (WORKER.id, "assignee")


def test_a_department_may_dispose_without_naming_a_handler() -> None:
    disposed = take(a_case(Event.SIGN), Event.DISPOSE, actor=SANITATION, evidence=proof(EvidenceKind.AFTER))
    assert disposed.case.solver == SANITATION.id


def test_a_handler_may_be_replaced() -> None:
    again = take(a_case(Event.ASSIGN), Event.ASSIGN, actor=SANITATION, assignee="handler-2")
    assert (again.case.state, again.case.handler) == (State.DISPOSING, "handler-2")


@pytest.mark.parametrize(
    ("stage", "event", "actor"), [(Event.SIGN, Event.ASSIGN, SANITATION), (Event.FEEDBACK, Event.SEND_CHECK, ACCEPTOR)]
)
def test_somebody_must_be_named(stage: Event, event: Event, actor: Actor) -> None:
    with pytest.raises(FieldInvalid):
        take(a_case(stage), event, actor=actor)


def test_a_solution_must_be_shown() -> None:
    with pytest.raises(EvidenceRequired) as caught:
        take(a_case(Event.ASSIGN), Event.DISPOSE, actor=HANDLER, evidence=proof(EvidenceKind.BEFORE))
    assert caught.value.details == {"event": "dispose", "kind": "after", "count": "1", "given": "0"}


def test_a_report_must_show_the_place_unless_it_was_only_told() -> None:
    with pytest.raises(EvidenceRequired):
        opened(report=a_report(evidence=()))
    with pytest.raises(EvidenceRequired):
        opened(report=a_report(evidence=proof(EvidenceKind.AFTER)))
    assert opened(report=a_report(Source.VIDEO, proof(EvidenceKind.SNAPSHOT))).case.state is State.REPORTED
    assert opened(report=a_report(Source.HOTLINE, ())).case.state is State.REPORTED


@pytest.mark.parametrize("checker", [HANDLER.id])
def test_nobody_checks_what_they_solved(checker: str) -> None:
    with pytest.raises(CheckerIsSolver):
        take(a_case(Event.FEEDBACK), Event.SEND_CHECK, actor=ACCEPTOR, assignee=checker)


def test_nobody_judges_what_they_solved_however_they_were_named() -> None:
    case = replace(a_case(Event.SEND_CHECK), checker=HANDLER.id)
    with pytest.raises(CheckerIsSolver):
        take(case, Event.CHECK_PASS, actor=HANDLER, evidence=proof(EvidenceKind.CHECK))


def test_a_case_sent_back_stands_still_and_goes_on_with_the_same_department() -> None:
    case = take(a_case(Event.REGISTER), Event.DISPATCH, actor=DISPATCHER, at=local("2026-03-09 09:00")).case
    back = take(case, Event.RETURN_BACK, actor=SANITATION, opinion="不属我们", at=local("2026-03-09 10:00"))
    assert back.case.return_count == 1
    assert back.case.signal is Signal.GREEN
    assert {Rung.YELLOW, Rung.DEADLINE, Rung.RED, Rung.SIGN} == set(back.timers.cancel)
    assert Effect.COUNTDOWN_PAUSED in back.effects
    again = take(back.case, Event.DISPATCH, actor=DISPATCHER, at=local("2026-03-11 09:00"))
    assert again.case.deadline_at == local("2026-03-12 10:00")
    assert Effect.COUNTDOWN_RESUMED in again.effects
    assert again.case.handler == ""


def test_another_department_gets_the_whole_time() -> None:
    case = take(a_case(Event.SIGN), Event.RETURN_BACK, actor=SANITATION, opinion="管网问题").case
    other = take(case, Event.DISPATCH, actor=DISPATCHER, department_code="D11", at=local("2026-03-11 09:00"))
    assert other.case.department_code == "D11"
    assert other.case.deadline_at == local("2026-03-12 11:00")
    assert {Effect.COUNTDOWN_RESTARTED, Effect.DEPARTMENT_CHANGED} <= set(other.effects)


@pytest.mark.parametrize("routed", ["", "D99"])
def test_a_case_goes_to_a_department_that_exists(routed: str) -> None:
    case = replace(a_case(Event.REGISTER), department_code=routed)
    with pytest.raises(DepartmentUnknown):
        take(case, Event.DISPATCH, actor=DISPATCHER)
    with pytest.raises(DepartmentUnknown):
        take(a_case(Event.REGISTER), Event.DISPATCH, actor=DISPATCHER, department_code="D99")


def test_a_failed_check_sends_the_case_back_with_the_time_that_was_left() -> None:
    case = take(a_case(Event.REGISTER), Event.DISPATCH, actor=DISPATCHER, at=local("2026-03-09 09:00")).case
    case = take(case, Event.SIGN, actor=SANITATION).case
    case = take(case, Event.DISPOSE, actor=SANITATION, evidence=proof(EvidenceKind.AFTER)).case
    case = take(case, Event.FEEDBACK, actor=SANITATION, opinion="清了", at=local("2026-03-09 15:00")).case
    case = take(case, Event.SEND_CHECK, actor=ACCEPTOR, assignee=CHECKER.id).case
    failed = take(case, Event.CHECK_FAIL, actor=CHECKER, opinion="还在", evidence=proof(EvidenceKind.CHECK)).case
    again = take(failed, Event.REWORK, actor=DISPATCHER, at=local("2026-03-12 08:00"))
    assert (again.case.state, again.case.department_code, again.case.rework_count) == (State.DISPATCHED, "D07", 1)
    assert again.case.deadline_at == local("2026-03-12 16:00")
    assert again.case.checker == ""
    assert [leg.sequence for leg in again.legs] == [2]


def test_a_rating_is_given_once_by_the_reporter_from_one_to_five() -> None:
    closed = a_case(Event.CLOSE)
    for wrong in (0, 6):
        with pytest.raises(FieldInvalid):
            take(closed, Event.RATE, actor=RESIDENT, rating=wrong)
    rated = take(closed, Event.RATE, actor=RESIDENT, rating=1).case
    with pytest.raises(RatedAlready):
        take(rated, Event.RATE, actor=RESIDENT, rating=5)
    assert offered(closed, RESIDENT) == [Event.RATE]
    assert offered(rated, RESIDENT) == []
    assert offered(rated, RESIDENT, aside=True) == [Event.REOPEN]


def test_a_rating_earns_its_share_of_the_points_rounded_down() -> None:
    case = a_case(Event.RATE)
    assert reward_of(case, GARBAGE.points) == Reward(RESIDENT.id, 9)
    assert reward_of(case, PointsRule(beneficiary="solver", base_points=5)) == Reward(HANDLER.id, 4)
    assert reward_of(case, PointsRule()) is None


def test_a_rejected_or_cancelled_case_is_answered_and_quiet() -> None:
    rejected = take(opened().case, Event.REJECT, actor=ACCEPTOR, opinion="不在城区")
    cancelled = take(a_case(Event.SIGN), Event.CANCEL, actor=CHIEF, opinion="重复")
    for outcome, rungs in (
        (rejected, {Rung.STAGE, Rung.LOOP_1}),
        (cancelled, {Rung.YELLOW, Rung.DEADLINE, Rung.RED, Rung.LOOP_1}),
    ):
        assert outcome.case.closed_at == outcome.entry.at
        assert timers_of(outcome.case) == ()
        assert set(outcome.timers.cancel) == rungs
        assert outcome.case.leg.answered
        assert {Effect.CASE_ENDED, Effect.REPORTER_TOLD} <= set(outcome.effects)


def test_an_open_case_can_be_cancelled_wherever_it_stands() -> None:
    back = take(a_case(Event.SIGN), Event.RETURN_BACK, actor=SANITATION, opinion="不属我们").case
    failed = take(
        a_case(Event.SEND_CHECK), Event.CHECK_FAIL, actor=CHECKER, opinion="还在", evidence=proof(EvidenceKind.CHECK)
    ).case
    found = take(opened().case, Event.SELF_DISPOSE, actor=WORKER, evidence=BOTH).case
    looking = take(a_case(Event.ACCEPT), Event.SEND_VERIFY, actor=ACCEPTOR, assignee=WORKER.id).case
    again = take(a_case(Event.CLOSE), Event.REOPEN, actor=RESIDENT, opinion="又有了").case
    cases = [outcome.case for outcome in main_way(Event.CHECK_PASS)]
    cases += [back, failed, found, looking, again, suspended()]
    assert {case.state for case in cases} == OPEN
    for case in cases:
        ended = take(case, Event.CANCEL, actor=CHIEF, opinion="重复").case
        assert (ended.state, ended.signal, timers_of(ended)) == (State.CANCELLED, Signal.GREEN, ())
        assert ended.leg.answered
        assert ended.countdown is None or ended.countdown.stopped_at is not None


def test_a_note_moves_nothing_but_the_version() -> None:
    case = a_case(Event.SIGN)
    noted = take(case, Event.NOTE, actor=an_actor("plugin:d07", "plugin", department="D07"), opinion="附近有管线")
    expected = replace(case, version=case.version + 1, updated_at=noted.entry.at)
    assert noted.case == expected
    assert (noted.timers.set, noted.timers.cancel, noted.effects, noted.legs) == ((), (), (), ())


def test_a_closed_case_takes_words_of_the_department_s_program_alone() -> None:
    closed, program = a_case(Event.CLOSE), an_actor("plugin:d07", "plugin", department="D07")
    noted = take(closed, Event.NOTE, actor=program, opinion="一周内第三次")
    assert (noted.case.state, noted.entry.opinion) == (State.CLOSED, "一周内第三次")
    assert (noted.timers.set, noted.effects) == ((), ())
    for somebody in (CHIEF, SANITATION, RESIDENT, WORKER, an_actor("plugin:d11", "plugin", department="D11")):
        with pytest.raises(StepForbidden):
            take(closed, Event.NOTE, actor=somebody, opinion="还有话说")


def test_the_acceptor_may_correct_the_task_type() -> None:
    corrected = take(opened().case, Event.ACCEPT, actor=ACCEPTOR, task_type=MANHOLE)
    assert (corrected.case.task_type, corrected.case.department_code, corrected.case.emergency) == (
        MANHOLE.code,
        "D09",
        True,
    )
    assert Effect.TASK_TYPE_CORRECTED in corrected.effects
    pending = replace(MANHOLE, admission=Admission.PENDING)
    with pytest.raises(TaskTypeNotAdmitted):
        take(opened().case, Event.ACCEPT, actor=ACCEPTOR, task_type=pending)


def test_the_buttons_of_each_role_are_the_steps_it_may_take() -> None:
    reported = opened().case
    assert offered(reported, ACCEPTOR) == [Event.ACCEPT, Event.REJECT]
    assert offered(reported, RESIDENT) == []
    assert offered(reported, RESIDENT, aside=True) == [Event.NOTE]
    assert offered(a_case(Event.SIGN), SANITATION) == [
        *(Event.RETURN_BACK, Event.ASSIGN, Event.DISPOSE, Event.TRANSFER),
    ]
    assert offered(a_case(Event.SIGN), SANITATION, aside=True) == [
        *(Event.ASK_EXTENSION, Event.CO_HANDLE, Event.NOTE),
    ]
    assert offered(a_case(Event.SIGN), WATER) == []
    assert offered(a_case(Event.SEND_CHECK), CHECKER) == [Event.CHECK_PASS, Event.CHECK_FAIL, Event.CHECK_UNABLE]


def test_a_button_tells_what_its_step_asks_for() -> None:
    asked = legal_steps(a_case(Event.ASSIGN), HANDLER, at=MONDAY_8, task_type=GARBAGE, rulebook=RULEBOOK)[0]
    assert asked == LegalStep(
        event=Event.DISPOSE,
        evidence_required=1,
        evidence_kind=EvidenceKind.AFTER,
        proof=Proof(pieces={EvidenceKind.AFTER: 1}),
    )
    registered = a_case(Event.REGISTER)
    routed = legal_steps(registered, DISPATCHER, at=MONDAY_8, task_type=GARBAGE, rulebook=RULEBOOK)[0]
    unrouted = legal_steps(
        replace(registered, department_code=""), DISPATCHER, at=MONDAY_8, task_type=GARBAGE, rulebook=RULEBOOK
    )[0]
    assert (routed.fields_required, unrouted.fields_required) == ((), ("department_code",))


def test_nobody_is_offered_a_loop_above_the_top() -> None:
    top = replace(opened().case, leg=replace(opened().case.leg, loop_level=3))
    assert Event.ESCALATE not in offered(top, DISPATCHER)
    with pytest.raises(LoopTopReached):
        take(top, Event.ESCALATE, actor=SYSTEM, opinion="x")


def test_a_clock_that_runs_behind_does_not_turn_history_back() -> None:
    case = opened().case
    early = take(case, Event.ACCEPT, actor=ACCEPTOR, at=MONDAY_8 - timedelta(seconds=3))
    assert (early.entry.at, early.entry.elapsed_s) == (case.updated_at, 0)


@pytest.mark.parametrize(("minutes", "overdue"), [(15, False), (16, True)])
def test_a_line_is_overdue_when_its_stage_took_too_long(minutes: int, overdue: bool) -> None:
    at = MONDAY_8 + timedelta(minutes=minutes)
    assert take(opened().case, Event.ACCEPT, actor=ACCEPTOR, at=at).entry.overdue is overdue


def test_a_new_case_has_the_timers_of_its_desk_and_its_loop() -> None:
    assert opened().timers.set == (
        Timer(Rung.STAGE, MONDAY_8 + timedelta(minutes=15)),
        Timer(Rung.LOOP_1, local("2026-03-09 12:00")),
    )


def test_the_table_names_every_pair_of_state_and_event_once() -> None:
    assert len(ROWS) == sum(len(row.sources) for row in TABLE)
