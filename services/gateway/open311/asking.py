"""Reads what a client asks for: which cases, from when to when, how many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from services.gateway.open311.faults import ParameterInvalid, SpanTooLong

DAYS_MAX: Final = 90
SIZE_MAX: Final = 1000
#: With `page`, no client reads further back than this many rows; dates lead there sooner.
DEPTH_MAX: Final = 5000
PAGE_SIZE_USUAL: Final = 100
LIST_MAX: Final = 200
STATUSES: Final = ("open", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on the ground."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, longitude_deg: float, latitude_deg: float) -> bool:
        """Whether a point lies in it."""
        return self.west <= longitude_deg <= self.east and self.south <= latitude_deg <= self.north


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The service requests a client asked for."""

    numbers: tuple[str, ...]
    codes: tuple[str, ...]
    statuses: tuple[str, ...]
    since: datetime
    until: datetime
    updated: tuple[datetime, datetime] | None
    box: Box | None
    skip: int
    size: int
    extensions: bool


def wanted(given: Mapping[str, str], *, now: datetime) -> Wanted:
    """What the parameters say; an empty one is as one not given. Fails with OPEN311_PARAMETER_INVALID, _SPAN_TOO_LONG."""
    since, until = span_of(given, "start_date", "end_date", now=now)
    updated = None
    if given.get("updated_after") or given.get("updated_before"):
        updated = span_of(given, "updated_after", "updated_before", now=now)
    statuses = _words(given, "status")
    if not set(statuses) <= set(STATUSES):
        raise ParameterInvalid(parameter="status", given=given["status"][:60])
    size = _number(given, "page_size", usual=PAGE_SIZE_USUAL, most=SIZE_MAX) if _paged(given) else SIZE_MAX
    page = max(1, _number(given, "page", usual=1, most=DEPTH_MAX))
    if page * size > DEPTH_MAX:
        raise ParameterInvalid(parameter="page", given=str(page))
    return Wanted(
        numbers=_words(given, "service_request_id"),
        codes=_words(given, "service_code"),
        statuses=statuses,
        since=since,
        until=until,
        updated=updated,
        box=_box(given.get("bbox", "")),
        skip=(page - 1) * size,
        size=size,
        extensions=truth(given, "extensions"),
    )


def span_of(given: Mapping[str, str], first: str, last: str, *, now: datetime) -> tuple[datetime, datetime]:
    """From when to when; one end alone gives ninety days, none the last ninety."""
    span = timedelta(days=DAYS_MAX)
    since, until = _moment(given, first), _moment(given, last)
    if since and until:
        if since > until:
            raise ParameterInvalid(parameter=first, given=given[first][:60])
        if until - since > span + timedelta(days=1):
            raise SpanTooLong(days=DAYS_MAX)
        return since, until
    if since:
        return since, since + span
    until = until or now
    return until - span, until


def truth(given: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false; false when it is not there."""
    return given.get(name, "").lower() in {"true", "1"}


def _paged(given: Mapping[str, str]) -> bool:
    return bool(given.get("page") or given.get("page_size"))


def _words(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in given.get(name, "").split(",") if part.strip()))
    if len(found) > LIST_MAX:
        raise ParameterInvalid(parameter=name, given=f"{len(found)} > {LIST_MAX}")
    return found


def _number(given: Mapping[str, str], name: str, *, usual: int, most: int) -> int:
    text = given.get(name, "")
    if not text:
        return usual
    if not text.isdecimal() or int(text[:9]) > most or (name == "page_size" and int(text) == 0):
        raise ParameterInvalid(parameter=name, given=text[:60])
    return int(text)


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ParameterInvalid(parameter=name, given=text[:60]) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _box(text: str) -> Box | None:
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ParameterInvalid(parameter="bbox", given=text[:60]) from None
    return Box(west=west, south=south, east=east, north=north)
