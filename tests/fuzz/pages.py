"""Sends bad requests to every page and address of a running city, through its door, as people and as strangers."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.routing import Route

from services.gateway import contract, routes
from tests.fuzz.calls import Findings
from tests.fuzz.messages import Known, Maker
from tests.fuzz.odd_values import BYTES, WORDS

LOGINS = ("", "admin", "chief", "worker", "resident")
ANSWER_S = 20.0
HOLE = re.compile(r"\{([^}]+)\}")
#: What a request may carry that no page of ours would send.
HEADERS = (
    {}, {}, {}, {}, {"content-type": "text/plain"}, {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": "application/x-www-form-urlencoded"}, {"content-type": "image/jpeg"},
    {"idempotency-key": "x" * 400}, {"idempotency-key": "\x7f"}, {"last-event-id": "-9"}, {"last-event-id": "x"},
    {"accept-language": "zz,;;q=1e9,*"}, {"if-none-match": '"'}, {"range": "bytes=9-1"}, {"accept": "\u00ff"},
    {"cookie": "gridward=%00; gridward-language=zz; =;;"}, {"content-encoding": "gzip"}, {"host": "x y"},
    {"x-request-id": "a" * 900}, {"sec-fetch-site": "cross-site"}, {"authorization": "Bearer \u00ff"},
    {"authorization": "Basic x"}, {"x-forwarded-for": "1.1.1.1, x, ::"}, {"origin": "null"},
)  # fmt: skip


class Visitor:
    """Asks for everything the gateway has, in ways nobody should."""

    def __init__(self, url: str, password: str, rng: random.Random, known: Known) -> None:
        self._url = url
        self._password = password
        self._rng = rng
        self._known = known
        self._maker = Maker(rng, known)
        self._addresses = [*_of_contract(), *_of_pages()]
        self._tokens: list[str] = []
        self.findings = Findings()

    async def visit(self, inputs: int) -> None:
        """So many bad requests, evenly over all addresses."""
        async with httpx.AsyncClient(base_url=self._url, timeout=ANSWER_S, trust_env=False) as client:
            self._tokens = [await self._token_of(client, login) for login in LOGINS]
            for number in range(inputs):
                verb, path, takes = self._addresses[number % len(self._addresses)]
                await self._ask(client, verb, path, takes)

    async def _token_of(self, client: httpx.AsyncClient, login: str) -> str:
        if not login:
            return ""
        answer = await client.post("/v1/session", json={"login": login, "password": self._password})
        return str(answer.json()["token"])

    async def _ask(self, client: httpx.AsyncClient, verb: str, template: str, takes: Any) -> None:
        path = HOLE.sub(lambda hole: quote(self._word(hole[1]), safe=""), template)
        if self._rng.random() < 0.5:
            path += "?" + "&".join(f"{quote(self._name(takes))}={quote(self._word('x'))}" for _ in range(2))
        headers: dict[str, Any] = {"content-type": "application/json", "x-gridward-client": "fuzz"}
        token = self._rng.choice(self._tokens)
        if token and not (verb == "DELETE" and "session" in template):
            headers["authorization"] = f"Bearer {token}"
        headers |= {name: value.encode("latin-1") for name, value in self._rng.choice(HEADERS).items()}
        content = self._body(takes) if verb not in {"GET", "HEAD"} else None
        request = client.build_request(verb, self._url + path, content=content, headers=headers)
        try:
            answer = await client.send(request, stream=True)
            lasting = "event-stream" in answer.headers.get("content-type", "")
            said = "" if lasting else (await answer.aread()).decode("utf-8", "replace")
            await answer.aclose()
        except httpx.HTTPError as error:
            self._note(request, type(error).__name__, "", named=False)
            return
        named = answer.status_code < 500 or _put_off(answer, said)
        named = named and not ("json" in answer.headers.get("content-type", "") and not _is_json(said))
        told = said[:300] if "json" in answer.headers.get("content-type", "") else ""
        self._note(request, str(answer.status_code), told, named=named)

    def _note(self, request: httpx.Request, code: str, said: str, *, named: bool) -> None:
        kind = request.headers.get("content-type")
        sent = f"{request.method} {request.url.raw_path.decode()} <{request.content[:200]!r} {kind}>"
        self.findings.note(sent, code, said, named=named)

    def _name(self, takes: Any) -> str:
        if takes is None or not takes.fields or self._rng.random() < 0.2:
            return self._rng.choice(WORDS)[:40]
        field = self._rng.choice(takes.fields)
        return (
            f"{field.json_name}.{self._rng.choice(('id', 'seconds', 'x'))}" if field.message_type else field.json_name
        )

    def _word(self, name: str) -> str:
        known = self._known.about(name.partition(":")[0].rpartition("__")[2])
        if known and self._rng.random() < 0.6:
            return str(self._rng.choice(known))
        return self._rng.choice(WORDS)[:300]

    def _body(self, takes: Any) -> bytes:
        kind = self._rng.random()
        if kind < 0.15:
            return self._rng.choice(BYTES) + self._rng.choice(WORDS).encode()
        if kind < 0.25:
            return self._rng.choice(
                (b"[" * 3000, b'{"a":' * 500, b"{}", b"[]", b'"x"', b"1e999", b"", b'{"a":1,"a":2}')
            )
        if takes is None:
            value: Any = {
                name: self._rng.choice(WORDS) for name in ("login", "password", "phone", "code", "caseId", "id")
            }
        else:
            value = self._as_json(self._maker.request(takes))
        if kind < 0.6:
            value = self._twisted(value)
        return json.dumps(value).encode()

    @staticmethod
    def _as_json(message: Message) -> Any:
        try:
            return json_format.MessageToDict(message)
        except json_format.SerializeToJsonError:  # a moment outside the calendar can be sent, but not written
            return {"at": "9999-99-99T99:99:99Z"}

    def _twisted(self, value: Any) -> Any:
        """The same with one value put in the place of another kind."""
        others: list[Any] = [None, True, -1, 1e300, 2**70, "x", [], {}, [[]], {"": {}}, [None], "\ud800"]
        if isinstance(value, dict) and value and self._rng.random() < 0.8:
            name = self._rng.choice(sorted(value))
            return value | {name: self._twisted(value[name])}
        if isinstance(value, list) and value and self._rng.random() < 0.8:
            return [self._twisted(value[0]), *value[1:]]
        return self._rng.choice(others)


def _put_off(answer: httpx.Response, said: str) -> bool:
    """Whether a busy machine told when to come again; how often it did is counted."""
    return answer.status_code == 503 and "retry-after" in answer.headers and '"UNAVAILABLE"' in said


def _is_json(said: str) -> bool:
    try:
        json.loads(said or "{}")
    except ValueError:
        return False
    return True


def _of_contract() -> Iterator[tuple[str, str, Any]]:
    """Every address that the OpenAPI description lists."""
    for each in contract.addresses():
        yield each.verb, each.route, each.call.takes


def _of_pages() -> Iterator[tuple[str, str, Any]]:
    """Every page and every address of the gateway's own."""
    for module in vars(routes).values():
        for route in getattr(module, "ROUTES", ()):
            if isinstance(route, Route):
                for verb in sorted(route.methods or ()):
                    yield verb, route.path, None
    yield from (("GET", path, None) for path in ("/{anything}", "/static/{anything}", "/v1/{anything}"))
    yield from ((verb, "/v1/openapi.json", None) for verb in ("GET", "POST", "OPTIONS", "TRACE", "PROPFIND"))
