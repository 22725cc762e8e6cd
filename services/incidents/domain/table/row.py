"""What one row of the table says, and the groups of people that rows name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.incidents.domain.actors import Relation, Role
from services.incidents.domain.case import OPEN, Case, Event, State
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.step import Draft, Occasion, Setting
from services.incidents.domain.tasktypes import EvidenceKind


class Receiver(StrEnum):
    """To whom a step passes the case, for the history."""

    NOBODY = "nobody"
    DEPARTMENT = "department"
    ASSIGNEE = "assignee"
    LEG = "leg"
    DESK = "desk"
    REPORTER = "reporter"
    ADDRESSEES = "addressees"
    CHILD = "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row. `target` None keeps the state; `conditions` look at the case and who acts, `guards` at the step too.

    `stage` names the time this step had: its line in the history is overdue when that was used up. `fields` are
    the inputs of a step that it cannot do without, `choices` those it can. What a row asks for in `proof` is
    counted by the task type; a procedure may ask for more.
    """

    event: Event
    sources: frozenset[State]
    target: State | None
    roles: frozenset[str]
    stage: Stage | None = None
    reason_required: bool = False
    fields: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    proof: tuple[EvidenceKind, ...] = ()
    conditions: tuple[Callable[[Case, Setting], None], ...] = ()
    guards: tuple[Callable[[Case, Occasion], None], ...] = ()
    effects: tuple[Callable[[Draft, Occasion], Draft], ...] = ()
    receiver: Receiver = Receiver.NOBODY
    #: Taken by a call of its own, because it concerns two cases.
    by_itself: bool = True

    @property
    def aside(self) -> bool:
        """Beside the way: it moves the case nowhere, or ends it before its time."""
        return (self.target is None and self.event not in _ON_THE_WAY) or self.event in _OUT_OF_THE_WAY


#: These carry a case on though its state stays, or take it out of the way though its state changes.
_ON_THE_WAY: Final = frozenset({Event.RATE, Event.EXPLAIN, Event.REPLY, Event.PART_SIGN, Event.ARRIVE, Event.PART_DONE})
_OUT_OF_THE_WAY: Final = frozenset({Event.CANCEL, Event.FORCE_CLOSE, Event.REOPEN})

CENTRE: Final[frozenset[str]] = frozenset({Role.ACCEPTOR, Role.DUTY_CHIEF})
INTAKE: Final = CENTRE | {Role.COMMUNITY_ADMIN}
DISPATCH: Final[frozenset[str]] = frozenset({Role.DISPATCHER, Role.DUTY_CHIEF})
DEPARTMENT: Final[frozenset[str]] = frozenset({Role.DEPARTMENT_SPECIALIST, Role.DEPARTMENT_LEADER, Role.PLUGIN})
FIELD: Final[frozenset[str]] = frozenset(
    {Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN}
)
UPPER: Final[frozenset[str]] = frozenset({Role.DUTY_CHIEF, Role.DISPATCHER, Role.SUBDISTRICT_ADMIN})
LEADERS: Final[frozenset[str]] = frozenset({Role.DUTY_CHIEF, Role.DEPARTMENT_LEADER})
STREET: Final[frozenset[str]] = frozenset({Role.SUBDISTRICT_ADMIN, Role.COMMUNITY_ADMIN})
HANDLING: Final[frozenset[str]] = frozenset({Relation.ASSIGNEE, Relation.OWNER})
PARTNER: Final[frozenset[str]] = frozenset({Relation.PARTNER})
SYSTEM: Final[frozenset[str]] = frozenset({Role.SYSTEM})
INVOLVED: Final = CENTRE | DISPATCH | DEPARTMENT | FIELD | {Role.HANDLER} | frozenset(Relation)

#: States in which somebody still has to solve it, so that the time of its loop runs.
UNSOLVED: Final = OPEN - {
    State.SELF_DONE,
    State.FEEDBACK,
    State.CHECKING,
    State.CHECKED,
    State.CHECK_FAILED,
    State.REOPENED,
}
#: States in which a department has the case.
WITH_DEPARTMENT: Final = frozenset({State.DISPATCHED, State.SIGNED, State.DISPOSING, State.DISPOSED, State.SUSPENDED})
