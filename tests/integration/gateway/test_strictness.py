"""Two standards that contradict each other: a city goes by one of them, for passwords, locks and the length of a stay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from services.gateway.actions import import_accounts
from services.gateway.domain import AccountInvalid, SignInBlocked, SignInFailed
from services.gateway.gate import Gate, open_gate
from services.gateway.strictness import STRICTNESS, PasswordExpired, SecurityProfile
from services.platform.clock import ManualClock
from services.platform.database import open_database
from tests.integration.gateway.world import settings_for
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens

GOOD = "Ganlu2026road!"
ADDRESSES = {f"{name}_address": "127.0.0.1:1" for name in ("registry", "incidents", "video", "points")}


def row(password: str) -> dict[str, Any]:
    return {"login": "chief", "password": password, "subject": "staff:chief", "kind": "staff", "name": "值班长"}


class City:
    """A gateway without its neighbours, at a clock that is set by hand."""

    def __init__(self, gate: Gate, clock: ManualClock) -> None:
        self.gate = gate
        self.clock = clock

    async def take_in(self, password: str) -> None:
        door = self.gate.door
        now = self.clock.now()
        await import_accounts(self.gate.database, door.passwords, [row(password)], strictness=door.strictness, now=now)

    async def sign_in(self, password: str) -> None:
        await self.gate.door.sign_in(login="chief", password=password, agent="test")


@pytest.fixture(params=[SecurityProfile.ASVS, SecurityProfile.MLPS3])
async def city(
    request: pytest.FixtureRequest,
    make_database: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    manual_clock: ManualClock,
) -> AsyncIterator[City]:
    settings = settings_for(make_database("gateway"), object_store, tokens, ADDRESSES, security_profile=request.param)
    database = await open_database(settings.database_url.get_secret_value(), service="gateway")
    gate = open_gate(settings, database, manual_clock)
    yield City(gate, manual_clock)
    await gate.backends.close()
    await database.close()


def strict(city: City) -> bool:
    return city.gate.door.strictness is STRICTNESS[SecurityProfile.MLPS3]


async def test_a_long_password_of_one_kind_is_right_by_one_standard_and_wrong_by_the_other(city: City) -> None:
    if not strict(city):
        await city.take_in("correct horse battery")
        await city.sign_in("correct horse battery")
        return
    for password in ("correct horse battery", "Short1!", "Chief-2026-x", "onlysmall12345"):
        with pytest.raises(AccountInvalid):
            await city.take_in(password)
    await city.take_in(GOOD)


async def test_a_password_runs_out_after_ninety_days_by_one_standard_and_never_by_the_other(city: City) -> None:
    await city.take_in(GOOD)
    city.clock.advance(timedelta(days=89))
    await city.take_in(GOOD)  # the same password again does not begin its time anew
    await city.sign_in(GOOD)
    city.clock.advance(timedelta(days=2))
    if not strict(city):
        await city.sign_in(GOOD)
        return
    with pytest.raises(PasswordExpired):
        await city.sign_in(GOOD)
    await city.take_in("Ganlu2027road!")
    await city.sign_in("Ganlu2027road!")


async def test_failures_lead_to_a_growing_wait_by_one_standard_and_to_a_lock_by_the_other(city: City) -> None:
    await city.take_in(GOOD)
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await city.sign_in("wrong")
    with pytest.raises(SignInBlocked) as blocked:
        await city.sign_in(GOOD)
    assert float(blocked.value.details["retry_after_s"]) == (1800 if strict(city) else 15)
    city.clock.advance(timedelta(seconds=1801 if strict(city) else 16))
    await city.sign_in(GOOD)


async def test_a_stay_is_as_long_as_set_and_never_longer_than_the_standard_allows(city: City) -> None:
    door = city.gate.door
    assert door.life == timedelta(hours=12)
    assert door.idle == (timedelta(minutes=15) if strict(city) else timedelta(minutes=240))
