"""The rules of shift handover: at which desk somebody works, what of theirs the next may have, and what the book says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.incidents.domain.actors import Actor, HeldRole, covers
from services.incidents.domain.case import Case, State
from services.incidents.domain.parts import changed
from services.platform.errors import Conflict, Forbidden, Invalid, NotFound
from services.platform.identity import allows

ADVANCE = "incidents.advance"
#: In these somebody was named to look at a case; afterwards the name is only a memory of who did.
LOOKED_AT = frozenset({State.VERIFYING, State.CHECKING})


class ShiftDeskUnknown(Forbidden):
    """You work at no desk whose shift could be handed over."""

    reason = "SHIFT_DESK_UNKNOWN"


class ShiftToOneself(Invalid):
    """A shift is handed over to somebody else."""

    reason = "SHIFT_TO_ONESELF"


class ShiftOfferUnknown(NotFound):
    """There is no handover {handover_id} for you."""

    reason = "SHIFT_OFFER_UNKNOWN"


class ShiftOfferOver(Conflict):
    """The handover was taken over or taken back already."""

    reason = "SHIFT_OFFER_OVER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where somebody works: in which role, at which area, for which department."""

    role: str
    area_path: str
    department_code: str

    @property
    def area_code(self) -> str:
        """The area at the end of the path; empty for the whole city."""
        return self.area_path.rpartition(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many open cases of a desk are at one state, and how many of them overdue."""

    state: State
    count: int
    overdue_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A line of the book."""

    id: str
    from_staff: str
    to_staff: str
    desk: Desk
    note: str
    standings: tuple[Standing, ...]
    in_hand_count: int
    offered_at: datetime
    taken_by: str = ""
    taken_at: datetime | None = None
    moved_count: int = 0
    left_count: int = 0
    withdrawn_at: datetime | None = None
    #: Why it was taken over without an offer, from somebody who was not there to make one; or why it was declined.
    reason: str = ""

    @property
    def waits(self) -> bool:
        """Whether it may still be taken over."""
        return self.taken_at is None and self.withdrawn_at is None

    def is_for(self, subject: str, desks: Iterable[Desk]) -> bool:
        """Whether somebody may take it over: they were named, or nobody was and they work at the same desk."""
        if subject == self.from_staff:
            return False
        return self.to_staff == subject if self.to_staff else self.desk in set(desks)


def desks_of(grants: Iterable[HeldRole]) -> tuple[Desk, ...]:
    """The desks somebody works at, each once, in the order of their grants."""
    return tuple(
        dict.fromkeys(
            Desk(role=grant.role, area_path=grant.area_path, department_code=grant.department_code)
            for grant in grants
            if allows(grant.role, ADVANCE)
        )
    )


def to_check(case: Case, staff: str) -> bool:
    """Whether somebody has a case in hand only to look at it."""
    return case.handler != staff and case.checker == staff and case.state in LOOKED_AT


def taken_over(case: Case, *, giver: str, taker: Actor) -> Case | None:
    """The case in the hands of the next; None when the next may not have it."""
    if not any(
        allows(grant.role, ADVANCE) and covers(grant, case.area_path, case.department_code) for grant in taker.grants
    ):
        return None
    after = replace(case, handler=taker.id) if case.handler == giver else case
    if case.checker == giver and case.state in LOOKED_AT:
        if taker.id in {case.solver, *case.dealings.solvers}:
            return None
        after = replace(after, checker=taker.id)
    parts = after.parts
    for part in case.parts:
        if part.holder == giver and part.unfinished:
            parts = changed(parts, replace(part, holder=taker.id))
    return replace(after, parts=parts)


def said(giver: str, taker: str) -> tuple[str, str]:
    """What a case's history says of it, in both languages."""
    one, other = giver.removeprefix("staff:"), taker.removeprefix("staff:")
    return f"交接班:由 {one} 交 {other}", f"shift handed over by {one} to {other}"
