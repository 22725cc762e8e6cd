"""A whole city under bad requests: whatever comes, the answer is a named refusal, and nothing in it breaks.

`make fuzz` sends ten thousand of other kinds each time; here are a few hundred, always the same.
"""

from __future__ import annotations

import psutil

from tests.acceptance.planted_numbers import told_or_written_in_clear
from tests.acceptance.suite import Suite
from tests.fuzz.calls import SERVED
from tests.fuzz.siege import Siege

INPUTS = 1000
SEED = 20261121


def pids(suite: Suite) -> dict[str, int]:
    """The process of each service."""
    return {name: suite.child(f"services.{name}").pid for name in (*SERVED, "gateway", "host")}


def test_no_number_of_a_person_is_told_unasked_or_lies_in_clear_anywhere(suite: Suite) -> None:
    assert told_or_written_in_clear(suite) == {}


async def test_bad_requests_break_nothing_and_are_told_nothing_of_the_inside(suite: Suite) -> None:
    before = pids(suite)
    siege = Siege(suite, seed=SEED)
    await siege.lay(INPUTS)
    assert siege.wrong == [], (SEED, siege.broken_inside())
    assert siege.put_off <= INPUTS / 10, siege.pages.codes
    assert siege.calls.sent + siege.pages.sent == INPUTS
    assert siege.calls.codes["INVALID_ARGUMENT"] > INPUTS / 10, "most were to be wrong"
    assert siege.calls.codes["OK"], "some were to be right, or nothing behind the checks was reached"
    assert pids(suite) == before
    assert all(psutil.pid_exists(pid) for pid in before.values())
