"""What a duty must say before it is published: what, how much, how, by what measure, by whom (五可), and until when."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.platform.errors import Conflict, Invalid, NotFound, Stale


class DutyUnknown(NotFound):
    """There is no duty {duty_id} here."""

    reason = "DUTY_UNKNOWN"


class DutyStale(Stale):
    """Somebody else changed the duty; it is at version {version} now."""

    reason = "DUTY_STALE"


class DutyPublished(Conflict):
    """The duty was published already; it can only be worked and appraised."""

    reason = "DUTY_PUBLISHED"


class DutyNotPublished(Conflict):
    """The duty was not published yet."""

    reason = "DUTY_NOT_PUBLISHED"


class DutyIncomplete(Invalid):
    """The duty cannot be published; it lacks: {missing}."""

    reason = "DUTY_INCOMPLETE"


class Appraiser(StrEnum):
    """Who appraises."""

    LEADER = "leader"
    THIRD_PARTY = "third_party"
    HOUSEHOLDS = "households"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """What a duty was appraised at."""

    quarter: str
    appraiser: Appraiser
    score: int
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A task on somebody's list."""

    id: str
    version: int = 1
    area_code: str
    area_path: str
    title: str
    definition: str = ""
    quantity: int = 0
    unit: str = ""
    steps: tuple[str, ...] = ()
    measure: str = ""
    accountable: str = ""
    due_at: datetime | None = None
    published_at: datetime | None = None
    done: int = 0
    appraisals: tuple[Appraisal, ...] = ()

    def missing(self, at: datetime) -> tuple[str, ...]:
        """What it lacks before it can be published."""
        said = {
            "definition": self.definition.strip(),
            "quantity": self.quantity,
            "unit": self.unit.strip(),
            "steps": [step for step in self.steps if step.strip()],
            "measure": self.measure.strip(),
            "accountable": self.accountable.strip(),
            "due_at": self.due_at is not None and self.due_at > at,
        }
        return tuple(name for name, value in said.items() if not value)


def published(duty: Duty, at: datetime) -> Duty:
    """The duty as whoever is accountable gets it; fails with DUTY_PUBLISHED, DUTY_INCOMPLETE."""
    if duty.published_at is not None:
        raise DutyPublished
    missing = duty.missing(at)
    if missing:
        raise DutyIncomplete(missing=", ".join(missing))
    return replace(duty, version=duty.version + 1, published_at=at)
