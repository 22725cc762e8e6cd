"""Takes in pictures: a few at a time, the original put away, a clean copy for people, and what it said kept apart."""

import asyncio
import secrets
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import structlog
from gridward.common.v1 import place_pb2

from services.gateway import pictures, store
from services.gateway.domain import EvidenceUnknown
from services.gateway.pictures import Picture
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Exhausted, NotFound
from services.platform.objects import ObjectStore

log = structlog.get_logger()

DECODING_MAX = 2
WAITING_MAX = 32
RETRY_AFTER_S = 3
KEY_BYTES = 24
ORIGINALS = "originals/"
SHOWN_TYPE = "image/webp"
SHOWN_SUFFIX = ".webp"
THUMBNAIL_SUFFIX = ".thumb.webp"
KEY_LENGTH_MAX = 256


@dataclass(slots=True, kw_only=True)
class Uploads:
    """The store of pictures as the gateway fills and reads it."""

    objects: ObjectStore
    database: Database
    clock: Clock
    zone: ZoneInfo
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DECODING_MAX))
    _waiting: int = 0

    async def keep(self, content: bytes, *, kind: int, by: str) -> place_pb2.Evidence:
        """Keep a picture; the evidence to put in a report. Fails as pictures.examine, EXHAUSTED, UNAVAILABLE."""
        picture = await self._examined(content)
        now = self.clock.now()
        name = f"{now:%Y/%m}/{secrets.token_urlsafe(KEY_BYTES)}"
        object_key = f"photos/{name}{SHOWN_SUFFIX}"
        original_key = f"{ORIGINALS}{name}.{pictures.SUFFIXES[picture.content_type]}"
        await asyncio.gather(
            self.objects.put(original_key, content, picture.content_type),
            self.objects.put(object_key, picture.shown, SHOWN_TYPE),
            self.objects.put(f"photos/{name}{THUMBNAIL_SUFFIX}", picture.thumbnail, SHOWN_TYPE),
        )
        record = store.StoredPhoto(
            object_key=object_key,
            original_key=original_key,
            sha256=picture.sha256,
            content_type=picture.content_type,
            size_bytes=len(content),
            width_px=picture.width_px,
            height_px=picture.height_px,
            taken_at=picture.taken_at,
            longitude_deg=picture.longitude_deg,
            latitude_deg=picture.latitude_deg,
            uploaded_by=by,
            uploaded_at=now,
        )
        async with self.database.transaction() as transaction:
            await store.add_photo(transaction, record)
        log.info("photo_kept", object_key=object_key, size_bytes=len(content))
        return evidence_of(record, kind=kind)

    async def _examined(self, content: bytes) -> Picture:
        if self._waiting >= WAITING_MAX:
            raise Exhausted(retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(pictures.examine, content, self.zone)
        finally:
            self._waiting -= 1

    async def brought_by(self, key: str, subject: str) -> bool:
        """Whether a picture was taken in from this person."""
        if len(key) > KEY_LENGTH_MAX:
            return False
        async with self.database.connection() as connection:
            return await store.photo_is_of(connection, key, subject)

    async def shown(self, key: str, *, small: bool) -> tuple[bytes, str]:
        """A picture as people may see it; never an original. Fails with EVIDENCE_UNKNOWN, UNAVAILABLE."""
        if len(key) > KEY_LENGTH_MAX or key.startswith((ORIGINALS, "/", ".")) or ".." in key or "//" in key:
            raise EvidenceUnknown
        try:
            if small and key.endswith(SHOWN_SUFFIX) and not key.endswith(THUMBNAIL_SUFFIX):
                try:
                    return await self.objects.get(key.removesuffix(SHOWN_SUFFIX) + THUMBNAIL_SUFFIX)
                except NotFound:
                    pass  # pictures of cameras come without one
            return await self.objects.get(key)
        except NotFound as error:
            raise EvidenceUnknown from error


def evidence_of(photo: store.StoredPhoto, *, kind: int) -> place_pb2.Evidence:
    """An upload in the words of the contract."""
    evidence = place_pb2.Evidence(
        object_key=photo.object_key,
        sha256=photo.sha256,
        content_type=photo.content_type,
        kind=place_pb2.EvidenceKind.ValueType(kind),
        size_bytes=photo.size_bytes,
    )
    if photo.taken_at is not None:
        evidence.taken_at.FromDatetime(photo.taken_at)
    if photo.longitude_deg is not None and photo.latitude_deg is not None:
        evidence.taken_where.longitude_deg = photo.longitude_deg
        evidence.taken_where.latitude_deg = photo.latitude_deg
    return evidence
