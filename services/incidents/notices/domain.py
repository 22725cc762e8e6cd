"""Decides who is to be told what on which occasion, in which words, and when: not twice, and not at night."""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from services.incidents.domain.case import Event
from services.incidents.domain.signal import Signal
from services.incidents.domain.tasktypes import OwnNotice
from services.platform.errors import Conflict, Invalid, NotFound, Unavailable

TRIES_MAX: Final = 8
RETRY_FIRST: Final = timedelta(seconds=30)
RETRY_MAX: Final = timedelta(hours=1)


class PhoneRefused(Invalid):
    """{phone} is no telephone number."""

    reason = "PHONE_REFUSED"


class ContactsNotSealed(Unavailable):
    """Numbers cannot be kept here: this installation has no sealing keys."""

    reason = "CONTACTS_NOT_SEALED"


class TemplateInvalid(Invalid):
    """The text cannot be used: {problem}."""

    reason = "TEMPLATE_INVALID"


class WebhookRefused(Invalid):
    """The webhook cannot be added: {problem}."""

    reason = "WEBHOOK_REFUSED"


class WebhookUnknown(NotFound):
    """There is no webhook {webhook_id}."""

    reason = "WEBHOOK_UNKNOWN"


class WebhookStopped(Conflict):
    """The webhook was stopped; what it missed is not sent any more."""

    reason = "WEBHOOK_STOPPED"


class Occasion(StrEnum):
    """On what occasion somebody is told."""

    SIGNED = "signed"
    HANDLING = "handling"
    CLOSED = "closed"
    REFUSED = "refused"
    MERGED = "merged"
    EXTENDED = "extended"
    ASSIGNED = "assigned"
    CHECK_ASKED = "check_asked"
    ESCALATED = "escalated"
    PRESSED = "pressed"
    YELLOW = "yellow"
    RED = "red"
    ALERT = "alert"
    REPLY = "reply"
    EVENT = "event"
    STEP = "step"
    CAMPAIGN = "campaign"
    NEEDED = "needed"
    STOCK_LOW = "stock_low"
    CONTACT_OVERDUE = "contact_overdue"


class Channel(StrEnum):
    """How somebody is told."""

    APP = "app"
    SMS = "sms"
    WEBHOOK = "webhook"


class Audience(StrEnum):
    """Who, seen from the case."""

    REPORTERS = "reporters"
    RECEIVER = "receiver"
    HANDLER = "handler"
    CHECKER = "checker"
    DEPARTMENT = "department"
    LEADERS = "leaders"


#: These wake people who are on duty at any hour.
PRESSING: Final = frozenset({Occasion.RED, Occasion.ALERT, Occasion.REPLY})
#: These go to staff by text message too; the rest of what staff is told stays in the application.
STAFF_SMS: Final = frozenset({Occasion.RED, Occasion.ALERT})
TO_REPORTERS: Final = frozenset(
    {
        Occasion.SIGNED,
        Occasion.HANDLING,
        Occasion.EXTENDED,
        Occasion.CLOSED,
        Occasion.REFUSED,
        Occasion.MERGED,
        Occasion.STEP,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an event says, as far as it matters here."""

    type: str
    version: int
    event: Event | None = None
    signal: Signal | None = None
    deadline: str = ""
    leg: str = ""
    missed: str = ""
    reopened: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Something to tell somebody; the mark tells occasions apart that may come again."""

    occasion: Occasion
    audience: Audience
    mark: str = ""
    words: OwnNotice | None = None


#: What the steps of a case tell whom. The reporter is told once of each, however often a step is taken again.
_STEPS: Final[Mapping[Event, tuple[tuple[Occasion, Audience], ...]]] = MappingProxyType(
    {
        Event.DISPATCH: ((Occasion.ASSIGNED, Audience.DEPARTMENT),),
        Event.TRANSFER: ((Occasion.ASSIGNED, Audience.DEPARTMENT),),
        Event.ADDRESS: ((Occasion.ASSIGNED, Audience.RECEIVER),),
        Event.CO_HANDLE: ((Occasion.ASSIGNED, Audience.RECEIVER),),
        Event.WHISTLE: ((Occasion.ASSIGNED, Audience.RECEIVER),),
        Event.PUSH_DOWN: ((Occasion.ASSIGNED, Audience.RECEIVER),),
        Event.TAKE: ((Occasion.SIGNED, Audience.REPORTERS),),
        Event.SEND_VERIFY: ((Occasion.CHECK_ASKED, Audience.RECEIVER),),
        Event.SUPERVISE: ((Occasion.PRESSED, Audience.HANDLER), (Occasion.PRESSED, Audience.DEPARTMENT)),
        Event.URGE: ((Occasion.PRESSED, Audience.HANDLER), (Occasion.PRESSED, Audience.DEPARTMENT)),
        Event.GRANT_EXTENSION: ((Occasion.EXTENDED, Audience.REPORTERS),),
        Event.REFUSE_FILING: ((Occasion.REFUSED, Audience.REPORTERS),),
        Event.FORCE_CLOSE: ((Occasion.REFUSED, Audience.REPORTERS),),
        Event.REWORK: ((Occasion.ASSIGNED, Audience.DEPARTMENT),),
        Event.SIGN: ((Occasion.SIGNED, Audience.REPORTERS),),
        Event.ASSIGN: ((Occasion.HANDLING, Audience.REPORTERS), (Occasion.ASSIGNED, Audience.HANDLER)),
        Event.DISPOSE: ((Occasion.HANDLING, Audience.REPORTERS),),
        Event.SEND_CHECK: ((Occasion.CHECK_ASKED, Audience.CHECKER),),
        Event.CLOSE: ((Occasion.CLOSED, Audience.REPORTERS),),
        Event.REJECT: ((Occasion.REFUSED, Audience.REPORTERS),),
        Event.CANCEL: ((Occasion.REFUSED, Audience.REPORTERS),),
    }
)
_SIGNALS: Final[Mapping[Signal, tuple[tuple[Occasion, Audience], ...]]] = MappingProxyType(
    {
        Signal.GREEN: (),
        Signal.YELLOW: ((Occasion.YELLOW, Audience.HANDLER), (Occasion.YELLOW, Audience.DEPARTMENT)),
        Signal.RED: (
            (Occasion.RED, Audience.HANDLER),
            (Occasion.RED, Audience.DEPARTMENT),
            (Occasion.RED, Audience.LEADERS),
        ),
    }
)


#: What a department is reminded of when it lets a time go by; the deadline itself has its lights.
MISSED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "sign": ("未按时签收", "it was not signed for in time"),
        "part": ("协办未按时完成", "a part of it was not done in time"),
        "answer": ("督办未按时回复", "the answer to the supervisor is late"),
    }
)


