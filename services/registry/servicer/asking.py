"""Tells one request from another, so that one sent twice is carried out once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.platform import paging
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.registry.actions.office import Asked

T = TypeVar("T")

PAGE_SIZE = 100


class _Paged(Protocol):
    @property
    def page_size(self) -> int: ...

    @property
    def page_token(self) -> str: ...


def asked(request: Message, *, caller: Caller, request_id: str, answer: Callable[[T], Message]) -> Asked[T]:
    """A request as actions take it: its key, and how its answer is put in words."""
    key = RequestKey.of(request, subject=caller.subject, request_id=request_id)
    return Asked(key=key, answer=lambda result: answer(result).SerializeToString())


def page_of(request: _Paged) -> tuple[str, int]:
    """The code after which a page begins, and its size."""
    keys = paging.decode(request.page_token, keys=1)
    return keys[0] if keys else "", request.page_size or PAGE_SIZE


def next_page_token(codes: list[str], size: int) -> str:
    """The token after a page; empty when the page was not full."""
    return paging.encode(codes[-1]) if len(codes) == size else ""


def before_of(token: str) -> tuple[datetime, UUID] | None:
    """Before which row, newest first, a page begins."""
    keys = paging.decode(token, keys=2)
    return (datetime.fromisoformat(keys[0]).astimezone(UTC), UUID(keys[1])) if keys else None
