"""Power cuts and crashes in mid-load: nothing acknowledged is lost, nothing refused is there, no group is half."""

from __future__ import annotations

import asyncio

from tests.bench.points.drills import run
from tests.bench.points.stand import Stand


def test_the_books_survive_the_death_of_the_server_of_the_service_and_of_both() -> None:
    stand = Stand.build()
    try:
        verdict = asyncio.run(run(stand, rounds=3, load_s=0.2))
    finally:
        stand.end()
    assert verdict.clean, verdict
    assert verdict.acknowledged > 60
