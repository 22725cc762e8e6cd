"""Who can do great harm shows a second proof before anything else is answered."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pyotp
import pytest

from services.gateway.second_factor.actions import unbind
from services.platform.clock import ManualClock
from services.platform.seal import KeyRing
from tests.integration.gateway.conftest import MakeWorld
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio
STEP = timedelta(seconds=30)


@pytest.fixture
async def strict(make_world: MakeWorld, manual_clock: ManualClock, tmp_path: Path) -> AsyncIterator[World]:
    """A gateway that asks duty chiefs for a second proof, and whose time stands still until a test moves it."""
    ring = tmp_path / "seal.json"
    ring.write_text(KeyRing.fresh().text())
    async with make_world(manual_clock, second_factor_roles="duty_chief", seal_file=ring) as world:
        yield world


async def bind(client: httpx.AsyncClient) -> pyotp.TOTP:
    told = (await client.post("/v1/session/second-factor/binding")).json()
    assert told["picture"].startswith("data:image/svg+xml")
    return pyotp.TOTP(told["secret"])


async def prove(client: httpx.AsyncClient, code: str) -> httpx.Response:
    return await client.post("/v1/session/second-factor", json={"code": code})


async def test_a_chief_is_let_in_only_with_a_code_and_a_worker_without(
    strict: World, manual_clock: ManualClock
) -> None:
    async with strict.signed_in("worker") as worker:
        assert (await worker.get("/v1/session")).status_code == 200
    async with strict.signed_in("chief") as chief:
        for method, path in [
            ("GET", "/v1/session"),
            ("GET", "/v1/cases"),
            ("POST", "/v1/photos"),
            ("GET", "/v1/stream"),
        ]:
            refused = await chief.request(method, path)
            assert refused.status_code == 401, path
            assert refused.json()["reason"] == "SECOND_FACTOR_NEEDED", path
        telephone = await bind(chief)
        proved = await prove(chief, telephone.at(manual_clock.now()))
        assert len(proved.json()["recoveryCodes"]) == 8
        assert (await chief.get("/v1/session")).json()["subject"] == "staff:chief"


async def test_a_page_leads_to_the_code_and_back_again(strict: World) -> None:
    async with strict.signed_in("chief") as chief:
        page = await chief.get("/", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["location"]) == (303, "/second-factor?next=%2F")
        shown = await chief.get(page.headers["location"], headers={"accept": "text/html"})
        assert "二次验证" in shown.text


async def test_a_code_works_once(strict: World, manual_clock: ManualClock) -> None:
    async with strict.signed_in("chief") as chief:
        telephone = await bind(chief)
        code = telephone.at(manual_clock.now())
        assert (await prove(chief, code)).status_code == 200
    async with strict.signed_in("chief") as chief:
        again = await prove(chief, code)
        assert (again.status_code, again.json()["reason"]) == (400, "SECOND_FACTOR_WRONG")
        manual_clock.advance(STEP)
        assert (await prove(chief, telephone.at(manual_clock.now()))).json() == {"recoveryCodes": []}


async def test_a_bound_telephone_is_not_replaced_by_whoever_knows_the_password(
    strict: World, manual_clock: ManualClock
) -> None:
    async with strict.signed_in("chief") as chief:
        telephone = await bind(chief)
        await prove(chief, telephone.at(manual_clock.now()))
    async with strict.signed_in("chief") as thief:
        refused = await thief.post("/v1/session/second-factor/binding")
        assert (refused.status_code, refused.json()["reason"]) == (409, "SECOND_FACTOR_KNOWN")


async def test_guessing_gets_slow(strict: World, manual_clock: ManualClock) -> None:
    async with strict.signed_in("chief") as chief:
        telephone = await bind(chief)
        for _ in range(5):
            assert (await prove(chief, "000000")).json()["reason"] == "SECOND_FACTOR_WRONG"
        right = telephone.at(manual_clock.now())
        blocked = await prove(chief, right)
        assert (blocked.status_code, blocked.json()["reason"]) == (429, "SECOND_FACTOR_BLOCKED")
        manual_clock.advance(STEP)
        assert (await prove(chief, telephone.at(manual_clock.now()))).status_code == 200


async def test_a_recovery_code_opens_once_when_the_telephone_is_lost(strict: World, manual_clock: ManualClock) -> None:
    async with strict.signed_in("chief") as chief:
        telephone = await bind(chief)
        code, *_ = (await prove(chief, telephone.at(manual_clock.now()))).json()["recoveryCodes"]
    async with strict.signed_in("chief") as chief:
        assert (await prove(chief, code)).status_code == 200
    async with strict.signed_in("chief") as chief:
        assert (await prove(chief, code)).json()["reason"] == "SECOND_FACTOR_WRONG"


async def test_an_administrator_unbinds_a_lost_telephone_and_ends_its_stays(
    strict: World, manual_clock: ManualClock
) -> None:
    async with strict.signed_in("chief") as chief:
        telephone = await bind(chief)
        await prove(chief, telephone.at(manual_clock.now()))
        await unbind(strict.gate.database, "chief")
        strict.gate.visitors._sessions.clear()  # what is remembered for five seconds
        assert (await chief.get("/v1/session")).status_code == 401
    async with strict.signed_in("chief") as chief:
        await bind(chief)


async def test_the_secret_lies_sealed_in_the_database(strict: World) -> None:
    async with strict.signed_in("chief") as chief:
        secret = (await chief.post("/v1/session/second-factor/binding")).json()["secret"]
    async with strict.gate.database.connection() as connection:
        row = await (await connection.execute("SELECT sealed_secret FROM second_factor")).fetchone()
    assert row is not None
    assert secret.encode() not in bytes(row["sealed_secret"])
