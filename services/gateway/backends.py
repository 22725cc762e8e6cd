"""Speaks with the services behind the door, always on behalf of somebody."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar, cast

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.gateway.contract import Call
from services.gateway.settings import GatewaySettings
from services.platform import grpc_client
from services.platform.circuit import Line
from services.platform.errors import GridwardError, Unavailable
from services.platform.identity import Caller, TokenSigner, acting_as, service_caller

READY_TIMEOUT_S = 1.0
CALL_TIMEOUT_S = 10.0
NEEDED = ("registry", "incidents")

Answer = TypeVar("Answer", bound=Message)


class Backends:
    """One channel to each service for people, and one for the gateway itself."""

    def __init__(self, addresses: Mapping[str, str], signer: TokenSigner) -> None:
        own = service_caller(signer.name)
        known = {service: address for service, address in addresses.items() if address}
        self._people = {service: grpc_client.connect(address, signer=signer) for service, address in known.items()}
        self._own = {
            service: grpc_client.connect(address, signer=signer, caller=own) for service, address in known.items()
        }
        self._lines = {service: self._line(service) for service in known}
        self._calls: dict[str, grpc.aio.UnaryUnaryMultiCallable[Any, Any]] = {}

    @classmethod
    def open(cls, settings: GatewaySettings) -> "Backends":
        """Channels to the addresses in the settings."""
        addresses = {
            "registry": settings.registry_address,
            "incidents": settings.incidents_address,
            "video": settings.video_address,
            "points": settings.points_address,
        }
        return cls(addresses, TokenSigner.from_file(settings.signing_key_file))

    async def call(self, call: Call, request: Message, *, caller: Caller) -> Message:
        """Make a call for somebody; fails as the call does, with UNAVAILABLE naming the part that is not there."""
        method = self._calls.get(call.path)
        if method is None:
            channel = self._channel(self._people, call.service)
            method = self._calls[call.path] = channel.unary_unary(
                call.path,
                request_serializer=call.request.SerializeToString,
                response_deserializer=call.response.FromString,
            )
        with acting_as(caller):
            answer = await self._lines[call.service].ask(lambda: method(request, timeout=CALL_TIMEOUT_S))
        return cast("Message", answer)

    async def send(
        self, call: Call, requests: AsyncIterator[Message], kind: type[Answer], caller: Caller, timeout_s: float
    ) -> Answer:
        """Make a call for somebody that takes many messages, read no faster than they are taken."""
        method = self._channel(self._people, call.service).stream_unary(
            call.path, request_serializer=call.request.SerializeToString, response_deserializer=kind.FromString
        )
        with acting_as(caller):
            return cast("Answer", await self._named(method(requests, timeout=timeout_s), call.service))

    async def ask(self, call: Call, request: Message, kind: type[Answer]) -> Answer:
        """Make a call for the gateway itself."""
        method = self.own_channel(call.service).unary_unary(
            call.path, request_serializer=call.request.SerializeToString, response_deserializer=kind.FromString
        )
        return await self._lines[call.service].ask(lambda: method(request, timeout=CALL_TIMEOUT_S))

    def own_channel(self, service: str) -> grpc.aio.Channel:
        """The channel on which the gateway speaks for itself."""
        return self._channel(self._own, service)

    @staticmethod
    def _channel(channels: Mapping[str, grpc.aio.Channel], service: str) -> grpc.aio.Channel:
        try:
            return channels[service]
        except KeyError:
            raise Unavailable(part=service) from None

    @staticmethod
    async def _named(call: Any, service: str) -> Any:
        try:
            return await call
        except Unavailable as error:
            if error.details.get("part", "service") == "service":
                raise Unavailable(part=service) from error
            raise

    async def ready(self) -> Mapping[str, bool]:
        """Whether each service that is needed for the main work says that it serves."""
        states = await asyncio.gather(*(self._serving(service) for service in NEEDED))
        return dict(zip(NEEDED, states, strict=True))

    def _line(self, service: str) -> Line:
        async def there() -> bool:
            return await self._health(service) is not None

        return Line(service, there)

    async def _serving(self, service: str) -> bool:
        return await self._health(service) == health_pb2.HealthCheckResponse.SERVING

    async def _health(self, service: str) -> int | None:
        """What a service says of itself; None where it says nothing."""
        channel = self._own.get(service)
        if channel is None:
            return None
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=READY_TIMEOUT_S)
        except (grpc.aio.AioRpcError, GridwardError):
            return None
        return int(answer.status)

    async def close(self) -> None:
        """Let all channels go."""
        await asyncio.gather(*(channel.close() for channel in (*self._people.values(), *self._own.values())))
