"""The rules of taking over from somebody who is not there to hand over: who may, what of theirs, and what is said of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.incidents.domain.actors import HeldRole, covers
from services.incidents.domain.case import Case
from services.incidents.shifts.domain import Desk
from services.platform.errors import NotFound
from services.platform.identity import allows

#: Whoever leads may take over from those they lead; whoever works at the same desk may anyway.
RELIEVE = "shifts.relieve"


class ShiftNothingToRelieve(NotFound):
    """There is nothing in the hands of {staff} that you may take over."""

    reason = "SHIFT_NOTHING_TO_RELIEVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody with open cases in hand."""

    staff: str
    count: int
    overdue_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Somebody at a desk."""

    staff: str
    desk: Desk


def mates_of(desks: Iterable[Desk], placed: Iterable[Placed]) -> frozenset[str]:
    """Who works at one of these desks."""
    own = frozenset(desks)
    return frozenset(each.staff for each in placed if each.desk in own)


def may_relieve(case: Case, grants: Iterable[HeldRole], *, mates: bool) -> bool:
    """Whether a case may be taken out of the hands of somebody absent."""
    return mates or any(
        allows(grant.role, RELIEVE) and covers(grant, case.area_path, case.department_code) for grant in grants
    )


def said_of_relief(giver: str, taker: str, reason: str) -> tuple[str, str]:
    """What a case's history says of it, in both languages."""
    one, other = giver.removeprefix("staff:"), taker.removeprefix("staff:")
    return (
        f"代接班:{one} 不在岗,由 {other} 接手,原因:{reason}",
        f"{other} took over from {one}, who was away; reason: {reason}",
    )
