"""Two hundred short stories of trouble between incidents and points; each seed is one, and prints itself when it fails."""

from __future__ import annotations

import os
from typing import Final

from services.platform.database import open_database
from tests.conftest import MakeDatabase
from tests.integration.points.conftest import Ledger
from tests.simulation.world import World

#: More by night: SIMULATION_SEEDS=10000 SIMULATION_FIRST=200 pytest tests/simulation
SEEDS: Final = int(os.environ.get("SIMULATION_SEEDS", "200"))
FIRST: Final = int(os.environ.get("SIMULATION_FIRST", "0"))


async def test_whatever_fails_between_them_points_are_credited_once(
    make_database: MakeDatabase, ledger: Ledger
) -> None:
    incidents = await open_database(make_database("incidents"), service="incidents", connections_max=6)
    happened: set[str] = set()
    for seed in range(FIRST, FIRST + SEEDS):
        world = World(seed, incidents, ledger)
        await world.live()
        happened |= set(world.told)
    await incidents.close()
    assert (await ledger.verify()).faults == ()
    assert happened >= {
        *("commits", "dies_before_commit", "dies_after_commit", "dies_after_handling", "sequencer_dies"),
        *("wire_doubles", "wire_reorders", "wire_loses", "connection_drops", "acknowledges"),
    }


async def test_the_same_seed_tells_the_same_story(make_database: MakeDatabase, ledger: Ledger) -> None:
    told = []
    for life in ("first", "second"):
        incidents = await open_database(make_database("incidents"), service="incidents", connections_max=6)
        world = World(7_000_001, incidents, ledger)
        for rating in world.ratings:
            rating.case, rating.owner = f"{rating.case}-{life}", f"{rating.owner}-{life}"
        await world.live()
        told.append(world.told)
        await incidents.close()
    assert told[0] == told[1]
