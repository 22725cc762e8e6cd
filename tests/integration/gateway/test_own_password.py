"""People choose their own password: at once where somebody else gave it or it is too old, and whenever they wish."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from services.gateway.actions import digest_of
from services.gateway.strictness import SecurityProfile
from services.platform import audit
from services.platform.clock import ManualClock
from tests.integration.gateway.conftest import MakeWorld
from tests.integration.gateway.world import PASSWORD, World

OWN = "nine grey herons by the weir"
GIVEN = "A7-kept-for-the-first-day"


@pytest.fixture
async def strict(make_world: MakeWorld, manual_clock: ManualClock) -> AsyncIterator[World]:
    """A gateway of the profile in which passwords grow old."""
    async with make_world(manual_clock, security_profile=SecurityProfile.MLPS3) as world:
        yield world


async def post(world: World, login: str, password: str, new: str = "") -> httpx.Response:
    values = {"login": login, "password": password} | ({"newPassword": new} if new else {})
    async with world.client(**{"accept-language": "zh"}) as client:
        return await client.post("/v1/session", json=values)


async def test_a_password_somebody_else_gave_is_good_for_choosing_another_only(world: World) -> None:
    world.suite.hire("staff:chief", "system_admin")
    async with world.signed_in("chief") as client:
        told = {"login": "new.worker", "name": "新网格员", "kind": "staff", "subject": "staff:GW-1", "password": GIVEN}
        assert (await client.post("/v1/accounts", json=told)).status_code == 201
    refused = await post(world, "new.worker", GIVEN)
    assert (refused.status_code, refused.json()["reason"]) == (403, "PASSWORD_GIVEN")
    assert "请先换成自己的" in refused.json()["message"]
    assert (await post(world, "new.worker", GIVEN, GIVEN)).json()["reason"] == "PASSWORD_UNFIT"
    assert (await post(world, "new.worker", GIVEN, OWN)).status_code == 200
    assert (await post(world, "new.worker", OWN)).status_code == 200
    assert (await post(world, "new.worker", GIVEN)).status_code == 401


async def test_another_password_ends_every_stay_and_is_on_record(world: World) -> None:
    before = await world.token("worker")
    answer = await post(world, "worker", PASSWORD, OWN)
    assert answer.status_code == 200
    assert await world.gate.door.session_of(digest_of(before)) is None
    assert await world.gate.door.session_of(digest_of(answer.json()["token"])) is not None
    async with world.gate.database.transaction() as transaction:
        rows = await audit.read(transaction, target="account:worker")
    assert [(row.who, row.action) for row in rows if row.action == "account.password"] == [
        ("staff:worker", "account.password")
    ]


async def test_who_does_not_know_the_old_password_changes_nothing(world: World) -> None:
    token = await world.token("worker")
    assert (await post(world, "worker", "a guess of some length", OWN)).status_code == 401
    assert (await post(world, "nobody", PASSWORD, OWN)).status_code == 401
    assert await world.gate.door.session_of(digest_of(token)) is not None
    assert (await post(world, "worker", PASSWORD)).status_code == 200


@pytest.mark.parametrize("unfit", ["short", "worker's day", "x" * 1025, PASSWORD])
async def test_an_unfit_password_is_refused_in_words_and_the_old_one_holds(world: World, unfit: str) -> None:
    refused = await post(world, "worker", PASSWORD, unfit)
    assert (refused.status_code, refused.json()["reason"]) == (400, "PASSWORD_UNFIT")
    assert "口令至少" in refused.json()["message"]
    assert (await post(world, "worker", PASSWORD)).status_code == 200


async def test_of_two_changes_at_once_one_holds(world: World) -> None:
    chosen = [f"{OWN} {number}" for number in range(2)]
    answers = await asyncio.gather(*(post(world, "worker", PASSWORD, each) for each in chosen))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    kept = [(await post(world, "worker", each)).status_code == 200 for each in chosen]
    assert kept == [answer.status_code == 200 for answer in answers]


async def test_an_old_password_is_renewed_at_the_door(strict: World, manual_clock: ManualClock) -> None:
    manual_clock.advance(timedelta(days=91))
    expired = await post(strict, "worker", PASSWORD)
    assert (expired.status_code, expired.json()["reason"]) == (403, "PASSWORD_EXPIRED")
    assert (await post(strict, "worker", PASSWORD, "all small letters")).json()["reason"] == "PASSWORD_UNFIT"
    assert (await post(strict, "worker", PASSWORD, "Worker-7-at-home")).json()["reason"] == "PASSWORD_UNFIT"
    assert (await post(strict, "worker", PASSWORD, "Nine-grey-herons-7")).status_code == 200
    assert (await post(strict, "worker", "Nine-grey-herons-7")).status_code == 200
