"""Says in the departments' plain words what the contract says in messages, and the other way round."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar, cast

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import elements_pb2, tasks_pb2

from plugins import sdk
from plugins.sdk.geometry import box_around

Word = TypeVar("Word", bound=StrEnum)

CASES_MAX: Final = 200
TEXT_LENGTH_MAX: Final = 100

_PREFIXES: Final[Mapping[type[StrEnum], tuple[EnumDescriptor, str]]] = {
    sdk.CaseState: (cases_pb2.CaseState.DESCRIPTOR, "CASE_STATE_"),
    sdk.StepKind: (cases_pb2.CaseEvent.DESCRIPTOR, "CASE_EVENT_"),
    sdk.Signal: (cases_pb2.Signal.DESCRIPTOR, "SIGNAL_"),
    sdk.Source: (cases_pb2.Source.DESCRIPTOR, "SOURCE_"),
    sdk.EvidenceKind: (place_pb2.EvidenceKind.DESCRIPTOR, "EVIDENCE_KIND_"),
    sdk.LimitUnit: (tasks_pb2.LimitUnit.DESCRIPTOR, "LIMIT_UNIT_"),
}


def _words(kind: type[StrEnum], descriptor: EnumDescriptor, prefix: str) -> Mapping[int, StrEnum]:
    known = {word.value: word for word in kind}
    names = {value.number: value.name.removeprefix(prefix).lower() for value in descriptor.values}
    return {number: known[name] for number, name in names.items() if name in known}


_WORDS: Final = {kind: _words(kind, *named) for kind, named in _PREFIXES.items()}


def word_of(kind: type[Word], number: int) -> Word:
    """A number of the contract as the kit's word; UNKNOWN when the contract is newer than the kit."""
    word = _WORDS[kind].get(number)
    return cast("Word", word) if word is not None else kind("unknown")


def number_of(word: StrEnum) -> int:
    """The kit's word as the contract's number."""
    descriptor, prefix = _PREFIXES[type(word)]
    return int(descriptor.values_by_name[prefix + word.name].number)


def case_of(case: cases_pb2.Case) -> sdk.Case:
    """A case, without who reported it."""
    return sdk.Case(
        id=case.id,
        number=case.number,
        version=case.version,
        state=word_of(sdk.CaseState, case.state),
        signal=word_of(sdk.Signal, case.signal),
        task_type=case.task_type,
        task_type_version=case.task_type_version,
        description=case.description,
        place=case.place,
        point=sdk.Point(
            longitude_deg=case.point.longitude_deg,
            latitude_deg=case.point.latitude_deg,
            accuracy_m=case.point.accuracy_m,
        ),
        grid_code=case.grid_code,
        area_path=case.area_path,
        department_code=case.department_code,
        source=word_of(sdk.Source, case.source),
        loop_level=case.loop_level,
        reported_at=case.reported_at.ToDatetime(UTC),
        registered_at=_moment(case, "registered_at", case.registered_at),
        deadline_at=_moment(case, "deadline_at", case.deadline_at),
        closed_at=_moment(case, "closed_at", case.closed_at),
        filing_condition=case.filing_condition,
        limit=sdk.Limit(value=case.limit.value, unit=word_of(sdk.LimitUnit, case.limit.unit))
        if case.HasField("limit")
        else None,
        form_answers=answers_of(case.form_answers),
        emergency=case.emergency,
        paused=case.paused,
        handler=case.handler,
        solver=case.solver,
        rework_count=case.rework_count,
        return_count=case.return_count,
        rating=case.rating,
        rating_comment=case.rating_comment,
        evidence=tuple(map(evidence_of, case.evidence)),
    )


def answers_of(text: str) -> Mapping[str, sdk.FormAnswer]:
    """Answers to a form; none when there are none or when they are no object."""
    try:
        answers = json.loads(text) if text else {}
    except ValueError:
        answers = {}
    plain = {key: value for key, value in answers.items() if _is_plain(value)} if isinstance(answers, dict) else {}
    return MappingProxyType(plain)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def evidence_of(evidence: place_pb2.Evidence) -> sdk.Evidence:
    """A stored file."""
    return sdk.Evidence(
        object_key=evidence.object_key,
        sha256=evidence.sha256,
        content_type=evidence.content_type,
        kind=word_of(sdk.EvidenceKind, evidence.kind),
        taken_at=_moment(evidence, "taken_at", evidence.taken_at),
        camera_id=evidence.camera_id,
    )


