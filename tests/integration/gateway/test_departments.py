"""Departments' own systems come in by one door, which carries on what proves who they are and nothing too large."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from plugins.sdk import signing
from services.gateway.routes.departments import BYTES_MAX
from services.platform.identity import TokenVerifier
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import World, settings_for, world_of
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens

KEY = "k" * 32
BODY = b'{"topic": "repaired", "content": {}}'


class Host(BaseHTTPRequestHandler):
    """What the host answers at its own port."""

    heard: list[tuple[str, bytes, dict[str, str]]] = []  # noqa: RUF012 one server, one module

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, body, {key.lower(): value for key, value in self.headers.items()}))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b'{"reason": ""}')

    def do_GET(self) -> None:
        self.heard.append((self.path, b"", {key.lower(): value for key, value in self.headers.items()}))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"ok": true, "plugins": {"roads": {"state": "degraded"}}}')

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def host_url() -> Iterator[str]:
    Host.heard.clear()
    server = HTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def world_with_host(
    make_database: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    fake_suite: FakeSuite,
    host_url: str,
) -> AsyncIterator[World]:
    addresses = await fake_suite.start()
    settings = settings_for(make_database("gateway"), object_store, tokens, addresses, host_url=host_url)
    async with world_of(settings, fake_suite) as world:
        yield world


async def test_a_signed_message_goes_to_the_host_with_its_proof_and_without_a_session(world_with_host: World) -> None:
    headers = signing.headers(KEY, id="m-1", at_s=1000, body=BODY)
    async with world_with_host.client(cookie="session=stolen", authorization="Bearer x") as client:
        answer = await client.post("/v1/departments/roads/messages", content=BODY, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"reason": ""})
        elsewhere = await client.post("/v1/departments/roads.elsewhere.example/messages", content=BODY, headers=headers)
        assert elsewhere.status_code == 404
        large = await client.post("/v1/departments/roads/messages", content=b"x" * (BYTES_MAX + 1))
        assert (large.status_code, large.json()) == (413, {"reason": "BODY_TOO_LARGE"})
    [(path, body, told)] = Host.heard
    assert (path, body) == ("/inbound/roads", BODY)
    assert signing.verify(KEY, {name.title(): value for name, value in told.items()}, now_s=1000, body=body) == "m-1"
    assert not {"cookie", "authorization"} & set(told), "nobody's session is carried on"


async def test_staff_see_how_the_departments_are_and_nobody_else_does(world_with_host: World) -> None:
    async with world_with_host.signed_in("chief") as chief:
        seen = await chief.get("/v1/departments/health")
        assert seen.json()["plugins"]["roads"]["state"] == "degraded"
    async with world_with_host.signed_in("resident") as resident:
        assert (await resident.get("/v1/departments/health")).status_code == 403
    async with world_with_host.client() as nobody:
        assert (await nobody.get("/v1/departments/health")).status_code == 401


async def test_a_city_without_a_host_says_that_it_is_away(world: World) -> None:
    async with world.client() as client:
        answer = await client.post("/v1/departments/roads/messages", content=BODY)
        assert answer.status_code == 503


async def test_the_centre_has_events_told_anew_in_its_own_name(world_with_host: World, tokens: TestTokens) -> None:
    order = b'{"plugin": "roads", "deed": "redeliver", "ids": ["e-1"]}'
    async with world_with_host.signed_in("chief") as chief:
        assert (await chief.get("/v1/departments/roads/letters")).status_code == 200
        assert (await chief.post("/v1/departments/roads/letters", content=order)).status_code == 202
        assert (await chief.get("/v1/departments/roads%26x=1/letters")).status_code == 404
    (looked, _, _), (path, body, headers) = Host.heard
    assert (looked, path, body) == ("/letters?plugin=roads", "/letters?plugin=roads", order)
    caller = TokenVerifier.from_file(tokens.trust_file).verify(headers["authorization"].removeprefix("Bearer "))
    assert caller.permits("registry.admission.decide")
    async with world_with_host.signed_in("worker") as worker:
        assert (await worker.get("/v1/departments/roads/letters")).status_code == 403


async def test_where_each_department_has_a_host_of_its_own_each_is_asked(
    make_database: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    fake_suite: FakeSuite,
    host_url: str,
) -> None:
    addresses = await fake_suite.start()
    settings = settings_for(
        make_database("gateway"), object_store, tokens, addresses, host_url=f"{host_url}/{{plugin}}"
    )
    async with world_of(settings, fake_suite) as world, world.signed_in("chief") as chief:
        told = (await chief.get("/v1/departments/health", params={"hosts": "roads,roads@two,street_lamps,../x"})).json()
    assert told["plugins"] == {"roads": {"state": "degraded"}, "roads@two": {"state": "degraded"}, "street_lamps": {}}
    heard = sorted(path for path, _, _ in Host.heard)
    assert heard == ["/roads-two/healthz", "/roads/healthz", "/street-lamps/healthz"]
