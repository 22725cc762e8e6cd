"""A gateway that runs in the test's own loop, with a real database and object store, before fake services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
from gridward.common.v1 import place_pb2
from pydantic import SecretStr

from services.gateway.actions import digest_of, import_accounts
from services.gateway.gate import Gate, open_gate
from services.gateway.passwords import Passwords
from services.gateway.routes import application
from services.gateway.server import Server, beside
from services.gateway.settings import GatewaySettings
from services.gateway.strictness import STRICTNESS, SecurityProfile
from services.platform.clock import Clock
from services.platform.database import open_database
from tests.integration.gateway.fakes import FakeSuite
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens

PASSWORD = "correct horse battery"
PEOPLE = (
    ("chief", "staff:chief", "staff", "值班长", "Duty chief"),
    ("worker", "staff:worker", "staff", "网格员", "Grid worker"),
    ("resident", "resident:r1", "resident", "居民", "Resident"),
    ("volunteer", "volunteer:v1", "volunteer", "志愿者", "Volunteer"),
    ("video", "staff:video", "staff", "视频巡查员", "Video patroller"),
    ("partner", "staff:partner", "staff", "兑换点", "Partner"),
    ("admin", "staff:admin", "staff", "系统管理员", "Administrator"),
)
GRID = "999100.999102.999102001.999102001001.999102001001001"


@dataclass(slots=True)
class World:
    """The gateway, where it answers, and what stands behind it."""

    gate: Gate
    url: str
    suite: FakeSuite
    pictures: dict[str, place_pb2.Evidence] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    async def token_once(self, login: str) -> str:
        """A session of somebody; the same again where it was asked for before and still holds."""
        known = self._tokens.get(login)
        if known is None or await self.gate.door.session_of(digest_of(known)) is None:
            self._tokens[login] = known = await self.token(login)
        return known

    def client(self, **headers: str) -> httpx.AsyncClient:
        # Nothing is encrypted here; reading the world's certificates for each client costs more than most tests.
        return httpx.AsyncClient(base_url=self.url, timeout=20.0, trust_env=False, verify=False, headers=headers)

    async def token(self, login: str) -> str:
        async with self.client() as client:
            answer = await client.post("/v1/session", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            return str(answer.json()["token"])

    @asynccontextmanager
    async def signed_in(self, login: str, language: str = "zh") -> AsyncIterator[httpx.AsyncClient]:
        token = await self.token(login)
        headers = {"authorization": f"Bearer {token}", "accept-language": language}
        async with self.client(**headers) as client:
            yield client


def settings_for(
    dsn: str, objects: ObjectStoreServer, tokens: TestTokens, addresses: dict[str, str], **changes: Any
) -> GatewaySettings:
    values: dict[str, Any] = {
        "listen": "127.0.0.1:0",
        "trust_file": tokens.trust_file,
        "signing_key_file": tokens.key_file("gateway"),
        "database_url": SecretStr(dsn),
        "s3_endpoint": objects.endpoint,
        "s3_access_key": SecretStr(objects.access_key),
        "s3_secret_key": SecretStr(objects.secret_key),
        "drain_s": 1.0,
        "second_factor_roles": "",
        **addresses,
    }
    return GatewaySettings(**{**values, **changes})


def account_rows() -> list[dict[str, Any]]:
    return [
        {"login": login, "password": PASSWORD, "subject": subject, "kind": kind, "name": name, "name_en": name_en,
         "language": "zh", "shown": True}
        for login, subject, kind, name, name_en in PEOPLE
    ]  # fmt: skip


class HashedOnce(Passwords):
    """Real hashes; the one password that everybody here has is hashed once for all tests."""

    _known: ClassVar[dict[str, str]] = {}

    async def hashed_anew(self, password: str, before: str | None) -> str | None:
        if password not in self._known:
            self._known[password] = await self.hashed(password)
        return self._known[password]


@asynccontextmanager
async def world_of(settings: GatewaySettings, suite: FakeSuite, clock: Clock | None = None) -> AsyncIterator[World]:
    """A running gateway with a few accounts."""
    database = await open_database(settings.database_url.get_secret_value(), service="gateway")
    gate = open_gate(settings, database, clock)
    await import_accounts(
        database, HashedOnce(), account_rows(), strictness=STRICTNESS[SecurityProfile.ASVS], now=gate.clock.now()
    )
    suite.hire("staff:chief", "duty_chief")
    suite.hire("staff:worker", "grid_worker", GRID)
    server = Server.around(application(gate, life=beside), gate)
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done()
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield World(gate=gate, url=f"http://127.0.0.1:{port}", suite=suite)
    finally:
        server.should_exit = True
        await running
