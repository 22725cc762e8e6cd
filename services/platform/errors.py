"""Names what can go wrong, so that every caller is told the same thing in the caller's own language.

GridwardError                 gRPC status
├── Invalid                   INVALID_ARGUMENT     the request itself is wrong; sending it again will not help
├── NotFound                  NOT_FOUND            the thing named does not exist, or not for this caller
├── AlreadyExists             ALREADY_EXISTS       the key is taken, or the request id was used for something else
├── Conflict                  FAILED_PRECONDITION  right request, wrong moment: the state forbids it
├── Stale                     ABORTED              somebody else was faster; carries the fresh state
├── Forbidden                 PERMISSION_DENIED    the caller may not
├── Unauthenticated           UNAUTHENTICATED      nobody knows who the caller is
├── Exhausted                 RESOURCE_EXHAUSTED   too much at once; try again later
└── Unavailable               UNAVAILABLE          a part this call needs is not there now

A service subclasses these in its own `domain`; the class docstring is the English text with {placeholders}
for the details, and `reason` is the key by which locale files hold the text in every other language.
"""

from collections.abc import Iterator, Mapping
from typing import Self


class GridwardError(Exception):
    """Something went wrong."""

    reason: str = "INTERNAL"

    #: The text another process sent with the error; None for an error that began here.
    told: str | None = None

    def __init__(self, **details: object) -> None:
        self.details: Mapping[str, str] = {key: str(value) for key, value in details.items()}
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The English text with its details filled in; unknown placeholders stay visible."""
        return self.told or english_text(type(self)).format_map(_Visible(self.details))

    @classmethod
    def received(cls, *, reason: str, message: str, details: Mapping[str, str]) -> Self:
        """The same error as raised in another process, under its own reason."""
        error = cls(**details)
        error.told = message
        error.reason = reason
        error.args = (message,)
        return error


class Invalid(GridwardError):
    """The request is not valid: {problem}."""

    reason = "INVALID_REQUEST"


class NotFound(GridwardError):
    """There is no such thing here."""

    reason = "NOT_FOUND"


class AlreadyExists(GridwardError):
    """It exists already."""

    reason = "ALREADY_EXISTS"


class Conflict(GridwardError):
    """That is not possible in the present state."""

    reason = "CONFLICT"


class Stale(GridwardError):
    """Somebody else changed it first; here is the fresh state."""

    reason = "STALE"

    def __init__(self, fresh: object = None, **details: object) -> None:
        self.fresh = fresh
        super().__init__(**details)


class Forbidden(GridwardError):
    """You may not do that."""

    reason = "FORBIDDEN"


class Unauthenticated(GridwardError):
    """Please sign in."""

    reason = "UNAUTHENTICATED"


class Exhausted(GridwardError):
    """Too much at once; please try again in {retry_after_s} seconds."""

    reason = "EXHAUSTED"


class Unavailable(GridwardError):
    """{part} is not available at this moment; nothing was lost, please try again."""

    reason = "UNAVAILABLE"


class RequestReused(AlreadyExists):
    """Request id {request_id} was used before for a different request."""

    reason = "REQUEST_ID_REUSED"


class FieldInvalid(Invalid):
    """{field}: {problem}."""

    reason = "FIELD_INVALID"


def english_text(kind: type[GridwardError]) -> str:
    """The first paragraph of the class docstring on one line."""
    paragraph = (kind.__doc__ or kind.reason).strip().split("\n\n")[0]
    return " ".join(paragraph.split())


def known_errors(root: type[GridwardError] = GridwardError) -> Iterator[type[GridwardError]]:
    """Every error class that has been imported, the root first."""
    yield root
    for child in root.__subclasses__():
        yield from known_errors(child)


class _Visible(dict[str, str]):
    """Leaves a placeholder without a value standing as it is."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
