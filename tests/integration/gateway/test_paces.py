"""Nobody signed in keeps the gateway busy for himself: a limit for each person, and a word when to come again."""

from __future__ import annotations

from tests.conftest import MakeDatabase
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import settings_for, world_of
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens

MOST = 60


async def test_who_asks_too_often_is_told_when_to_come_again_and_others_are_served(
    make_database: MakeDatabase, object_store: ObjectStoreServer, tokens: TestTokens, fake_suite: FakeSuite
) -> None:
    addresses = await fake_suite.start()
    settings = settings_for(make_database("gateway"), object_store, tokens, addresses, requests_per_minute=MOST)
    async with (
        world_of(settings, fake_suite) as world,
        world.signed_in("worker") as client,
        world.signed_in("chief") as other,
    ):
        answer = await client.get("/v1/views")
        assert answer.status_code == 200
        for _ in range(5 * MOST):  # however slow the machine is, it asks that often within some minute
            answer = await client.get("/v1/views")
            if answer.status_code == 429:
                break
        assert answer.json()["reason"] == "EXHAUSTED"
        assert 0 < int(answer.headers["retry-after"]) <= 61
        assert (await other.get("/v1/views")).status_code == 200
