"""Reads and writes notices, texts, contacts and webhooks; numbers and secrets only sealed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.incidents.notices.domain import Channel, Occasion, Template
from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.ids import uuid7

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """Something to be told."""

    case_id: str
    occasion: Occasion
    mark: str
    recipient: str
    channel: Channel
    text: str
    created_at: datetime
    due_at: datetime
    id: str = field(default_factory=lambda: str(uuid7()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice and what became of it."""

    id: str
    place: int
    case_id: str
    case_number: str
    occasion: Occasion
    recipient: str
    channel: Channel
    text: str
    state: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    try_count: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueNotice:
    """A notice taken for sending; nobody else has it for a while."""

    id: str
    occasion: Occasion
    recipient: str
    channel: Channel
    text: str
    try_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How somebody is reached; the number sealed."""

    subject: str
    phone: bytes
    sms: bool
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Another system that is told of events; its secret sealed."""

    id: str
    url: str
    secret: bytes
    event_types: frozenset[str]
    area_code: str
    department_code: str
    added_by: str
    stopped: bool
    waiting_count: int = 0
    failed_count: int = 0


async def insert_notices(transaction: Transaction, notices: Sequence[NewNotice]) -> None:
    """Add what is to be told; what was told before stays as it is."""
    records = [
        {
            "id": notice.id,
            "incident_id": notice.case_id or None,
            "occasion": notice.occasion,
            "mark": notice.mark,
            "recipient": notice.recipient,
            "channel": notice.channel,
            "text": notice.text,
            "created_at": notice.created_at.isoformat(),
            "due_at": notice.due_at.isoformat(),
        }
        for notice in notices
    ]
    await transaction.execute(queries.insert_notices, {"notices": json.dumps(records, ensure_ascii=False)})


async def claim_due(connection: Transaction, *, now: datetime, lease_s: float, size: int) -> list[DueNotice]:
    """Take notices whose time has come, in order."""
    cursor = await connection.execute(queries.claim_due, {"now": now, "lease_s": lease_s, "size": size})
    rows = sorted(await cursor.fetchall(), key=lambda row: row["place"])
    return [
        DueNotice(
            id=str(row["id"]),
            occasion=Occasion(row["occasion"]),
            recipient=row["recipient"],
            channel=Channel(row["channel"]),
            text=row["text"],
            try_count=row["try_count"],
        )
        for row in rows
    ]


async def postpone(connection: Transaction, notice_id: str, *, due_at: datetime) -> None:
    """Its turn comes later."""
    await connection.execute(queries.postpone, {"id": UUID(notice_id), "due_at": due_at})


async def note_sent(connection: Transaction, notice_id: str, *, provider_id: str, now: datetime) -> None:
    """The carrier took it."""
    await connection.execute(queries.note_sent, {"id": UUID(notice_id), "provider_id": provider_id, "now": now})


async def note_arrived(connection: Transaction, notice_id: str, *, now: datetime) -> None:
    """The other side said that it has it."""
    await connection.execute(queries.note_arrived, {"id": UUID(notice_id), "now": now})


async def note_trouble(connection: Transaction, notice_id: str, *, again_at: datetime | None, problem: str) -> None:
    """It did not go; without a next time it is given up."""
    parameters = {"id": UUID(notice_id), "again_at": again_at, "problem": problem[:200]}
    await connection.execute(queries.note_trouble, parameters)


async def note_receipts(connection: Transaction, receipts: Sequence[tuple[str, bool, str]], *, now: datetime) -> int:
    """What became of messages (the carrier's id, whether it arrived, why not); how many changed something."""
    parameters = {
        "provider_ids": [provider_id for provider_id, _, _ in receipts],
        "delivered": [delivered for _, delivered, _ in receipts],
        "problems": [problem for _, _, problem in receipts],
        "now": now,
    }
    return (await connection.execute(queries.note_receipts, parameters)).rowcount


async def list_mine(
    connection: Transaction, recipient: str, *, before: int | None, unread_only: bool, size: int
) -> list[Notice]:
    """Somebody's own notices, newest first."""
    parameters = {"recipient": recipient, "before": before, "unread_only": unread_only, "size": size}
    cursor = await connection.execute(queries.list_mine, parameters)
    return [_notice_of(row) for row in await cursor.fetchall()]


