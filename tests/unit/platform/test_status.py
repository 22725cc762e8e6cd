"""What another process says is wrong keeps its name; what the way between breaks is told as a part that is not there now."""

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

from services.platform import errors, status


def failed(code: grpc.StatusCode, words: str, *, trailing: Metadata | None = None) -> AioRpcError:
    return AioRpcError(code, Metadata(), trailing or Metadata(), details=words)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"),
        (grpc.StatusCode.INTERNAL, "Received RST_STREAM with error code 2"),
        (grpc.StatusCode.CANCELLED, "Received RST_STREAM with error code 8"),
        (grpc.StatusCode.UNKNOWN, "Stream removed"),
        (grpc.StatusCode.UNIMPLEMENTED, "Method not found!"),
    ],
)
def test_what_breaks_on_the_way_may_be_tried_again(code: grpc.StatusCode, words: str) -> None:
    told = status.from_call(failed(code, words))
    assert isinstance(told, errors.Unavailable)
    assert told.details == {"part": "service"}


def test_what_broke_in_a_service_of_ours_is_not_hidden() -> None:
    info = error_details_pb2.ErrorInfo(reason="INTERNAL", domain=status.DOMAIN)
    rich = status_pb2.Status(code=grpc.StatusCode.INTERNAL.value[0], message="Something went wrong.")
    rich.details.add().Pack(info)
    trailing = Metadata(("grpc-status-details-bin", rich.SerializeToString()))
    told = status.from_call(failed(grpc.StatusCode.INTERNAL, "Something went wrong.", trailing=trailing))
    assert type(told) is errors.GridwardError
    assert told.reason == "INTERNAL"


def test_a_plain_refusal_keeps_its_kind() -> None:
    assert isinstance(status.from_call(failed(grpc.StatusCode.NOT_FOUND, "no")), errors.NotFound)
