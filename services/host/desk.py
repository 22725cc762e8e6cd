"""Keeps what must outlive a restart of the host: events put aside or waiting, letters to send, departments' notebooks.

A file in the host's state folder, or a schema of the city's database, which a second host can take over. Every method
waits for the disk: call it on a real thread.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gridward.events.v1 import events_pb2
from pydantic import SecretStr

from services.host.drawers import Drawers, FileDrawers, Row, SharedDrawers
from services.platform import sql

queries = sql.load(__package__, "desk.sql")

FILE: Final = "desk.sqlite"
DUE_MAX: Final = 100
NOTES_MAX: Final = 10_000
SEEN_S: Final = 900.0


class NotebookFull(Exception):
    """A department has noted more than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """An event that a department could not handle, as a person will find it."""

    plugin: str
    event: events_pb2.Event
    hook: str
    tries: int
    error: str
    at: datetime

    def facts(self) -> dict[str, str | int]:
        """Everything but the event's content."""
        return {
            "at": self.at.isoformat(),
            "plugin": self.plugin,
            "hook": self.hook,
            "tries": self.tries,
            "error": self.error,
            "event_id": self.event.id,
            "event_type": self.event.type,
            "subject": self.event.subject,
            "task_type": self.event.task_type,
            "service": self.event.service,
            "position": self.event.position,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A letter to a department's own system, as JSON, and how often it was tried."""

    plugin: str
    id: str
    letter: str
    tries: int
    kept_at: datetime
    error: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Each method is one transaction; what it wrote is safe when it returns."""

    drawers: Drawers

    @classmethod
    def in_folder(cls, folder: Path) -> "Desk":
        """The desk of a state folder, made when it is not there; fails with OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        drawers = FileDrawers(folder / FILE)
        drawers.set_up(queries.set_up)
        return cls(drawers)

    @classmethod
    def in_database(cls, url: str) -> "Desk":
        """The desk in a database that several hosts see; fails with psycopg.Error."""
        drawers = SharedDrawers(url)
        drawers.set_up(queries.set_up)
        return cls(drawers)

    @classmethod
    def told(cls, database_url: SecretStr | None, folder: Path) -> "Desk":
        """In the database the operator named, else in the folder."""
        return cls.in_folder(folder) if database_url is None else cls.in_database(database_url.get_secret_value())

    def _write(self, statement: str, **values: Any) -> int:
        with self.drawers.open() as drawer:
            return drawer.change(statement, values)

    def _read(self, statement: str, **values: Any) -> list[Row]:
        with self.drawers.open() as drawer:
            return drawer.rows(statement, values)

    def put_waiting(self, plugin: str, event: events_pb2.Event) -> None:
        """Keep an event for its hook, unless it is kept already."""
        kept = {"plugin": plugin, "id": event.id, "event": event.SerializeToString(), "kept_at": _now()}
        self._write(queries.put_waiting, **kept)

    def tick(self, plugin: str, event: events_pb2.Event) -> None:
        """Keep the event of an hour or a day once, also after it was handled."""
        self._once(plugin, event, at_s=datetime.now(UTC).timestamp() + 3 * 86400)

    def receive(self, plugin: str, event: events_pb2.Event, *, at_s: float) -> bool:
        """Keep a message of a department's own system; False when it is known already."""
        return self._once(plugin, event, at_s=at_s)

    def _once(self, plugin: str, event: events_pb2.Event, *, at_s: float) -> bool:
        with self.drawers.open() as drawer:
            marked = drawer.change(queries.mark_seen, {"plugin": plugin, "id": event.id, "at_s": at_s})
            if marked:
                kept = {"plugin": plugin, "id": event.id, "event": event.SerializeToString(), "kept_at": _now()}
                drawer.change(queries.put_waiting, kept)
        return bool(marked)

    def forget_seen(self, *, now_s: float) -> None:
        """Forget ids that can no longer be replayed."""
        self._write(queries.forget_seen, before_s=now_s - SEEN_S)

    def due(self, plugin: str) -> list[events_pb2.Event]:
        """Events that wait for a hook, oldest first."""
        rows = self._read(queries.list_due, plugin=plugin, most=DUE_MAX)
        return [events_pb2.Event.FromString(row["event"]) for row in rows]

    def done(self, plugin: str, event_id: str) -> None:
        """An event was handled."""
        self._write(queries.drop_waiting, plugin=plugin, id=event_id)

    def put_aside(self, letter: PutAside) -> None:
        """Keep an event for a person."""
        self._write(
            queries.put_aside,
            plugin=letter.plugin,
            id=letter.event.id,
            event=letter.event.SerializeToString(),
            hook=letter.hook,
            tries=letter.tries,
            error=letter.error,
            kept_at=letter.at.isoformat(),
        )

    def aside(self, plugin: str = "") -> list[PutAside]:
        """Events put aside, oldest first."""
        return [
            PutAside(
                plugin=row["plugin"],
                event=events_pb2.Event.FromString(row["event"]),
                hook=row["hook"],
                tries=row["tries"],
                error=row["error"],
                at=datetime.fromisoformat(row["kept_at"]),
            )
            for row in self._read(queries.list_aside, plugin=plugin)
        ]

    def count_due(self, plugin: str) -> int:
        """How many events of a plugin wait for its hooks."""
        return int(self._read(queries.count_due, plugin=plugin)[0]["number"])

    def count_aside(self, plugin: str) -> int:
        """How many events of a plugin wait for a person."""
        return int(self._read(queries.count_aside, plugin=plugin)[0]["number"])

    def tell_again(self, *, plugin: str = "", id: str = "") -> int:
        """Put events that were put aside back into line; how many."""
        again = {"plugin": plugin, "id": id}
        return self._write(queries.tell_again, **again) + self._write(queries.send_again, **again)

    def drop(self, *, id: str, plugin: str = "") -> int:
        """Throw away what was put aside under an id; how many."""
        gone = {"plugin": plugin, "id": id}
        return self._write(queries.drop_aside, **gone) + self._write(queries.drop_outgoing_aside, **gone)

    def send(self, plugin: str, *, id: str, letter: str) -> None:
        """Keep a letter until it is sent, unless it is kept already."""
        self._write(queries.put_outgoing, plugin=plugin, id=id, letter=letter, kept_at=_now())

    def outgoing(self, plugin: str, *, now_s: float) -> list[Outgoing]:
        """Letters whose time has come, oldest first."""
        rows = self._read(queries.list_outgoing_due, plugin=plugin, now_s=now_s, most=DUE_MAX)
        return [_outgoing(plugin, row) for row in rows]

    def next_outgoing(self, plugin: str) -> float | None:
        """When the next letter is due; None where there is none."""
        due_s: float | None = self._read(queries.next_outgoing, plugin=plugin)[0]["due_s"]
        return due_s

    def outgoing_aside(self, plugin: str = "") -> list[Outgoing]:
        """Letters that nobody took."""
        return [_outgoing(row["plugin"], row) for row in self._read(queries.list_outgoing_aside, plugin=plugin)]

    def sent(self, plugin: str, letter_id: str, *, answer: events_pb2.Event | None) -> None:
        """A letter arrived; what was answered waits for its hook."""
        with self.drawers.open() as drawer:
            if drawer.change(queries.drop_outgoing, {"plugin": plugin, "id": letter_id}) and answer:
                kept = {"plugin": plugin, "id": answer.id, "event": answer.SerializeToString(), "kept_at": _now()}
                drawer.change(queries.put_waiting, kept)

    def postpone(self, letter: Outgoing, *, due_s: float, error: str, aside: bool) -> None:
        """A letter did not arrive: try again later, or keep it for a person."""
        self._write(
            queries.postpone_outgoing,
            plugin=letter.plugin,
            id=letter.id,
            tries=letter.tries + 1,
            due_s=due_s,
            error=error,
            aside=int(aside),
        )

    def note(self, plugin: str, key: str) -> str:
        """What a department noted; empty when nothing."""
        rows = self._read(queries.read_note, plugin=plugin, key=key)
        return str(rows[0]["value"]) if rows else ""

    def put_note(self, plugin: str, key: str, value: str) -> None:
        """Note something; fails with NotebookFull."""
        with self.drawers.open() as drawer:
            drawer.change(queries.put_note, {"plugin": plugin, "key": key, "value": value})
            [count] = drawer.rows(queries.count_notes, {"plugin": plugin})
            if count["number"] > NOTES_MAX:
                raise NotebookFull(f"{plugin} may note {NOTES_MAX} things")

    def drop_note(self, plugin: str, key: str) -> None:
        """Strike out an entry."""
        self._write(queries.drop_note, plugin=plugin, key=key)

    def note_keys(self, plugin: str, prefix: str) -> tuple[str, ...]:
        """Keys that begin so, in order."""
        rows = self._read(queries.list_notes, plugin=plugin, prefix=prefix)
        return tuple(sorted(row["key"] for row in rows))

    def tell_standing(self, line: str, told: Mapping[str, object]) -> None:
        """Leave word how a department is, for the host that stands by."""
        self._write(queries.put_standing, line=line, told=json.dumps(told, ensure_ascii=False))

    def standings(self) -> dict[str, dict[str, object]]:
        """How each department was told to be by the host that serves it."""
        return {row["line"]: json.loads(row["told"]) for row in self._read(queries.list_standings)}


def _outgoing(plugin: str, row: Row) -> Outgoing:
    return Outgoing(
        plugin=plugin,
        id=row["id"],
        letter=row["letter"],
        tries=row["tries"],
        kept_at=datetime.fromisoformat(row["kept_at"]),
        error=row.get("error", ""),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
