"""Random steps through the whole table: whatever anybody tries, a case stays whole.

Every run of the tests walks the same quarter of the hundred thousand steps that `make model` walks by dice of its own.
"""

import pytest

from services.incidents.domain.limits import Limit
from services.incidents.domain.signal import SignalRules
from tests.unit.incidents.builders import RULEBOOK
from tests.unit.incidents.machine import CaseMachine, walk_cases
from tests.unit.incidents.walker import walk_through

STEPS = 25_000
CASES = 20


@pytest.mark.mechanism(5)
def test_thousands_of_random_steps_are_each_legal_audited_and_rightly_timed() -> None:
    walked = walk_through(STEPS, seed=20260309)
    assert walked.taken > STEPS // 2
    assert walked.refused > STEPS // 50
    assert walked.never_taken == set()


def test_the_rules_of_the_machine_are_the_citys_own() -> None:
    assert RULEBOOK.signal_rules == SignalRules()
    assert RULEBOOK.loop_limits == {1: Limit.of(4, "work_hour"), 2: Limit.of(1, "work_day")}


@pytest.mark.mechanism(5)
def test_a_case_stays_whole_on_ways_that_hypothesis_makes_short_where_they_go_wrong() -> None:
    before = CaseMachine.steps
    walk_cases(CASES, derandomize=True)
    assert CaseMachine.steps - before > CASES * 5
