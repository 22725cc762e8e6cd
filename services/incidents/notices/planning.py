"""Makes notices of what happened: who is told, in which language and words, by which channels, and when."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from gridward.incidents.v1 import cases_pb2, duplicates_pb2

from services.incidents.aftermath import Happening
from services.incidents.cityview.city import City
from services.incidents.messages.incoming import moment_of
from services.incidents.messages.names import EVENT_OF, SIGNAL_OF
from services.incidents.notices import store
from services.incidents.notices.directory import LEADERS, SPECIALISTS, Directory, Person
from services.incidents.notices.domain import (
    MISSED,
    STAFF_SMS,
    TO_REPORTERS,
    Audience,
    Channel,
    Occasion,
    Planned,
    QuietHours,
    Texts,
    Told,
    filled,
    plan,
    with_own_words,
)
from services.incidents.notices.store import Contact, NewNotice, Webhook
from services.incidents.notices.supplied import SUPPLIED
from services.platform.database import Transaction

GROUP: Final = "notices"
_PAYLOADS: Final[Mapping[str, type[Message]]] = {
    "incident_reported": cases_pb2.IncidentReported,
    "case_advanced": cases_pb2.CaseAdvanced,
    "signal_changed": cases_pb2.SignalChanged,
    "case_escalated": cases_pb2.CaseEscalated,
    "case_rated": cases_pb2.CaseRated,
    "case_delayed": cases_pb2.CaseDelayed,
    "cases_merged": duplicates_pb2.CasesMerged,
}
TYPES: Final = tuple(_PAYLOADS)
#: Never shown to other systems.
_NAMES: Final = re.compile(r"[^\s,，、;；]+")
_PRIVATE: Final = ("reporter", "evidence", "form_answers", "route")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matter:
    """One event, understood."""

    happening: Happening
    payload: Any  # one of the messages of _PAYLOADS
    case: cases_pb2.Case
    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was looked up for a batch at once."""

    masters: Mapping[str, str]
    contacts: Mapping[str, Contact]
    texts: Texts


class Planning:
    """Follows events and writes notices, in the transaction that moves on."""

    def __init__(self, city: City, directory: Directory, quiet_hours: QuietHours) -> None:
        self._city = city
        self._directory = directory
        self._quiet_hours = quiet_hours

    async def handle(self, transaction: Transaction, happenings: Sequence[Happening]) -> None:
        """Write the notices of a batch."""
        advanced = {happening.subject for happening in happenings if happening.type == "case_advanced"}
        reopenings = await store.list_reopenings(transaction, advanced) if advanced else {}
        matters = [self._matter_of(happening, reopenings) for happening in happenings]
        to_reporters = {
            matter.case.id
            for matter in matters
            if any(planned.audience is Audience.REPORTERS for planned in matter.planned)
        }
        followers = await store.list_followers_of(transaction, to_reporters) if to_reporters else {}
        told = [
            (matter, planned, person)
            for matter in matters
            for planned in matter.planned
            for person in self._people(matter, planned, followers, matter.happening.at)
        ]
        known = _Known(
            masters=await store.list_masters(transaction, to_reporters) if to_reporters else {},
            contacts=await store.read_contacts(transaction, (person.subject for _, _, person in told)),
            texts=Texts(await store.read_templates(transaction), SUPPLIED),
        )
        notices = [
            notice for matter, planned, person in told for notice in self._notices(matter, planned, person, known)
        ]
        webhooks = await store.list_live_webhooks(transaction)
        notices += [notice for matter in matters for notice in self._webhook_notices(matter, webhooks)]
        if notices:
            await store.insert_notices(transaction, notices)

    def _people(
        self, matter: _Matter, planned: Planned, followers: Mapping[str, list[str]], at: datetime
    ) -> list[Person]:
        case, directory = matter.case, self._directory
        if planned.audience is Audience.REPORTERS:
            subjects = dict.fromkeys([case.reporter, *followers.get(case.id, ())])
            return [directory.one(subject, at) for subject in subjects if subject]
        if planned.audience is Audience.RECEIVER:
            people = [person for receiver in _receivers_of(matter) for person in directory.behind(receiver, at)]
            return list({person.subject: person for person in people}.values())
        if planned.audience is Audience.DEPARTMENT:
            return directory.of_department(case.department_code, SPECIALISTS, at)
        if planned.audience is Audience.LEADERS:
            return directory.of_department(case.department_code, LEADERS, at)
        subject = case.handler if planned.audience is Audience.HANDLER else case.checker
        if not subject and planned.words is not None:
            return directory.of_department(case.department_code, SPECIALISTS, at)
        return [directory.one(subject, at)] if subject else []

    def _notices(self, matter: _Matter, planned: Planned, person: Person, known: _Known) -> Iterator[NewNotice]:
        case, at = matter.case, matter.happening.at
        contact = known.contacts.get(person.subject)
        language = contact.language if contact else "zh"
        occasion, number = planned.occasion, case.number
        if occasion is Occasion.REFUSED and case.id in known.masters:
            occasion, number = Occasion.MERGED, known.masters[case.id]
        figures = self._figures(matter, number, language)
        for channel in _channels(planned, occasion, contact, urgent=case.emergency):
            text = known.texts.text(
                occasion,
                task_type=case.task_type,
                channel=channel,
                language=language,
                own=_own_words(planned, language),
            )
            yield NewNotice(
                case_id=case.id,
                occasion=occasion,
                mark=planned.mark,
                recipient=person.subject,
                channel=channel,
                text=filled(text, figures),
                created_at=at,
                due_at=self._quiet_hours.due(at, occasion=occasion, channel=channel, on_duty=person.on_duty),
            )

    def _figures(self, matter: _Matter, number: str, language: str) -> dict[str, str]:
        case, english = matter.case, language == "en"
        department = self._city.view.departments.get(case.department_code)
        name = (department.name_en if english else department.name) if department else ""
        title = (case.task_type_title_en if english else case.task_type_title) or case.task_type
        deadline = ""
        if case.HasField("deadline_at"):
            deadline = moment_of(case.deadline_at).astimezone(self._city.zone).strftime("%m-%d %H:%M")
        return {
            "number": number,
            "title": title,
            "place": case.place or case.grid_name,
            "department": name or case.department_code or ("the centre" if english else "中心"),
            "deadline": deadline or "-",
            "opinion": _opinion_of(matter, language),
        }

    def _webhook_notices(self, matter: _Matter, webhooks: Iterable[Webhook]) -> Iterator[NewNotice]:
        happening, case = matter.happening, matter.case
        areas = set(case.area_path.split("."))
        for webhook in webhooks:
            wanted = (
                happening.type in webhook.event_types
                and webhook.department_code in {"", case.department_code}
                and (not webhook.area_code or webhook.area_code in areas)
            )
            if wanted:
                yield NewNotice(
                    case_id=case.id,
                    occasion=Occasion.EVENT,
                    mark=happening.id,
                    recipient=webhook.id,
                    channel=Channel.WEBHOOK,
                    text=_public_json(matter),
                    created_at=happening.at,
                    due_at=happening.at,
                )

    def _matter_of(self, happening: Happening, reopenings: Mapping[str, Sequence[int]]) -> _Matter:
        payload: Any = _PAYLOADS[happening.type]()
        happening.payload.Unpack(payload)
        case = payload.master if happening.type == "cases_merged" else payload.case
        told = Told(
            type=happening.type,
            version=case.version,
            event=EVENT_OF.get(payload.entry.event) if happening.type == "case_advanced" else None,
            signal=SIGNAL_OF.get(case.signal) if happening.type == "signal_changed" else None,
            deadline=str(case.deadline_at.seconds),
            leg=str(payload.leg.received_at.seconds) if happening.type == "case_escalated" else "",
            missed=f"{payload.missed} {payload.due_at.seconds}" if happening.type == "case_delayed" else "",
            reopened=sum(sequence < case.version for sequence in reopenings.get(case.id, ())),
        )
        own = self._city.view.task_type(case.task_type, case.task_type_version).notices if case.task_type else ()
        return _Matter(happening=happening, payload=payload, case=case, planned=with_own_words(plan(told), told, own))


