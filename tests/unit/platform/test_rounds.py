"""What is done again and again goes on when a part is away, and ends when something is wrong."""

import asyncio

import pytest
from structlog.testing import capture_logs

from services.platform.errors import Exhausted, Unavailable
from services.platform.rounds import again_and_again


class _Steps:
    """Fails in the given ways, one a step, and tells when all of them were met."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.taken = 0
        self.all_met = asyncio.Event()

    async def take(self) -> None:
        self.taken += 1
        if self._failures:
            raise self._failures.pop(0)
        self.all_met.set()


async def test_a_part_that_is_away_is_told_and_asked_again() -> None:
    steps = _Steps(Unavailable(), Exhausted())
    with capture_logs() as told:
        rounds = asyncio.create_task(again_and_again(steps.take, every_s=0, waiting="names.waiting"))
        await steps.all_met.wait()
        rounds.cancel()
    assert [(line["event"], line["reason"]) for line in told] == [
        ("names.waiting", "UNAVAILABLE"),
        ("names.waiting", "EXHAUSTED"),
    ]
    assert steps.taken == 3


async def test_any_other_failure_ends_the_rounds() -> None:
    steps = _Steps(ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        await again_and_again(steps.take, every_s=0, waiting="names.waiting")
    assert steps.taken == 1


async def test_cancelled_rounds_end_in_the_pause() -> None:
    steps = _Steps()
    rounds = asyncio.create_task(again_and_again(steps.take, every_s=3600, waiting="names.waiting"))
    await steps.all_met.wait()
    rounds.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rounds
    assert steps.taken == 1
