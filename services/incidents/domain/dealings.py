"""Holds what goes on around a case beside its way: requests, answers owed, appeals, who answers for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.incidents.domain.limits import Limit


class Priority(StrEnum):
    """How pressing a case is within its task type."""

    ROUTINE = "routine"
    URGENT = "urgent"


class Finding(StrEnum):
    """What somebody found who was sent to see whether a report is true."""

    EXISTS = "exists"
    ABSENT = "absent"
    UNABLE = "unable"


class Ending(StrEnum):
    """How a case ended; closed is not the same as solved."""

    OPEN = ""
    SOLVED = "solved"
    SELF_SOLVED = "self_solved"
    UNSOLVED = "unsolved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class PetitionKind(StrEnum):
    """What can be asked for."""

    EXTENSION = "extension"
    SUSPENSION = "suspension"
    APPEAL = "appeal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Petition:
    """A request that waits for two approvals; `endorsed_by` gave the first."""

    kind: PetitionKind
    asked_by: str
    asked_at: datetime
    reason: str
    until: datetime | None = None
    endorsed_by: str = ""


class Debt(StrEnum):
    """Why an answer is owed."""

    SUPERVISION = "supervision"
    EXPLANATION = "explanation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An answer that the department owes."""

    kind: Debt
    since: datetime
    due_at: datetime
    asked_by: str
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealings:
    """Everything that goes on around one case."""

    priority: Priority = Priority.ROUTINE
    finding: Finding | None = None
    desk_left: timedelta | None = None
    own_state: str = ""

    petition: Petition | None = None
    extension_count: int = 0
    suspension_count: int = 0
    suspended_until: datetime | None = None
    appealed: bool = False
    exempt: bool = False

    owed: tuple[Owed, ...] = ()
    explained: bool = False
    interview: bool = False
    supervise_count: int = 0
    urge_count: int = 0
    problem_order: bool = False

    owner: str = ""
    answerable: str = ""
    solvers: tuple[str, ...] = ()
    transfer_count: int = 0
    unable_count: int = 0
    reopen_count: int = 0
    rewarded: bool = False

    basis: Limit | None = None
    whole_due_at: datetime | None = None
    claim_due_at: datetime | None = None

    #: The rungs of the task type's ladder that have fired, and the one that comes next.
    urged: tuple[str, ...] = ()
    urge_next: str = ""
    urge_due_at: datetime | None = None

    def debt(self, kind: Debt) -> Owed | None:
        """The answer of this kind that is owed, if any."""
        return next((owed for owed in self.owed if owed.kind is kind), None)

    @property
    def next_debt_at(self) -> datetime | None:
        """When the next owed answer is missed."""
        return min((owed.due_at for owed in self.owed if not owed.missed), default=None)


NONE: Final = Dealings()
