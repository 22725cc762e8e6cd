"""Shares a case among several: those who assist, ordered steps, direct reports, and departments called to a place."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.incidents.domain.limits import Limit


class PartKind(StrEnum):
    """Why somebody beside the department in charge has to do with a case."""

    #: Assists the department in charge (协办).
    ASSIST = "assist"
    #: One of several departments' steps in a fixed order (分步办理).
    STEP = "step"
    #: Was told directly and may take it; the first to sign owns it (直报, 认领).
    DIRECT = "direct"
    #: Was called to the place by the street (吹哨报到).
    SUMMONS = "summons"


class PartState(StrEnum):
    """Where a part stands."""

    WAITING = "waiting"
    OPEN = "open"
    SIGNED = "signed"
    DONE = "done"
    DECLINED = "declined"
    TAKEN = "taken"


BLOCKING: Final = frozenset({PartKind.ASSIST, PartKind.STEP})
UNFINISHED: Final = frozenset({PartState.WAITING, PartState.OPEN, PartState.SIGNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Somebody's part in a case: to whom, until when, received when, answered what."""

    sequence: int
    kind: PartKind
    receiver: str
    #: Who stood on the post when the receiver is a post.
    holder: str = ""
    #: Steps with a lower place come first; parts of one place run side by side.
    place: int = 1
    limit: Limit | None = None
    given_by: str
    given_at: datetime
    due_at: datetime | None = None
    state: PartState = PartState.OPEN
    signed_by: str = ""
    signed_at: datetime | None = None
    arrived_at: datetime | None = None
    done_by: str = ""
    ended_at: datetime | None = None
    reply: str = ""
    missed: bool = False

    @property
    def unfinished(self) -> bool:
        """Something is still expected of it."""
        return self.state in UNFINISHED

    @property
    def blocks(self) -> bool:
        """The department in charge cannot report back while it is not finished."""
        return self.kind in BLOCKING and self.unfinished

    @property
    def runs(self) -> bool:
        """Its time goes by."""
        return self.state in {PartState.OPEN, PartState.SIGNED} and self.due_at is not None


def next_sequence(parts: Iterable[Part]) -> int:
    """The number of the next part."""
    return max((part.sequence for part in parts), default=0) + 1


def changed(parts: tuple[Part, ...], part: Part) -> tuple[Part, ...]:
    """The parts with one of them as it is now."""
    return tuple(part if one.sequence == part.sequence else one for one in parts)


def ended(part: Part, state: PartState, *, by: str, at: datetime, reply: str = "") -> Part:
    """A part that nobody waits for any more."""
    return replace(part, state=state, done_by=by, ended_at=at, reply=reply)


def next_due(parts: Iterable[Part]) -> Part | None:
    """The part whose time is up first and was not told yet."""
    running = [part for part in parts if part.runs and not part.missed]
    return min(running, key=_due_key, default=None)


def _due_key(part: Part) -> tuple[float, int]:
    return (part.due_at.timestamp() if part.due_at else float("inf"), part.sequence)
