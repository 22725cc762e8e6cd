"""Follows a request through the processes it touches, where the operator named a collector (OpenTelemetry, OTLP).

Without a collector nothing of OpenTelemetry is even imported. With one, the gateway decides for each request whether it
is followed, everybody after it keeps to that (W3C Trace Context, https://www.w3.org/TR/trace-context/), and the log lines
of a followed request carry its `trace_id`. Spans hold names of calls and codes, never what people wrote.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, Protocol

import structlog

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

PARENT: Final = "traceparent"
Metadata = Iterable[tuple[str, str | bytes]]


class Step(Protocol):
    """What is under way in one process."""

    def ends_with(self, code: str, *, broke: bool = False, name: str = "") -> None:
        """Remember how it ended, and what it is called where that is known only now; `broke` when nobody foresaw it."""


class _Unfollowed:
    def ends_with(self, code: str, *, broke: bool = False, name: str = "") -> None:
        """Nobody asks."""


class _Followed:
    def __init__(self, span: "Span") -> None:
        self._span = span

    def ends_with(self, code: str, *, broke: bool = False, name: str = "") -> None:
        """Write it on the span."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 only where there is a collector

        if name:
            self._span.update_name(name)
        self._span.set_attribute("outcome", code)
        if broke:
            self._span.set_status(StatusCode.ERROR)


class Tracing:
    """The tracing of this process."""

    def __init__(self) -> None:
        self._provider: TracerProvider | None = None
        self._tracer: Tracer | None = None

    def begin(self, service: str, *, endpoint: str, share: float) -> None:
        """Follow a share of the requests from here on, if there is a collector."""
        if not endpoint or self._provider is not None:
            return
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=Resource.create({"service.name": service, "service.namespace": "gridward"}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        self._tracer = self._provider.get_tracer("gridward")

    def end(self) -> None:
        """Tell the collector what it was not told yet; waits for it a moment."""
        if self._provider is not None:
            self._provider.shutdown()
            self._provider = self._tracer = None

    @contextlib.contextmanager
    def serving(self, name: str, *, given: Callable[[], Metadata | None] | None = None) -> Iterator[Step]:
        """What this process does for one request; `given` tells the metadata of a caller who is one of us."""
        if self._tracer is None:
            yield _UNFOLLOWED
            return
        from opentelemetry.context import Context  # noqa: PLC0415
        from opentelemetry.trace import SpanKind  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        parent = next((str(value) for key, value in (given and given()) or () if key == PARENT), "")
        context = TraceContextTextMapPropagator().extract({PARENT: parent}) if parent else Context()
        # What breaks is told by `ends_with`; an exception's words may be a person's.
        with self._tracer.start_as_current_span(
            name, context=context, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            told = {"trace_id": f"{span.get_span_context().trace_id:032x}"} if span.is_recording() else {}
            with structlog.contextvars.bound_contextvars(**told):
                yield _Followed(span)

    def passed_on(self) -> str:
        """What a call to the next process carries as `traceparent`; empty when nothing is under way."""
        if self._tracer is None:
            return ""
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        return carrier.get(PARENT, "")


_UNFOLLOWED: Final = _Unfollowed()
tracing: Final = Tracing()