def _opinion_of(matter: _Matter, language: str) -> str:
    """What was said with a step, or what was missed."""
    if matter.happening.type == "case_advanced":
        return str(matter.payload.entry.opinion)
    if matter.happening.type == "case_delayed":
        chinese, english = MISSED.get(matter.payload.missed, ("", ""))
        return english if language == "en" else chinese
    return ""


def _receivers_of(matter: _Matter) -> list[str]:
    """Posts, departments or people; a step may name several."""
    if matter.happening.type == "case_escalated":
        return [str(matter.payload.leg.receiver)]
    if matter.happening.type == "case_advanced":
        return _NAMES.findall(matter.payload.entry.receiver)
    return [matter.case.route.worker_post or matter.case.department_code]


def _own_words(planned: Planned, language: str) -> str:
    if planned.words is None:
        return ""
    return planned.words.text_en or planned.words.text if language == "en" else planned.words.text


def _channels(planned: Planned, occasion: Occasion, contact: Contact | None, *, urgent: bool) -> tuple[Channel, ...]:
    to_reporters = planned.audience is Audience.REPORTERS and occasion in TO_REPORTERS
    by_sms = to_reporters or occasion in STAFF_SMS or (urgent and occasion is Occasion.ASSIGNED)
    if contact is not None and contact.sms and by_sms:
        return Channel.APP, Channel.SMS
    return (Channel.APP,)


def _public_json(matter: _Matter) -> str:
    """An event as other systems are told it: nothing of the reporter, no evidence."""
    told = MessageToDict(matter.payload, preserving_proto_field_name=True)
    for name in ("case", "master"):
        if name in told:
            told[name] = {key: value for key, value in told[name].items() if key not in _PRIVATE}
    if "entry" in told:
        told["entry"] = {
            key: told["entry"][key]
            for key in ("sequence", "event", "from_state", "to_state", "at")
            if key in told["entry"]
        }
    happening = matter.happening
    envelope = {"id": happening.id, "type": happening.type, "at": happening.at.isoformat(), "data": told}
    return json.dumps(envelope, ensure_ascii=False, sort_keys=True)
