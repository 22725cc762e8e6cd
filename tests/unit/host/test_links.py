"""What departments and their own systems tell one another is proved, kept, answered, and never done twice."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from gridward.host.v1 import desk_pb2

from plugins.sdk import Letter, signing
from plugins.sdk.hooks import Hooks
from plugins.sdk.manifest import read
from services.host import inbound as inbound_module
from services.host.admission import Granted
from services.host.courier import Address, NotTaken, answer_event
from services.host.desk import Desk
from services.host.inbound import Inbound, message_of
from services.host.loader import Department
from services.host.translate import letter_of, letter_text

KEY = "k" * 32
FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin" / "heritage"
BODY = json.dumps({"topic": "repaired", "about": "case-1", "content": {"by": "mason"}}).encode()
NOW_S = 1_772_400_000.0


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.in_folder(tmp_path)


@pytest.fixture
def inbound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Inbound:
    monkeypatch.setattr(inbound_module, "on_a_real_thread", lambda function, *args, **named: function(*args, **named))
    monkeypatch.setattr("services.host.inbound.time.time", lambda: NOW_S)
    hooks = Hooks("heritage", type(json)("heritage"))
    manifest = read(FIXTURE)
    return Inbound(
        {
            "heritage": Department(manifest=manifest, hooks=hooks, granted=Granted(secrets={"link_key": KEY})),
            "silent": Department(manifest=manifest, hooks=hooks),
        },
        desk,
    )


def signed(body: bytes = BODY, *, id: str = "m-1", key: str = KEY, at_s: int = int(NOW_S)) -> dict[str, str]:
    return signing.headers(key, id=id, at_s=at_s, body=body)


def test_a_signed_message_is_kept_for_its_hook_and_known_when_it_comes_again(inbound: Inbound, desk: Desk) -> None:
    assert inbound.take("heritage", signed(), BODY).status == 202
    again = inbound.take("heritage", signed(), BODY)
    assert (again.status, again.reason) == (200, "KNOWN_ALREADY")
    [event] = desk.due("heritage")
    message = desk_pb2.MessageReceived()
    event.payload.Unpack(message)
    assert (message.topic, message.about, json.loads(message.content)) == ("repaired", "case-1", {"by": "mason"})
    assert event.subject == "case-1"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(key="x" * 32),
        signed(body=BODY + b" "),
        signed(at_s=int(NOW_S) - 301),
        signed(at_s=int(NOW_S) + 301),
        signed() | {signing.TIME_HEADER: str(int(NOW_S) - 1)},
        signed() | {signing.ID_HEADER: "m-2"},
        signed() | {signing.TIME_HEADER: "soon"},
        signed() | {signing.SIGNATURE_HEADER: "v1=é"},
        signed(id="a.b"),
        signed(id="a" * 101),
    ],
)
def test_a_message_that_proves_nothing_is_refused_and_leaves_nothing(
    inbound: Inbound, desk: Desk, headers: dict[str, str]
) -> None:
    assert inbound.take("heritage", headers, BODY).status == 401
    assert desk.due("heritage") == []


@pytest.mark.parametrize("plugin", ["silent", "nobody"])
def test_a_plugin_without_a_link_is_not_there(inbound: Inbound, plugin: str) -> None:
    assert inbound.take(plugin, signed(), BODY).reason == "LINK_UNKNOWN"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"topic": ""}', b'{"topic": "a", "content": []}', b"\xff"])
def test_a_message_that_is_no_message_is_refused(inbound: Inbound, body: bytes) -> None:
    assert inbound.take("heritage", signed(body=body), body).reason == "BODY_NOT_UNDERSTOOD"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(inbound: Inbound) -> None:
    class Unread(BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise AssertionError

    environ = {
        "PATH_INFO": "/inbound/heritage",
        "CONTENT_LENGTH": str(signing.BODY_BYTES_MAX + 1),
        "wsgi.input": Unread(),
    }
    assert inbound.answer(environ).status == 413


def test_a_posted_request_is_read_with_its_headers(inbound: Inbound) -> None:
    environ: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed().items()}
    environ |= {"PATH_INFO": "/inbound/heritage", "CONTENT_LENGTH": str(len(BODY)), "wsgi.input": BytesIO(BODY)}
    assert inbound.answer(environ).status == 202


def test_a_topic_has_a_length() -> None:
    assert message_of(json.dumps({"topic": "t" * 101}).encode()) is None
    assert message_of(json.dumps({"topic": "t" * 100}).encode()) is not None


def test_a_system_that_floods_is_told_to_come_later(
    inbound: Inbound, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound_module, "WAITING_MAX", 2)
    statuses = [inbound.take("heritage", signed(id=f"m-{number}"), BODY).status for number in range(3)]
    assert statuses == [202, 202, 429]
    desk.done("heritage", desk.due("heritage")[0].id)
    assert inbound.take("heritage", signed(id="m-2"), BODY).status == 202


class Other(BaseHTTPRequestHandler):
    """A department's own system: does as its path says and remembers what it was told."""

    told: list[tuple[str, str, dict[str, str], bytes]] = []  # noqa: RUF012 one server, one test

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.told.append((self.command, self.path, dict(self.headers), body))
        status = int(self.path.rsplit("/", 1)[-1]) if self.path.rsplit("/", 1)[-1].isdigit() else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    do_GET = do_POST = _answer  # noqa: N815 named by the library

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[Address]:
    Other.told.clear()
    server = HTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Address(url=f"http://127.0.0.1:{server.server_port}/base/", key=KEY)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_letter_is_posted_signed_and_answered(address: Address) -> None:
    letter = Letter(topic="tree", about="case-1", content={"depth": 3}, path="/hook")
    assert address.post("l-1", letter, now_s=NOW_S) == b'{"ok": true}'
    [(method, path, headers, body)] = Other.told
    assert (method, path) == ("POST", "/base/hook")
    assert json.loads(body) == {"topic": "tree", "about": "case-1", "content": {"depth": 3}}
    assert signing.verify(KEY, headers, now_s=NOW_S, body=body) == "l-1"


