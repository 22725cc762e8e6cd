"""Raises calls for help, says who is near, and stops the clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Scope
from services.platform.ids import uuid7
from services.video.domain.cameras import Camera, Place
from services.video.domain.errors import RescueCallUnknown
from services.video.domain.rescue import Call, Resource, nearest, seeing
from services.video.patrol.touring import Touring
from services.video.store import cameras as camera_store
from services.video.store import rescue as store

log = structlog.get_logger()

CAMERAS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A call with who is near and what sees the place."""

    call: Call
    resources: Sequence[tuple[Resource, float]]
    cameras: Sequence[tuple[Camera, float, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """What can be done about help."""

    database: Database
    clock: Clock
    touring: Touring

    async def save_resources(self, resources: Sequence[Resource], *, key: RequestKey) -> int:
        """Keep resources, all or nothing."""
        async with self.database.transaction() as transaction:
            if await answer_given(transaction, key) is None:
                await store.save_resources(transaction, resources)
                await keep_answer(transaction, key, b"saved")
        return len(resources)

    async def raise_call(self, place: Place, words: str, *, key: RequestKey, scope: Scope) -> Raised:
        """A call for help; cameras that see the place are visited at once."""
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            call = await store.find_call(transaction, UUID(answer.decode())) if answer else None
            if call is None:
                call = Call(id=uuid7(), place=place, words=words, raised_at=self.clock.now(), raised_by=key.subject)
                await store.save_call(transaction, call)
                await keep_answer(transaction, key, str(call.id).encode())
            resources = await store.on_duty(transaction)
            cameras = await camera_store.list_cameras(transaction, scope, area_code="", after="", size=CAMERAS_MAX)
        found = seeing(cameras, call.place)
        for camera, _, _ in found:
            self.touring.hasten(camera.id)
        log.info("rescue_call_raised", call_id=str(call.id), cameras=len(found))
        return Raised(call=call, resources=nearest(resources, call.place), cameras=found)

    async def mark_on_site(self, call_id: UUID, resource_id: str) -> Call:
        """Help is there. Fails with RESCUE_CALL_UNKNOWN."""
        async with self.database.transaction() as transaction:
            call = await store.mark_on_site(transaction, call_id, by=resource_id, at=self.clock.now())
        if call is None:
            raise RescueCallUnknown(call=call_id)
        log.info("rescue_on_site", call_id=str(call_id), outcome=call.outcome(self.clock.now()).value)
        return call

    async def list_calls(self, *, since: datetime | None) -> list[Call]:
        """Calls, newest first."""
        async with self.database.connection() as connection:
            return await store.list_calls(connection, since=since)
