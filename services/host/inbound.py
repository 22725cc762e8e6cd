"""Takes what a department's own system says, after it proved who it is, and keeps it before it answers."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import structlog
from gridward.host.v1 import desk_pb2

from plugins.sdk import signing
from services.host.desk import Desk
from services.host.drawers import DESK_AWAY
from services.host.feed import on_a_real_thread
from services.host.loader import Department
from services.host.local import event_of

log = structlog.get_logger(service="host")

PATH: Final = "/inbound/"
TEXT_LENGTH_MAX: Final = 100
#: Messages that may wait for a hook; whoever sends more is told to come later.
WAITING_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered: a status of HTTP, and a word for it."""

    status: HTTPStatus
    reason: str


TAKEN: Final = Reply(status=HTTPStatus.ACCEPTED, reason="")
KNOWN: Final = Reply(status=HTTPStatus.OK, reason="KNOWN_ALREADY")
NO_LINK: Final = Reply(status=HTTPStatus.NOT_FOUND, reason="LINK_UNKNOWN")
NOT_SIGNED: Final = Reply(status=HTTPStatus.UNAUTHORIZED, reason="NOT_SIGNED")
TOO_LARGE: Final = Reply(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason="BODY_TOO_LARGE")
NOT_UNDERSTOOD: Final = Reply(status=HTTPStatus.BAD_REQUEST, reason="BODY_NOT_UNDERSTOOD")
TOO_MANY: Final = Reply(status=HTTPStatus.TOO_MANY_REQUESTS, reason="TOO_MANY_MESSAGES")
AWAY: Final = Reply(status=HTTPStatus.SERVICE_UNAVAILABLE, reason="UNAVAILABLE")


class Inbound:
    """The door for departments' own systems; the gateway stands before it."""

    def __init__(self, departments: Mapping[str, Department], desk: Desk) -> None:
        self._departments = departments
        self._desk = desk

    def take(self, plugin: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Keep a message for its hook. A message told twice is answered and does nothing twice."""
        department = self._departments.get(plugin)
        key = department.granted.secrets.get("link_key", "") if department else ""
        if department is None or not key or "link.receive" not in department.manifest.permissions:
            return NO_LINK
        if len(body) > signing.BODY_BYTES_MAX:
            return TOO_LARGE
        now_s = time.time()
        try:
            message_id = signing.verify(key, headers, now_s=now_s, body=body)
        except signing.NotSigned as problem:
            log.warning("message_refused", plugin=plugin, problem=str(problem))
            return NOT_SIGNED
        message = message_of(body)
        return self._keep(plugin, message_id, message, now_s) if message else NOT_UNDERSTOOD

    def _keep(self, plugin: str, message_id: str, message: desk_pb2.MessageReceived, now_s: float) -> Reply:
        at = datetime.fromtimestamp(now_s, UTC)
        event = event_of(
            plugin, type="message_received", slot=message_id, at=at, payload=message, subject=message.about
        )
        try:
            if on_a_real_thread(self._desk.count_due, plugin) >= WAITING_MAX:
                return TOO_MANY
            fresh = on_a_real_thread(self._desk.receive, plugin, event, at_s=now_s)
        except DESK_AWAY as error:
            log.warning("desk_away", error=str(error))
            return AWAY
        return TAKEN if fresh else KNOWN

    def answer(self, environ: Mapping[str, Any]) -> Reply:
        """Answer a request that was posted."""
        plugin = str(environ.get("PATH_INFO", "")).removeprefix(PATH)
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdigit() or int(length) > signing.BODY_BYTES_MAX:
            return TOO_LARGE
        names = (signing.ID_HEADER, signing.TIME_HEADER, signing.SIGNATURE_HEADER)
        headers = {name: str(environ.get("HTTP_" + name.upper().replace("-", "_"), "")) for name in names}
        return self.take(plugin, headers, environ["wsgi.input"].read(int(length)))


def message_of(body: bytes) -> desk_pb2.MessageReceived | None:
    """A message in JSON: {"topic": …, "about": …, "content": {…}}; None for anything else."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    topic, about, content = told.get("topic"), told.get("about", ""), told.get("content", {})
    if not (isinstance(topic, str) and topic and isinstance(about, str) and isinstance(content, dict)):
        return None
    if max(len(topic), len(about)) > TEXT_LENGTH_MAX:
        return None
    return desk_pb2.MessageReceived(topic=topic, about=about, content=json.dumps(content, ensure_ascii=False))
