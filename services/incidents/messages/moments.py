"""Says moments in the words of the contract."""

from datetime import UTC, datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


def stamp(moment: datetime | None) -> Timestamp | None:
    """A moment; None stays absent."""
    if moment is None:
        return None
    since = moment - _EPOCH
    return Timestamp(seconds=since // _SECOND, nanos=since.microseconds * 1000)
