"""Drafts, publishes, works and appraises duties."""

from dataclasses import replace
from datetime import UTC
from typing import Final

from gridward.incidents.v1 import duties_pb2

from services.incidents.cityview.city import City
from services.incidents.duties import store
from services.incidents.duties.domain import (
    Appraisal,
    Duty,
    DutyNotPublished,
    DutyPublished,
    DutyStale,
    DutyUnknown,
    published,
)
from services.incidents.duties.messages import duty_message
from services.incidents.once import once
from services.incidents.reach import path_in, require_reach, scope_columns
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import FieldInvalid
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall

READ: Final = "duties.read"
WRITE: Final = "duties.write"
WORK: Final = "duties.work"
PAGE_SIZE: Final = 100


class Leading:
    """One verb for each thing that is done with duties."""

    def __init__(self, database: Database, city: City, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._clock = clock
        self._wall = Wall("incidents", sql.load("services.incidents", "wall.sql").look_duties)

    async def draft(self, key: RequestKey, told: duties_pb2.Duty, caller: Caller) -> bytes:
        """Write a draft, or change one."""
        path = path_in(self._city, told.area_code)
        require_reach(caller, WRITE, path, code=told.area_code)

        async def work(transaction: Transaction) -> duties_pb2.DraftDutyResponse:
            version = 1
            if told.id:
                before = await self._held(transaction, told.id, caller, WRITE)
                self._require_version(before, told.version)
                if before.published_at is not None:
                    raise DutyPublished
                version = before.version + 1
            duty = replace(_duty_of(told, path), id=told.id or str(uuid7()), version=version)
            await store.save_draft(transaction, duty)
            return duties_pb2.DraftDutyResponse(duty=duty_message(duty, self._clock.now()))

        return await once(self._database, key, work)

    async def publish(self, key: RequestKey, duty_id: str, version: int, caller: Caller) -> bytes:
        """Publish a draft; fails with DUTY_INCOMPLETE while anything is missing."""

        async def work(transaction: Transaction) -> duties_pb2.PublishDutyResponse:
            duty = await self._held(transaction, duty_id, caller, WRITE)
            self._require_version(duty, version)
            now = self._clock.now()
            given = published(duty, now)
            await store.publish(transaction, given)
            return duties_pb2.PublishDutyResponse(duty=duty_message(given, now))

        return await once(self._database, key, work)

    async def work(self, key: RequestKey, duty_id: str, quantity: int, words: str, caller: Caller) -> bytes:
        """Write down how much was done."""

        async def work(transaction: Transaction) -> duties_pb2.RecordWorkResponse:
            await self._published(transaction, duty_id, caller, WORK)
            now = self._clock.now()
            await store.record_work(transaction, duty_id, quantity=quantity, words=words, by=caller.subject, at=now)
            duty = await self._published(transaction, duty_id, caller, WORK)
            return duties_pb2.RecordWorkResponse(duty=duty_message(duty, now))

        return await once(self._database, key, work)

    async def appraise(self, key: RequestKey, duty_id: str, appraisal: Appraisal, caller: Caller) -> bytes:
        """Keep an appraisal."""

        async def work(transaction: Transaction) -> duties_pb2.AppraiseDutyResponse:
            await self._published(transaction, duty_id, caller, WRITE)
            now = self._clock.now()
            await store.appraise(transaction, duty_id, appraisal, by=caller.subject, at=now)
            duty = await self._published(transaction, duty_id, caller, WRITE)
            return duties_pb2.AppraiseDutyResponse(duty=duty_message(duty, now))

        return await once(self._database, key, work)

    async def overview(self, area_code: str, caller: Caller, *, with_drafts: bool, size: int) -> list[duties_pb2.Duty]:
        """Duties within an area; drafts only for those who lead."""
        drafts = with_drafts and caller.permits(WRITE)
        async with self._database.connection() as connection:
            found = await store.list_duties(
                connection,
                scope_columns(caller, WRITE if drafts else READ),
                under=path_in(self._city, area_code),
                with_drafts=drafts,
                size=size or PAGE_SIZE,
            )
            permission = WRITE if drafts else READ
            found = await self._wall.kept(
                connection, found, key=lambda duty: duty.id, caller=caller, permission=permission
            )
        return [duty_message(duty, self._clock.now()) for duty in found]

    async def _held(self, transaction: Transaction, duty_id: str, caller: Caller, permission: str) -> Duty:
        duty = await store.find_duty(
            transaction, duty_id, scope_columns(caller, permission), upwards=permission == WORK
        )
        if duty is None or not await self._wall.shown(transaction, [duty.id], caller=caller, permission=permission):
            raise DutyUnknown(duty_id=duty_id)
        return duty

    async def _published(self, transaction: Transaction, duty_id: str, caller: Caller, permission: str) -> Duty:
        duty = await self._held(transaction, duty_id, caller, permission)
        if duty.published_at is None:
            raise DutyNotPublished
        return duty

    def _require_version(self, duty: Duty, version: int) -> None:
        if duty.version != version:
            fresh = duties_pb2.DraftDutyResponse(duty=duty_message(duty, self._clock.now()))
            raise DutyStale(fresh=fresh, version=duty.version)


def _duty_of(told: duties_pb2.Duty, path: str) -> Duty:
    try:
        due_at = told.due_at.ToDatetime(UTC) if told.HasField("due_at") else None
    except (ValueError, OverflowError) as error:
        raise FieldInvalid(field="duty.due_at", problem="is no moment") from error
    return Duty(
        id=told.id,
        area_code=told.area_code,
        area_path=path,
        title=told.title,
        definition=told.definition,
        quantity=told.quantity,
        unit=told.unit,
        steps=tuple(told.steps),
        measure=told.measure,
        accountable=told.accountable,
        due_at=due_at,
    )
