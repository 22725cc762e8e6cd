"""Understands what the contract says: reports, steps, and which cases a list is to hold."""

from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.registry.v1 import tasks_pb2

from services.incidents.domain.case import Evidence, Point, Source
from services.incidents.domain.intake import Report
from services.incidents.domain.limits import Limit
from services.incidents.domain.step import Addressee, Step
from services.incidents.messages.names import EVENT_OF, EVIDENCE_KIND_OF, PRIORITY_OF, SOURCE_OF, UNIT_OF
from services.platform.errors import FieldInvalid
from services.platform.identity import Caller

#: Who brings a report when nobody says so: follows from what the caller is.
_SOURCE_BY_ROLE: Final = {
    "resident": Source.RESIDENT,
    "volunteer": Source.VOLUNTEER,
    "volunteer_coordinator": Source.VOLUNTEER,
    "video_patroller": Source.VIDEO,
    "acceptor": Source.HOTLINE,
    "duty_chief": Source.TRANSFER,
    "dispatcher": Source.TRANSFER,
    "service": Source.SYSTEM,
    "plugin": Source.SYSTEM,
}


def report_of(message: cases_pb2.Report, caller: Caller) -> Report:
    """What is reported."""
    return Report(
        description=message.description,
        point=point_of(message.point),
        place=message.place,
        source=SOURCE_OF.get(message.source) or _source_of(caller),
        evidence=tuple(evidence_of(item) for item in message.evidence),
        form_answers=message.form_answers,
        filing_condition=message.filing_condition,
        description_en=message.description_en,
    )


def step_of(message: cases_pb2.Step) -> Step:
    """A step somebody wants to take; fails with FIELD_INVALID for one this program does not know."""
    event = EVENT_OF.get(message.event)
    if event is None:
        raise FieldInvalid(field="steps.event", problem="is not known")
    return Step(
        event=event,
        opinion=message.opinion,
        opinion_en=message.opinion_en,
        evidence=tuple(evidence_of(item) for item in message.evidence),
        filing_condition=message.filing_condition,
        department_code=message.department_code,
        assignee=message.assignee,
        rating=message.rating,
        task_type=message.task_type,
        until=moment_of(message.until) if message.HasField("until") else None,
        priority=PRIORITY_OF.get(message.priority),
        addressees=tuple(addressee_of(addressee) for addressee in message.addressees),
        part=message.part,
        move=message.move,
        point=point_of(message.point) if message.HasField("point") else None,
        cause=message.cause,
    )


def addressee_of(message: cases_pb2.Addressee) -> Addressee:
    """Somebody to be given a part."""
    limit = limit_of(message.limit) if message.HasField("limit") else None
    return Addressee(receiver=message.receiver, limit=limit, place=message.place or 1)


def limit_of(message: tasks_pb2.Limit) -> Limit:
    """A span of time; fails with FIELD_INVALID for a unit this program does not know."""
    unit = UNIT_OF.get(message.unit)
    if unit is None:
        raise FieldInvalid(field="unit", problem="is not known")
    return Limit.of(message.value, unit)


def evidence_of(message: place_pb2.Evidence) -> Evidence:
    """A piece of evidence."""
    return Evidence(
        kind=EVIDENCE_KIND_OF[message.kind],
        object_key=message.object_key,
        sha256=message.sha256,
        content_type=message.content_type,
        size_bytes=message.size_bytes,
        taken_at=moment_of(message.taken_at) if message.HasField("taken_at") else None,
        taken_where=point_of(message.taken_where) if message.HasField("taken_where") else None,
        camera_id=message.camera_id,
    )


def point_of(message: place_pb2.Point) -> Point:
    """A point."""
    return Point(longitude_deg=message.longitude_deg, latitude_deg=message.latitude_deg, accuracy_m=message.accuracy_m)


def moment_of(message: Timestamp) -> datetime:
    """A moment; fails with FIELD_INVALID when it lies outside of what calendars know."""
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldInvalid(field="timestamp", problem="is out of range") from error


def _source_of(caller: Caller) -> Source:
    return next((_SOURCE_BY_ROLE[role] for role in caller.roles if role in _SOURCE_BY_ROLE), Source.GRID_WORKER)
