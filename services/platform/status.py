"""Carries errors over the wire: each becomes a gRPC status with its key, and the same error again on the other side."""

from collections.abc import Mapping
from typing import Final, cast

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.platform import errors, transport

DOMAIN: Final = "gridward"
#: Fresh state beyond this is left out, and has to be asked for; it must fit beside a status with room to spare.
FRESH_BYTES_MAX: Final = transport.REFUSAL_BYTES_MAX // 2

_CODES: Final[Mapping[type[errors.GridwardError], grpc.StatusCode]] = {
    errors.Invalid: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.Conflict: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Stale: grpc.StatusCode.ABORTED,
    errors.Forbidden: grpc.StatusCode.PERMISSION_DENIED,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
}
_KINDS: Final = {code: kind for kind, code in _CODES.items()}
_KINDS[grpc.StatusCode.DEADLINE_EXCEEDED] = errors.Unavailable


def code_of(error: errors.GridwardError) -> grpc.StatusCode:
    """The gRPC status of an error's kind."""
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return code
    return grpc.StatusCode.INTERNAL


def to_status(error: errors.GridwardError) -> status_pb2.Status:
    """An error as a rich status: key and details as ErrorInfo, when to try again, fresh state beside it."""
    status = status_pb2.Status(code=code_of(error).value[0], message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=dict(error.details))
    status.details.add().Pack(info)
    if error.details.get("retry_after_s", "").isdigit():
        hint = error_details_pb2.RetryInfo()
        hint.retry_delay.FromSeconds(int(error.details["retry_after_s"]))
        status.details.add().Pack(hint)
    fresh = error.fresh if isinstance(error, errors.Stale) else None
    if isinstance(fresh, Message) and fresh.ByteSize() <= FRESH_BYTES_MAX:
        status.details.add().Pack(fresh)
    return status


def from_call(failed: grpc.aio.AioRpcError) -> errors.GridwardError:
    """The error another process raised, as the same kind with the same key and details."""
    kind = _KINDS.get(failed.code(), errors.GridwardError)
    status = rpc_status.from_call(cast("grpc.Call", failed))  # it has what is read: code, details, trailing metadata
    if status is None:
        return _plain(kind, failed)
    info = error_details_pb2.ErrorInfo()
    fresh: Message | None = None
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif not detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            fresh = detail
    error = kind.received(reason=info.reason or kind.reason, message=status.message, details=info.metadata)
    if isinstance(error, errors.Stale):
        error.fresh = fresh
    return error


def _plain(kind: type[errors.GridwardError], failed: grpc.aio.AioRpcError) -> errors.GridwardError:
    """A status that gRPC itself made: nobody listens, the other end went away mid-answer, or it is older than the call.

    Our own services name whatever breaks in them, so a status without a name and of no kind of ours is the way's fault.
    """
    if kind in {errors.Unavailable, errors.GridwardError}:
        return errors.Unavailable(part="service")
    return kind.received(reason=kind.reason, message=failed.details() or kind.reason, details={})
