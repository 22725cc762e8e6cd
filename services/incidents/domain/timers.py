"""Says which timers a case has. They follow from the case alone, whoever holds it and whether anybody does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.incidents.domain.case import Case
from services.incidents.domain.parts import next_due
from services.incidents.domain.rulebook import LOOP_TOP


class Rung(StrEnum):
    """One timer of a case; a case has each at most once."""

    STAGE = "stage"
    SIGN = "sign"
    YELLOW = "yellow"
    DEADLINE = "deadline"
    RED = "red"
    LOOP_1 = "loop_1"
    LOOP_2 = "loop_2"
    RESUME = "resume"
    ANSWER = "answer"
    PART = "part"
    CLAIM = "claim"
    WHOLE = "whole"
    #: The next rung of the task type's own ladder.
    URGE = "urge"
    #: Set from outside when the calendar of a place has changed; no case has it by itself.
    RECOUNT = "recount"


LIGHT_RUNGS: Final = frozenset({Rung.YELLOW, Rung.DEADLINE, Rung.RED})
LOOP_RUNGS: Final = {1: Rung.LOOP_1, 2: Rung.LOOP_2}


@dataclass(frozen=True, slots=True)
class Timer:
    """When a rung is due."""

    rung: Rung
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerPlan:
    """What to do with the stored timers of a case: set these (in place of an earlier one), cancel those."""

    set: tuple[Timer, ...] = ()
    cancel: tuple[Rung, ...] = ()


def timers_of(case: Case) -> tuple[Timer, ...]:
    """Every timer the case has as it stands, also those whose moment has come."""
    return tuple(_timers(case))


def plan(before: Case | None, after: Case, at: datetime) -> TimerPlan:
    """How the timers change from one case to the next.

    A rung that stays as it was is left alone, so that one that has fired does not fire again. A light whose
    moment came before `at` is not set anew: the step itself has told it. Everything else that is late fires at once.
    """
    old = {timer.rung: timer for timer in timers_of(before)} if before else {}
    new = {timer.rung: timer for timer in timers_of(after)}
    moved = [timer for rung, timer in new.items() if old.get(rung) != timer]
    told = {timer.rung for timer in moved if timer.rung in LIGHT_RUNGS and timer.due_at <= at}
    return TimerPlan(
        set=tuple(timer for timer in moved if timer.rung not in told),
        cancel=tuple(rung for rung in old if rung not in new or rung in told),
    )


def _timers(case: Case) -> Iterator[Timer]:
    if case.state.ended:
        return
    if case.stage_due_at:
        yield Timer(Rung.STAGE, case.stage_due_at)
    if case.sign_due_at:
        yield Timer(Rung.SIGN, case.sign_due_at)
    if case.countdown and case.countdown.running:
        moments = case.countdown.moments
        yield Timer(Rung.YELLOW, moments.yellow_at)
        yield Timer(Rung.DEADLINE, moments.deadline_at)
        yield Timer(Rung.RED, moments.red_at)
    if case.loop_due_at and case.loop_level < LOOP_TOP:
        yield Timer(LOOP_RUNGS[case.loop_level], case.loop_due_at)
    yield from _timers_beside(case)


def _timers_beside(case: Case) -> Iterator[Timer]:
    """What goes on around a case has its moments, too."""
    part = next_due(case.parts)
    moments = {
        Rung.RESUME: case.dealings.suspended_until,
        Rung.ANSWER: case.dealings.next_debt_at,
        Rung.PART: part.due_at if part else None,
        Rung.CLAIM: case.dealings.claim_due_at,
        Rung.WHOLE: case.dealings.whole_due_at,
        Rung.URGE: case.dealings.urge_due_at,
    }
    for rung, due_at in moments.items():
        if due_at is not None:
            yield Timer(rung, due_at)
