"""Every call of the contract, asked by every role: whoever lacks the permission is refused before anything is done.

What a role may do is read from its table here anew, so that this is a second opinion and not the same code twice.
Where somebody may do it, the area and the department, is for each service's own tests of scope.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from gridward.common.v1 import access_pb2

from services.platform.grpc_server import Offer, Process
from services.platform.identity import Caller, service_caller
from services.platform.settings import ServiceSettings
from tests.support.tokens import TestTokens

ROOT = Path(__file__).resolve().parents[3]
ROLES: Mapping[str, list[str]] = {
    role: row["permissions"]
    for role, row in tomllib.loads(files("services.platform").joinpath("roles.toml").read_text()).items()
}
REFUSED = (grpc.StatusCode.PERMISSION_DENIED, "FORBIDDEN")
UNSIGNED = (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")


def contract() -> Iterator[ServiceDescriptor]:
    """All services of the contract."""
    generated = ROOT / "protos" / "gen"
    for file in sorted((generated / "gridward").rglob("*_pb2.py")):
        name = ".".join(file.relative_to(generated).with_suffix("").parts)
        yield from import_module(name).DESCRIPTOR.services_by_name.values()


METHODS: Mapping[str, MethodDescriptor] = {
    f"/{service.full_name}/{method.name}": method for service in contract() for method in service.methods
}


def access(method: MethodDescriptor) -> Any:
    return method.GetOptions().Extensions[access_pb2.access]


def holds(role: str, permission: str) -> bool:
    """Whether the table gives a role a permission, for all rows or for its own."""
    return any(
        held in {"*", permission, f"{permission}_own"} or (held.endswith(".*") and permission.startswith(held[:-1]))
        for held in ROLES[role]
    )


class Reached(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc's stubs leave the handler untyped
    """Stands for all services: says for each call that it was let in."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def service(self, details: Any) -> Any:
        method = METHODS.get(details.method)
        if method is None:
            return None
        answer = message_factory.GetMessageClass(method.output_type)
        shapes = {"request_deserializer": message_factory.GetMessageClass(method.input_type).FromString,
                  "response_serializer": answer.SerializeToString}  # fmt: skip

        async def one(request: Any, context: Any) -> Any:
            self.calls[details.method] += 1
            if method.client_streaming:
                async for _ in request:
                    pass
            return answer()

        async def many(request: Any, context: Any) -> AsyncIterator[Any]:
            self.calls[details.method] += 1
            yield answer()

        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(many, **shapes)
        if method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(one, **shapes)
        return grpc.unary_unary_rpc_method_handler(one, **shapes)


def nothing(server: grpc.aio.Server) -> None:
    """The one handler stands for all."""


@pytest.fixture
async def door(tokens: TestTokens) -> AsyncIterator[tuple[grpc.aio.Channel, Reached]]:
    """One process that offers the whole contract."""
    reached = Reached()
    settings = ServiceSettings(trust_file=tokens.trust_file, signing_key_file=tokens.key_file("incidents"), drain_s=1)
    services = {method.containing_service.full_name: method.containing_service for method in METHODS.values()}
    offers = [Offer(descriptor=service, add=nothing) for service in services.values()]
    offers[0].add = lambda server: server.add_generic_rpc_handlers((reached,))
    process = Process(name="incidents", settings=settings, offers=offers)
    await process.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel:
        yield channel, reached
    await process.stop()


async def outcome(channel: grpc.aio.Channel, path: str, token: str) -> tuple[grpc.StatusCode, str]:
    """How a call without any content ends; its content is wrong often, which is found only after it was let in."""
    method = METHODS[path]
    request = message_factory.GetMessageClass(method.input_type)()
    metadata = [("authorization", f"Bearer {token}")] if token else []
    if method.server_streaming:
        call: Any = channel.unary_stream(path)(request.SerializeToString(), timeout=20, metadata=metadata)
        with contextlib.suppress(grpc.aio.AioRpcError):
            async for _ in call:
                pass
    elif method.client_streaming:
        call = channel.stream_unary(path)(iter([request.SerializeToString()]), timeout=20, metadata=metadata)
    else:
        call = channel.unary_unary(path)(request.SerializeToString(), timeout=20, metadata=metadata)
    code, details = await call.code(), await call.details()
    return code, details or ""


def test_every_call_says_who_may_call_it_and_somebody_may() -> None:
    for path, method in METHODS.items():
        rule = access(method)
        assert rule.WhichOneof("rule") is not None, f"{path} says nothing"
        if not rule.public:
            assert any(holds(role, rule.permission) for role in ROLES), f"nobody may call {path}: {rule.permission}"


def test_no_role_holds_a_permission_that_opens_nothing() -> None:
    asked = {access(method).permission for method in METHODS.values()}
    source = "".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    for role, held in ROLES.items():
        for permission in held:
            plain = permission.removesuffix("_own")
            known = (
                any(name.startswith(permission[:-1]) for name in asked)
                if permission.endswith("*")
                else plain in asked or f'"{plain}"' in source or f'"{permission}"' in source
            )
            assert known, f"{role} holds {permission}, which no call and no code asks for"


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_role_is_let_in_where_its_table_says_so_and_nowhere_else(
    door: tuple[grpc.aio.Channel, Reached], tokens: TestTokens, role: str
) -> None:
    channel, reached = door
    subjects = {"service": "service:incidents", "plugin": "plugin:somebody"}
    caller = Caller(subject=subjects.get(role, f"staff:{role}"), grants=tokens.caller(role, "x1").grants)
    signer = {"service": "incidents", "plugin": "host"}.get(role, "gateway")
    token = tokens.signer(signer).sign(caller)
    wrong = []
    for path, method in METHODS.items():
        rule, before = access(method), reached.calls[path]
        code, _ = await outcome(channel, path, token)
        allowed = rule.public or holds(role, rule.permission)
        # Who is refused while still sending may see the stream break before the reason arrives.
        broken = method.client_streaming and code is grpc.StatusCode.INTERNAL
        refused = code is REFUSED[0] or (broken and reached.calls[path] == before)
        if allowed == refused or (not allowed and reached.calls[path] != before):
            wrong.append((path, rule.permission, code))
    assert wrong == []


async def test_nobody_is_let_in_without_a_token_or_with_one_that_is_not_right(
    door: tuple[grpc.aio.Channel, Reached], tokens: TestTokens
) -> None:
    channel, reached = door
    good = tokens.signer("gateway").sign(tokens.caller("system_admin", ""))
    pretended = tokens.signer("video").sign(tokens.caller("system_admin", ""))
    posing = tokens.signer("video").sign(service_caller("incidents"))
    for path, method in METHODS.items():
        for token in ("", "x", f"{good[:-3]}abc", pretended, posing):
            code, _ = await outcome(channel, path, token)
            if not (access(method).public and not token):
                assert code in {UNSIGNED[0], REFUSED[0]} or method.client_streaming, (path, token[:8])
    assert not {path for path in reached.calls if not access(METHODS[path]).public}
