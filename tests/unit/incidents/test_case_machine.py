"""A hundred thousand random steps through the whole table: whatever anybody tries, a case stays whole."""

import random
from collections import Counter

import pytest

from services.incidents.domain.case import Event
from services.incidents.domain.limits import Limit
from services.incidents.domain.procedure import USUAL
from services.incidents.domain.signal import SignalRules
from services.incidents.domain.table import TABLE
from tests.unit.incidents.builders import RULEBOOK
from tests.unit.incidents.walker import OWN_WAY, Walk

STEPS = 100_000
STEPS_OF_ONE = 150
#: Steps that concern two cases, another kind, or time outside of the case; they have tests of their own.
ELSEWHERE = frozenset({Event.ADD_CHILD, Event.JOIN_PARENT, Event.CORRECT, Event.RECOUNT})


@pytest.mark.mechanism(5)
def test_a_hundred_thousand_random_steps_are_each_legal_audited_and_rightly_timed() -> None:
    dice = random.Random(20260309)
    taken: Counter[Event] = Counter()
    tried = refused = walks = 0
    while tried < STEPS:
        walk = Walk(dice, OWN_WAY if walks % 4 == 0 else USUAL, taken)
        tried += walk.go(STEPS_OF_ONE)
        refused += len(walk.refusals)
        assert not any("{" in words for words in walk.refusals)
        walks += 1
    assert sum(taken.values()) > STEPS // 2
    assert refused > STEPS // 50
    every = {row.event for row in TABLE} - ELSEWHERE
    assert {event for event in every if not taken[event]} == set()


def test_the_rules_of_the_machine_are_the_citys_own() -> None:
    assert RULEBOOK.signal_rules == SignalRules()
    assert RULEBOOK.loop_limits == {1: Limit.of(4, "work_hour"), 2: Limit.of(1, "work_day")}
