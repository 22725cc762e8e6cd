"""Lists who held a case, how long, and how it left them: nobody who refused it stays unnamed (责任倒查)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import Event, HistoryEntry, State
from services.incidents.domain.limits import LimitUnit
from services.incidents.domain.parts import Part, PartState


class HolderKind(StrEnum):
    """What holds a case."""

    DESK = "desk"
    DEPARTMENT = "department"
    HANDLER = "handler"
    CHECKER = "checker"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One stay of a case with somebody; `left_by` is the line with which it ended."""

    holder: str
    kind: HolderKind
    start: datetime
    end: datetime | None
    dwell: timedelta
    working: timedelta
    left_by: HistoryEntry | None = None
    refused: bool = False
    reply: str = ""


ACCEPTING_DESK: Final = "acceptors_desk"
REFUSALS: Final = frozenset({Event.RETURN_BACK, Event.TRANSFER, Event.HAND_BACK, Event.RELEASE, Event.PART_DECLINE})

_KINDS: Final = {
    State.DISPATCHED: HolderKind.DEPARTMENT,
    State.SIGNED: HolderKind.DEPARTMENT,
    State.DISPOSED: HolderKind.DEPARTMENT,
    State.SUSPENDED: HolderKind.DEPARTMENT,
    State.DISPOSING: HolderKind.HANDLER,
    State.VERIFYING: HolderKind.CHECKER,
    State.CHECKING: HolderKind.CHECKER,
}
_DISPATCHERS: Final = frozenset({State.REGISTERED, State.RETURNED, State.CHECK_FAILED, State.REOPENED})


def trace(
    history: Sequence[HistoryEntry], parts: Iterable[Part], *, desk: str, now: datetime, calendar: WorkCalendar
) -> tuple[Holding, ...]:
    """Everybody who held the case, in order, and after them everybody who had a part in it."""
    stays: list[tuple[str, HolderKind, datetime, HistoryEntry | None]] = []
    department = handler = checker = ""
    for entry in history:
        department, handler, checker = _people(entry, department, handler, checker)
        who = _holder(entry.to_state, department, handler, checker, desk)
        if stays and stays[-1][:2] == who and entry.event not in REFUSALS:
            continue
        if stays:
            stays[-1] = (*stays[-1][:3], entry)
        if entry.to_state.ended:
            stays.append(("", HolderKind.DESK, entry.at, None))
        else:
            stays.append((*who, entry.at, None))
    held = [_holding((holder, kind), start, left, now, calendar) for holder, kind, start, left in stays if holder]
    return (*held, *(_partner(part, now, calendar) for part in parts if part.state is not PartState.WAITING))


def _people(entry: HistoryEntry, department: str, handler: str, checker: str) -> tuple[str, str, str]:
    if entry.event in {Event.DISPATCH, Event.TRANSFER, Event.REWORK}:
        department, handler = entry.receiver, ""
    elif entry.event is Event.ASSIGN:
        handler = entry.receiver
    elif entry.event in {Event.TAKE, Event.MOVE} and entry.to_state is State.DISPOSING and not handler:
        handler = entry.actor
    elif entry.event is Event.HAND_BACK:
        handler = ""
    elif entry.event in {Event.SEND_VERIFY, Event.SEND_CHECK}:
        checker = entry.receiver
    return department, handler, checker


def _holder(state: State, department: str, handler: str, checker: str, desk: str) -> tuple[str, HolderKind]:
    kind = _KINDS.get(state, HolderKind.DESK)
    if kind is HolderKind.HANDLER:
        return (handler, kind) if handler else (department, HolderKind.DEPARTMENT)
    names = {HolderKind.DEPARTMENT: department, HolderKind.CHECKER: checker}
    return names.get(kind) or (desk if state in _DISPATCHERS else ACCEPTING_DESK), kind


def _holding(
    who: tuple[str, HolderKind],
    start: datetime,
    left: HistoryEntry | None,
    now: datetime,
    calendar: WorkCalendar,
) -> Holding:
    end = left.at if left else None
    until = end or now
    return Holding(
        holder=who[0],
        kind=who[1],
        start=start,
        end=end,
        dwell=until - start,
        working=calendar.elapsed(start, until, LimitUnit.WORK_HOUR),
        left_by=left,
        refused=left is not None and left.event in REFUSALS,
    )


def _partner(part: Part, now: datetime, calendar: WorkCalendar) -> Holding:
    until = part.ended_at or now
    return Holding(
        holder=part.receiver,
        kind=HolderKind.PARTNER,
        start=part.given_at,
        end=part.ended_at,
        dwell=until - part.given_at,
        working=calendar.elapsed(part.given_at, until, LimitUnit.WORK_HOUR),
        refused=part.state is PartState.DECLINED,
        reply=part.reply,
    )
