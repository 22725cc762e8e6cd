"""Looks at what departments could not handle and nobody took, and has it told anew or thrown away.

    python -m services.host letters                        a line for each, oldest first
    python -m services.host letters show ID                all that is known of one
    python -m services.host letters redeliver ID…          tell these anew; or all of a plugin: --plugin NAME --all
    python -m services.host letters drop ID…               throw these away for good

The running host takes up what is to be told anew within a second. Where the city has a broker, its queues of events
put aside are looked at as well.
"""

# mypy: disable-error-code="no-untyped-call"
# kombu tells nothing of its types.

import argparse
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gridward.events.v1 import events_pb2
from kombu.connection import Connection
from kombu.entity import Queue

from services.host.desk import Desk
from services.host.loader import installed
from services.host.orders import line_name
from services.host.settings import LetterSettings
from services.host.translate import letter_of

CONTENT_TYPE: Final = "application/x-protobuf"
#: See services.host.broker, which is not imported here because it needs the green threads of a running host.
AGAIN: Final = "x-again"
#: Letters looked at in one queue; the others come when these are gone.
LOOKED_AT_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing put aside, from wherever it lies."""

    id: str
    plugin: str
    what: str
    tries: int
    at: str
    error: str
    details: str


class DeskLetters:
    """What lies on the host's own desk: events of streams, ticks, messages, and letters nobody took."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def lines(self, plugin: str) -> Iterator[Line]:
        """All that was put aside, oldest first."""
        for letter in self._desk.aside(plugin):
            at = letter.at.isoformat()
            yield _line_of(letter.plugin, letter.event, hook=letter.hook, tries=letter.tries, at=at, error=letter.error)
        for outgoing in self._desk.outgoing_aside(plugin):
            letter_out = letter_of(outgoing.letter)
            yield Line(
                id=outgoing.id,
                plugin=outgoing.plugin,
                what=f"letter {letter_out.topic}",
                tries=outgoing.tries,
                at=outgoing.kept_at.isoformat(),
                error=outgoing.error,
                details=f"about {letter_out.about}: {letter_out.method} {letter_out.path}",
            )

    def redeliver(self, plugin: str, ids: Sequence[str]) -> int:
        """Tell anew those with these ids, or all; how many."""
        return sum(self._desk.tell_again(plugin=plugin, id=each) for each in ids or [""])

    def drop(self, plugin: str, ids: Sequence[str]) -> int:
        """Throw away those with these ids; how many."""
        return sum(self._desk.drop(plugin=plugin, id=each) for each in ids)


class BrokerLetters:
    """What lies in the queues of events put aside."""

    def __init__(self, url: str, plugins: Collection[str], release: str = "") -> None:
        self._url = url
        self._release = release
        self._plugins = plugins

    def lines(self, plugin: str) -> Iterator[Line]:
        """All that was put aside; looking takes nothing away."""
        for name in self._names(plugin):
            yield from self._through(name, lambda _message: False)

    def redeliver(self, plugin: str, ids: Sequence[str]) -> int:
        """Give them back to the department's own queue, and only then take them from this one; how many."""
        return sum(
            len(self._through(name, lambda line: not ids or line.id in ids, again=True)) for name in self._names(plugin)
        )

    def drop(self, plugin: str, ids: Sequence[str]) -> int:
        """Throw away those with these ids; how many."""
        return sum(len(self._through(name, lambda line: line.id in ids, take=True)) for name in self._names(plugin))

    def _names(self, plugin: str) -> Collection[str]:
        return [plugin] if plugin else self._plugins

    def _through(
        self, name: str, chosen: Callable[[Line], bool], *, again: bool = False, take: bool = False
    ) -> list[Line]:
        """Go once through a queue; the lines looked at, or with `again` or `take` those dealt with."""
        seen: list[Line] = []
        with Connection(self._url, transport_options={"confirm_publish": True}) as connection:
            channel = connection.channel()
            producer = connection.Producer()
            home = line_name(name, self._release)
            queue = Queue(f"{home}.dead", channel=channel, no_declare=True)
            held: list[Any] = []
            while len(held) < LOOKED_AT_MAX and (message := _next(queue)) is not None:
                line = _line_in(name, message)
                wanted = chosen(line)
                if wanted and again:
                    _publish(producer, home, message)
                if wanted and (again or take):
                    message.ack()
                    seen.append(line)
                    continue
                held.append(message)
                if not again and not take:
                    seen.append(line)
            for message in held:
                message.requeue()
        return seen


