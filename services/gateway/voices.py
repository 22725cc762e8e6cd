"""Takes in a spoken note: what it is is told by its first bytes, never by its name; it is kept as it came."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import structlog
from gridward.common.v1 import place_pb2

from services.gateway import store
from services.gateway.domain import VoiceNotASound
from services.gateway.uploads import KEY_BYTES, evidence_of
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.objects import ObjectStore

log = structlog.get_logger()

BYTES_MAX: Final = 4 * 1024 * 1024
SUFFIXES: Final = {"audio/webm": "webm", "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/wav": "wav"}
_WEBM: Final = b"\x1a\x45\xdf\xa3"
_FOUND_WITHIN: Final = 4096


def type_of(content: bytes) -> str:
    """The media type by the content: what phones record. Fails with VOICE_NOT_A_SOUND, for films too."""
    head = content[:_FOUND_WITHIN]
    if head.startswith(_WEBM) and b"webm" in head and b"V_" not in head and b"A_" in head:
        return "audio/webm"
    if head.startswith(b"OggS") and (b"OpusHead" in head or b"vorbis" in head):
        return "audio/ogg"
    if head[4:8] == b"ftyp" and b"vide" not in content and b"soun" in content:
        return "audio/mp4"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    raise VoiceNotASound


@dataclass(slots=True, kw_only=True)
class Voices:
    """The store of spoken notes."""

    objects: ObjectStore
    database: Database
    clock: Clock

    async def keep(self, content: bytes, *, by: str) -> place_pb2.Evidence:
        """Keep a note; the evidence to put in a report. Fails with VOICE_NOT_A_SOUND, UNAVAILABLE."""
        content_type, now = type_of(content), self.clock.now()
        key = f"voices/{now:%Y/%m}/{secrets.token_urlsafe(KEY_BYTES)}.{SUFFIXES[content_type]}"
        await self.objects.put(key, content, content_type)
        record = store.StoredPhoto(
            object_key=key,
            original_key=key,
            sha256=sha256(content).hexdigest(),
            content_type=content_type,
            size_bytes=len(content),
            width_px=0,
            height_px=0,
            taken_at=None,
            longitude_deg=None,
            latitude_deg=None,
            uploaded_by=by,
            uploaded_at=now,
        )
        async with self.database.transaction() as transaction:
            await store.add_photo(transaction, record)
        log.info("voice_kept", object_key=key, size_bytes=len(content))
        return evidence_of(record, kind=place_pb2.EVIDENCE_KIND_ATTACHMENT)
