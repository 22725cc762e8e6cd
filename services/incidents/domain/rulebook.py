"""Gathers what the city has settled for all cases: its calendar, the time for each stage and loop, its departments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import State
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
    CHECK_TASK = "check_task"
    CLOSE = "close"


#: Disposal is missing on purpose: its time is the case's own.
STAGE_LIMITS: Final[Mapping[Stage, Limit]] = MappingProxyType(
    {
        Stage.ACCEPT: Limit.of(15, LimitUnit.MINUTE),
        Stage.REGISTER: Limit.of(15, LimitUnit.MINUTE),
        Stage.DISPATCH: Limit.of(15, LimitUnit.MINUTE),
        Stage.DEPARTMENT_SIGN: Limit.of(1, LimitUnit.WORK_HOUR),
        Stage.RETURN_REQUEST: Limit.of(2, LimitUnit.WORK_HOUR),
        Stage.CHECK_TASK: Limit.of(30, LimitUnit.MINUTE),
        Stage.CLOSE: Limit.of(15, LimitUnit.MINUTE),
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
        State.ACCEPTED: Stage.REGISTER,
        State.REGISTERED: Stage.DISPATCH,
        State.RETURNED: Stage.DISPATCH,
        State.FEEDBACK: Stage.CHECK_TASK,
        State.CHECKING: Stage.CHECK_TASK,
        State.CHECKED: Stage.CLOSE,
        State.CHECK_FAILED: Stage.DISPATCH,
    }
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

    def stage_due(self, state: State, at: datetime) -> datetime | None:
        """When whoever holds a case that came into this state should have passed it on."""
        stage = HELD_STAGES.get(state)
        return self.calendar.deadline(at, self.stage_limits[stage]) if stage else None
