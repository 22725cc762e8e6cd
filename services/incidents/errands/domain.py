"""The rules of a ticket: three modes, one state after another, and no acting in somebody's stead without consent."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.platform.errors import Conflict, Invalid, NotFound, Stale


class ErrandUnknown(NotFound):
    """There is no ticket {errand_id} here."""

    reason = "ERRAND_UNKNOWN"


class ErrandStale(Stale):
    """Somebody else went on with the ticket; it is at version {version} now."""

    reason = "ERRAND_STALE"


class ErrandEnded(Conflict):
    """The ticket has ended ({state})."""

    reason = "ERRAND_ENDED"


class ConsentRequired(Invalid):
    """To act in somebody's stead needs their signed consent that still counts on {day}."""

    reason = "CONSENT_REQUIRED"


class Mode(StrEnum):
    """How it is done."""

    AGENCY = "agency"
    ACCOMPANY = "accompany"
    ASSIST = "assist"


class Place(StrEnum):
    """From where somebody acts."""

    COUNTER = "counter"
    GRID = "grid"


class State(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    DONE = "done"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person signed, and its last day."""

    object_key: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A ticket."""

    id: str
    version: int = 1
    state: State = State.OPEN
    mode: Mode
    grid_code: str
    area_path: str
    person_id: str
    matter: str
    consent: Consent | None = None
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that was done."""

    at: datetime
    by: str
    place: Place
    mode: Mode
    state: State
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """How a ticket is to go on; what is None stays."""

    place: Place
    words: str
    mode: Mode | None = None
    state: State | None = None
    consent: Consent | None = None


def require_consent(errand: Errand, today: date) -> None:
    """Fails with CONSENT_REQUIRED when somebody acts in a person's stead without a consent that counts today."""
    if errand.mode is Mode.AGENCY and (errand.consent is None or errand.consent.until < today):
        raise ConsentRequired(day=today.isoformat())


def gone_on(errand: Errand, going: Going, *, today: date) -> Errand:
    """The ticket after that; one may always be given up, for that takes nobody's place."""
    if errand.state is not State.OPEN:
        raise ErrandEnded(state=errand.state)
    changed = replace(
        errand,
        version=errand.version + 1,
        mode=going.mode or errand.mode,
        state=going.state or errand.state,
        consent=going.consent or errand.consent,
    )
    if changed.mode is not errand.mode or changed.state is not State.GIVEN_UP:
        require_consent(changed, today)
    return changed
