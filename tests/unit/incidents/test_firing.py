"""What timers do, and how a case climbs the loops."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.incidents.domain.case import Case, Event, Leg, State
from services.incidents.domain.firing import Firing, fire
from services.incidents.domain.loops import LIMIT_REACHED
from services.incidents.domain.responsibility import PostOnDuty
from services.incidents.domain.routing import loop_receiver, route
from services.incidents.domain.signal import Signal
from services.incidents.domain.step import Effect, Outcome
from services.incidents.domain.tasktypes import EvidenceKind
from services.incidents.domain.timers import Rung, Timer, timers_of
from tests.unit.incidents.builders import (
    CHAIN,
    CHECKER,
    DISPATCHER,
    EVERYBODY,
    GARBAGE,
    MAIN_WAY,
    MANHOLE,
    RESPONSIBILITIES,
    RULEBOOK,
    SANITATION,
    WORKER,
    Duty,
    a_case,
    local,
    main_way,
    opened,
    proof,
    take,
)


def fired(case: Case, rung: Rung, at: datetime, duty: Duty = EVERYBODY) -> Firing:
    """Fire a rung that must be due, with whoever takes over then."""
    receiver = loop_receiver(
        min(case.loop_level + 1, 3),
        area_chain=CHAIN,
        duty=duty,
        department_code=case.department_code,
        desk=RULEBOOK.dispatch_desk,
        at=at,
    )
    firing = fire(case, rung, at=at, task_type=GARBAGE, rulebook=RULEBOOK, receiver=receiver)
    assert firing is not None
    return firing


def stepped(firing: Firing) -> Outcome:
    assert firing.outcome is not None
    return firing.outcome


def due(case: Case, rung: Rung) -> datetime:
    return next(timer.due_at for timer in timers_of(case) if timer.rung is rung)


@pytest.mark.mechanism(5)
def test_a_case_unsolved_in_a_loop_rises_to_the_next_and_each_leg_has_receiver_receipt_and_reply() -> None:
    outcome = opened()
    legs = {leg.sequence: leg for leg in outcome.legs}
    first = due(outcome.case, Rung.LOOP_1)
    assert first == local("2026-03-09 12:00")

    second_loop = stepped(fired(outcome.case, Rung.LOOP_1, first))
    legs |= {leg.sequence: leg for leg in second_loop.legs}
    second = due(second_loop.case, Rung.LOOP_2)
    assert second == local("2026-03-10 12:00")

    third_loop = stepped(fired(second_loop.case, Rung.LOOP_2, second))
    legs |= {leg.sequence: leg for leg in third_loop.legs}
    case = third_loop.case
    assert not {Rung.LOOP_1, Rung.LOOP_2} & {timer.rung for timer in timers_of(case)}

    for event, actor, fields in MAIN_WAY[:7]:
        outcome = take(case, event, actor=actor, **fields)
        case = outcome.case
        legs |= {leg.sequence: leg for leg in outcome.legs}
    assert list(legs.values()) == [
        Leg(
            sequence=1,
            loop_level=1,
            receiver="GW-1",
            received_at=local("2026-03-09 08:00"),
            replied_at=first,
            reply=LIMIT_REACHED,
        ),
        Leg(
            sequence=2,
            loop_level=2,
            receiver="SA-1",
            received_at=first,
            replied_at=second,
            reply=LIMIT_REACHED,
            cause="time",
        ),
        Leg(
            sequence=3,
            loop_level=3,
            receiver="D07",
            received_at=second,
            replied_at=outcome.entry.at,
            reply="已清理",
            cause="time",
        ),
    ]
    raised = (second_loop.entry, third_loop.entry)
    assert [(entry.event, entry.role, entry.receiver) for entry in raised] == [
        (Event.ESCALATE, "system", "SA-1"),
        (Event.ESCALATE, "system", "D07"),
    ]


def test_a_case_that_nobody_holds_climbs_all_the_same() -> None:
    nobody = Duty(PostOnDuty(post_code="GW-1", role="grid_worker", area_code=CHAIN[-1].code))
    routed = route(
        GARBAGE, area_chain=CHAIN, duty=nobody, responsibilities=RESPONSIBILITIES, at=local("2026-03-09 08:00")
    )
    case = opened(routed=routed).case
    assert case.leg.receiver == RULEBOOK.dispatch_desk
    second = fired(case, Rung.LOOP_1, due(case, Rung.LOOP_1), nobody).case
    third = fired(second, Rung.LOOP_2, due(second, Rung.LOOP_2), nobody).case
    assert [second.leg.receiver, third.leg.receiver] == [RULEBOOK.dispatch_desk, "D07"]


def test_an_emergency_begins_at_the_top_with_its_department_and_its_desk_on_the_clock() -> None:
    case = opened(task_type=MANHOLE).case
    assert (case.loop_level, case.leg.receiver) == (3, "D09")
    assert [timer.rung for timer in timers_of(case)] == [Rung.STAGE]


def test_a_worker_may_raise_a_case_that_is_beyond_them() -> None:
    raised = take(opened().case, Event.ESCALATE, actor=WORKER, opinion="需要街道协调", receiver="SA-1")
    assert (raised.case.loop_level, raised.case.state) == (2, State.REPORTED)
    assert raised.legs[0].reply == "需要街道协调"
    assert raised.timers.cancel == (Rung.LOOP_1,)
    assert {timer.rung for timer in raised.timers.set} == {Rung.LOOP_2}
    assert Effect.LOOP_RAISED in raised.effects


def test_the_loop_of_a_solved_case_has_answered_and_begins_anew_when_the_check_fails() -> None:
    checking = a_case(Event.SEND_CHECK)
    assert checking.leg.answered
    assert checking.loop_due_at is None
    failed = take(checking, Event.CHECK_FAIL, actor=CHECKER, opinion="还在", evidence=proof(EvidenceKind.CHECK)).case
    again = take(failed, Event.REWORK, actor=DISPATCHER)
    assert (again.case.leg.sequence, again.case.loop_level, again.case.leg.receiver) == (2, 1, "GW-1")
    assert Rung.LOOP_1 in {timer.rung for timer in again.timers.set}


@pytest.mark.mechanism(53)
def test_the_light_turns_yellow_then_red_and_makes_nobodys_version_stale() -> None:
    case = a_case(Event.SIGN)
    yellow = fired(case, Rung.YELLOW, due(case, Rung.YELLOW))
    assert (yellow.from_signal, yellow.case.signal) == (Signal.GREEN, Signal.YELLOW)
    late = fired(yellow.case, Rung.DEADLINE, due(case, Rung.DEADLINE))
    assert (late.case.overdue, late.effects) == (True, (Effect.DEADLINE_PASSED,))
    red = fired(late.case, Rung.RED, due(case, Rung.RED))
    assert (red.case.signal, red.effects) == (Signal.RED, (Effect.SIGNAL_CHANGED, Effect.ANSWER_OWED))
    assert red.case.version == case.version


def test_a_worker_that_comes_late_still_tells_yellow_before_red() -> None:
    case = a_case(Event.SIGN)
    much_later = due(case, Rung.RED) + timedelta(days=30)
    yellow = fired(case, Rung.YELLOW, much_later)
    assert yellow.case.signal is Signal.YELLOW
    assert fired(yellow.case, Rung.RED, much_later).case.signal is Signal.RED


def test_rungs_that_come_in_the_wrong_order_never_make_a_light_better() -> None:
    case = a_case(Event.SIGN)
    red = fired(case, Rung.RED, due(case, Rung.RED)).case
    yellow = fired(red, Rung.YELLOW, due(case, Rung.RED))
    assert (yellow.case.signal, yellow.effects) == (Signal.RED, ())


def test_a_rung_fires_only_when_due_and_only_while_the_case_has_it() -> None:
    case = a_case(Event.SIGN)
    moment = due(case, Rung.YELLOW)
    early = moment - timedelta(microseconds=1)
    assert fire(case, Rung.YELLOW, at=early, task_type=GARBAGE, rulebook=RULEBOOK) is None
    back = take(case, Event.RETURN_BACK, actor=SANITATION, opinion="不属我们").case
    assert fire(back, Rung.YELLOW, at=moment, task_type=GARBAGE, rulebook=RULEBOOK) is None


@pytest.mark.mechanism(53)
def test_unsigned_past_the_sign_limit_twice_is_red_until_it_is_signed() -> None:
    case = take(a_case(Event.REGISTER), Event.DISPATCH, actor=DISPATCHER, at=local("2026-03-09 09:00")).case
    once = fired(case, Rung.SIGN, local("2026-03-09 10:00"))
    assert (once.case.signal, once.effects) == (Signal.GREEN, (Effect.SIGN_MISSED,))
    assert once.timers.set == (Timer(Rung.SIGN, local("2026-03-09 11:00")),)
    twice = fired(once.case, Rung.SIGN, local("2026-03-09 11:00"))
    assert (twice.case.signal, twice.case.sign_missed_count) == (Signal.RED, 2)
    assert Rung.SIGN not in {timer.rung for timer in timers_of(twice.case)}
    signed = take(twice.case, Event.SIGN, actor=SANITATION, at=local("2026-03-09 11:30"))
    assert signed.case.signal is Signal.GREEN
    assert signed.entry.overdue
    assert Effect.SIGNAL_CHANGED in signed.effects


def test_a_second_sign_limit_that_is_past_already_is_still_set() -> None:
    case = take(a_case(Event.REGISTER), Event.DISPATCH, actor=DISPATCHER, at=local("2026-03-09 09:00")).case
    late = fired(case, Rung.SIGN, local("2026-03-12 09:00"))
    assert late.timers.set == (Timer(Rung.SIGN, local("2026-03-09 11:00")),)


def test_a_desk_that_lets_its_time_go_by_is_named_once() -> None:
    case = opened().case
    missed = fired(case, Rung.STAGE, local("2026-03-09 08:15"))
    assert missed.effects == (Effect.STAGE_MISSED,)
    assert missed.timers.cancel == (Rung.STAGE,)
    assert replace(missed.case, stage_due_at=case.stage_due_at) == case


def test_a_step_tells_the_light_that_a_slow_timer_has_not_told_yet() -> None:
    case = main_way(Event.SIGN)[-1].case
    at = due(case, Rung.YELLOW) + timedelta(minutes=1)
    back = take(case, Event.RETURN_BACK, actor=SANITATION, opinion="不属我们", at=at)
    assert (back.case.signal, Effect.SIGNAL_CHANGED in back.effects) == (Signal.YELLOW, True)
    again = take(back.case, Event.DISPATCH, actor=DISPATCHER, at=at + timedelta(days=3))
    assert Rung.YELLOW not in {timer.rung for timer in again.timers.set}
    assert {Rung.DEADLINE, Rung.RED} <= {timer.rung for timer in again.timers.set}
