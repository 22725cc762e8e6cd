"""Keeps what must outlive a restart of the host: events put aside or waiting, letters to send, departments' notebooks.

One SQLite file in the host's state folder. Every method waits for the disk: call it on a real thread.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gridward.events.v1 import events_pb2

from services.platform import sql

queries = sql.load(__package__, "desk.sql")

FILE: Final = "desk.sqlite"
BUSY_S_MAX: Final = 5.0
DUE_MAX: Final = 100
NOTES_MAX: Final = 10_000
SEEN_S: Final = 900.0
#: Sorts after every character that a key may go on with.
LAST: Final = "\U0010ffff"


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
    """The file. Each method is one transaction; what it wrote is safe when it returns."""

    path: Path

    @classmethod
    def in_folder(cls, folder: Path) -> "Desk":
        """The desk of a state folder, made when it is not there; fails with OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        desk = cls(folder / FILE)
        with desk._open() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(queries.set_up)
        return desk

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=BUSY_S_MAX)) as connection:
            connection.row_factory = sqlite3.Row
            with connection:
                yield connection

    def _write(self, statement: str, **values: Any) -> int:
        with self._open() as connection:
            return connection.execute(statement, values).rowcount

    def _read(self, statement: str, **values: Any) -> list[sqlite3.Row]:
        with self._open() as connection:
            return list(connection.execute(statement, values))

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
        with self._open() as connection:
            marked = connection.execute(queries.mark_seen, {"plugin": plugin, "id": event.id, "at_s": at_s}).rowcount
            if marked:
                kept = {"plugin": plugin, "id": event.id, "event": event.SerializeToString(), "kept_at": _now()}
                connection.execute(queries.put_waiting, kept)
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

    def outgoing_aside(self, plugin: str = "") -> list[Outgoing]:
        """Letters that nobody took."""
        return [_outgoing(row["plugin"], row) for row in self._read(queries.list_outgoing_aside, plugin=plugin)]

    def sent(self, plugin: str, letter_id: str, *, answer: events_pb2.Event | None) -> None:
        """A letter arrived; what was answered waits for its hook."""
        with self._open() as connection:
            if connection.execute(queries.drop_outgoing, {"plugin": plugin, "id": letter_id}).rowcount and answer:
                kept = {"plugin": plugin, "id": answer.id, "event": answer.SerializeToString(), "kept_at": _now()}
                connection.execute(queries.put_waiting, kept)

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
        with self._open() as connection:
            connection.execute(queries.put_note, {"plugin": plugin, "key": key, "value": value})
            [count] = connection.execute(queries.count_notes, {"plugin": plugin})
            if count["number"] > NOTES_MAX:
                raise NotebookFull(f"{plugin} may note {NOTES_MAX} things")

    def drop_note(self, plugin: str, key: str) -> None:
        """Strike out an entry."""
        self._write(queries.drop_note, plugin=plugin, key=key)

    def note_keys(self, plugin: str, prefix: str) -> tuple[str, ...]:
        """Keys that begin so, in order."""
        rows = self._read(queries.list_notes, plugin=plugin, first=prefix, last=prefix + LAST)
        return tuple(row["key"] for row in rows)


def _outgoing(plugin: str, row: sqlite3.Row) -> Outgoing:
    return Outgoing(
        plugin=plugin,
        id=row["id"],
        letter=row["letter"],
        tries=row["tries"],
        kept_at=datetime.fromisoformat(row["kept_at"]),
        error=row["error"] if "error" in row.keys() else "",  # noqa: SIM118 a row is no mapping
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
