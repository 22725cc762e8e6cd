"""Thousands of random steps: whatever anybody tries, a case stays whole."""

from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.incidents.domain.actors import SYSTEM, Actor
from services.incidents.domain.case import OPEN, Case, Event, HistoryEntry, Leg, State
from services.incidents.domain.firing import fire
from services.incidents.domain.light import is_overdue, light_of
from services.incidents.domain.limits import Limit
from services.incidents.domain.signal import Signal, SignalRules
from services.incidents.domain.step import MOVES_DEADLINE, Effect, Outcome, Step
from services.incidents.domain.table import ROWS, UNSOLVED
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
    MONDAY_8,
    RESIDENT,
    RULEBOOK,
    SANITATION,
    WATER,
    WORKER,
    opened,
    proof,
)

PEOPLE = (RESIDENT, ACCEPTOR, CHIEF, DISPATCHER, SANITATION, WATER, HANDLER, WORKER, CHECKER, SYSTEM)
#: These end the way or leave it where it is; they are tried often enough by those who try anything.
ASIDE = frozenset({Event.REJECT, Event.CANCEL, Event.NOTE, Event.ESCALATE})
SPANS = st.one_of(st.integers(min_value=0, max_value=3_600), st.integers(min_value=0, max_value=40 * 86_400)).map(
    lambda seconds: timedelta(seconds=seconds)
)
NAMES = st.sampled_from(["", HANDLER.id, CHECKER.id, WORKER.id, SANITATION.id])
STEPS = st.builds(
    Step,
    event=st.sampled_from(Event),
    opinion=st.sampled_from(["", "好"]),
    evidence=st.sampled_from([(), proof(EvidenceKind.AFTER), proof(EvidenceKind.CHECK)]),
    filing_condition=st.sampled_from(["", "exposed", "piled", "nonsense"]),
    department_code=st.sampled_from(["", "D07", "D11", "D99"]),
    assignee=NAMES,
    rating=st.integers(min_value=0, max_value=6),
)


