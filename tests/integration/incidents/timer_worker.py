"""A timer worker in a process of its own, to be killed: `python -m tests.integration.incidents.timer_worker DSN NOW`."""

import asyncio
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from services.incidents.actions.fire import FiringDue
from services.incidents.cityview.city import City
from services.platform.clock import ManualClock
from services.platform.database import open_database
from services.platform.errors import Exhausted, Unavailable
from tests.integration.incidents.town import full_view


async def work(dsn: str, now: datetime) -> None:
    """Fire what is due at this moment, over and over, until killed."""
    database = await open_database(dsn, service="incidents")
    city = await City.open(database, full_view(), zone=ZoneInfo("Asia/Shanghai"), desk="desk")
    firing = FiringDue(database, city, clock=ManualClock(now))
    while True:
        try:
            looked_at = await firing.fire_due()
        except (Unavailable, Exhausted):
            looked_at = 0
        if not looked_at:
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
