"""Says what an emergency switches in an area, and which shifts give way to its roster and come back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.platform.errors import Conflict, Invalid, NotFound
from services.registry.domain.staff import Shift
from services.registry.domain.tasks import Admission

LENGTH_MAX: Final = timedelta(days=31)
#: Task types that the centre took up once; an emergency cannot let in what was never admitted.
OPENABLE: Final = frozenset({Admission.ADMITTED, Admission.SUSPENDED})


class EmergencyUnknown(NotFound):
    """There is no such emergency in your area."""

    reason = "EMERGENCY_UNKNOWN"


class EmergencyOver(Conflict):
    """The emergency ended at {ended_at}."""

    reason = "EMERGENCY_OVER"


class EmergencyOverlaps(Conflict):
    """Area {area_code} is on an emergency footing already; stand down there first."""

    reason = "EMERGENCY_OVERLAPS"


class EmergencyRefused(Invalid):
    """The emergency was not declared: {problem}."""

    reason = "EMERGENCY_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What is different in an area, from when to when, and by whose word."""

    id: UUID
    area_code: str
    title: str
    reason: str
    opened_task_types: tuple[str, ...] = ()
    paused_task_types: tuple[str, ...] = ()
    #: Post → who stands on it meanwhile.
    roster: Mapping[str, str]
    report_minutes: int = 0
    declared_by: str
    declared_at: datetime
    until: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    end_reason: str = ""

    def require_sensible(self, admissions: Mapping[str, Admission]) -> None:
        """Fails with EMERGENCY_REFUSED unless it can be declared; `admissions` are those of the task types named."""
        if not self.declared_at < self.until <= self.declared_at + LENGTH_MAX:
            raise EmergencyRefused(problem=f"it must end after now and within {LENGTH_MAX.days} days")
        both = set(self.opened_task_types) & set(self.paused_task_types)
        if both:
            raise EmergencyRefused(problem=f"{min(both)} cannot be opened and paused at once")
        for code in self.opened_task_types:
            if admissions[code] not in OPENABLE:
                raise EmergencyRefused(
                    problem=f"{code} is {admissions[code].name.lower()}, only the centre can admit it"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedShift:
    """A shift of a post, with who set it."""

    post_code: str
    shift: Shift
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What becomes of the shifts of some posts: which go, and which stand instead."""

    gone: tuple[PlacedShift, ...]
    instead: tuple[PlacedShift, ...]


def called_up(emergency: Emergency, standing: Sequence[PlacedShift]) -> Handover:
    """The roster takes over: whoever stands in now stands until now, whoever would come later gives way."""
    now = emergency.declared_at
    gone = tuple(
        placed for placed in standing if placed.shift.ends_at > now and placed.shift.starts_at < emergency.until
    )
    roster = [
        PlacedShift(
            post_code=post,
            shift=Shift(staff_code=staff, starts_at=now, ends_at=emergency.until),
            set_by=emergency.declared_by,
            set_at=now,
        )
        for post, staff in emergency.roster.items()
    ]
    return Handover(gone=gone, instead=(*_until(gone, now), *roster))


def stood_down(emergency: Emergency, gave_way: Sequence[PlacedShift], roster: Sequence[PlacedShift]) -> Handover:
    """What gave way comes back as far as it is not over; the roster stood until now."""
    now = emergency.ended_at or emergency.until
    return Handover(gone=tuple(roster), instead=(*_until(roster, now), *_since(gave_way, now)))


def _until(shifts: Iterable[PlacedShift], moment: datetime) -> list[PlacedShift]:
    return [_cut(placed, ends_at=moment) for placed in shifts if placed.shift.starts_at < moment]


def _since(shifts: Iterable[PlacedShift], moment: datetime) -> list[PlacedShift]:
    return [
        _cut(placed, starts_at=max(placed.shift.starts_at, moment))
        for placed in shifts
        if placed.shift.ends_at > moment
    ]


def _cut(placed: PlacedShift, *, starts_at: datetime | None = None, ends_at: datetime | None = None) -> PlacedShift:
    shift = placed.shift
    return PlacedShift(
        post_code=placed.post_code,
        shift=Shift(
            staff_code=shift.staff_code,
            starts_at=starts_at or shift.starts_at,
            ends_at=min(ends_at, shift.ends_at) if ends_at else shift.ends_at,
        ),
        set_by=placed.set_by,
        set_at=placed.set_at,
    )
