"""Stands before every RPC: knows the caller, holds the rule, checks the fields, counts, logs and names what fails."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, Self, TypeAlias

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status
from prometheus_client import Gauge, Histogram

from services.platform import status, validation
from services.platform.deadline import answering_within
from services.platform.errors import Exhausted, Forbidden, GridwardError, Invalid, Unauthenticated
from services.platform.identity import Caller, TokenVerifier, acting_as
from services.platform.ids import uuid7
from services.platform.overload import Bounded, Room
from services.platform.rules import Rule
from services.platform.tracing import tracing

log = structlog.get_logger()

CALLS_MAX = 500
#: Streams last, each holds little; they have a room of their own.
STREAMS_MAX = 1000

CALL_SECONDS = Histogram(
    "rpc_server_call_duration_seconds",
    "Time to serve a call",
    ["rpc_method", "grpc_code"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
CALLS_RUNNING = Gauge("rpc_server_calls_running", "Calls being served now", ["rpc_method"])

#: What nobody had foreseen, unlike a refusal.
BROKE: Final = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS})

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class DeadlineMissing(Invalid):
    """Every call must carry a deadline; set a timeout in the client."""

    reason = "DEADLINE_MISSING"


class CallInterceptor(grpc.aio.ServerInterceptor):
    """One for each server; `rules` are those of the services it offers, anything else passes as it is."""

    def __init__(self, rules: Mapping[str, Rule], verifier: TokenVerifier, *, calls_max: int = CALLS_MAX) -> None:
        self._rules = rules
        self._verifier = verifier
        self._calls = Room(calls_max, kind="call")
        self._streams = Bounded(STREAMS_MAX, kind="stream")

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Wrap the method's handler by its shape."""
        handler = await continuation(handler_call_details)
        rule = self._rules.get(str(handler_call_details.method))
        if handler is None or rule is None:
            return handler
        read = _readable(handler.request_deserializer)
        if handler.response_streaming and handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(
                self._streaming(handler.unary_stream, rule), read, handler.response_serializer
            )
        if handler.request_streaming and handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(
                self._answering(handler.stream_unary, rule), read, handler.response_serializer
            )
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                self._answering(handler.unary_unary, rule), read, handler.response_serializer
            )
        return grpc.stream_stream_rpc_method_handler(
            self._conversing(handler.stream_stream or _absent, rule),
            read,
            handler.response_serializer,
        )

    def _answering(self, behavior: Callable[..., Any], rule: Rule) -> Callable[[Any, Context], Awaitable[Any]]:
        async def serve(request: Any, context: Context) -> Any:
            with _Call(rule) as call, tracing.serving(rule.method, given=context.invocation_metadata) as step:
                try:
                    with self._calls.entered():
                        caller, token = self._admit(rule, context)
                        _require_deadline(context)
                        _require_readable(request)
                        if isinstance(request, Message):
                            validation.check(request)
                        else:
                            request = _each_readable(request)
                        with acting_as(caller, token=token), answering_within(context.time_remaining()):
                            return await behavior(request, context)
                except Exception as error:  # noqa: BLE001 the edge of the process: whatever broke gets a name here
                    await call.refuse(error, context)
                finally:
                    step.ends_with(call.code.name, broke=call.code in BROKE)

        return serve

    def _streaming(self, behavior: Callable[..., Any], rule: Rule) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def serve(request: Any, context: Context) -> AsyncIterator[Any]:
            with _Call(rule) as call:
                try:
                    caller, token = self._admit(rule, context)
                    _require_readable(request)
                    validation.check(request)
                    with self._streams.entered(), acting_as(caller, token=token):
                        async for answer in behavior(request, context):
                            yield answer
                except Exception as error:  # noqa: BLE001 the edge of the process
                    await call.refuse(error, context)

        return serve

    def _conversing(self, behavior: Callable[..., Any], rule: Rule) -> Callable[[Any, Context], AsyncIterator[Any]]:
        """A stream both ways; whoever serves it checks each message, as one that is wrong need not end the stream."""

        async def serve(requests: Any, context: Context) -> AsyncIterator[Any]:
            with _Call(rule) as call:
                try:
                    caller, token = self._admit(rule, context)
                    with self._streams.entered(), acting_as(caller, token=token):
                        async for answer in behavior(_each_readable(requests), context):
                            yield answer
                except Exception as error:  # noqa: BLE001 the edge of the process
                    await call.refuse(error, context)

        return serve

    def _admit(self, rule: Rule, context: Context) -> tuple[Caller, str]:
        metadata = dict(context.invocation_metadata() or ())
        structlog.contextvars.bind_contextvars(request_id=str(metadata.get("x-request-id") or uuid7()), rpc=rule.method)
        scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
        if rule.public and not token:
            return Caller(subject="", grants=()), ""
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated
        caller = self._verifier.verify(token)
        structlog.contextvars.bind_contextvars(caller=caller.subject)
        if not rule.public and not caller.permits(rule.permission):
            raise Forbidden(permission=rule.permission)
        return caller, token


def _absent(*_: object) -> AsyncIterator[Any]:
    """A method of no known shape; gRPC has none such."""
    raise NotImplementedError


class _Unreadable:
    """Stands for bytes that are no message, so that they are refused by name like anything else that is wrong."""


def _readable(deserializer: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    """What gRPC itself would say of such bytes is `UNKNOWN` and the name of a Python class."""

    def read(content: bytes) -> Any:
        try:
            return deserializer(content) if deserializer else content
        except DecodeError:
            return _Unreadable()

    return read


def _require_readable(request: Any) -> None:
    if isinstance(request, _Unreadable):
        raise Invalid(problem="the bytes are no message of this kind")


async def _each_readable(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        _require_readable(request)
        yield request


def _require_deadline(context: Context) -> None:
    if context.time_remaining() is None:
        raise DeadlineMissing


class _Call:
    """Counts and logs one call."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self.code = grpc.StatusCode.OK
        self._began_s = time.perf_counter()

    def __enter__(self) -> Self:
        CALLS_RUNNING.labels(self._rule.method).inc()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        CALLS_RUNNING.labels(self._rule.method).dec()
        CALL_SECONDS.labels(self._rule.method, self.code.name).observe(time.perf_counter() - self._began_s)

    async def refuse(self, error: Exception, context: Context) -> None:
        """Tell the caller by key what is wrong, and nothing of the inside; never returns."""
        if isinstance(error, NotImplementedError):
            self.code = grpc.StatusCode.UNIMPLEMENTED
            await context.abort(self.code, "not offered yet")
        named: GridwardError
        if isinstance(error, Exhausted):
            named = error  # counted, and said once a second: to write down each would be work where there is too much
        elif isinstance(error, GridwardError):
            log.info("rpc_refused", reason=error.reason, details=dict(error.details))
            named = error
        else:
            log.error("rpc_broke", exc_info=error)
            named = GridwardError()
        self.code = status.code_of(named)
        rich = rpc_status.to_status(status.to_status(named))
        await context.abort(rich.code, rich.details or "", rich.trailing_metadata or ())
