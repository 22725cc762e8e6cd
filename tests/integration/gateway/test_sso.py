"""People come in by the city's own single sign-on."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.issuer import Issuer
from tests.integration.gateway.world import PASSWORD, World, settings_for, world_of
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer().running() as issuer:
        yield issuer


@pytest.fixture
async def official(
    issuer: Issuer,
    make_database: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    fake_suite: FakeSuite,
) -> AsyncIterator[World]:
    """A gateway in production."""
    addresses = await fake_suite.start()
    dsn = make_database("gateway")
    settings = settings_for(dsn, object_store, tokens, addresses, environment="production", oidc_issuer=issuer.url)
    async with world_of(settings, fake_suite) as world:
        yield world


async def come_in(client: httpx.AsyncClient, then: str = "/report") -> httpx.Response:
    """As a browser follows redirects, up to the answer of the gateway to the issuer's word."""
    away = await client.get("/sign-in/sso", params={"next": then})
    assert away.status_code == 302
    back = await client.get(away.headers["location"])
    return await client.get(back.headers["location"])


async def test_who_the_issuer_vouches_for_comes_in(official: World, issuer: Issuer) -> None:
    async with official.client() as client:
        answer = await come_in(client)
        assert (answer.status_code, answer.headers["location"]) == (303, "/report")
        assert (await client.get("/v1/session")).json()["login"] == "chief"
    assert issuer.asked["code_challenge_method"] == "S256"
    assert issuer.asked["redirect_uri"] == f"{official.url}/sign-in/sso/return"


async def test_passwords_are_off_in_production(official: World) -> None:
    async with official.client() as client:
        answer = await client.post("/v1/session", json={"login": "chief", "password": PASSWORD})
        assert (answer.status_code, answer.json()["reason"]) == (403, "PASSWORD_SIGN_IN_OFF")
        page = (await client.get("/sign-in")).text
        assert 'id="password"' not in page
        assert "/sign-in/sso" in page


async def test_somebody_without_an_account_stays_outside(official: World, issuer: Issuer) -> None:
    issuer.login = "stranger"
    async with official.client() as client:
        answer = await come_in(client)
        assert (answer.status_code, answer.json()["reason"]) == (403, "ACCOUNT_UNKNOWN")
        assert (await client.get("/v1/session")).status_code == 401


@pytest.mark.parametrize(
    "spoil",
    [
        {"nonce": "other"},
        {"aud": "somebody-else"},
        {"exp": 1},
        {"iss": "http://evil.example"},
        {"preferred_username": ""},
    ],
    ids=str,
)
async def test_a_word_that_is_not_for_us_is_not_believed(
    official: World, issuer: Issuer, spoil: dict[str, object]
) -> None:
    issuer.spoil = spoil
    async with official.client() as client:
        answer = await come_in(client)
        assert (answer.status_code, answer.json()["reason"]) == (401, "SINGLE_SIGN_ON_FAILED")


async def test_a_return_nobody_set_out_for_is_refused(official: World) -> None:
    async with official.client() as client:
        answer = await client.get("/sign-in/sso/return", params={"code": "x", "state": "y"})
        assert answer.json()["reason"] == "SINGLE_SIGN_ON_FAILED"
        away = await client.get("/sign-in/sso")
        forged = await client.get("/sign-in/sso/return", params={"code": "x", "state": "not-the-one"})
        assert forged.json()["reason"] == "SINGLE_SIGN_ON_FAILED"
        back = await client.get(away.headers["location"])
        again = await client.get(back.headers["location"])
        assert again.json()["reason"] == "SINGLE_SIGN_ON_FAILED"


async def test_nobody_is_led_elsewhere_after_signing_in(official: World) -> None:
    async with official.client() as client:
        assert (await come_in(client, "//evil.example")).headers["location"] == "/"


async def test_without_an_issuer_there_is_no_such_door(world: World) -> None:
    async with world.client() as client:
        for path in ("/sign-in/sso", "/sign-in/sso/return"):
            assert (await client.get(path)).json()["reason"] == "ADDRESS_UNKNOWN"
        assert "/sign-in/sso" not in (await client.get("/sign-in")).text
