"""Walks cases at random through the whole table, keeps what a service would keep, and judges every step.

`python -m tests.unit.incidents.walker [--steps 100000] [--seed N]`: as many steps as wanted, by dice nobody has thrown
before; it tells the seed, so that a walk that went wrong can be walked again.
"""

from __future__ import annotations

import argparse
import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.incidents.domain import countdown as clock
from services.incidents.domain.actors import SYSTEM, Actor, acting_role
from services.incidents.domain.case import Case, Event, HistoryEntry, Leg, State
from services.incidents.domain.dealings import Ending, Priority
from services.incidents.domain.effects.ending import TIME_RUNS
from services.incidents.domain.firing import Firing, fire
from services.incidents.domain.guards import people_who_worked
from services.incidents.domain.light import is_overdue, light_of
from services.incidents.domain.limits import Limit
from services.incidents.domain.procedure import USUAL, Move, OrderedStep, OwnState, Procedure
from services.incidents.domain.signal import thresholds
from services.incidents.domain.step import MOVES_DEADLINE, Addressee, Effect, Outcome, Step
from services.incidents.domain.table import ROWS, TABLE, UNSOLVED, legal_events
from services.incidents.domain.tasktypes import EvidenceKind
from services.incidents.domain.timers import Rung, TimerPlan, timers_of
from services.incidents.domain.workflow import LegalStep, apply, legal_steps
from services.platform.errors import GridwardError
from tests.unit.incidents.builders import (
    ACCEPTOR,
    CHECKER,
    CHIEF,
    DISPATCHER,
    GARBAGE,
    HANDLER,
    LEADER,
    MANHOLE,
    MONDAY_8,
    PLAIN,
    RESIDENT,
    RULEBOOK,
    SANITATION,
    SECOND_ACCEPTOR,
    SECOND_DISPATCHER,
    STREET,
    WATER,
    WORKER,
    a_report,
    opened,
    proof,
)

PEOPLE = (
    RESIDENT,
    ACCEPTOR,
    SECOND_ACCEPTOR,
    CHIEF,
    DISPATCHER,
    SECOND_DISPATCHER,
    SANITATION,
    LEADER,
    WATER,
    HANDLER,
    WORKER,
    CHECKER,
    STREET,
    SYSTEM,
)
#: A task type with states of its own, a ladder of its own, and two departments one after the other.
OWN_WAY = Procedure(
    version=1,
    own_states=(
        OwnState(code="permit", title="办理占道许可"),
        OwnState(code="digging", title="开挖施工", may_submit=True),
    ),
    moves=(
        Move(code="ask_permit", title="申请许可", target="permit"),
        Move(code="dig", title="开挖", source="permit", target="digging"),
    ),
    loop_limits={1: Limit.of(1, "work_hour")},
    whole_limit=Limit.of(20, "work_day"),
    ordered_steps=(OrderedStep(department_code="D11", limit=Limit.of(2, "work_hour")),),
)
#: Ends a walk, so it is taken less often than what carries it on.
SELDOM = frozenset(
    {
        *(Event.REJECT, Event.CANCEL, Event.FORCE_CLOSE, Event.REFUSE_FILING, Event.NOTE, Event.URGE),
        *(Event.TRANSFER, Event.BACK_TO_ACCEPTOR, Event.SELF_DISPOSE, Event.RETURN_BACK, Event.HAND_BACK),
    }
)
DECISIONS = {Event.ENDORSE_REQUEST, Event.GRANT_EXTENSION, Event.GRANT_SUSPENSION, Event.GRANT_APPEAL}
SPANS_S = (0, 1, 60, 60, 600, 600, 600, 3_600, 4 * 3_600, 3 * 86_400)
#: After these time may run on, whatever the state says: nothing was dispatched yet.
HERE = a_report().point


