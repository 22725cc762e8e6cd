"""Carries a department's letters to its own system: signed, tried again with growing pauses, answers brought back."""

# mypy: disable-error-code="misc"
# nameko tells nothing of its types, so its classes can be inherited from only without them.

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid5

import eventlet
import structlog
from eventlet.event import Event
from gridward.events.v1 import events_pb2
from gridward.host.v1 import desk_pb2
from nameko.extensions import DependencyProvider

from plugins.sdk import Letter, signing
from services.host.city import WISHES
from services.host.desk import Outgoing
from services.host.drawers import DESK_AWAY
from services.host.feed import CONTEXT, HostContext, on_a_real_thread
from services.host.loader import Department
from services.host.local import event_of
from services.host.translate import letter_of

log = structlog.get_logger(service="host")

LOOK_EVERY_S: Final = 0.5
POST_S_MAX: Final = 10.0
ANSWER_BYTES_MAX: Final = 256 * 1024
PAUSE_S: Final = 5.0
PAUSE_S_MAX: Final = 3600.0
#: With pauses that double up to an hour this is about half a day.
TRIES_MAX: Final = 20
SCHEMES: Final = frozenset({"http", "https"})
#: An answer with one of these says that trying again is of no use.
HOPELESS: Final = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 415, 422})


class NotTaken(Exception):
    """The other system did not take a letter; `hopeless` when it never will."""

    def __init__(self, problem: str, *, hopeless: bool = False) -> None:
        self.hopeless = hopeless
        super().__init__(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a department's system is, and the key shared with it."""

    url: str
    key: str

    def post(self, letter_id: str, letter: Letter, *, now_s: float) -> bytes:
        """Hand a letter over; what was answered. Fails with NotTaken. Waits for the network."""
        if not self.url or not self.key:
            raise NotTaken("link_url or link_key is not set")
        url = self.url.rstrip("/") + letter.path
        if urllib.parse.urlsplit(url).scheme not in SCHEMES:
            raise NotTaken("link_url is no http address", hopeless=True)
        body, kind = _body(letter)
        headers = {"Content-Type": kind, "Accept": "application/json"}
        headers |= signing.headers(self.key, id=letter_id, at_s=int(now_s), body=body)
        sent = None if letter.method == "GET" else body
        request = urllib.request.Request(url, data=sent, headers=headers, method=letter.method)  # noqa: S310 checked above
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=POST_S_MAX) as answer:
                return bytes(answer.read(ANSWER_BYTES_MAX))
        except urllib.error.HTTPError as error:
            with error:
                raise NotTaken(f"answered {error.code}", hopeless=error.code in HOPELESS) from error
        except (OSError, ValueError) as error:
            raise NotTaken(f"{type(error).__name__}: {error}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is signed for one place is not carried to another."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


def _body(letter: Letter) -> tuple[bytes, str]:
    if letter.form:
        fields = {key: value for key, value in letter.content.items() if value is not None}
        return urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
    told = {"topic": letter.topic, "about": letter.about, "content": dict(letter.content)}
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode(), "application/json; charset=utf-8"


def answer_event(plugin: str, letter_id: str, letter: Letter, answer: bytes, at: datetime) -> events_pb2.Event | None:
    """What was answered, as the event of a message; None when it is no JSON or says nothing."""
    try:
        said = json.loads(answer) if answer.strip() else None
    except ValueError:
        return None
    content = {"items": said} if isinstance(said, list) else said
    if not isinstance(content, dict) or not content:
        return None
    message = desk_pb2.MessageReceived(topic=letter.topic, about=letter.about, content=json.dumps(content))
    slot = str(uuid5(WISHES, f"answer/{letter_id}"))
    return event_of(plugin, type="message_received", slot=slot, at=at, payload=message, subject=letter.about)


class Courier(DependencyProvider):
    """One for each department that has a link; what the hooks see of it is nothing."""

    def setup(self) -> None:
        """Called by nameko before anything starts."""
        self.context: HostContext = self.container.config[CONTEXT]
        self.department: Department = self.container.service_cls.department
        self._stopping = Event()
        self._looked: Hashable = None
        self._next_s: float | None = None
        self._log = log.bind(plugin=self.department.name)

    def start(self) -> None:
        """Called by nameko."""
        if "link.send" in self.department.manifest.permissions:
            self.container.spawn_managed_thread(self._run, identifier=f"{self.department.name} courier")

    def stop(self) -> None:
        """Called by nameko."""
        self._stopping.send(None)

    def _run(self) -> None:
        while not self._stopping.ready():
            try:
                self._look()
            except DESK_AWAY as error:
                self._log.warning("desk_away", error=str(error))
            with eventlet.Timeout(LOOK_EVERY_S, exception=False):
                self._stopping.wait()

    def _look(self) -> None:
        """Carry what is due; nothing is read until something was written or a letter's time has come."""
        desk, plugin = self.context.desk, self.department.name
        mark, now_s = desk.drawers.mark(), time.time()
        if mark == self._looked and (self._next_s is None or now_s < self._next_s):
            return
        for outgoing in on_a_real_thread(desk.outgoing, plugin, now_s=now_s):
            self._carry(outgoing)
        self._next_s = on_a_real_thread(desk.next_outgoing, plugin)
        self._looked = mark

    def _carry(self, outgoing: Outgoing) -> None:
        plugin, letter = self.department.name, letter_of(outgoing.letter)
        granted = self.department.granted
        address = Address(url=str(granted.settings.get("link_url", "")), key=granted.secrets.get("link_key", ""))
        now_s = time.time()
        try:
            answer = on_a_real_thread(address.post, outgoing.id, letter, now_s=now_s)
        except NotTaken as problem:
            self._postpone(outgoing, problem, now_s)
            return
        event = answer_event(plugin, outgoing.id, letter, answer, datetime.now(UTC))
        on_a_real_thread(self.context.desk.sent, plugin, outgoing.id, answer=event)
        self.context.health.letter(plugin, "sent")

    def _postpone(self, outgoing: Outgoing, problem: NotTaken, now_s: float) -> None:
        aside = problem.hopeless or outgoing.tries + 1 >= TRIES_MAX
        pause_s = min(PAUSE_S * 2.0 ** min(outgoing.tries, 30), PAUSE_S_MAX)
        on_a_real_thread(
            self.context.desk.postpone, outgoing, due_s=now_s + pause_s, error=str(problem)[:500], aside=aside
        )
        self.context.health.letter(self.department.name, "put_aside" if aside else "tried")
        self._log.warning("letter_not_taken", letter_id=outgoing.id, error=str(problem), put_aside=aside)
