"""Maps the picture of a camera to the ground by points that people set, so that what is seen is filed at its own place."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Scope
from services.platform.seal import Sealer
from services.video.domain.cameras import Camera, Place
from services.video.domain.errors import CameraUnknown, GroundUnfit
from services.video.domain.geometry import Corner, GroundPoint, fitted, landed
from services.video.store import cameras as camera_store
from services.video.store import watches

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What can be done with the ground in a picture."""

    database: Database
    clock: Clock
    sealer: Sealer

    async def points(self, camera_id: str, preset: str, scope: Scope) -> tuple[Sequence[GroundPoint], float]:
        """The points of a preset, and how far one lies from their plane at most. Fails with CAMERA_UNKNOWN."""
        async with self.database.transaction() as transaction:
            camera = await self._camera(transaction, camera_id, scope)
            points = (await watches.ground_of(transaction, [camera_id])).get((camera_id, preset), [])
        try:
            return points, fitted(points, camera=camera.place)[1]
        except GroundUnfit:  # kept before cameras were moved, or brought by a program
            return points, 0.0

    async def try_out(
        self, camera_id: str, points: Sequence[GroundPoint], corners: Sequence[Corner], scope: Scope
    ) -> tuple[Sequence[Place | None], float]:
        """Where corners lie by these points. Fails with CAMERA_UNKNOWN, GROUND_UNFIT."""
        async with self.database.transaction() as transaction:
            camera = await self._camera(transaction, camera_id, scope)
        plane, error_m = fitted(points, camera=camera.place)
        return [landed(plane, corner, camera=camera.place) for corner in corners], error_m

    async def save(
        self, camera_id: str, preset: str, points: Sequence[GroundPoint], *, key: RequestKey, scope: Scope
    ) -> float:
        """Keep the points of a preset, or none. Fails with CAMERA_UNKNOWN, GROUND_UNFIT."""
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            if answer is not None:
                return float(answer)
            camera = await self._camera(transaction, camera_id, scope)
            error_m = fitted(points, camera=camera.place)[1] if points else 0.0
            await watches.save_ground_points(transaction, (camera_id, preset), points)
            await camera_store.raise_plan(transaction)
            await keep_answer(transaction, key, str(error_m).encode())
        log.info("ground_mapped", camera_id=camera_id, points=len(points), by=key.subject)
        return error_m

    async def _camera(self, transaction: Transaction, camera_id: str, scope: Scope) -> Camera:
        camera = await camera_store.find_camera(transaction, camera_id, scope, self.sealer)
        if camera is None:
            raise CameraUnknown(camera=camera_id)
        return camera
