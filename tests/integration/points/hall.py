"""The points service behind its real server, and everybody who may call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from pydantic import SecretStr

from services.platform.grpc_client import connect
from services.platform.grpc_server import Process
from services.platform.identity import service_caller
from services.points.settings import PointsSettings
from services.points.wiring import offers
from tests.integration.points.conftest import Ledger
from tests.support.tokens import TestTokens

CITY = "999100"


@dataclass(slots=True, kw_only=True)
class Hall:
    """A server of points and channels to it."""

    address: str
    tokens: TestTokens
    ledger: Ledger
    _channels: list[grpc.aio.Channel] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open(cls, ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Hall]:
        settings = PointsSettings(
            trust_file=tokens.trust_file,
            signing_key_file=tokens.key_file("points"),
            database_url=SecretStr(ledger.dsn),
            seal_file=tokens.seal_file("points"),
            drain_s=1,
        )
        process = Process(name="points", settings=settings, offers=offers(ledger.points))
        await process.start()
        hall = cls(address=f"127.0.0.1:{process.port}", tokens=tokens, ledger=ledger)
        yield hall
        for channel in hall._channels:
            await channel.close()
        await process.stop()

    def person(self, role: str, subject: str = "", *, area: str = CITY, department: str = "") -> grpc.aio.Channel:
        """Somebody with a role, coming through the gateway."""
        caller = self.tokens.caller(role, area, subject=subject, department=department)
        return self._opened(connect(self.address, signer=self.tokens.signer(), caller=caller))

    def service(self, name: str) -> grpc.aio.Channel:
        """Another process of the suite."""
        return self._opened(connect(self.address, signer=self.tokens.signer(name), caller=service_caller(name)))

    def _opened(self, channel: grpc.aio.Channel) -> grpc.aio.Channel:
        self._channels.append(channel)
        return channel