def plan(told: Told) -> tuple[Planned, ...]:
    """Everything that is to be told because of one event."""
    if told.type == "incident_reported":
        return (Planned(occasion=Occasion.ASSIGNED, audience=Audience.RECEIVER, mark="reported"),)
    if told.type == "case_escalated":
        return (Planned(occasion=Occasion.ESCALATED, audience=Audience.RECEIVER, mark=told.leg),)
    if told.type == "signal_changed" and told.signal is not None:
        return tuple(
            Planned(occasion=occasion, audience=audience, mark=told.deadline)
            for occasion, audience in _SIGNALS[told.signal]
        )
    if told.type == "case_delayed" and told.missed.partition(" ")[0] in MISSED:
        return (Planned(occasion=Occasion.PRESSED, audience=Audience.DEPARTMENT, mark=told.missed),)
    if told.type == "case_advanced" and told.event is not None:
        return tuple(
            Planned(
                occasion=occasion,
                audience=audience,
                mark=_mark(occasion, audience, told),
            )
            for occasion, audience in _STEPS.get(told.event, ())
        )
    return ()


#: The steps by which task types name theirs.
_OWN_STEPS: Final[Mapping[str, frozenset[Event]]] = MappingProxyType(
    {
        "register": frozenset({Event.REGISTER}),
        "dispatch": frozenset({Event.DISPATCH, Event.TRANSFER}),
        "sign": frozenset({Event.SIGN, Event.TAKE}),
        "dispose": frozenset({Event.DISPOSE}),
        "close": frozenset({Event.CLOSE}),
    }
)
_OWN_AUDIENCES: Final[Mapping[str, Audience]] = MappingProxyType(
    {"reporter": Audience.REPORTERS, "handler": Audience.HANDLER, "leader": Audience.LEADERS}
)
#: Told once anyway: here a task type's own words stand instead of the usual ones.
_SAID_ONCE: Final = frozenset({Occasion.SIGNED, Occasion.CLOSED})


def with_own_words(planned: tuple[Planned, ...], told: Told, own: Iterable[OwnNotice]) -> tuple[Planned, ...]:
    """What is to be told once the task type has its say: its words for the usual, and what it tells beyond it."""
    result = list(planned)
    for notice in own:
        audience = _OWN_AUDIENCES.get(notice.to)
        if audience is None or not _happens(notice.at, told):
            continue
        usual = next(
            (each for each in result if each.audience is audience and each.occasion is not Occasion.STEP), None
        )
        if usual is not None and usual.occasion in _SAID_ONCE:
            result[result.index(usual)] = replace(usual, words=notice)
            continue
        if usual is not None and usual.occasion is Occasion.HANDLING:
            result.remove(usual)
        mark = f"{notice.at} {_mark(Occasion.STEP, audience, told)}".strip()
        result.append(Planned(occasion=Occasion.STEP, audience=audience, mark=mark, words=notice))
    return tuple(result)


