"""Writes cases: many reports in one statement, and what steps and timers made of cases in another."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.incidents.domain.case import Case, Evidence, HistoryEntry, Leg
from services.incidents.domain.routing import Route
from services.incidents.domain.step import Outcome
from services.incidents.domain.timers import Rung, Timer
from services.incidents.store import queries
from services.incidents.store.beside import part_columns
from services.incidents.store.columns import (
    Columns,
    columns_of,
    entry_columns,
    evidence_columns,
    leg_columns,
    moved_columns,
    route_columns,
)
from services.platform.database import Transaction
from services.platform.idempotency import RequestKey
from services.platform.outbox import PackedEvent

#: A case that was just opened has been written once.
FIRST_REVISION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A report ready to be stored: the case it became and everything that goes with it."""

    key: RequestKey
    outcome: Outcome
    route: Route
    seen_at: datetime | None
    terminal_id: str
    events: tuple[PackedEvent, ...]
    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a case since it was read: `revision` is the one that was read."""

    case: Case
    revision: int
    entries: tuple[HistoryEntry, ...] = ()
    legs: tuple[Leg, ...] = ()
    set_timers: tuple[Timer, ...] = ()
    cancelled: tuple[Rung, ...] = ()
    events: tuple[PackedEvent, ...] = ()

    @property
    def shown(self) -> tuple[Evidence, ...]:
        """The evidence that is new."""
        return tuple(item for entry in self.entries for item in entry.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request is answered, to be kept with what it did to a case."""

    case_id: str
    key: RequestKey
    content: bytes


async def insert_reports(connection: Transaction, filings: Sequence[Filing]) -> frozenset[str]:
    """Store those whose request is new, all or none of them; the ids of their cases."""
    outcomes = [filing.outcome for filing in filings]
    parameters: dict[str, Any] = {
        "requests": _json(_request_columns(filing.outcome.case.id, filing.key, filing.answer) for filing in filings),
        "cases": _json(columns_of(outcome.case, revision=FIRST_REVISION) for outcome in outcomes),
        "dossiers": _json(_dossier_columns(filing) for filing in filings),
        "entries": _json(entry_columns(outcome.case.id, outcome.entry) for outcome in outcomes),
        "legs": _json(leg_columns(outcome.case.id, leg) for outcome in outcomes for leg in outcome.legs),
        "timers": _json(_timer_columns(outcome.case.id, timer) for outcome in outcomes for timer in outcome.timers.set),
        "events": _json(_event_columns(event for filing in filings for event in filing.events)),
    }
    connection.told = True
    cursor = await connection.execute(queries.insert_reports, parameters)
    return frozenset(str(row["incident_id"]) for row in await cursor.fetchall())


async def save_cases(
    connection: Transaction, changes: Sequence[Change], answers: Sequence[Answer] = ()
) -> frozenset[str]:
    """Write changes of different cases; the ids of those written, which leaves out what somebody else wrote meanwhile.

    An answer is kept only with its case.
    """
    parameters: dict[str, Any] = {
        "cases": _json(moved_columns(change.case, revision=change.revision) for change in changes),
        "entries": _json(entry_columns(change.case.id, entry) for change in changes for entry in change.entries),
        "legs": _json(leg_columns(change.case.id, leg) for change in changes for leg in _last_of_each(change.legs)),
        "timers": _json(_timer_columns(change.case.id, timer) for change in changes for timer in change.set_timers),
        "parts": _json(part_columns(change.case.id, part) for change in changes for part in change.case.parts),
        "cancelled": _json(
            {"incident_id": change.case.id, "rung": rung} for change in changes for rung in change.cancelled
        ),
        "shown": _json(
            {"incident_id": change.case.id, "evidence": [evidence_columns(item) for item in change.shown]}
            for change in changes
            if change.shown
        ),
        "requests": _json(_request_columns(kept.case_id, kept.key, kept.content) for kept in answers),
        "events": _json(_event_columns(event for change in changes for event in change.events)),
    }
    connection.told = any(change.events for change in changes) or connection.told
    cursor = await connection.execute(queries.save_cases, parameters)
    return frozenset(str(row["id"]) for row in await cursor.fetchall())


async def reserve_numbers(connection: Transaction, day: date, count: int) -> range:
    """So many numbers of a day that nobody else gets."""
    cursor = await connection.execute(queries.reserve_numbers, {"day": day, "count": count})
    row = await cursor.fetchone()
    last = int(row["last"]) if row else count
    return range(last - count + 1, last + 1)


async def answers_given(
    connection: Transaction, keys: Iterable[RequestKey]
) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    """The digest and the answer of each of these requests that was answered, by subject and request id."""
    wanted = list(keys)
    parameters = {
        "method": wanted[0].method if wanted else "",
        "subjects": [key.subject for key in wanted],
        "request_ids": [key.request_id for key in wanted],
    }
    cursor = await connection.execute(queries.find_answers, parameters)
    return {
        (row["subject"], row["request_id"]): (bytes(row["body_digest"]), bytes(row["answer"]))
        for row in await cursor.fetchall()
    }


def _dossier_columns(filing: Filing) -> Columns:
    case = filing.outcome.case
    return {
        "incident_id": case.id,
        "description": case.description,
        "place": case.place,
        "form_answers": case.form_answers,
        "seen_at": filing.seen_at.isoformat() if filing.seen_at else None,
        "terminal_id": filing.terminal_id,
        "evidence": [evidence_columns(item) for item in filing.outcome.entry.evidence],
        "route": route_columns(filing.route),
    }


def _timer_columns(case_id: str, timer: Timer) -> Columns:
    return {"incident_id": case_id, "rung": timer.rung, "due_at": timer.due_at.isoformat()}


def _last_of_each(legs: tuple[Leg, ...]) -> Iterable[Leg]:
    """A leg that was opened and answered in one go is written as it ended up."""
    return {leg.sequence: leg for leg in legs}.values()


def _request_columns(case_id: str, key: RequestKey, answer: bytes) -> Columns:
    return {
        "incident_id": case_id,
        "subject": key.subject,
        "method": key.method,
        "request_id": key.request_id,
        "body_digest": _bytea(key.body_digest),
        "answer": _bytea(answer),
    }


def _event_columns(events: Iterable[PackedEvent]) -> Iterable[Columns]:
    for place, event in enumerate(events):
        yield {
            "place": place,
            "id": event.id,
            "type": event.type,
            "subject": event.subject,
            "task_type": event.task_type,
            "occurred_at": event.at.isoformat(),
            "payload": _bytea(event.payload),
        }


def _bytea(content: bytes) -> str:
    """Bytes as PostgreSQL reads them from text; cheaper by far than an array of bytes."""
    return "\\x" + content.hex()


def _json(rows: Iterable[Columns]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
