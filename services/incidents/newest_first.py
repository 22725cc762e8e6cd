"""Pages of what has a moment and an id, newest first: where a page begins, and what leads to the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, TypeVar
from uuid import UUID

from services.platform import paging
from services.platform.paging import PageTokenInvalid

USUAL_SIZE: Final = 50

Listed = TypeVar("Listed")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestFirst:
    """A page somebody asks for."""

    size: int
    before: tuple[datetime, UUID] | None = None

    @classmethod
    def asked(cls, *, size: int, token: str) -> Self:
        """From what a request says; a size of 0 means the usual one. Fails with PAGE_TOKEN_INVALID."""
        wanted = size or USUAL_SIZE
        keys = paging.decode(token, keys=2)
        if keys is None:
            return cls(size=wanted)
        try:
            at, id_ = datetime.fromisoformat(keys[0]), UUID(keys[1])
        except ValueError as error:
            raise PageTokenInvalid from error
        if at.tzinfo is None:
            raise PageTokenInvalid
        return cls(size=wanted, before=(at, id_))

    @property
    def columns(self) -> dict[str, object]:
        """As parameters `before_at`, `before_id`, `size`; one row more than the page tells whether there is another."""
        at, id_ = self.before or (None, None)
        return {"before_at": at, "before_id": id_, "size": self.size + 1}

    def cut(self, found: Sequence[Listed], place: Callable[[Listed], tuple[datetime, str]]) -> tuple[list[Listed], str]:
        """The page of what was found, and the token of the next; empty when this was the last."""
        page = list(found[: self.size])
        if len(found) <= self.size:
            return page, ""
        at, id_ = place(page[-1])
        return page, paging.encode(at.isoformat(), id_)
