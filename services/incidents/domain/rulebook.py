"""Gathers what the city has settled for all cases: its calendar, the time for each stage and loop, its departments."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.incidents.domain.arealimits import AreaLimits
from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import State
from services.incidents.domain.dealings import Priority
from services.incidents.domain.limits import Limit, LimitUnit
from services.incidents.domain.signal import SignalRules

LOOP_TOP: Final = 3
DISPATCH_DESK: Final = "city_dispatch_desk"


class Stage(StrEnum):
    """A stretch of the way with a time of its own."""

    ACCEPT = "accept"
    REGISTER = "register"
    DISPATCH = "dispatch"
    DEPARTMENT_SIGN = "department_sign"
    RETURN_REQUEST = "return_request"
    DISPOSAL = "disposal"
    VERIFY_TASK = "verify_task"
    CHECK_TASK = "check_task"
    CLOSE = "close"
    PETITION = "petition"
    REPLY = "reply"
    EXPLAIN = "explain"
    ASSIST = "assist"
    ARRIVE = "arrive"
    CLAIM = "claim"


#: Disposal is missing on purpose: its time is the case's own.
STAGE_LIMITS: Final[Mapping[Stage, Limit]] = MappingProxyType(
    {
        Stage.ACCEPT: Limit.of(15, LimitUnit.MINUTE),
        Stage.REGISTER: Limit.of(15, LimitUnit.MINUTE),
        Stage.DISPATCH: Limit.of(15, LimitUnit.MINUTE),
        Stage.DEPARTMENT_SIGN: Limit.of(1, LimitUnit.WORK_HOUR),
        Stage.RETURN_REQUEST: Limit.of(2, LimitUnit.WORK_HOUR),
        Stage.VERIFY_TASK: Limit.of(30, LimitUnit.MINUTE),
        Stage.CHECK_TASK: Limit.of(30, LimitUnit.MINUTE),
        Stage.CLOSE: Limit.of(15, LimitUnit.MINUTE),
        Stage.PETITION: Limit.of(2, LimitUnit.WORK_HOUR),
        Stage.REPLY: Limit.of(1, LimitUnit.WORK_DAY),
        Stage.EXPLAIN: Limit.of(1, LimitUnit.WORK_DAY),
        Stage.ASSIST: Limit.of(1, LimitUnit.WORK_DAY),
        Stage.ARRIVE: Limit.of(30, LimitUnit.MINUTE),
        Stage.CLAIM: Limit.of(3, LimitUnit.NATURAL_DAY),
    }
)

#: The top loop is missing on purpose: there the time of the task type rules.
LOOP_LIMITS: Final[Mapping[int, Limit]] = MappingProxyType(
    {1: Limit.of(4, LimitUnit.WORK_HOUR), 2: Limit.of(1, LimitUnit.WORK_DAY)}
)


#: States in which the centre or a checker holds the case, and the time they have. In the others the department
#: holds it, with the sign limit and the disposal time; so no open case is ever without a timer.
HELD_STAGES: Final[Mapping[State, Stage]] = MappingProxyType(
    {
        State.REPORTED: Stage.ACCEPT,
        State.SELF_DONE: Stage.CLOSE,
        State.VERIFYING: Stage.VERIFY_TASK,
        State.ACCEPTED: Stage.REGISTER,
        State.REGISTERED: Stage.DISPATCH,
        State.RETURNED: Stage.DISPATCH,
        State.FEEDBACK: Stage.CHECK_TASK,
        State.CHECKING: Stage.CHECK_TASK,
        State.CHECKED: Stage.CLOSE,
        State.CHECK_FAILED: Stage.DISPATCH,
        State.REOPENED: Stage.DISPATCH,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How far some things may go: spans of days, counts, and metres."""

    reopen: timedelta = timedelta(days=14)
    suspension: timedelta = timedelta(days=365)
    extensions: int = 2
    suspensions: int = 1
    #: So many failed checks, or so many transfers and returns, make a problem order.
    problem_count: int = 3
    arrive_within_m: int = 200


#: An urgent case has half the time.
PRIORITY_SHARES: Final[Mapping[Priority, Decimal]] = MappingProxyType(
    {Priority.ROUTINE: Decimal(1), Priority.URGENT: Decimal("0.5")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """What every step is judged by."""

    calendar: WorkCalendar
    department_codes: frozenset[str]
    signal_rules: SignalRules = field(default_factory=SignalRules)
    stage_limits: Mapping[Stage, Limit] = field(default_factory=lambda: STAGE_LIMITS)
    loop_limits: Mapping[int, Limit] = field(default_factory=lambda: LOOP_LIMITS)
    dispatch_desk: str = DISPATCH_DESK
    windows: Windows = Windows()
    priority_shares: Mapping[Priority, Decimal] = field(default_factory=lambda: PRIORITY_SHARES)
    calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)
    area_limits: Mapping[str, AreaLimits] = field(default_factory=dict)

    def at_place(self, area_path: str) -> "Rulebook":
        """The same for a place: by the calendar of the nearest area that has one, by the times of all above it."""
        if not self.calendars and not self.area_limits:
            return self
        codes = area_path.split(".")
        calendar = next((self.calendars[code] for code in reversed(codes) if code in self.calendars), self.calendar)
        here = replace(self, calendar=calendar, calendars={}, area_limits={})
        for code in codes:
            if code in self.area_limits:
                here = here.with_limits(self.area_limits[code])
        return here

    def with_limits(self, limits: AreaLimits) -> "Rulebook":
        """The same with the times that one area settles."""
        stages = {Stage(stage): limit for stage, limit in limits.stages.items()}
        return replace(
            self,
            stage_limits={**self.stage_limits, **stages},
            loop_limits={**self.loop_limits, **limits.loops},
            priority_shares={**self.priority_shares, **limits.shares},
        )

    def limit_for(self, basis: Limit, priority: Priority) -> Limit:
        """The time a case has: its limit, less when it is pressing."""
        share = self.priority_shares.get(priority, Decimal(1))
        return basis if share == 1 else Limit(basis.value * share, basis.unit)

    def due(self, stage: Stage, at: datetime) -> datetime:
        """When the time of a stage is up that begins now."""
        return self.calendar.deadline(at, self.stage_limits[stage])

    def stage_due(self, state: State, at: datetime) -> datetime | None:
        """When whoever holds a case that came into this state should have passed it on."""
        stage = HELD_STAGES.get(state)
        return self.calendar.deadline(at, self.stage_limits[stage]) if stage else None
