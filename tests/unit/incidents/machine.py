"""The table of a case as a state machine of Hypothesis: whatever goes wrong is told by the shortest way that leads there.

`python -m tests.unit.incidents.machine [--steps 100000]`: as many steps as wanted, by dice nobody has thrown before.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.incidents.domain.actors import SYSTEM, acting_role
from services.incidents.domain.case import Event, State
from services.incidents.domain.effects.ending import TIME_RUNS
from services.incidents.domain.procedure import USUAL
from services.incidents.domain.table import ROWS, legal_events
from tests.unit.incidents.walker import ELSEWHERE, EVENTS, OWN_WAY, PEOPLE, SELDOM, SPANS_S, Walk

DICE = st.randoms(use_true_random=False)
STEPS_OF_ONE = 80
#: Beyond any limit of the table.
LATE = timedelta(days=30)
#: Ways that dice alone seldom find to their end, each from where it begins.
CORNERS = (
    (Event.SELF_DISPOSE, Event.REFUSE_SELF),
    (Event.ACCEPT, Event.SEND_VERIFY, Event.VERIFY_EXISTS, Event.REGISTER, Event.BACK_TO_ACCEPTOR),
    (Event.ASK_SUSPENSION, Event.ENDORSE_REQUEST, Event.GRANT_SUSPENSION, Event.RESUME),
    (Event.ASK_EXTENSION, Event.ENDORSE_REQUEST, Event.GRANT_EXTENSION),
    (Event.WHISTLE, Event.PART_SIGN, Event.ARRIVE, Event.PART_DONE),
    (Event.CO_HANDLE, Event.PART_SIGN, Event.PART_DONE),
    (Event.SUPERVISE, Event.REPLY),
    (Event.APPEAL, Event.ENDORSE_REQUEST, Event.GRANT_APPEAL),
)


def onward(state: State) -> list[Event]:
    """What carries a case on from a state, without what ends it early or turns it back."""
    return sorted(
        event for event in legal_events(state) if event not in SELDOM and ROWS[state, event].target is not None
    )


class CaseMachine(RuleBasedStateMachine):
    """One case: time goes by, timers fire, people take what they are offered or try anything at all."""

    #: What was taken and refused in all cases so far.
    taken: ClassVar[Counter[Event]] = Counter()
    steps = 0
    refused = 0

    def __init__(self) -> None:
        super().__init__()
        self.walk: Walk | None = None

    @initialize(own=st.booleans(), dice=DICE)
    def somebody_reports(self, own: bool, dice: random.Random) -> None:
        self.walk = Walk(dice, OWN_WAY if own else USUAL, CaseMachine.taken)

    @property
    def held(self) -> Walk:
        assert self.walk is not None
        return self.walk

    @rule(seconds=st.sampled_from(sorted(set(SPANS_S))))
    def time_goes_by(self, seconds: int) -> None:
        self.held.now += timedelta(seconds=seconds)

    @precondition(lambda self: any(due_at <= self.held.now for due_at in self.held.timers.values()))
    @rule(dice=DICE)
    def a_timer_fires(self, dice: random.Random) -> None:
        self.held.dice = dice
        assert self.held.fire_due()

    @precondition(lambda self: self.held.case.state in TIME_RUNS)
    @rule(data=st.data(), dice=DICE)
    def the_deadline_passes(self, data: st.DataObject, dice: random.Random) -> None:
        """Every rung on the way fires, and then somebody says why it took so long."""
        walk = self.held
        walk.dice = dice
        walk.now += LATE
        while walk.fire_due():
            walk.judge_whole()
        if (walk.case.state, Event.EXPLAIN) in ROWS:
            self.take(data, [Event.EXPLAIN], dice)

    @precondition(lambda self: bool(onward(self.held.case.state)))
    @rule(data=st.data(), times=st.integers(1, 6), dice=DICE)
    def the_case_goes_on(self, data: st.DataObject, times: int, dice: random.Random) -> None:
        """So far as a rule of its own carries it: a case lives long enough to come into every corner."""
        for _ in range(times):
            if events := onward(self.held.case.state):
                self.take(data, events, dice)

    @precondition(lambda self: bool(legal_events(self.held.case.state)))
    @rule(data=st.data(), dice=DICE)
    def somebody_takes_what_is_offered(self, data: st.DataObject, dice: random.Random) -> None:
        self.take(data, sorted(legal_events(self.held.case.state)), dice)

    @precondition(lambda self: any((self.held.case.state, way[0]) in ROWS for way in CORNERS))
    @rule(data=st.data(), dice=DICE)
    def the_case_comes_into_a_corner(self, data: st.DataObject, dice: random.Random) -> None:
        """One step of a way after the other, as far as somebody may take it."""
        ways = [way for way in CORNERS if (self.held.case.state, way[0]) in ROWS]
        for event in data.draw(st.sampled_from(ways), label="way"):
            if (self.held.case.state, event) in ROWS:
                self.take(data, [event], dice)

    @precondition(lambda self: bool(self.held.case.dealings.petition))
    @rule(dice=DICE)
    def somebody_decides(self, dice: random.Random) -> None:
        self.held.dice = dice
        CaseMachine.steps += self.held.somebody_decides()

    def take(self, data: st.DataObject, events: Sequence[Event], dice: random.Random) -> None:
        """One of these steps, by one of those who may."""
        walk = self.held
        walk.dice = dice
        event = data.draw(st.sampled_from(events), label="event")
        row = ROWS[walk.case.state, event]
        able = [
            actor for actor in PEOPLE if actor is not SYSTEM and acting_role(actor, walk.case, row.roles) is not None
        ]
        offers = [(actor, offer) for actor in able for offer in walk.offers(actor, event)]
        if offers:
            walk.take_offer(*data.draw(st.sampled_from(offers), label="by whom"))
            CaseMachine.steps += 1

    @rule(dice=DICE)
    def somebody_tries_anything(self, dice: random.Random) -> None:
        walk = self.held
        walk.dice = dice
        before = len(walk.refusals)
        walk.try_anything()
        CaseMachine.steps += 1
        CaseMachine.refused += len(walk.refusals) - before
        assert not any("{" in words for words in walk.refusals[before:])

    @invariant()
    def the_case_is_whole(self) -> None:
        if self.walk is not None:
            self.walk.judge_whole()


def walk_cases(count: int, *, derandomize: bool) -> None:
    """Walk so many cases; fails with the shortest way to what is not as it must be."""
    run_state_machine_as_test(
        CaseMachine,
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS_OF_ONE,
            derandomize=derandomize,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def main() -> None:
    """Walk, and tell how it went."""
    parser = argparse.ArgumentParser(
        description="Cases through the whole table, each step judged, failures made short."
    )
    parser.add_argument("--steps", type=int, default=100_000)
    asked = parser.parse_args()
    began_s = time.monotonic()
    while CaseMachine.steps < asked.steps:
        walk_cases(200, derandomize=False)
        print(
            f"{CaseMachine.steps} steps, {CaseMachine.refused} of them refused, {time.monotonic() - began_s:.0f} s",
            flush=True,
        )
    never = sorted(event.value for event in EVENTS - ELSEWHERE if not CaseMachine.taken[event])
    print(f"each as the table says; never taken: {', '.join(never) or 'none'}")


if __name__ == "__main__":
    main()