async def count_unread(connection: Transaction, recipient: str) -> int:
    """How many somebody has not read, at most 99."""
    row = await (await connection.execute(queries.count_unread, {"recipient": recipient})).fetchone()
    return int(row["count"]) if row else 0


async def mark_read(connection: Transaction, recipient: str, notice_id: str, *, now: datetime) -> None:
    """Everything up to a notice has been read."""
    await connection.execute(queries.mark_read, {"recipient": recipient, "id": UUID(notice_id), "now": now})


async def list_of_case(connection: Transaction, case_id: str) -> list[Notice]:
    """Everything told about a case, in order."""
    cursor = await connection.execute(queries.list_of_case, {"id": UUID(case_id)})
    return [_notice_of(row) for row in await cursor.fetchall()]


async def read_templates(connection: Transaction) -> dict[tuple[str, str, str, str], str]:
    """The city's own texts by occasion, task type, channel and language."""
    cursor = await connection.execute(queries.list_templates)
    return {
        (row["occasion"], row["task_type"], row["channel"], row["language"]): row["text"]
        for row in await cursor.fetchall()
    }


async def set_template(transaction: Transaction, template: Template) -> None:
    """Set one text; an empty one takes it away."""
    parameters = {
        "occasion": template.occasion,
        "task_type": template.task_type,
        "channel": template.channel or "",
        "language": template.language,
    }
    if template.text:
        await transaction.execute(queries.set_template, {**parameters, "text": template.text})
    else:
        await transaction.execute(queries.delete_template, parameters)


async def read_contacts(connection: Transaction, subjects: Iterable[str]) -> dict[str, Contact]:
    """How these people are reached."""
    cursor = await connection.execute(queries.read_contacts, {"subjects": sorted(set(subjects))})
    return {row["subject"]: _contact_of(row) for row in await cursor.fetchall()}


async def find_contact(connection: Transaction, indexes: Sequence[bytes]) -> Contact | None:
    """Whose number this is."""
    row = await (await connection.execute(queries.find_contact, {"indexes": list(indexes)})).fetchone()
    return _contact_of(row) if row else None


async def set_contact(transaction: Transaction, contact: Contact, *, phone_index: bytes, at: datetime) -> None:
    """Set how somebody is reached."""
    parameters = {
        "subject": contact.subject,
        "phone": contact.phone,
        "phone_index": phone_index,
        "sms": contact.sms,
        "language": contact.language,
        "updated_at": at,
    }
    await transaction.execute(queries.set_contact, parameters)


async def insert_webhook(transaction: Transaction, webhook: Webhook, *, at: datetime) -> None:
    """Add one."""
    parameters = {
        "id": UUID(webhook.id),
        "url": webhook.url,
        "secret": webhook.secret,
        "event_types": sorted(webhook.event_types),
        "area_code": webhook.area_code,
        "department_code": webhook.department_code,
        "added_by": webhook.added_by,
        "added_at": at,
    }
    await transaction.execute(queries.insert_webhook, parameters)


async def list_webhooks(connection: Transaction) -> list[Webhook]:
    """All of them, with what waits and what was given up."""
    cursor = await connection.execute(queries.list_webhooks)
    return [_webhook_of(row) for row in await cursor.fetchall()]


async def find_webhook(connection: Transaction, webhook_id: str) -> Webhook | None:
    """One, with what waits and what was given up."""
    row = await (await connection.execute(queries.find_webhook, {"id": webhook_id})).fetchone()
    return _webhook_of(row) if row else None


async def list_deliveries(connection: Transaction, webhook_id: str, *, failed_only: bool, size: int) -> list[Notice]:
    """What a webhook was told last, newest first."""
    parameters = {"id": webhook_id, "failed_only": failed_only, "size": size}
    cursor = await connection.execute(queries.list_deliveries, parameters)
    return [_notice_of(row) for row in await cursor.fetchall()]


