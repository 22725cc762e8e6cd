"""Registers and changes cameras by hand, visits them on trial, and brings many of them by a spreadsheet."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

import structlog

from services.platform import audit
from services.platform.audit import Deed
from services.platform.clock import Clock
from services.platform.database import Transaction
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Caller, Scope
from services.platform.sheets import rows_of
from services.video.actions.cameras import Cameras
from services.video.actions.privacy import Privacy
from services.video.domain.books import Entry, Fault, Sheet, read, with_credentials
from services.video.domain.cameras import Camera, with_grids, within
from services.video.domain.errors import (
    CameraForeign,
    CameraStale,
    CameraTaken,
    GbCodeTaken,
    StreamAddressRefused,
)
from services.video.sight import Sight
from services.video.sources.allowed import NOT_ALLOWED
from services.video.store import cameras as store

log = structlog.get_logger()

MAY: Final = "video.cameras.write"
TRIAL_S: Final = 10.0
TRIAL_WIDTH_PX: Final = 960


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a camera showed."""

    picture: bytes = field(repr=False)
    width_px: int
    height_px: int
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came of a spreadsheet."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    faults: Sequence[Fault] = ()
    ignored: Sequence[str] = ()


class _OnTrial(Exception):
    """Takes back what a dry run wrote, and says what came of it."""

    def __init__(self, brought: Brought) -> None:
        super().__init__()
        self.brought = brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What can be done with the book of cameras."""

    cameras: Cameras
    sight: Sight
    privacy: Privacy
    clock: Clock

    async def save(
        self, camera: Camera, *, user: str, password: str, version: int, key: RequestKey, caller: Caller
    ) -> Camera:
        """Register or change one camera. Fails with CAMERA_TAKEN, CAMERA_STALE, CAMERA_FOREIGN, GB_CODE_TAKEN."""
        database, scope = self.cameras.database, caller.scope(MAY)
        async with database.transaction() as transaction:
            given = await answer_given(transaction, key)
            known = await store.find_camera(transaction, camera.id, scope, self.cameras.sealer)
        if given is not None and known is not None:
            return known
        camera = _with_secrets(camera, known, user=user, password=password)
        [standing] = await self.cameras.standing([camera], scope)
        async with database.transaction() as transaction:
            if await answer_given(transaction, key) is None:
                await self._require_free(transaction, standing, version=version, scope=scope)
                await store.save_cameras(transaction, [standing], self.cameras.sealer)
                await keep_answer(transaction, key, b"saved")
                await self._account(transaction, "camera.save", f"camera:{camera.id}", 1, caller)
            saved = await store.find_camera(transaction, camera.id, scope, self.cameras.sealer)
        log.info("camera_saved", camera_id=camera.id, new=version == 0)
        return saved or standing

    async def _require_free(self, transaction: Transaction, camera: Camera, *, version: int, scope: Scope) -> None:
        """It is nobody else's, and as it was when the change began."""
        if await store.foreign_cameras(transaction, [camera.id], scope):
            raise CameraForeign(camera=camera.id)
        now = (await store.versions(transaction, [camera.id])).get(camera.id, 0)
        if now and not version:
            raise CameraTaken(camera=camera.id)
        if now != version:
            raise CameraStale(camera=camera.id)
        holder = (await store.holders_of(transaction, [camera.gb_code])).get(camera.gb_code, camera.id)
        if holder != camera.id:
            raise GbCodeTaken(gb_code=camera.gb_code, camera=holder)

    async def try_out(
        self, camera: Camera, *, user: str, password: str, preset: str, caller: Caller, original: bool
    ) -> Trial:
        """A visit as it would be once saved. Fails with STREAM_ADDRESS_REFUSED, CAMERA_UNREACHABLE, FRAME_UNREADABLE."""
        async with self.cameras.database.connection() as connection:
            known = await store.find_camera(connection, camera.id, caller.scope(MAY), self.cameras.sealer)
        camera = _with_secrets(camera, known, user=user, password=password)
        self.cameras.check_addresses(camera)
        if known is not None:
            # Only a whole address is taken from what is kept: its name and password go nowhere else.
            camera = replace(camera, stream_address=camera.stream_address or known.stream_address)
            camera = replace(camera, control_address=camera.control_address or known.control_address)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        frame = await self.sight.frame(
            camera, at=self.clock.now(), budget_s=TRIAL_S, width_max_px=TRIAL_WIDTH_PX, preset=preset
        )
        took_s = loop.time() - began_s
        content = frame.content if original else await self.privacy.hide(frame.content, camera_id=camera.id)
        return Trial(picture=content, width_px=frame.width_px, height_px=frame.height_px, took_s=took_s)

    async def bring_sheet(self, content: bytes, *, dry_run: bool, key: RequestKey, caller: Caller) -> Brought:
        """Bring the cameras of a file, all or none. Fails with SHEET_UNREADABLE."""
        async with self.cameras.database.transaction() as transaction:
            given = await answer_given(transaction, key)
        if given is not None:
            return Brought(**json.loads(given))
        sheet = await asyncio.to_thread(lambda: read(rows_of(content)))
        standing, faults = await self._examined(sheet, caller.scope(MAY))
        if faults:
            return Brought(faults=sorted(faults, key=lambda fault: fault.row), ignored=sheet.ignored)
        try:
            brought = await self._write(standing, sheet, dry_run=dry_run, key=key, caller=caller)
        except _OnTrial as trial:
            return trial.brought
        log.info("cameras_brought", given=len(standing), created=brought.created, updated=brought.updated)
        return brought

    async def _write(
        self, cameras: Sequence[Camera], sheet: Sheet, *, dry_run: bool, key: RequestKey, caller: Caller
    ) -> Brought:
        async with self.cameras.database.transaction() as transaction:
            before = await store.versions(transaction, [camera.id for camera in cameras])
            changed = await store.save_cameras(transaction, cameras, self.cameras.sealer)
            created = len(cameras) - len(before)
            brought = Brought(
                created=created,
                updated=changed - created,
                unchanged=len(cameras) - changed,
                ignored=list(sheet.ignored),
            )
            if dry_run:
                raise _OnTrial(brought)
            kept = {name: value for name, value in asdict(brought).items() if name != "faults"}
            await keep_answer(transaction, key, json.dumps(kept).encode())
            await self._account(transaction, "camera.import", "cameras", len(cameras), caller)
        return brought

    async def _examined(self, sheet: Sheet, scope: Scope) -> tuple[list[Camera], list[Fault]]:
        """The cameras at their places, and whatever speaks against them."""
        faults = list(sheet.faults)
        entries = [replace(entry, camera=_secretive(entry)) for entry in sheet.entries]
        gridded = await with_grids([entry.camera for entry in entries], self.cameras.grids)
        paths = await self.cameras.grids.paths_of([camera.grid_code for camera in gridded if camera.grid_code])
        standing: list[tuple[Entry, Camera]] = []
        for entry, camera in zip(entries, gridded, strict=True):
            path = paths.get(camera.grid_code, "")
            if not path:
                column = "grid_code" if entry.camera.grid_code else "longitude_deg"
                reason = "GRID_UNKNOWN" if entry.camera.grid_code else "NO_GRID_HERE"
                faults.append(sheet.fault(entry.row, column, reason, entry.camera.grid_code))
                continue
            standing.append((entry, replace(camera, area_path=path)))
            faults += self._address_faults(sheet, entry)
        faults += await self._claimed(sheet, standing, scope)
        return [camera for _, camera in standing], faults

    def _address_faults(self, sheet: Sheet, entry: Entry) -> list[Fault]:
        faults = []
        for column, part in (("stream_url", "stream_address"), ("control_url", "control_address")):
            others = {"stream_address": "", "control_address": ""} | {part: getattr(entry.camera, part)}
            try:
                self.cameras.check_addresses(replace(entry.camera, **others))
            except StreamAddressRefused as refused:
                elsewhere = refused.details["problem"] == NOT_ALLOWED
                faults.append(sheet.fault(entry.row, column, "HOST_NOT_ALLOWED" if elsewhere else "ADDRESS_REFUSED"))
        return faults

    async def _claimed(self, sheet: Sheet, standing: Sequence[tuple[Entry, Camera]], scope: Scope) -> list[Fault]:
        """Cameras that are another's, and national codes that another camera has."""
        cameras = [camera for _, camera in standing]
        async with self.cameras.database.transaction() as transaction:
            foreign = set(await store.foreign_cameras(transaction, [camera.id for camera in cameras], scope))
            holders = await store.holders_of(transaction, [camera.gb_code for camera in cameras])
        faults = []
        for entry, camera in standing:
            if camera.id in foreign or not within(camera, areas=scope.area_paths, departments=scope.departments):
                faults.append(sheet.fault(entry.row, "id", "FOREIGN", camera.id))
            if holders.get(camera.gb_code, camera.id) != camera.id:
                faults.append(sheet.fault(entry.row, "gb_code", "GB_CODE_TAKEN", camera.gb_code))
        return faults

    async def _account(self, transaction: Transaction, action: str, target: str, count: int, caller: Caller) -> None:
        deed = Deed(action=action, target=target, row_count=count)
        await audit.write(transaction, deed, caller=caller, at=self.clock.now())


def _secretive(entry: Entry) -> Camera:
    return _with_secrets(entry.camera, None, user=entry.user, password=entry.password)


def _with_secrets(camera: Camera, known: Camera | None, *, user: str, password: str) -> Camera:
    """With name and password in its stream's address, given now or kept before."""
    address = camera.stream_address or (known.stream_address if known and (user or password) else "")
    return replace(camera, stream_address=with_credentials(address, user=user, password=password))