def entry_of(entry: cases_pb2.HistoryEntry) -> sdk.HistoryEntry:
    """A line of history."""
    return sdk.HistoryEntry(
        sequence=entry.sequence,
        step=word_of(sdk.StepKind, entry.event),
        from_state=word_of(sdk.CaseState, entry.from_state),
        to_state=word_of(sdk.CaseState, entry.to_state),
        actor=entry.actor,
        role=entry.role,
        receiver=entry.receiver,
        opinion=entry.opinion,
        opinion_en=entry.opinion_en,
        at=entry.at.ToDatetime(UTC),
        elapsed_s=entry.elapsed_s,
        overdue=entry.overdue,
        evidence=tuple(map(evidence_of, entry.evidence)),
    )


def leg_of(leg: cases_pb2.Leg) -> sdk.Leg:
    """A stay in a loop."""
    return sdk.Leg(
        loop_level=leg.loop_level,
        receiver=leg.receiver,
        received_at=leg.received_at.ToDatetime(UTC),
        replied_at=_moment(leg, "replied_at", leg.replied_at),
        reply=leg.reply,
    )


def component_of(element: elements_pb2.Element) -> sdk.Component:
    """A thing in the street."""
    return sdk.Component(
        code=element.key,
        class_code=element.class_code,
        state=element.state,
        owner_unit=element.owner_unit,
        point=sdk.Point(longitude_deg=element.point.longitude_deg, latitude_deg=element.point.latitude_deg),
    )


def file_of(answer: incidents_pb2.GetCaseResponse) -> sdk.CaseFile:
    """A case with its history, its legs and the legal steps."""
    return sdk.CaseFile(
        case=case_of(answer.case),
        history=tuple(map(entry_of, answer.history)),
        legs=tuple(map(leg_of, answer.legs)),
        legal_steps=tuple(
            sdk.LegalStep(
                step=word_of(sdk.StepKind, legal.event),
                opinion_required=legal.opinion_required,
                evidence_required=legal.evidence_required,
                fields_required=tuple(legal.fields_required),
            )
            for legal in answer.legal_steps
        ),
    )


def step_to(step: sdk.Step) -> cases_pb2.Step:
    """A step to take."""
    message = cases_pb2.Step(opinion=step.opinion, opinion_en=step.opinion_en, assignee=step.assignee)
    message.event = cases_pb2.CaseEvent.ValueType(number_of(step.kind))
    message.addressees.extend(cases_pb2.Addressee(receiver=receiver) for receiver in step.addressees)
    for evidence in step.evidence:
        message.evidence.add(
            object_key=evidence.object_key,
            sha256=evidence.sha256,
            content_type=evidence.content_type,
            kind=place_pb2.EvidenceKind.ValueType(number_of(evidence.kind)),
            camera_id=evidence.camera_id,
            taken_at=_timestamp(evidence.taken_at) if evidence.taken_at else None,
        )
    return message


def report_to(report: sdk.Report) -> cases_pb2.Report:
    """A matter that a department brings in itself."""
    return cases_pb2.Report(
        task_type=report.task_type,
        description=report.description.zh,
        description_en=report.description.en,
        point=place_pb2.Point(
            longitude_deg=report.point.longitude_deg,
            latitude_deg=report.point.latitude_deg,
            accuracy_m=report.point.accuracy_m,
        ),
        place=report.place,
        filing_condition=report.filing_condition,
        form_answers=json.dumps(dict(report.form_answers), ensure_ascii=False) if report.form_answers else "",
        source=cases_pb2.SOURCE_SYSTEM,
    )


def search_to(search: sdk.Search, department_code: str) -> incidents_pb2.ListCasesRequest:
    """Which cases to look for."""
    request = incidents_pb2.ListCasesRequest(
        area_code=search.area_code,
        department_code=department_code,
        text=search.text[:TEXT_LENGTH_MAX],
        task_type=search.task_type,
        open_only=search.open_only,
        page_size=min(search.most, CASES_MAX),
    )
    if search.near is not None:
        corners = box_around(search.near, side_m=2 * search.near_m)
        request.within.append(";".join(f"{each.longitude_deg:.7f},{each.latitude_deg:.7f}" for each in corners))
    request.reported_from.FromDatetime(search.since)
    return request


def letter_text(letter: sdk.Letter) -> str:
    """A letter as it waits to be sent; the same letter is the same text."""
    return json.dumps(asdict(letter), ensure_ascii=False, sort_keys=True)


def letter_of(text: str) -> sdk.Letter:
    """A letter that waited."""
    return sdk.Letter(**json.loads(text))


def _moment(message: Message, field: str, value: Timestamp) -> datetime | None:
    return value.ToDatetime(UTC) if message.HasField(field) else None


def _timestamp(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