class Walk:
    """One case from its report until it ends or the walk does."""

    def __init__(self, dice: random.Random, procedure: Procedure, taken: Counter[Event]) -> None:
        self.dice = dice
        self.taken = taken
        self.procedure = procedure
        self.now = MONDAY_8 + timedelta(seconds=dice.randrange(30 * 86_400))
        self.history: list[HistoryEntry] = []
        self.legs: dict[int, Leg] = {}
        self.timers: dict[Rung, datetime] = {}
        self.passed = 0
        self.refusals: list[str] = []
        self.marked = 0
        outcome = opened(at=self.now)
        self.case = outcome.case
        self.keep(outcome)

    def keep(self, outcome: Outcome) -> None:
        """Store what a step leaves, as the service would."""
        self.case = outcome.case
        self.history.append(outcome.entry)
        self.legs |= {leg.sequence: leg for leg in outcome.legs}
        self.keep_timers(outcome.timers)
        self.taken[outcome.entry.event] += 1
        self.passed += outcome.entry.event is Event.CHECK_PASS

    def keep_timers(self, change: TimerPlan) -> None:
        for rung in change.cancel:
            self.timers.pop(rung, None)
        self.timers |= {timer.rung: timer.due_at for timer in change.set}

    def go(self, steps: int) -> int:
        """Go on for so many moments or until nobody can do anything; how many steps were taken or refused."""
        for _ in range(steps):
            self.now += timedelta(seconds=self.dice.choice(SPANS_S))
            if not self.fire_due() and not self.somebody_acts():
                break
            self.judge_whole()
        return len(self.history) + self.marked + len(self.refusals)

    def somebody_acts(self) -> bool:
        """Most take a step that is offered to them, some try anything at all; False when nothing is left to do."""
        if self.dice.random() < 0.1:
            self.try_anything()
            return True
        if self.case.dealings.petition and self.dice.random() < 0.8 and self.somebody_decides():
            return True
        events = [event for event in legal_events(self.case.state) if event not in SELDOM or self.dice.random() < 0.1]
        onward = [event for event in events if ROWS[self.case.state, event].target is not None]
        if onward and self.dice.random() < 0.6:
            events = onward
        if not events:
            return not self.case.state.ended
        # Every other time what was taken least often, so that every corner is visited.
        rare = self.dice.random() < 0.5
        event = min(events, key=lambda event: self.taken[event]) if rare else self.dice.choice(events)
        first = self.dice.randrange(len(PEOPLE))
        for actor in (*PEOPLE[first:], *PEOPLE[:first]):
            if actor is SYSTEM or acting_role(actor, self.case, ROWS[self.case.state, event].roles) is None:
                continue
            if offers := self.offers(actor, event):
                self.take_offer(actor, self.dice.choice(offers))
                return True
        return True

    def somebody_decides(self) -> bool:
        """Whoever may decide on a request does so."""
        wanted = DECISIONS if self.dice.random() < 0.9 else {Event.REFUSE_REQUEST}
        for actor in (SANITATION, LEADER, SECOND_DISPATCHER, DISPATCHER, SECOND_ACCEPTOR):
            decisions = self.offers(actor, *wanted)
            if decisions:
                self.take_offer(actor, self.dice.choice(decisions))
                return True
        return False

    def offers(self, actor: Actor, *events: Event) -> tuple[LegalStep, ...]:
        return legal_steps(
            self.case,
            actor,
            at=self.now,
            task_type=GARBAGE,
            rulebook=RULEBOOK,
            procedure=self.procedure,
            among=frozenset(events),
        )

    def take_offer(self, actor: Actor, legal: LegalStep) -> None:
        """A step that is offered is legal once its form is filled; only a department that is no other refuses."""
        before = self.case
        step = self.filled(legal)
        if step is None:
            return
        outcome = self.attempt(step, actor)
        self.judge(before, outcome)
        self.keep(outcome)

    def try_anything(self) -> None:
        """Anybody, any step, anything said: either refused with a whole sentence, or as legal as any other."""
        actor, before = self.dice.choice(PEOPLE), self.case
        step = Step(
            event=self.dice.choice(list(Event)),
            opinion=self.dice.choice(["", "好"]),
            evidence=self.dice.choice([(), proof(EvidenceKind.AFTER), proof(EvidenceKind.CHECK)]),
            filing_condition=self.dice.choice(["", "exposed", "nonsense"]),
            department_code=self.dice.choice(["", "D07", "D11", "D99"]),
            assignee=self.dice.choice(["", HANDLER.id, CHECKER.id]),
            rating=self.dice.randrange(7),
            addressees=self.dice.choice([(), (Addressee(receiver="D09"),)]),
            move=self.dice.choice(["", "dig"]),
            point=self.dice.choice([None, HERE]),
        )
        try:
            outcome = self.attempt(step, actor)
        except GridwardError as refused:
            self.refusals.append(refused.message)
            return
        assert self.offers(actor, step.event) or not ROWS[before.state, step.event].by_itself
        self.judge(before, outcome)
        self.keep(outcome)

    def attempt(self, step: Step, actor: Actor) -> Outcome:
        task_type = MANHOLE if step.task_type == MANHOLE.code else GARBAGE
        return apply(
            self.case,
            step,
            actor=actor,
            at=self.now,
            task_type=task_type,
            rulebook=RULEBOOK,
            procedure=self.procedure,
        )

    def filled(self, legal: LegalStep) -> Step | None:
        """The form of a step, filled in by somebody who knows what they do; None when nothing fits."""
        asked, case, dice = legal.fields_required, self.case, self.dice
        department = dice.choice(["D07", "D09", "D11"])
        if legal.event is Event.CORRECT:
            return None  # corrected in tests of their own: here all cases stay of one kind
        if legal.event is Event.TRANSFER and department == case.department_code:
            return None
        strangers = [person.id for person in (HANDLER, CHECKER, WORKER) if person.id not in people_who_worked(case)]
        if legal.event is Event.SEND_CHECK and not strangers:
            return None
        addressees = self.addressees(legal.event)
        if "addressees" in asked and not addressees:
            return None
        return Step(
            event=legal.event,
            opinion="说明" if legal.opinion_required or dice.random() < 0.2 else "",
            evidence=tuple(item for kind, count in legal.proof.kinds for item in proof(kind, count)),
            filing_condition=dice.choice(["exposed", "piled"]) if "filing_condition" in asked else "",
            department_code=department if "department_code" in asked or legal.event is Event.DISPATCH else "",
            assignee=dice.choice(strangers) if "assignee" in asked and strangers else HANDLER.id,
            rating=dice.randrange(1, 6),
            until=self.now + timedelta(days=dice.choice([1, 30, 365])) if "until" in asked else None,
            priority=dice.choice(list(Priority)) if "priority" in asked else None,
            addressees=addressees,
            move=legal.move,
            point=HERE,
        )

    def addressees(self, event: Event) -> tuple[Addressee, ...]:
        busy = {part.receiver for part in self.case.parts if part.unfinished} | {self.case.department_code}
        if event is Event.ADDRESS:
            names = [name for name in (WORKER.id, CHECKER.id, STREET.id) if name not in busy]
        else:
            names = [name for name in ("D07", "D09", "D11") if name not in busy]
        chosen = self.dice.sample(names, k=min(len(names), self.dice.randrange(1, 4)))
        return tuple(
            Addressee(receiver=name, place=self.dice.choice([1, 1, place + 1])) for place, name in enumerate(chosen)
        )

    def judge(self, before: Case, outcome: Outcome) -> None:
        """Whatever a step does, it does it as the table says and tells everything."""
        after, entry, effects = outcome.case, outcome.entry, set(outcome.effects)
        row = ROWS[before.state, entry.event]
        assert after.state is (row.target or before.state)
        assert after.version == before.version + 1 == entry.sequence
        assert (entry.from_state, entry.to_state) == (before.state, after.state)
        assert entry.at >= before.updated_at
        assert entry.role in row.roles
        assert entry.actor
        if row.reason_required:
            assert entry.opinion
        if before.countdown and before.deadline_at != after.deadline_at:
            assert effects & MOVES_DEADLINE
        if before.limit != after.limit:
            assert effects & {Effect.LIMIT_FIXED, Effect.PRIORITY_CHANGED} or before.limit is None
        if before.signal != after.signal:
            assert Effect.SIGNAL_CHANGED in effects
        if before.loop_level != after.loop_level:
            assert effects & {Effect.LOOP_RAISED, Effect.LOOP_LOWERED}
        if before.dealings.owed != after.dealings.owed:
            assert effects & {Effect.ANSWER_OWED, Effect.ANSWER_GIVEN, Effect.ANSWER_MISSED, Effect.CASE_ENDED}
        assert after.signal is light_of(after, entry.at, RULEBOOK.signal_rules)
        assert after.overdue is is_overdue(after, entry.at)
        assert outcome.parts == tuple(part for part in after.parts if part not in before.parts)
        if before.countdown != after.countdown:
            judge_clock(after)

    def fire_due(self) -> bool:
        """Let every timer fire whose moment has come, in any order; whether one did."""
        due = [rung for rung, due_at in self.timers.items() if due_at <= self.now]
        if not due:
            return False
        rung = self.dice.choice(due)
        del self.timers[rung]
        before = self.case
        firing = fire(before, rung, at=self.now, task_type=GARBAGE, rulebook=RULEBOOK, procedure=self.procedure)
        assert firing is not None
        self.after_firing(before, firing)
        return True

    def after_firing(self, before: Case, firing: Firing) -> None:
        if firing.outcome is None:
            assert firing.case.version == before.version
            assert firing.case.deadline_at == before.deadline_at
            self.case = firing.case
            self.keep_timers(firing.timers)
            self.marked += 1
            return
        self.judge(before, firing.outcome)
        self.keep(firing.outcome)

    def judge_whole(self) -> None:
        """What must be true of a case and of all that is kept beside it, after every step."""
        case = self.case
        wanted = {timer.rung: timer.due_at for timer in timers_of(case)}
        assert self.timers.items() <= wanted.items()
        assert {rung for rung, due_at in wanted.items() if due_at > self.now} <= set(self.timers)
        assert len(self.history) == case.version
        assert self.history[-1].elapsed_s >= 0
        assert (case.closed_at is not None) is case.state.ended
        assert (case.ending is not Ending.OPEN) is case.state.ended
        if case.state.ended:
            assert wanted == {}
            assert not any(part.unfinished for part in case.parts)
        legs = list(self.legs.values())
        assert legs[-1] == case.leg
        assert all(leg.answered and leg.reply and leg.receiver for leg in legs[:-1])
        if case.state in UNSOLVED:
            assert not legs[-1].answered
        assert 1 <= case.loop_level <= 3
        self.judge_people()
        self.judge_running()

    def judge_people(self) -> None:
        case = self.case
        if case.state in {State.CHECKED, State.CLOSED} and case.ending is Ending.SOLVED:
            assert case.checker not in people_who_worked(case)
        if case.ending is Ending.SOLVED:
            assert self.passed
        assert case.dealings.extension_count <= 2
        assert case.dealings.suspension_count <= 1
        owners = [part for part in case.parts if part.kind == "direct" and part.state == "signed"]
        assert len(owners) <= 1

    def judge_running(self) -> None:
        """Time runs exactly while a department has the case."""
        case = self.case
        if case.state in TIME_RUNS:
            assert case.countdown is not None
            assert case.countdown.running
        elif case.countdown is not None:
            assert not case.countdown.running


