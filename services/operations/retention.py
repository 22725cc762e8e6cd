"""Deletes personal data whose time is over, puts each deletion on record, and reports what was deleted.

What processes clear away by themselves (sessions, old answers, pictures of cameras) is not told here again.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, LiteralString

import structlog

from services.machine import objectstore
from services.operations.places import Place
from services.operations.settings import RetentionSettings
from services.platform import audit, sql
from services.platform.audit import Deed
from services.platform.database import Database, Transaction, open_database
from services.platform.identity import service_caller

log = structlog.get_logger()
queries = sql.load(__package__, "retention.sql")

SLICE: Final = 2000
#: Where the gateway keeps pictures for people without an office.
PUBLIC: Final = "public/"
#: Schemas that keep an audit trail; it is kept at least as long as the law asks and never shortened by us.
AUDITED: Final = ("registry", "incidents", "video", "points", "gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of data that goes: where it lies, how a slice of it is deleted, and how long it is kept."""

    what: str
    schema: str
    statement: LiteralString
    kept: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What one rule took away."""

    what: str
    schema: str
    before: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """How far back the audit trail of a schema reaches."""

    schema: str
    rows: int
    oldest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was deleted, and what was kept."""

    as_of: str
    deleted: Sequence[Deleted]
    trails: Sequence[Trail]

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def rules_by(settings: RetentionSettings) -> tuple[Rule, ...]:
    """Every kind of data that goes by age alone."""
    told = (
        ("tracks", "registry", queries.tracks, settings.keep_tracks_days),
        ("texts_answered", "registry", queries.texts_answered, settings.keep_texts_days),
        ("texts_received", "incidents", queries.texts_received, settings.keep_texts_days),
        ("contacts", "incidents", queries.contacts, settings.keep_contacts_days),
        ("notices", "incidents", queries.notices, settings.keep_notices_days),
    )
    return tuple(
        Rule(what=what, schema=schema, statement=statement, kept=timedelta(days=days))
        for what, schema, statement, days in told
    )


def carry_out(place: Place, settings: RetentionSettings, *, now: datetime | None = None) -> Report:
    """Delete what is due and report it on standard output; may be repeated and broken off at any time."""
    report = asyncio.run(_carry_out(place, settings, now or datetime.now(UTC)))
    sys.stdout.write(f"{report.text()}\n")
    for deleted in report.deleted:
        log.info("retention", what=deleted.what, schema=deleted.schema, count=deleted.count, before=deleted.before)
    return report


async def _carry_out(place: Place, settings: RetentionSettings, now: datetime) -> Report:
    deleted: list[Deleted] = []
    trails: list[Trail] = []
    for schema in AUDITED:
        if schema not in place.role_urls:
            continue
        database = await open_database(place.role_urls[schema], service="operations", connections_max=2)
        try:
            deleted += [await _apply(database, rule, now) for rule in rules_by(settings) if rule.schema == schema]
            if schema == "gateway" and place.objects is not None:
                deleted.append(await _originals(database, place.objects, settings, now))
                deleted.append(await _publics(database, place.objects, settings, now))
            trails.append(await _trail_of(database, schema))
        finally:
            await database.close()
    return Report(as_of=now.isoformat(), deleted=deleted, trails=trails)


async def _apply(database: Database, rule: Rule, now: datetime) -> Deleted:
    before, total = now - rule.kept, 0
    while True:
        async with database.transaction() as transaction:
            cursor = await transaction.execute(rule.statement, {"before": before, "size": SLICE})
            count = cursor.rowcount
            if count:
                await _put_on_record(transaction, rule.what, count, before=before, now=now)
        total += count
        if count < SLICE:
            return Deleted(what=rule.what, schema=rule.schema, before=before.isoformat(), count=total)


async def _originals(
    database: Database, access: objectstore.Access, settings: RetentionSettings, now: datetime
) -> Deleted:
    """First the files, then what is known of them: broken off in between, the next time finds the rest."""
    before, total, store = now - timedelta(days=settings.keep_originals_days), 0, access.client()
    while True:
        async with database.transaction() as transaction:
            found = await transaction.execute(queries.originals, {"before": before, "size": SLICE})
            rows = await found.fetchall()
            for row in rows:
                await asyncio.to_thread(store.remove_object, access.bucket, row["original_key"])
            if rows:
                keys = [row["object_key"] for row in rows]
                await transaction.execute(queries.forget_originals, {"keys": keys})
                await _put_on_record(transaction, "originals", len(rows), before=before, now=now)
        total += len(rows)
        if len(rows) < SLICE:
            return Deleted(what="originals", schema="gateway", before=before.isoformat(), count=total)


async def _publics(
    database: Database, access: objectstore.Access, settings: RetentionSettings, now: datetime
) -> Deleted:
    """Blurred copies that the public looked at; whoever looks again has one made from the picture, if that is still there."""
    before, store = now - timedelta(days=settings.keep_publics_days), access.client()

    def remove() -> int:
        count = 0
        for found in store.list_objects(access.bucket, prefix=PUBLIC, recursive=True):
            if found.object_name and found.last_modified is not None and found.last_modified < before:
                store.remove_object(access.bucket, found.object_name)
                count += 1
        return count

    total = await asyncio.to_thread(remove)
    if total:
        async with database.transaction() as transaction:
            await _put_on_record(transaction, "publics", total, before=before, now=now)
    return Deleted(what="publics", schema="gateway", before=before.isoformat(), count=total)


async def _put_on_record(transaction: Transaction, what: str, count: int, *, before: datetime, now: datetime) -> None:
    deed = Deed(action="retention", target=what, row_count=count, details={"before": before.isoformat()})
    await audit.write(transaction, deed, caller=service_caller("operations"), at=now)


async def _trail_of(database: Database, schema: str) -> Trail:
    async with database.connection() as connection:
        row = await (await connection.execute(queries.oldest_audit)).fetchone()
    oldest = row["oldest"].isoformat() if row and row["oldest"] else ""
    return Trail(schema=schema, rows=row["rows"] if row else 0, oldest=oldest)