def test_a_form_is_sent_as_plain_fields_and_a_question_without_a_body(address: Address) -> None:
    address.post("l-1", Letter(topic="t", content={"lat": 38.6, "none": None}, form=True), now_s=NOW_S)
    address.post("l-2", Letter(topic="t", content={}, method="GET", path="/requests/T.json"), now_s=NOW_S)
    assert [(method, body) for method, _, _, body in Other.told] == [("POST", b"lat=38.6"), ("GET", b"")]


@pytest.mark.parametrize(("status", "hopeless"), [(503, False), (429, False), (404, True), (401, True), (302, False)])
def test_a_letter_that_is_not_taken_says_whether_it_ever_will_be(address: Address, status: int, hopeless: bool) -> None:
    with pytest.raises(NotTaken) as caught:
        address.post("l", Letter(topic="t", content={}, path=f"/{status}"), now_s=NOW_S)
    assert caught.value.hopeless is hopeless
    assert len(Other.told) == 1, "what is signed for one place is not carried to another"


@pytest.mark.parametrize(
    ("url", "hopeless"), [("", False), ("file:///etc/passwd", True), ("http://127.0.0.1:1", False)]
)
def test_an_address_that_is_none_is_never_opened(url: str, hopeless: bool) -> None:
    with pytest.raises(NotTaken) as caught:
        Address(url=url, key=KEY).post("l", Letter(topic="t", content={}), now_s=NOW_S)
    assert caught.value.hopeless is hopeless


def test_what_is_answered_becomes_one_message_about_the_letter() -> None:
    letter = Letter(topic="open311.requested", about="case-1", content={})
    at = datetime.fromtimestamp(NOW_S, UTC)
    first, again = (answer_event("trees", "l-1", letter, b'[{"service_request_id": "T"}]', at) for _ in range(2))
    assert first is not None
    assert first == again
    message = desk_pb2.MessageReceived()
    first.payload.Unpack(message)
    assert json.loads(message.content) == {"items": [{"service_request_id": "T"}]}
    for nothing in (b"", b"OK", b"{}", b"3", b"[1"):
        answer = answer_event("trees", "l-1", letter, nothing, at)
        assert answer is None or nothing == b"[1"


def test_a_letter_waits_as_text_and_comes_back_as_it_was() -> None:
    letter = Letter(topic="t", about="a", content={"x": [1, {"y": None}]}, form=True)
    assert letter_of(letter_text(letter)) == letter
