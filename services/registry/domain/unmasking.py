"""How many people one person may see in clear, and what a second one's word adds to it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.platform.errors import Conflict, Forbidden, NotFound

#: People whom one person may reveal within a day without anybody else's word.
ALONE_MAX: Final = 100
DAY: Final = timedelta(hours=24)


class SecondApproverNeeded(Forbidden):
    """You have seen {limit} people in clear within a day; ask for an unmasking, which a data steward approves."""

    reason = "SECOND_APPROVER_NEEDED"


class UnmaskingUnknown(NotFound):
    """There is no such unmasking."""

    reason = "UNMASKING_UNKNOWN"


class UnmaskingDecided(Conflict):
    """The unmasking was decided already, by {decided_by}."""

    reason = "UNMASKING_DECIDED"


class UnmaskingOwn(Forbidden):
    """What you asked for yourself is for another to approve."""

    reason = "UNMASKING_OWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasking:
    """A permission to reveal many; `granted` is None while nobody has decided."""

    id: UUID
    asked_by: str
    purpose: str
    case_id: str
    people_max: int
    hours: int
    asked_at: datetime
    people_used: int = 0
    granted: bool | None = None
    decided_by: str = ""
    until: datetime | None = None

    def decided(self, *, grant: bool, by: str, now: datetime) -> "Unmasking":
        """As it is after a decision; fails with UNMASKING_DECIDED, UNMASKING_OWN."""
        if self.granted is not None:
            raise UnmaskingDecided(decided_by=self.decided_by)
        if by == self.asked_by:
            raise UnmaskingOwn
        until = now + timedelta(hours=self.hours) if grant else None
        return replace(self, granted=grant, decided_by=by, until=until)
