"""Watches the clock for all cases: wakes when the next timer is due, and never sleeps longer than a second."""

import asyncio
from typing import Final

import structlog

from services.incidents.actions.fire import CASES_MAX, FiringDue
from services.incidents.cityview.picture import CityView
from services.platform.clock import Clock
from services.platform.errors import Exhausted, Unavailable

log = structlog.get_logger()

SLEEP_S_MAX: Final = 1.0
REST_S: Final = 0.01
AWAY_S: Final = 1.0


async def run(firing: FiringDue, view: CityView, clock: Clock) -> None:
    """Fire what is due, over and over, until cancelled; any number of replicas may do so."""
    while True:
        try:
            view.require_complete()
            looked_at = await firing.fire_due()
            if looked_at < CASES_MAX:
                await asyncio.sleep(await _pause_s(firing, clock))
        except (Unavailable, Exhausted) as error:
            log.warning("timers_wait", reason=error.reason)
            await asyncio.sleep(AWAY_S)


async def _pause_s(firing: FiringDue, clock: Clock) -> float:
    due_at = await firing.next_due()
    if due_at is None:
        return SLEEP_S_MAX
    return min(max((due_at - clock.now()).total_seconds(), REST_S), SLEEP_S_MAX)
