"""The counter at which people of the centre look at what was put aside, and have it told anew or thrown away."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError

from services.host.drawers import DESK_AWAY
from services.host.feed import on_a_real_thread
from services.host.letters import BrokerLetters, DeskLetters, Line
from services.platform.errors import GridwardError
from services.platform.identity import Caller, TokenVerifier

log = structlog.get_logger(service="host")

PATH: Final = "/letters"
PERMISSION: Final = "registry.admission.decide"
BODY_BYTES_MAX: Final = 64 * 1024
SHOWN_MAX: Final = 200
#: An error may quote what a hook was told; its beginning says enough.
ERROR_SHOWN: Final = 200
AWAY: Final = (*DESK_AWAY, AMQPError, OperationalError)

Answer = tuple[HTTPStatus, Mapping[str, object]]


class Counter:
    """Whoever asks shows a token of the gateway, as in every other call; the host believes nobody else."""

    def __init__(self, verifier: TokenVerifier, desk: DeskLetters, broker: BrokerLetters | None) -> None:
        self._verifier = verifier
        self._desk = desk
        self._broker = broker

    def answer(self, environ: dict[str, Any]) -> Answer:
        """Answer GET (look) and POST (have told anew, or drop) on /letters."""
        caller = self._caller(environ)
        if caller is None:
            return HTTPStatus.UNAUTHORIZED, {"reason": "UNAUTHENTICATED"}
        if not caller.permits(PERMISSION):
            return HTTPStatus.FORBIDDEN, {"reason": "FORBIDDEN"}
        try:
            if environ.get("REQUEST_METHOD") == "POST":
                return self._deal(environ, caller)
            wanted = parse_qs(str(environ.get("QUERY_STRING", ""))).get("plugin", [""])[0]
            return HTTPStatus.OK, {"letters": list(self._look(wanted))[:SHOWN_MAX]}
        except AWAY as error:
            log.warning("counter_closed", error=str(error)[:200])
            return HTTPStatus.SERVICE_UNAVAILABLE, {"reason": "UNAVAILABLE"}

    def _caller(self, environ: dict[str, Any]) -> Caller | None:
        token = str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ")
        try:
            return self._verifier.verify(token)
        except GridwardError:
            return None

    def _look(self, plugin: str) -> Iterator[Mapping[str, object]]:
        for line in on_a_real_thread(_lines, self._desk, plugin):
            yield _shown(line)
        if self._broker is not None and plugin:
            yield from map(_shown, self._broker.lines(plugin))

    def _deal(self, environ: dict[str, Any], caller: Caller) -> Answer:
        told = _body(environ)
        plugin, deed = told.get("plugin"), told.get("deed")
        listed = told.get("ids")
        ids = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
        if not (isinstance(plugin, str) and plugin and ids) or deed not in {"redeliver", "drop"}:
            return HTTPStatus.BAD_REQUEST, {"reason": "BODY_NOT_UNDERSTOOD"}
        count = self._done(str(deed), plugin, ids)
        log.info("letters_dealt_with", deed=deed, plugin=plugin, ids=ids, count=count, by=caller.subject)
        return HTTPStatus.OK, {"count": count}

    def _done(self, deed: str, plugin: str, ids: Sequence[str]) -> int:
        again = deed == "redeliver"
        count = int(on_a_real_thread(self._desk.redeliver if again else self._desk.drop, plugin, ids))
        if self._broker is not None:
            count += (self._broker.redeliver if again else self._broker.drop)(plugin, ids)
        return count


def _lines(desk: DeskLetters, plugin: str) -> list[Line]:
    return list(desk.lines(plugin))


def _shown(line: Line) -> Mapping[str, object]:
    return {**asdict(line), "error": line.error[:ERROR_SHOWN]}


def _body(environ: dict[str, Any]) -> Mapping[str, object]:
    length = str(environ.get("CONTENT_LENGTH") or "0")
    if not length.isdigit() or int(length) > BODY_BYTES_MAX:
        return {}
    try:
        told = json.loads(environ["wsgi.input"].read(int(length)))
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