class CaseMachine(RuleBasedStateMachine):
    """A case with all that is stored beside it, as a service would keep it."""

    case: Case
    history: list[HistoryEntry]
    legs: dict[int, Leg]
    timers: dict[Rung, datetime]
    told: set[Rung]
    refusals: list[str]
    now: datetime

    @initialize(start=SPANS)
    def report(self, start: timedelta) -> None:
        self.now = MONDAY_8 + start
        outcome = opened(at=self.now)
        self.history, self.legs, self.timers, self.told, self.refusals = [], {}, {}, set(), []
        self.keep(outcome)

    def keep(self, outcome: Outcome) -> None:
        if outcome.entry.from_state is not outcome.entry.to_state:
            self.told.clear()
        self.case = outcome.case
        self.history.append(outcome.entry)
        self.legs |= {leg.sequence: leg for leg in outcome.legs}
        self.keep_timers(outcome.timers)

    def keep_timers(self, change: TimerPlan) -> None:
        for rung in change.cancel:
            self.timers.pop(rung, None)
        self.timers |= {timer.rung: timer.due_at for timer in change.set}

    def attempt(self, step: Step, actor: Actor) -> Outcome:
        return apply(self.case, step, actor=actor, at=self.now, task_type=GARBAGE, rulebook=RULEBOOK)

    @rule(step=STEPS, actor=st.sampled_from(PEOPLE), later=SPANS)
    def anybody_tries_anything(self, step: Step, actor: Actor, later: timedelta) -> None:
        self.now += later
        before = self.case
        offered = {legal.event for legal in legal_steps(before, actor, task_type=GARBAGE, rulebook=RULEBOOK)}
        try:
            outcome = self.attempt(step, actor)
        except GridwardError as refused:
            self.refusals.append(refused.message)
            return
        assert step.event in offered
        self.judge(before, step.event, outcome)
        self.keep(outcome)

    @precondition(lambda self: self.case.state in OPEN or self.case.state is State.CLOSED)
    @rule(data=st.data(), later=SPANS)
    def somebody_takes_a_step_that_was_offered(self, data: st.DataObject, later: timedelta) -> None:
        self.now += later
        before = self.case
        chances = [
            (actor, legal)
            for actor in PEOPLE
            for legal in legal_steps(before, actor, task_type=GARBAGE, rulebook=RULEBOOK)
            if legal.event not in ASIDE
        ]
        if not chances:
            assert before.rating
            return
        actor, legal = data.draw(st.sampled_from(chances))
        step = self.filled(legal, data)
        outcome = self.attempt(step, actor)
        self.judge(before, legal.event, outcome)
        self.keep(outcome)

    def filled(self, legal: LegalStep, data: st.DataObject) -> Step:
        asked = legal.fields_required
        people = [
            name for name in (HANDLER.id, CHECKER.id, WORKER.id) if name not in {self.case.solver, self.case.handler}
        ]
        return Step(
            event=legal.event,
            opinion="好" if legal.opinion_required else "",
            evidence=proof(legal.evidence_kind, legal.evidence_required) if legal.evidence_kind else (),
            filing_condition=data.draw(st.sampled_from(["exposed", "piled"])) if "filing_condition" in asked else "",
            department_code=data.draw(st.sampled_from(["", "D07", "D11"])) if legal.event is Event.DISPATCH else "",
            assignee=data.draw(st.sampled_from(people)) if "assignee" in asked else "",
            rating=data.draw(st.integers(min_value=1, max_value=5)) if "rating" in asked else 0,
        )

    def judge(self, before: Case, event: Event, outcome: Outcome) -> None:
        row = ROWS[before.state, event]
        after, entry = outcome.case, outcome.entry
        assert after.state is (row.target or before.state)
        assert after.version == before.version + 1 == entry.sequence
        assert (entry.event, entry.from_state, entry.to_state) == (event, before.state, after.state)
        assert entry.at >= before.updated_at
        assert entry.role in row.roles
        if before.countdown and after.countdown and before.deadline_at != after.deadline_at:
            assert MOVES_DEADLINE & set(outcome.effects)
        if before.limit != after.limit:
            assert Effect.LIMIT_FIXED in outcome.effects
        if before.signal != after.signal:
            assert Effect.SIGNAL_CHANGED in outcome.effects
        if before.loop_level != after.loop_level:
            assert Effect.LOOP_RAISED in outcome.effects
        assert after.signal is light_of(after, entry.at, RULEBOOK.signal_rules)
        assert after.overdue is is_overdue(after, entry.at)

    @precondition(lambda self: bool(self.timers))
    @rule(data=st.data(), late=st.sampled_from([timedelta(0), timedelta(hours=3), timedelta(days=20)]))
    def timers_fire(self, data: st.DataObject, late: timedelta) -> None:
        self.now = max(self.now, min(self.timers.values())) + late
        while due := sorted(rung for rung, due_at in self.timers.items() if due_at <= self.now):
            rung = data.draw(st.sampled_from(due))
            del self.timers[rung]
            self.told.add(rung)
            before = self.case
            firing = fire(before, rung, at=self.now, task_type=GARBAGE, rulebook=RULEBOOK)
            assert firing is not None
            if firing.outcome:
                self.judge(before, Event.ESCALATE, firing.outcome)
                self.keep(firing.outcome)
                continue
            assert firing.case.version == before.version
            assert firing.case.deadline_at == before.deadline_at
            self.case = firing.case
            self.keep_timers(firing.timers)

    @invariant()
    def stored_timers_are_those_of_the_case(self) -> None:
        wanted = {timer.rung: timer.due_at for timer in timers_of(self.case)}
        assert self.timers.items() <= wanted.items()
        assert {rung for rung, due_at in wanted.items() if due_at > self.now} <= set(self.timers)

    @invariant()
    def an_open_case_never_falls_asleep_unsaid(self) -> None:
        told = self.told or self.case.signal is Signal.RED
        assert self.timers or told or self.case.state.ended

    @invariant()
    def a_refusal_is_a_whole_sentence(self) -> None:
        assert not any("{" in words for words in self.refusals)

    @invariant()
    def history_is_whole(self) -> None:
        assert [entry.sequence for entry in self.history] == list(range(1, self.case.version + 1))
        states = [entry.to_state for entry in self.history]
        assert [entry.from_state for entry in self.history] == [None, *states[:-1]]
        assert all(entry.elapsed_s >= 0 for entry in self.history)

    @invariant()
    def every_leg_but_an_open_last_one_is_answered(self) -> None:
        legs = list(self.legs.values())
        assert [leg.sequence for leg in legs] == list(range(1, len(legs) + 1))
        assert legs[-1] == self.case.leg
        assert all(leg.answered and leg.reply and leg.receiver for leg in legs[:-1])
        assert legs[-1].answered is (self.case.state not in UNSOLVED)
        levels = [leg.loop_level for leg in legs]
        assert levels == sorted(levels)
        assert max(levels) <= 3

    @invariant()
    def what_ended_is_quiet_and_what_is_open_is_not_closed(self) -> None:
        assert (self.case.closed_at is not None) is self.case.state.ended
        if self.case.state.ended:
            assert timers_of(self.case) == ()

    @invariant()
    def nobody_checked_their_own_work(self) -> None:
        if self.case.state in {State.CHECKED, State.CLOSED}:
            assert self.case.checker not in {"", self.case.solver, self.case.handler}

    @invariant()
    def solved_and_waiting_means_that_time_does_not_run(self) -> None:
        if self.case.state in {State.RETURNED, State.FEEDBACK, State.CHECKING, State.CHECKED, State.CHECK_FAILED}:
            assert self.case.countdown is not None
            assert not self.case.countdown.running
        if self.case.state in {State.DISPATCHED, State.SIGNED, State.DISPOSING, State.DISPOSED}:
            assert self.case.countdown is not None
            assert self.case.countdown.running


CaseMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
TestCaseMachine = pytest.mark.mechanism(5)(CaseMachine.TestCase)


def test_the_rules_of_the_machine_are_the_citys_own() -> None:
    assert RULEBOOK.signal_rules == SignalRules()
    assert RULEBOOK.loop_limits == {1: Limit.of(4, "work_hour"), 2: Limit.of(1, "work_day")}