def _next(queue: Any) -> Any:
    from amqp.exceptions import NotFound  # noqa: PLC0415 only where there is a broker

    try:
        return queue.get(no_ack=False)
    except NotFound:
        return None


def _publish(producer: Any, queue_name: str, message: Any) -> None:
    producer.publish(
        bytes(message.body),
        exchange="",
        routing_key=queue_name,
        headers={AGAIN: 1},
        message_id=message.properties.get("message_id", ""),
        content_type=CONTENT_TYPE,
        content_encoding="binary",
        delivery_mode="persistent",
        confirm_timeout=10,
    )


def _line_in(plugin: str, message: Any) -> Line:
    headers = message.headers
    event = events_pb2.Event(
        id=str(headers.get("x-event_id", "")),
        type=str(headers.get("x-event_type", "")),
        subject=str(headers.get("x-subject", "")),
        task_type=str(headers.get("x-task_type", "")),
    )
    facts = (str(headers.get(f"x-{key}", "")) for key in ("hook", "at", "error"))
    hook, at, error = facts
    return _line_of(plugin, event, hook=hook, tries=int(headers.get("x-tries", 0)), at=at, error=error)


def _line_of(plugin: str, event: events_pb2.Event, *, hook: str, tries: int, at: str, error: str) -> Line:
    return Line(
        id=event.id,
        plugin=plugin,
        what=hook or event.type,
        tries=tries,
        at=at,
        error=error,
        details=f"{event.type} of {event.subject} {event.task_type} {event.payload.TypeName()}".strip(),
    )


def main(arguments: list[str]) -> int:
    """Do what the command line says; 0 when something was found or done."""
    told = _parser().parse_args(arguments)
    settings = LetterSettings()
    places: list[DeskLetters | BrokerLetters] = [DeskLetters(Desk.told(settings.database_url, settings.state_dir))]
    if settings.amqp_url is not None:
        places.append(
            BrokerLetters(
                settings.amqp_url.get_secret_value(), [point.name for point in installed()], settings.plugin_release
            )
        )
    if told.deed in {"redeliver", "drop"}:
        return _deal(told, places)
    lines = [line for place in places for line in place.lines(told.plugin) if not told.ids or line.id in told.ids]
    for line in lines:
        sys.stdout.write(f"{line.id}  {line.at}  {line.plugin}  {line.what}  {line.tries}×  {line.error}\n")
        if told.deed == "show":
            sys.stdout.write(f"    {line.details}\n")
    if not lines:
        sys.stdout.write("没有待处理的事件 nothing was put aside\n")
    return int(told.deed == "show" and not lines)


def _deal(told: argparse.Namespace, places: Sequence[DeskLetters | BrokerLetters]) -> int:
    if not told.ids and not (told.deed == "redeliver" and told.all):
        sys.stderr.write("请给出编号 name the ids (redeliver also takes --all)\n")
        return 2
    again = told.deed == "redeliver"
    count = sum((place.redeliver if again else place.drop)(told.plugin, told.ids) for place in places)
    sys.stdout.write(f"{told.deed}: {count}\n")
    return int(count == 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="services.host letters", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("deed", nargs="?", choices=["list", "show", "redeliver", "drop"], default="list")
    parser.add_argument("ids", nargs="*", help="ids as the list shows them")
    parser.add_argument("--plugin", default="", help="only of this plugin")
    parser.add_argument("--all", action="store_true", help="everything that was put aside")
    return parser
