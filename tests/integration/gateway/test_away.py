"""What people see while a part is away: the door is shown, and nobody waits for it again and again."""

from __future__ import annotations

from typing import Any

import pytest

from services.gateway import visits
from services.gateway.actions import Door
from services.gateway.backends import Backends
from services.gateway.visits import Visitors
from services.platform.errors import Unavailable
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio
HOUR_S = 3600.0


async def away(*_: Any, **__: Any) -> Any:
    raise Unavailable(part="database")


async def test_the_sign_in_page_is_shown_while_nobody_can_be_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.signed_in("chief") as client:
        monkeypatch.setattr(Visitors, "of", away)
        monkeypatch.setattr(Door, "shown_accounts", away)
        page = await client.get("/sign-in")
        assert page.status_code == 200
        assert "<form" in page.text


async def test_while_registry_is_away_it_is_asked_for_somebody_s_rights_once_in_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def unanswered(*_: Any, **__: Any) -> Any:
        nonlocal asked
        asked += 1
        raise Unavailable(part="registry")

    async with world.signed_in("chief") as client, world.signed_in("worker") as other:
        for each in (client, other):
            assert (await each.get("/v1/session")).status_code == 200
        # Wide enough that a busy machine does not run out of it.
        monkeypatch.setattr(visits, "REMEMBERED_S", HOUR_S)
        monkeypatch.setattr(visits, "GRACE_S", 10 * HOUR_S)
        grants = world.gate.visitors._grants
        for subject, (known_s, held) in grants.items():
            grants[subject] = (known_s - HOUR_S - 1, held)
        monkeypatch.setattr(Backends, "ask", unanswered)
        for each in (client, other, client, other):
            told = (await each.get("/v1/session")).json()
            assert told["permissions"], "what is known holds meanwhile"
    assert asked == 1
