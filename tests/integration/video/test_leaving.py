"""A patrol that is told to end ends, even at the worst moment: when a connection it waited for comes just then."""

import asyncio

import grpc
import pytest

from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.video.settings import VideoSettings
from services.video.wiring import assemble


async def steps(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("later", range(4))
async def test_the_patrol_ends_though_its_connection_comes_with_the_request(
    settings: VideoSettings, later: int
) -> None:
    database = await open_database(settings.database_url.get_secret_value(), service="video", connections_max=1)
    nobody = grpc.aio.insecure_channel("127.0.0.1:9")
    video = await assemble(
        settings, database, registry=nobody, incidents=nobody, own_incidents=nobody, clock=SystemClock()
    )
    async with database.connection():
        patrol = asyncio.create_task(video.touring.run())
        while not database.waiting:  # noqa: ASYNC110 the pool has no event for it
            await asyncio.sleep(0)
        request = asyncio.create_task(steps(later))
        request.add_done_callback(lambda _: patrol.cancel())
    await asyncio.wait({patrol})
    assert patrol.cancelled()
    await video.close()
    await nobody.close()
    await database.close()
