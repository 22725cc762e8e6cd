"""Takes in cameras and lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from services.platform.database import Database
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Scope
from services.platform.seal import Sealer
from services.video.domain.cameras import Camera, Grids, placed, with_grids, within
from services.video.domain.errors import CameraForeign
from services.video.sources.allowed import AllowedSources
from services.video.sources.turning import control_of
from services.video.store import cameras as store

log = structlog.get_logger()

PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some cameras by id; `after` is where the next page begins, empty after the last."""

    cameras: list[Camera]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cameras:
    """What can be done with the list of cameras."""

    database: Database
    sources: AllowedSources
    sealer: Sealer
    grids: Grids

    async def import_cameras(self, cameras: Sequence[Camera], *, key: RequestKey, scope: Scope) -> int:
        """Create or change cameras, all or none; how many differ from before."""
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
        if answer is not None:
            return int(answer)
        standing = await self.standing(cameras, scope)
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            if answer is not None:
                return int(answer)
            for camera_id in await store.foreign_cameras(transaction, [camera.id for camera in standing], scope):
                raise CameraForeign(camera=camera_id)
            changed = await store.save_cameras(transaction, standing, self.sealer)
            await keep_answer(transaction, key, str(changed).encode())
        log.info("cameras_imported", given=len(cameras), changed=changed)
        return changed

    def check_addresses(self, camera: Camera) -> None:
        """Whether a camera's addresses may be used. Fails with STREAM_ADDRESS_REFUSED."""
        if camera.stream_address:
            self.sources.check(camera.id, camera.stream_address)
        if camera.control_address:
            control_of(self.sources, camera)

    async def standing(self, cameras: Sequence[Camera], scope: Scope) -> list[Camera]:
        """The cameras at their places, if their streams, their grids and the scope allow it."""
        for camera in cameras:
            self.check_addresses(camera)
        gridded = await with_grids(cameras, self.grids)
        paths = await self.grids.paths_of([camera.grid_code for camera in gridded if camera.grid_code])
        standing = placed(gridded, paths)
        for camera in standing:
            if not within(camera, areas=scope.area_paths, departments=scope.departments):
                raise CameraForeign(camera=camera.id)
        return standing

    async def list_cameras(self, scope: Scope, *, area_code: str, after: str, size: int) -> Page:
        """One page of the cameras within the scope."""
        size = size or PAGE_SIZE
        async with self.database.connection() as connection:
            found = await store.list_cameras(connection, scope, area_code=area_code, after=after, size=size + 1)
        return Page(cameras=found[:size], after=found[size - 1].id if len(found) > size else "")