def _happens(at: str, told: Told) -> bool:
    if told.type == "incident_reported":
        return at == "report"
    return told.type == "case_advanced" and told.event in _OWN_STEPS.get(at, ())


def _mark(occasion: Occasion, audience: Audience, told: Told) -> str:
    """Staff is told anew with every step, reporters once; anew when time was added or the case was opened again."""
    if audience is not Audience.REPORTERS or occasion is Occasion.EXTENDED:
        return str(told.version)
    return f"reopened {told.reopened}" if told.reopened else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """The hours at night in which nobody off duty is sent a text message."""

    start: time = time(22)
    end: time = time(7)
    zone: ZoneInfo

    def due(self, at: datetime, *, occasion: Occasion, channel: Channel, on_duty: bool) -> datetime:
        """When something may go out: at once, or when the night is over."""
        if channel is not Channel.SMS or (occasion in PRESSING and on_duty) or occasion is Occasion.REPLY:
            return at
        local = at.astimezone(self.zone)
        if not self._holds(local.time()):
            return at
        morning = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return (morning if morning > local else morning + timedelta(days=1)).astimezone(at.tzinfo)

    def _holds(self, moment: time) -> bool:
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def retry_at(at: datetime, *, try_count: int) -> datetime | None:
    """When to try again after so many tries; None when it is given up."""
    if try_count >= TRIES_MAX:
        return None
    pause: timedelta = min(RETRY_FIRST * 2 ** max(try_count - 1, 0), RETRY_MAX)
    return at + pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text for an occasion; an empty task type or no channel means all."""

    occasion: Occasion
    task_type: str = ""
    channel: Channel | None = None
    language: str
    text: str


HOLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "number": "9991-20260302-00017",
        "title": "暴露垃圾",
        "place": "松风路3号",
        "department": "市容环境卫生中心",
        "deadline": "03-02 16:00",
        "opinion": "已清理",
    }
)


def check_template(text: str) -> str:
    """What a text reads like with made-up figures; fails with TEMPLATE_INVALID."""
    try:
        holes = {name for _, name, *_ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise TemplateInvalid(problem="a brace stands alone") from error
    unknown = sorted(holes - HOLES.keys())
    if unknown:
        raise TemplateInvalid(problem=f"there is no {{{unknown[0]}}}")
    return text.format_map(HOLES)


def filled(text: str, figures: Mapping[str, str]) -> str:
    """A text with its holes filled; one that cannot be filled is told as it stands, for it was checked elsewhere."""
    try:
        return text.format_map(figures)
    except (KeyError, ValueError, IndexError, AttributeError):
        return text


class Texts:
    """All texts: for each occasion the most particular one is taken."""

    def __init__(self, *sources: Mapping[tuple[str, str, str, str], str]) -> None:
        """The city's own first, then those that come with the program."""
        self._sources = sources

    def text(self, occasion: Occasion, *, task_type: str, channel: Channel, language: str, own: str = "") -> str:
        """The words for an occasion: what the city set for a task type, what that has of its own, what holds for all."""
        found = (
            self._first(occasion, ((task_type, channel), (task_type, "")), language)
            or own
            or self._first(occasion, (("", channel), ("", "")), language)
        )
        if not found:
            raise LookupError(occasion)
        return found

    def _first(self, occasion: Occasion, ways: tuple[tuple[str, str], ...], language: str) -> str:
        keys = [(occasion, kind, way, language) for kind, way in ways]
        return next((source[key] for source in self._sources for key in keys if source.get(key)), "")


def masked_phone(phone: str) -> str:
    """A number as it may be shown."""
    return f"{phone[:3]}{'*' * max(len(phone) - 7, 1)}{phone[-4:]}" if len(phone) > 7 else "*" * len(phone)


def plain_phone(phone: str) -> str:
    """A number by its digits, without the country's; fails with PHONE_REFUSED."""
    digits = "".join(character for character in phone if character.isdigit() and character.isascii())
    if phone.strip().startswith(("+86", "0086")):
        digits = digits.removeprefix("0086") if phone.strip().startswith("0086") else digits.removeprefix("86")
    if not 5 <= len(digits) <= 15 or len(digits) < len(phone.strip()) - 6:
        raise PhoneRefused(phone=masked_phone(phone))
    return digits


#: What residents may answer to "it is done": satisfied, nearly, not.
RATINGS: Final[Mapping[str, int]] = MappingProxyType({"1": 5, "2": 3, "3": 1})


def rating_of(text: str) -> int:
    """The rating that a text gives; 0 when it gives none."""
    return RATINGS.get(text.strip().rstrip("。.!！"), 0)