def judge_clock(case: Case) -> None:
    """The moments of a countdown, counted again second by second from its stretches, come out the same."""
    countdown = case.countdown
    if countdown is None:
        return
    fresh = clock.recount(countdown, countdown.limit, PLAIN, RULEBOOK.signal_rules)
    assert fresh.moments == countdown.moments
    if countdown.remaining is not None:
        used = sum(
            (PLAIN.elapsed(run.start, run.end or run.start, countdown.limit.unit) for run in countdown.stretches),
            timedelta(0),
        )
        assert countdown.remaining == thresholds(countdown.limit).deadline - used


STEPS_OF_ONE = 150
#: Every step there is.
EVENTS = frozenset(row.event for row in TABLE)
#: Steps that concern two cases, another kind, or time outside of the case; they have tests of their own.
ELSEWHERE = frozenset({Event.ADD_CHILD, Event.JOIN_PARENT, Event.CORRECT, Event.RECOUNT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What came of many walks."""

    walks: int
    taken: int
    refused: int
    never_taken: set[Event]


def walk_through(steps: int, *, seed: int) -> Walked:
    """Walk one case after another until so many steps were tried; fails at the first that is not as it must be."""
    dice = random.Random(seed)
    taken: Counter[Event] = Counter()
    tried = refused = walks = 0
    while tried < steps:
        walk = Walk(dice, OWN_WAY if walks % 4 == 0 else USUAL, taken)
        tried += walk.go(STEPS_OF_ONE)
        refused += len(walk.refusals)
        assert not any("{" in words for words in walk.refusals)
        walks += 1
    every = EVENTS - ELSEWHERE
    return Walked(
        walks=walks, taken=taken.total(), refused=refused, never_taken={event for event in every if not taken[event]}
    )


def main() -> None:
    """Walk, and tell how it went."""
    parser = argparse.ArgumentParser(description="Random steps through the whole table of a case, each judged.")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    began_s = time.monotonic()
    walked = walk_through(asked.steps, seed=asked.seed)
    assert not walked.never_taken, walked.never_taken
    print(
        f"{walked.walks} cases, {walked.taken} steps taken and {walked.refused} refused, each as the table says,"
        f" in {time.monotonic() - began_s:.1f} s"
    )


if __name__ == "__main__":
    main()
