"""Makes pictures that everybody may see: faces and number plates are hidden in them, once, and the outcome is kept."""

from collections.abc import Sequence

import structlog

from services.platform.errors import Exhausted, NotFound, Unavailable
from services.platform.objects import ObjectStore
from services.video.domain.errors import PictureUnreadable, Problem, VisitFailed
from services.video.domain.evidence import PICTURE, blurred_key
from services.video.domain.geometry import Box
from services.video.eyes.pool import Blurred, Eyes
from services.video.sight import Sight, told

log = structlog.get_logger()

#: Enough to see what is wrong in a street; a face in it is hidden, not merely small.
WIDTH_MAX_PX = 1600
WAITING_MAX = 32
RETRY_AFTER_S = 5


class Privacy:
    """Hides faces and plates, in a worker of its own, so that no camera's visit waits for it."""

    def __init__(self, eyes: Eyes | None, objects: ObjectStore, sight: Sight) -> None:
        self._eyes, self._objects, self._sight = eyes, objects, sight
        self._waiting = 0

    async def blur(self, content: bytes) -> Blurred:
        """A picture that everybody may see. Fails with PICTURE_UNREADABLE, EXHAUSTED, UNAVAILABLE without models."""
        if self._eyes is None:
            raise Unavailable(part="blurring")
        if self._waiting >= WAITING_MAX:
            raise Exhausted(retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with self._eyes.gaze() as gaze:
                return await gaze.blur(content, width_max_px=WIDTH_MAX_PX)
        except VisitFailed as failed:
            if failed.problem == Problem.NO_MODEL:
                raise Unavailable(part="blurring") from None
            raise PictureUnreadable from None
        finally:
            self._waiting -= 1

    async def hide(self, content: bytes, *, camera_id: str, hidden: Sequence[Box] = ()) -> bytes:
        """Faces and plates hidden; or all so coarse that there are none, where no models are at hand.

        Fails with CAMERA_UNREACHABLE, FRAME_UNREADABLE, EXHAUSTED.
        """
        try:
            return (await self.blur(content)).content
        except (Unavailable, PictureUnreadable):
            log.warning("picture_shown_coarse", camera_id=camera_id)
        try:
            return await self._sight.coarse(content, hidden)
        except VisitFailed as failed:
            raise told(camera_id, failed.problem) from None

    async def of_kept(self, object_key: str, content: bytes, *, camera_id: str, hidden: Sequence[Box] = ()) -> bytes:
        """The form of a kept picture that everybody may see, from the store where it was made before. Fails as `hide`."""
        key = blurred_key(object_key)
        try:
            return (await self._objects.get(key))[0]
        except (NotFound, Unavailable):
            made = await self.hide(content, camera_id=camera_id, hidden=hidden)
        try:
            await self._objects.put(key, made, PICTURE)
        except Unavailable:
            log.warning("blurred_picture_not_kept", object_key=object_key)  # it is made again next time
        return made
