"""Runs the gateway under uvicorn: what goes on beside the requests, and an orderly end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import structlog
import uvicorn
from starlette.types import ASGIApp

from services.gateway.gate import Gate
from services.gateway.open311.following import Follower
from services.gateway.sealed import SHELVES
from services.platform.errors import GridwardError
from services.platform.lifecycle import end
from services.platform.reseal import Resealing

log = structlog.get_logger()

CLEAR_EVERY_S = 600.0
KEEP_ALIVE_S = 75
CONNECTIONS_MAX = 5000


async def beside(gate: Gate) -> AsyncIterator[None]:
    """Follow the events and clear up while the gateway serves."""
    going_on = (
        gate.hub.run(),
        gate.presence_line.run(),
        _clear_now_and_then(gate),
        Follower(gate.backends.own_channel("incidents"), gate.database).run(),
        gate.open311_filer.run(),
    )
    tasks = [asyncio.create_task(each) for each in going_on]
    if gate.second_factor is not None:
        tasks.append(asyncio.create_task(Resealing(gate.database, gate.second_factor.sealer, SHELVES).run()))
    try:
        yield
    finally:
        await end(tasks)
        await gate.backends.close()
        await gate.database.close()
        log.info("stopped")


async def _clear_now_and_then(gate: Gate) -> None:
    while True:
        with contextlib.suppress(GridwardError):
            await gate.door.clear_over()
        await asyncio.sleep(CLEAR_EVERY_S)


class Server(uvicorn.Server):
    """uvicorn that ends open streams before it waits for requests to finish."""

    gate: Gate

    @classmethod
    def around(cls, app: ASGIApp, gate: Gate) -> "Server":
        """A server for the application, at the address in the settings."""
        host, _, port = gate.settings.listen.rpartition(":")
        config = uvicorn.Config(
            app,
            host=host.strip("[]"),
            port=int(port),
            http="httptools",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=True,
            forwarded_allow_ips=gate.settings.forwarded_allow_ips,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=round(gate.settings.drain_s),
            limit_concurrency=CONNECTIONS_MAX,
        )
        server = cls(config)
        server.gate = gate
        return server

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye to every page, then finish what is under way."""
        self.gate.drain.begin()
        self.gate.hub.dismiss()
        await super().shutdown(sockets)
