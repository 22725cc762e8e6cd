"""Shows pictures to people without an office: faces and number plates are hidden first, once; until then nothing is shown."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog
from gridward.video.v1 import privacy_pb2

from services.gateway import pictures
from services.gateway.backends import Backends
from services.gateway.contract import call_named
from services.gateway.domain import PictureWithheld
from services.gateway.uploads import SHOWN_SUFFIX, SHOWN_TYPE, THUMBNAIL_SUFFIX, Uploads
from services.platform.errors import Exhausted, GridwardError, Invalid, NotFound, Unavailable
from services.platform.objects import ObjectStore

log = structlog.get_logger()

PUBLIC: Final = "public/"
#: What the video service takes in one call; a picture as people see it has a tenth of it.
BYTES_MAX: Final = 3_500_000
AT_ONCE: Final = 4
WAITING_MAX: Final = 64
RETRY_AFTER_S: Final = 5
_BLUR = call_named(privacy_pb2.DESCRIPTOR, "PrivacyService", "BlurPicture")


@dataclass(slots=True, kw_only=True)
class PublicPictures:
    """The store of such pictures, filled when they are first looked at."""

    objects: ObjectStore
    uploads: Uploads
    backends: Backends
    _free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _making: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def shown(self, key: str, *, small: bool) -> tuple[bytes, str]:
        """The blurred form of a picture; sounds as they are. Fails with EVIDENCE_UNKNOWN, PICTURE_WITHHELD, EXHAUSTED."""
        name = PUBLIC + key.removesuffix(SHOWN_SUFFIX) + (THUMBNAIL_SUFFIX if small else SHOWN_SUFFIX)
        try:
            return await self.objects.get(name)
        except NotFound:
            content, content_type = await self.uploads.shown(key, small=False)
        if content_type.startswith("audio/"):
            return content, content_type
        if not content_type.startswith("image/"):
            raise PictureWithheld  # a clip of a camera has faces in every picture
        await self._made(key, content)
        return await self.objects.get(name)

    async def _made(self, key: str, content: bytes) -> None:
        """All who ask at once wait for the same blurring."""
        making = self._making.get(key)
        if making is None:
            if len(self._making) >= WAITING_MAX:
                raise Exhausted(retry_after_s=RETRY_AFTER_S)
            making = self._making[key] = asyncio.create_task(self._make(key, content))
            making.add_done_callback(lambda _: self._making.pop(key, None))
        try:
            await asyncio.shield(making)
        except (Unavailable, Invalid) as error:
            raise PictureWithheld from error

    async def _make(self, key: str, content: bytes) -> None:
        if len(content) > BYTES_MAX:
            raise PictureWithheld
        async with self._free:
            try:
                request = privacy_pb2.BlurPictureRequest(picture=content)
                answer = await self.backends.ask(_BLUR, request, privacy_pb2.BlurPictureResponse)
            except GridwardError as error:
                log.warning("picture_withheld", object_key=key, why=error.reason)
                raise
        shown, thumbnail = await asyncio.to_thread(pictures.copies, answer.picture)
        stem = PUBLIC + key.removesuffix(SHOWN_SUFFIX)
        await asyncio.gather(
            self.objects.put(stem + THUMBNAIL_SUFFIX, thumbnail, SHOWN_TYPE),
            self.objects.put(stem + SHOWN_SUFFIX, shown, SHOWN_TYPE),
        )
