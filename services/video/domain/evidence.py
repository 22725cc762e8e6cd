"""Kept pictures: what proves that they are what was seen, how long they are kept, and who sees how much of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from services.video.domain.geometry import Box


class KeepClass(StrEnum):
    """Why a picture is kept, and so how long."""

    SUSPICION = "suspicion"
    EQUIPMENT = "equipment"
    CASE = "case"


KEPT: Final = {
    KeepClass.SUSPICION: timedelta(days=30),
    KeepClass.EQUIPMENT: timedelta(days=180),
    KeepClass.CASE: timedelta(days=5 * 365),
}
PICTURE, CLIP = "image/jpeg", "video/mp4"
_ENDINGS: Final = {PICTURE: "jpg", CLIP: "mp4"}
LINK_LIFE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A kept picture or clip."""

    id: UUID
    camera_id: str
    object_key: str
    sha256: str
    content_type: str
    size_bytes: int
    width_px: int
    height_px: int
    taken_at: datetime
    hidden: Sequence[Box] = ()
    keep_class: KeepClass = KeepClass.SUSPICION
    kept_until: datetime
    held: bool = False
    waiting: bytes | None = field(default=None, repr=False)


def kept(
    content: bytes,
    *,
    id: UUID,
    camera_id: str,
    taken_at: datetime,
    size_px: tuple[int, int],
    keep_class: KeepClass,
    hidden: Sequence[Box] = (),
    content_type: str = PICTURE,
) -> Evidence:
    """A picture or clip as evidence."""
    return Evidence(
        id=id,
        camera_id=camera_id,
        object_key=f"patrol/{taken_at:%Y/%m/%d}/{camera_id}/{id}.{_ENDINGS[content_type]}",
        sha256=sha256(content).hexdigest(),
        content_type=content_type,
        size_bytes=len(content),
        width_px=size_px[0],
        height_px=size_px[1],
        taken_at=taken_at,
        hidden=hidden,
        keep_class=keep_class,
        kept_until=taken_at + KEPT[keep_class],
    )


def blurred_key(object_key: str) -> str:
    """Where the form of a picture lies that everybody may see; it goes when the picture goes."""
    return f"blurred/{object_key}"


def is_whole(evidence: Evidence, content: bytes) -> bool:
    """Whether what lies in the store is what was kept."""
    return len(content) == evidence.size_bytes and sha256(content).hexdigest() == evidence.sha256