async def retry_failed(transaction: Transaction, webhook_id: str, *, now: datetime) -> int:
    """What was given up waits again; how many."""
    return (await transaction.execute(queries.retry_failed, {"id": webhook_id, "now": now})).rowcount


async def list_live_webhooks(connection: Transaction) -> list[Webhook]:
    """Those that are told of events."""
    cursor = await connection.execute(queries.list_live_webhooks)
    return [_webhook_of(row) for row in await cursor.fetchall()]


async def stop_webhook(transaction: Transaction, webhook_id: str, *, now: datetime) -> bool:
    """Stop one; whether there was one to stop."""
    return (await transaction.execute(queries.stop_webhook, {"id": webhook_id, "now": now})).rowcount == 1


async def insert_received(
    transaction: Transaction, *, message_id: str, phone: bytes, subject: str, text: str, reply: str, at: datetime
) -> bool:
    """Take a text message in; False when it came before."""
    parameters = {
        "message_id": message_id,
        "phone": phone,
        "subject": subject,
        "text": text,
        "reply": reply,
        "received_at": at,
    }
    return await (await transaction.execute(queries.insert_received, parameters)).fetchone() is not None


async def find_received(connection: Transaction, message_id: str) -> tuple[bytes, str] | None:
    """The sealed number and the reply of a message that came in before."""
    row = await (await connection.execute(queries.find_received, {"message_id": message_id})).fetchone()
    return (bytes(row["phone"]), row["reply"]) if row else None


async def find_last_closed(connection: Transaction, subject: str, *, since: datetime) -> tuple[str, int] | None:
    """The case (id and version) somebody was last told of as done, while it is not rated."""
    parameters = {"subject": subject, "since": since}
    row = await (await connection.execute(queries.find_last_closed, parameters)).fetchone()
    return (str(row["id"]), row["version"]) if row else None


async def list_followers_of(connection: Transaction, case_ids: Iterable[str]) -> Mapping[str, list[str]]:
    """Who follows these cases."""
    found: dict[str, list[str]] = {}
    cursor = await connection.execute(queries.list_followers_of, {"ids": [UUID(case_id) for case_id in case_ids]})
    for row in await cursor.fetchall():
        found.setdefault(str(row["incident_id"]), []).append(row["subject"])
    return found


async def list_reopenings(connection: Transaction, case_ids: Iterable[str]) -> dict[str, list[int]]:
    """The places in history at which these cases were opened again."""
    found: dict[str, list[int]] = {}
    cursor = await connection.execute(queries.list_reopenings, {"ids": [UUID(case_id) for case_id in case_ids]})
    for row in await cursor.fetchall():
        found.setdefault(str(row["incident_id"]), []).append(row["sequence"])
    return found


async def list_masters(connection: Transaction, case_ids: Iterable[str]) -> dict[str, str]:
    """The numbers of the cases into which these were merged."""
    cursor = await connection.execute(queries.list_masters, {"ids": [UUID(case_id) for case_id in case_ids]})
    return {str(row["incident_id"]): row["number"] for row in await cursor.fetchall()}


def _contact_of(row: Row) -> Contact:
    return Contact(subject=row["subject"], phone=bytes(row["phone"]), sms=row["sms"], language=row["language"])


def _webhook_of(row: Row) -> Webhook:
    return Webhook(
        id=str(row["id"]),
        url=row["url"],
        secret=bytes(row["secret"]),
        event_types=frozenset(row["event_types"]),
        area_code=row["area_code"],
        department_code=row["department_code"],
        added_by=row["added_by"],
        stopped=row["stopped_at"] is not None,
        waiting_count=row["waiting_count"],
        failed_count=row["failed_count"],
    )


def _notice_of(row: Row) -> Notice:
    return Notice(
        id=str(row["id"]),
        place=row["place"],
        case_id=str(row["incident_id"] or ""),
        case_number=row["number"] or "",
        occasion=Occasion(row["occasion"]),
        recipient=row["recipient"],
        channel=Channel(row["channel"]),
        text=row["text"],
        state=row["state"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        read_at=row["read_at"],
        try_count=row["try_count"],
        problem=row["problem"],
    )
