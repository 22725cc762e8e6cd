"""Says how cameras are, and lets them be learned anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from services.platform.database import Database
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Scope
from services.platform.seal import Sealer
from services.video.domain.errors import CameraUnknown
from services.video.domain.health import Fault
from services.video.patrol.touring import Touring
from services.video.store import cameras as camera_store
from services.video.store import watches as store

log = structlog.get_logger()

PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHealth:
    """What can be asked of the health of cameras."""

    database: Database
    sealer: Sealer
    touring: Touring

    async def list_health(
        self, scope: Scope, *, faults: Sequence[Fault], faulty_only: bool, area_code: str, after: str, size: int
    ) -> tuple[list[store.HealthRow], dict[str, list[store.FaultRow]], str]:
        """One page of cameras by id, their faults, and where the next page begins."""
        size = size or PAGE_SIZE
        async with self.database.connection() as connection:
            rows = await store.list_health(
                connection,
                scope,
                faults=faults,
                faulty_only=faulty_only,
                area_code=area_code,
                after=after,
                size=size + 1,
            )
            shown = rows[:size]
            standing = await store.standing_faults(connection, [row.camera_id for row in shown])
        by_camera: dict[str, list[store.FaultRow]] = {}
        for fault in standing:
            by_camera.setdefault(fault.camera_id, []).append(fault)
        return shown, by_camera, shown[-1].camera_id if len(rows) > size else ""

    async def history(self, camera_id: str, scope: Scope) -> list[store.FaultRow]:
        """What was wrong with a camera. Fails with CAMERA_UNKNOWN."""
        async with self.database.connection() as connection:
            if await camera_store.find_camera(connection, camera_id, scope, self.sealer) is None:
                raise CameraUnknown(camera=camera_id)
            return await store.fault_history(connection, camera_id)

    async def relearn(self, camera_id: str, *, reason: str, key: RequestKey, scope: Scope) -> None:
        """Forget a camera's usual look. Fails with CAMERA_UNKNOWN."""
        async with self.database.transaction() as transaction:
            if await answer_given(transaction, key) is not None:
                return
            if await camera_store.find_camera(transaction, camera_id, scope, self.sealer) is None:
                raise CameraUnknown(camera=camera_id)
            await store.forget(transaction, camera_id)
            await camera_store.raise_plan(transaction)
            await keep_answer(transaction, key, b"forgotten")
        self.touring.forget(camera_id)
        log.info("camera_relearned", camera_id=camera_id, by=key.subject, why=reason)
