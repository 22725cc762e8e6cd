"""A step somebody wants to take with a case, and what comes of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.incidents.domain.actors import Actor
from services.incidents.domain.case import Case, Event, Evidence, HistoryEntry, Leg, Point
from services.incidents.domain.dealings import Priority
from services.incidents.domain.limits import Limit
from services.incidents.domain.parts import Part, PartKind
from services.incidents.domain.procedure import Procedure
from services.incidents.domain.rulebook import Rulebook
from services.incidents.domain.tasktypes import TaskType
from services.incidents.domain.timers import TimerPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody to be given a part: a department, a post or a person; `holder` stands on the post."""

    receiver: str
    holder: str = ""
    limit: Limit | None = None
    place: int = 1
    kind: PartKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do, with everything said and shown on the occasion."""

    event: Event
    opinion: str = ""
    opinion_en: str = ""
    evidence: tuple[Evidence, ...] = ()
    filing_condition: str = ""
    department_code: str = ""
    assignee: str = ""
    rating: int = 0
    task_type: str = ""
    receiver: str = ""
    loop_level: int = 0
    cause: str = ""
    until: datetime | None = None
    priority: Priority | None = None
    addressees: tuple[Addressee, ...] = ()
    part: int = 0
    move: str = ""
    point: Point | None = None
    child: str = ""


class Effect(StrEnum):
    """What a step did besides moving the case; told in the outcome, so that nothing changes unsaid."""

    LIMIT_FIXED = "limit_fixed"
    COUNTDOWN_STARTED = "countdown_started"
    COUNTDOWN_PAUSED = "countdown_paused"
    COUNTDOWN_RESUMED = "countdown_resumed"
    COUNTDOWN_RESTARTED = "countdown_restarted"
    COUNTDOWN_STOPPED = "countdown_stopped"
    SIGNAL_CHANGED = "signal_changed"
    DEADLINE_PASSED = "deadline_passed"
    SIGN_MISSED = "sign_missed"
    STAGE_MISSED = "stage_missed"
    LEG_OPENED = "leg_opened"
    LEG_ANSWERED = "leg_answered"
    LOOP_RAISED = "loop_raised"
    TASK_TYPE_CORRECTED = "task_type_corrected"
    DEPARTMENT_CHANGED = "department_changed"
    REPORTER_TOLD = "reporter_told"
    CASE_ENDED = "case_ended"
    CASE_RATED = "case_rated"
    LOOP_LOWERED = "loop_lowered"
    COUNTDOWN_EXTENDED = "countdown_extended"
    COUNTDOWN_RECOUNTED = "countdown_recounted"
    PRIORITY_CHANGED = "priority_changed"
    ANSWER_OWED = "answer_owed"
    ANSWER_GIVEN = "answer_given"
    ANSWER_MISSED = "answer_missed"
    PROBLEM_ORDER = "problem_order"
    PARTS_GIVEN = "parts_given"
    PART_CHANGED = "part_changed"
    PART_MISSED = "part_missed"
    TAKEN = "taken"
    UNCLAIMED = "unclaimed"
    WHOLE_MISSED = "whole_missed"
    CASE_REOPENED = "case_reopened"


#: The only effects after which a deadline may be another than before.
MOVES_DEADLINE: Final = frozenset(
    {
        Effect.COUNTDOWN_STARTED,
        Effect.COUNTDOWN_RESUMED,
        Effect.COUNTDOWN_RESTARTED,
        Effect.COUNTDOWN_EXTENDED,
        Effect.COUNTDOWN_RECOUNTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Everything around a case but the step itself: who looks at it, when, by which rules."""

    actor: Actor
    at: datetime
    task_type: TaskType
    procedure: Procedure
    rulebook: Rulebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion(Setting):
    """Everything around a step that its guards and effects may look at."""

    step: Step
    role: str
    #: When the desk that has the case should have passed it on.
    desk_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A case while a step works on it, with the legs touched and the effects so far."""

    case: Case
    legs: tuple[Leg, ...] = ()
    effects: tuple[Effect, ...] = ()

    def to(self, case: Case, *effects: Effect) -> "Draft":
        """The draft with the case as it is now and what that did."""
        return Draft(case, self.legs, (*self.effects, *effects))

    def to_effects(self, *effects: Effect) -> "Draft":
        """The draft with more to tell."""
        return Draft(self.case, self.legs, (*self.effects, *effects))

    def to_leg(self, leg: Leg, loop_due_at: datetime | None, *effects: Effect) -> "Draft":
        """The draft with a leg opened or answered."""
        case = replace(self.case, leg=leg, loop_due_at=loop_due_at)
        return Draft(case, (*self.legs, leg), (*self.effects, *effects))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The case after a step, the line of history, and all that must be stored with it in one transaction.

    `legs` are the legs that are new or changed, in order, to be written by their sequence; `timers` says which
    rungs to set and to cancel.
    """

    case: Case
    entry: HistoryEntry
    legs: tuple[Leg, ...]
    timers: TimerPlan
    effects: tuple[Effect, ...]
    parts: tuple[Part, ...] = ()
