"""Turns an event into the hook that a department is called with, and what it is told."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from google.protobuf.message import DecodeError, Message
from gridward.events.v1 import events_pb2
from gridward.host.v1 import desk_pb2
from gridward.incidents.v1 import cases_pb2

from plugins import sdk
from services.host.translate import case_of, entry_of, leg_of, word_of

#: Steps that a department is told of by a hook of their own.
STEP_HOOKS: Final[Mapping[int, str]] = {
    cases_pb2.CASE_EVENT_ACCEPT: "before_filing",
    cases_pb2.CASE_EVENT_DISPATCH: "case_dispatched",
    cases_pb2.CASE_EVENT_REWORK: "case_dispatched",
    cases_pb2.CASE_EVENT_SIGN: "case_signed",
    cases_pb2.CASE_EVENT_RETURN_BACK: "case_returned",
    cases_pb2.CASE_EVENT_DISPOSE: "case_disposed",
    cases_pb2.CASE_EVENT_CLOSE: "case_closed",
}


class EventBroken(Exception):
    """An event whose content cannot be read, so that no further try will help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One moment at which a department is asked: which hook, on account of which event, with what."""

    hook: str
    event_id: str
    at: datetime
    arguments: Mapping[str, object] = field(repr=False)


def occasion_of(event: events_pb2.Event) -> Occasion | None:
    """The occasion an event is; None when it concerns no hook. Fails with EventBroken."""
    told = _told(event)
    if told is None:
        return None
    hook, arguments = told
    at = event.occurred_at.ToDatetime(UTC)
    return Occasion(hook=hook, event_id=event.id, at=at, arguments={**arguments, "at": at})


def concerns_none(event: events_pb2.Event, hooks: Collection[str]) -> bool:
    """Whether the event is an occasion for none of these hooks; told by its kind, before it is translated."""
    kind = event.payload.TypeName()
    if kind != cases_pb2.CaseAdvanced.DESCRIPTOR.full_name:
        return _HOOKS.get(kind) not in hooks
    advanced = cases_pb2.CaseAdvanced()
    try:
        event.payload.Unpack(advanced)
    except DecodeError:
        return False  # to be put aside, where somebody sees it
    return STEP_HOOKS.get(advanced.entry.event) not in hooks


Told = tuple[str, dict[str, object]] | None


def _told(event: events_pb2.Event) -> Told:
    kind, telling = _TELLINGS.get(event.payload.TypeName(), (None, None))
    if kind is None or telling is None:
        return None
    message = kind()
    try:
        event.payload.Unpack(message)
        return telling(message)
    except (DecodeError, ValueError) as error:
        raise EventBroken(event.type) from error


def _reported(message: cases_pb2.IncidentReported) -> Told:
    return "incident_reported", {"case": case_of(message.case)}


def _advanced(message: cases_pb2.CaseAdvanced) -> Told:
    hook = STEP_HOOKS.get(message.entry.event)
    return (hook, {"case": case_of(message.case), "entry": entry_of(message.entry)}) if hook else None


def _signal_changed(message: cases_pb2.SignalChanged) -> Told:
    if message.case.signal not in {cases_pb2.SIGNAL_YELLOW, cases_pb2.SIGNAL_RED}:
        return None
    return "case_overdue", {"case": case_of(message.case), "before": word_of(sdk.Signal, message.from_signal)}


def _escalated(message: cases_pb2.CaseEscalated) -> Told:
    return "case_escalated", {"case": case_of(message.case), "leg": leg_of(message.leg)}


def _rated(message: cases_pb2.CaseRated) -> Told:
    award = sdk.Award(beneficiary=message.beneficiary, points=message.points)
    return "case_rated", {"case": case_of(message.case), "award": award}


def _hour_struck(_message: desk_pb2.HourStruck) -> Told:
    return "hour_struck", {}


def _day_began(message: desk_pb2.DayBegan) -> Told:
    return "day_began", {"day": date.fromisoformat(message.day)}


def _message_received(message: desk_pb2.MessageReceived) -> Told:
    content = json.loads(message.content or "{}")
    return "message_received", {"message": sdk.Message(topic=message.topic, about=message.about, content=content)}


#: What each kind may be an occasion for; steps have hooks of their own.
_HOOKS: Final[Mapping[str, str]] = {
    kind.DESCRIPTOR.full_name: hook
    for kind, hook in (
        (cases_pb2.IncidentReported, "incident_reported"),
        (cases_pb2.SignalChanged, "case_overdue"),
        (cases_pb2.CaseEscalated, "case_escalated"),
        (cases_pb2.CaseRated, "case_rated"),
        (desk_pb2.HourStruck, "hour_struck"),
        (desk_pb2.DayBegan, "day_began"),
        (desk_pb2.MessageReceived, "message_received"),
    )
}
# By content and not by the event's name: the name says what happened in incidents' words, the content is the contract.
_TELLINGS: Final[Mapping[str, tuple[type[Message], Callable[..., Told]]]] = {
    kind.DESCRIPTOR.full_name: (kind, telling)
    for kind, telling in (
        (cases_pb2.IncidentReported, _reported),
        (cases_pb2.CaseAdvanced, _advanced),
        (cases_pb2.SignalChanged, _signal_changed),
        (cases_pb2.CaseEscalated, _escalated),
        (cases_pb2.CaseRated, _rated),
        (desk_pb2.HourStruck, _hour_struck),
        (desk_pb2.DayBegan, _day_began),
        (desk_pb2.MessageReceived, _message_received),
    )
}
