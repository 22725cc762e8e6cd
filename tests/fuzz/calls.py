"""Sends bad requests to every call of a running city, past the gateway, and keeps what should not have been answered."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from gridward.common.v1 import access_pb2

from services.platform.identity import Caller, Grant, TokenSigner, service_caller
from tests.fuzz.messages import Known, Maker

GENERATED = Path(__file__).resolve().parents[2] / "protos" / "gen"
SERVED = ("registry", "incidents", "video", "points")
#: What a caller may be told. Everything else says that something broke inside.
NAMED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    # A busy machine may put callers off; how often it did is counted.
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
}
#: Words of the inside of a program, which nobody outside may read.
INSIDE = ("Traceback", "psycopg", "/services/", "Error(", ", line ", "SELECT ", "site-packages", ".py")
CALL_S = 20.0
STREAM_S = 0.5
#: How many of the requests are bytes that may be no message at all.
NOISE_SHARE = 0.25


@dataclass(slots=True)
class Findings:
    """What was sent, how it was answered, and what was answered wrongly."""

    sent: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, what: str, code: str, said: str, *, named: bool) -> None:
        self.sent += 1
        self.codes[code] += 1
        told_inside = [word for word in INSIDE if word in said]
        if not named or told_inside:
            self.wrong.append(f"{what}: {code} {said[:200]}")


def methods() -> Iterator[tuple[str, MethodDescriptor]]:
    """Every call of the services that a machine runs, with the service's name."""
    for name in SERVED:
        for file in sorted((GENERATED / "gridward" / name / "v1").glob("*_pb2.py")):
            descriptor = import_module(f"gridward.{name}.v1.{file.stem}").DESCRIPTOR
            for service in descriptor.services_by_name.values():
                for method in service.methods:
                    yield name, method


def everybody(roles: list[str]) -> Caller:
    """One person who holds every post there is, everywhere."""
    return Caller(subject="staff:fuzz", grants=tuple(Grant(role=role, area_path="") for role in roles))


class Attacker:
    """Calls the services of one machine with the keys that lie in its folder."""

    def __init__(self, keys: Path, addresses: dict[str, str], roles: list[str], rng: random.Random) -> None:
        self._people = TokenSigner.from_file(keys / "gateway.json")
        self._itself = TokenSigner.from_file(keys / "incidents.json")
        self._addresses = addresses
        self._roles = roles
        self._rng = rng
        self.known = Known()
        self._maker = Maker(rng, self.known)
        self.findings = Findings()

    async def look_around(self) -> None:
        """Ask every reading call once without anything, to learn what there is."""
        async with Channels(self._addresses) as channels:
            for _ in range(2):
                for name, method in methods():
                    if method.name.startswith(("List", "Get", "Describe", "Find", "Search")):
                        await self._ask(channels.to(name), method, self._maker.request(method.input_type), note=False)

    async def attack(self, inputs: int) -> None:
        """So many bad requests, evenly over all calls."""
        chosen = list(methods())
        async with Channels(self._addresses) as channels:
            for number in range(inputs):
                name, method = chosen[number % len(chosen)]
                if method.client_streaming or self._rng.random() >= NOISE_SHARE:
                    request: Any = self._maker.request(method.input_type)
                else:
                    request = self._maker.noise(method.input_type)
                await self._ask(channels.to(name), method, request, note=True)

    async def _ask(self, channel: grpc.aio.Channel, method: MethodDescriptor, request: Any, *, note: bool) -> None:
        path = f"/{method.containing_service.full_name}/{method.name}"
        content = request if isinstance(request, bytes) else request.SerializeToString()
        kind = message_factory.GetMessageClass(method.output_type)
        shapes = {"request_serializer": None, "response_deserializer": kind.FromString}
        more: Any = {"metadata": self._metadata(method), "timeout": CALL_S}
        if method.server_streaming:
            more["timeout"] = STREAM_S
            opened = channel.unary_stream if not method.client_streaming else channel.stream_stream
            call: Any = opened(path, **shapes)([content] if method.client_streaming else content, **more)
        elif method.client_streaming:
            call = channel.stream_unary(path, **shapes)(iter([content, content]), **more)
        else:
            call = channel.unary_unary(path, **shapes)(content, **more)
        try:
            if method.server_streaming:
                async for answer in call:
                    self.known.learn(answer)
            else:
                self.known.learn(await call)
        except grpc.aio.AioRpcError:
            pass
        if note:
            await self._note(method, call, content)

    async def _note(self, method: MethodDescriptor, call: Any, content: bytes) -> None:
        code, said = await call.code(), str(await call.details() or "")
        request = message_factory.GetMessageClass(method.input_type)()
        try:
            request.ParseFromString(content)
            shown = str(request).replace("\n", " ")[:400]
        except Exception:  # noqa: BLE001 noise
            shown = content.hex()[:200]
        self.findings.note(f"{method.full_name} <{shown}>", code.name, said, named=code in NAMED)

    def _metadata(self, method: MethodDescriptor) -> list[tuple[str, str]]:
        rule = method.GetOptions().Extensions[access_pb2.access]
        person = everybody(self._roles)
        staff = self.known.about("staff_code")
        subjects = ["staff:fuzz", *[each for each in staff if str(each).startswith("staff:")][:5]]
        caller = Caller(subject=self._rng.choice(subjects), grants=person.grants)
        token = (
            self._people.sign(caller)
            if rule.public or caller.permits(rule.permission)
            else self._itself.sign(service_caller("incidents"))
        )
        return [("authorization", f"Bearer {token}")]


class Channels:
    """A channel to each service, open while the block lasts."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._channels = {name: grpc.aio.insecure_channel(address) for name, address in addresses.items()}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels.values():
            await channel.close()

    def to(self, name: str) -> grpc.aio.Channel:
        """The channel to a service."""
        return self._channels[name]
