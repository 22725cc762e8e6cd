"""Calls other services: with the caller's token, a deadline, the request's id, and errors that keep their names."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import structlog

from services.platform import status, transport
from services.platform.deadline import no_longer_than
from services.platform.identity import Caller, TokenSigner, current_caller, received_token
from services.platform.ids import uuid7
from services.platform.settings import TransportSettings
from services.platform.tracing import PARENT, tracing

CALL_DEADLINE_S = 5.0
#: What gRPC says of a call that no replica it knows would take, so that it was not sent.
NEVER_SENT = "connections to all backends failing"
#: Somebody who answered so lately is being replaced, not away.
LATELY_S = 5.0
#: How long the one in its place is waited for.
ANOTHER_S = 2.0
TOKEN_LIFE_S = 300
TOKEN_REUSE_S = 150.0
TOKENS_MAX = 2000
MESSAGE_BYTES_MAX = 8 * 1024 * 1024


class _Tokens:
    """Signs a token for a caller, and uses it again for a while."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer
        self._made: dict[Caller, tuple[float, str]] = {}

    def token_for(self, caller: Caller) -> str:
        now_s = time.monotonic()
        made = self._made.get(caller)
        if made and now_s - made[0] < TOKEN_REUSE_S:
            return made[1]
        if len(self._made) >= TOKENS_MAX:
            self._made.clear()
        token = self._signer.sign(caller, life_s=TOKEN_LIFE_S)
        self._made[caller] = (now_s, token)
        return token


class _Outgoing:
    """What the interceptors have in common: the details every call goes out with."""

    def __init__(self, tokens: _Tokens, caller: Caller | None) -> None:
        self._tokens = tokens
        self._caller = caller

    def _token(self) -> str:
        """Only the edge may speak for people: a service that calls for whoever it serves passes their token on."""
        if self._caller is not None:
            return self._tokens.token_for(self._caller)
        return received_token() or self._tokens.token_for(current_caller())

    def _details(self, details: grpc.aio.ClientCallDetails, *, default_timeout_s: float | None) -> Any:
        timeout_s = details.timeout if details.timeout is not None else default_timeout_s
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add("authorization", f"Bearer {self._token()}")
        request_id = structlog.contextvars.get_contextvars().get("request_id") or uuid7()
        metadata.add("x-request-id", str(request_id))
        if under_way := tracing.passed_on():
            metadata.add(PARENT, under_way)
        return grpc.aio.ClientCallDetails(
            method=details.method,
            timeout=timeout_s if default_timeout_s is None else no_longer_than(timeout_s),
            metadata=metadata,
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
        )


class _Unary(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):
    _answered_s = -math.inf

    async def intercept_unary_unary(
        self, continuation: Callable[..., Awaitable[Any]], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        details = self._details(client_call_details, default_timeout_s=CALL_DEADLINE_S)
        try:
            try:
                answer = await (await continuation(details, request))
            except grpc.aio.AioRpcError as failed:
                if not self._another_may_come(failed):
                    raise
                answer = await (await continuation(_waiting(details), request))
        except grpc.aio.AioRpcError as failed:
            raise status.from_call(failed) from failed
        self._answered_s = time.monotonic()
        return answer

    def _another_may_come(self, failed: grpc.aio.AioRpcError) -> bool:
        """Whether the call was never sent and somebody answered a moment ago.

        Names are asked for when a connection ends: the one replica that was known may be gone while the one that came
        in its place is not known yet.
        """
        never_sent = (failed.details() or "").startswith(NEVER_SENT)
        return never_sent and time.monotonic() - self._answered_s < LATELY_S


def _waiting(details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
    """The same call, which now waits a little for somebody to take it."""
    return grpc.aio.ClientCallDetails(
        method=details.method,
        timeout=min(details.timeout or ANOTHER_S, ANOTHER_S),
        metadata=details.metadata,
        credentials=details.credentials,
        wait_for_ready=True,
    )


class _ServerStream(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Awaitable[Any]], client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        call = await continuation(self._details(client_call_details, default_timeout_s=None), request)
        return _named_errors(call)


class _ClientStream(_Outgoing, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self,
        continuation: Callable[..., Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        details = self._details(client_call_details, default_timeout_s=CALL_DEADLINE_S)
        try:
            call = await continuation(details, request_iterator)
            await call
        except grpc.aio.AioRpcError as failed:
            raise status.from_call(failed) from failed
        return call  # unlike for a single request, gRPC wants the call here and takes the answer from it


class _BothStreams(_Outgoing, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self,
        continuation: Callable[..., Awaitable[Any]],
        client_call_details: grpc.aio.ClientCallDetails,
        request_iterator: Any,
    ) -> Any:
        call = await continuation(self._details(client_call_details, default_timeout_s=None), request_iterator)
        return _named_errors(call)


async def _named_errors(call: Any) -> AsyncIterator[Any]:
    try:
        async for answer in call:
            yield answer
    except grpc.aio.AioRpcError as failed:
        raise status.from_call(failed) from failed


def connect(address: str, *, signer: TokenSigner, caller: Caller | None = None) -> grpc.aio.Channel:
    """A channel to a service. Without a caller, each call goes out for whoever is being served (`current_caller`)."""
    tokens = _Tokens(signer)
    interceptors = [kind(tokens, caller) for kind in (_Unary, _ServerStream, _ClientStream, _BothStreams)]
    options = [*transport.CHANNEL_OPTIONS, ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)]
    credentials = transport.channel_credentials(TransportSettings())
    if credentials is None:
        return grpc.aio.insecure_channel(address, interceptors=interceptors, options=options)
    return grpc.aio.secure_channel(address, credentials, interceptors=interceptors, options=options)
