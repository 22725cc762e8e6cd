"""Says moments and days in the words of the contract, and understands them."""

from datetime import UTC, date, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.platform.errors import Invalid
from services.registry.domain.errors import DayInvalid


def moment_of(message: Timestamp) -> datetime:
    """A moment in UTC; fails with INVALID_REQUEST for one beyond the calendar."""
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(problem="a moment lies beyond the calendar") from error


def moment_given(request: Message, name: str) -> datetime | None:
    """A moment of a request that may be left out."""
    return moment_of(getattr(request, name)) if request.HasField(name) else None


def stamp(moment: datetime | None) -> Timestamp | None:
    """A moment as a message; None stays out."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def day_of(text: str) -> date:
    """A day; fails with DAY_INVALID."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DayInvalid(day=text) from error


def day_given(text: str) -> date | None:
    """A day that may be left out."""
    return day_of(text) if text else None
