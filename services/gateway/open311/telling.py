"""Tells a case the way Open311 tells a service request: open or closed, and nothing about any person."""

import re
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from gridward.incidents.v1 import cases_pb2
from gridward.registry.v1 import tasks_pb2

from services.gateway.open311.catalogue import title_of
from services.gateway.words import Words

Json = dict[str, Any]

ENDED: Final = frozenset(
    {
        cases_pb2.CASE_STATE_REJECTED,
        cases_pb2.CASE_STATE_NOT_REGISTERED,
        cases_pb2.CASE_STATE_CLOSED,
        cases_pb2.CASE_STATE_CANCELLED,
    }
)
#: The wider set of states that FixMyStreet understands.
EXTENDED: Final = {
    "REPORTED": "OPEN",
    "ACCEPTED": "INVESTIGATING",
    "REGISTERED": "ACTION_SCHEDULED",
    "DISPATCHED": "ACTION_SCHEDULED",
    "SIGNED": "ACTION_SCHEDULED",
    "CLOSED": "FIXED",
    "REJECTED": "NOT_COUNCILS_RESPONSIBILITY",
    "NOT_REGISTERED": "NO_FURTHER_ACTION",
    "CANCELLED": "NO_FURTHER_ACTION",
}
#: What is said at these steps is said to the reporter, and so may be published.
ANSWERS: Final = frozenset({"FEEDBACK", "REJECT", "CLOSE", "CANCEL"})
#: A number long enough to be somebody's telephone or identity card.
_PERSONAL_NUMBER = re.compile(r"(?<![\d.-])(\d{3})\d{4,14}[\dXx](?![\d-])")


def masked(text: str) -> str:
    """The words without anything that looks like a telephone or identity number."""
    return _PERSONAL_NUMBER.sub(r"\1****", text)


def state_name(state: int) -> str:
    """The state without its prefix."""
    return cases_pb2.CaseState.Name(cases_pb2.CaseState.ValueType(state)).removeprefix("CASE_STATE_")


def status_of(state: int) -> str:
    """Open or closed; the standard knows nothing else."""
    return "closed" if state in ENDED else "open"


def extended_status(state: str) -> str:
    """The same for clients that know more."""
    return EXTENDED.get(state, "IN_PROGRESS")


def written(at: datetime, zone: ZoneInfo) -> str:
    """A moment as the standard writes it, with the city's offset."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def moment(stamp: Timestamp) -> datetime:
    """A stamp as an aware moment."""
    return stamp.ToDatetime(tzinfo=ZoneInfo("UTC"))


def changed_at(case: cases_pb2.Case, known: datetime | None) -> datetime:
    """When the case changed last, as far as is known."""
    stamps = [moment(case.reported_at)]
    stamps += [moment(getattr(case, name)) for name in ("registered_at", "closed_at") if case.HasField(name)]
    return max([*stamps, known] if known else stamps)


def request_of(
    case: cases_pb2.Case, kind: tasks_pb2.TaskType, *, words: Words, zone: ZoneInfo, updated_at: datetime
) -> Json:
    """The core answer; what is unknown is empty, never of another type."""
    route = case.route
    agency = (words.language == "en" and route.department_name_en) or route.department_name or case.department_code
    return {
        "service_request_id": case.number,
        "status": status_of(case.state),
        "status_notes": words.text("state", state_name(case.state)) or "",
        "service_name": title_of(kind, words.language),
        "service_code": case.task_type,
        "description": masked(case.description),
        "agency_responsible": agency,
        "service_notice": "",
        "requested_datetime": written(moment(case.reported_at), zone),
        "updated_datetime": written(updated_at, zone),
        "expected_datetime": written(moment(case.deadline_at), zone) if case.HasField("deadline_at") else "",
        "address": masked(case.place) or case.grid_name,
        "address_id": case.grid_code,
        "zipcode": "",
        "lat": round(case.point.latitude_deg, 6),
        "long": round(case.point.longitude_deg, 6),
        "media_url": "",
    }


def extension_of(case: cases_pb2.Case, notes: list[Json]) -> Json:
    """What `extensions=true` adds."""
    source = cases_pb2.Source.Name(case.source).removeprefix("SOURCE_").lower()
    signal = cases_pb2.Signal.Name(case.signal).removeprefix("SIGNAL_").lower()
    return {
        "extended_attributes": {
            "channel": source,
            "state": state_name(case.state).lower(),
            "status": extended_status(state_name(case.state)),
            "signal": "" if case.state in ENDED else signal,
            "grid": case.grid_name,
            "area_path": case.area_path,
        },
        "notes": notes,
    }
