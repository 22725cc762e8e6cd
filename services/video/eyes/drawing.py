"""Makes of a picture what people are shown: small, marked with boxes, blurred, or so coarse that nobody is recognised."""

from collections.abc import Sequence
from typing import Final

import cv2

from services.video.eyes.change import Rectangle
from services.video.eyes.picture import Picture, Pixels, Unreadable

QUALITY: Final = 85
QUALITY_SMALL: Final = 75
#: A face of 40 pixels in a full picture has 10 here, and a number plate's characters two or three.
COARSE_WIDTH_PX: Final = 480
#: Only the width is limited; no picture is taller than this.
HEIGHT_MAX_PX: Final = 40_000_000
MARK: Final = (40, 60, 235)


def jpeg(
    picture: Picture, *, width_max_px: int, marked: Sequence[Rectangle], coarse: bool, hidden: Sequence[Rectangle]
) -> bytes:
    """The picture as JPEG. Fails with Unreadable."""
    width_max_px = min(width_max_px, COARSE_WIDTH_PX) if coarse else width_max_px
    shown = picture.fitted(width_max_px, HEIGHT_MAX_PX)
    if coarse:
        shown = _hide(shown, hidden)
    if marked:
        shown = _mark(shown, marked)
    return _written(shown, QUALITY if width_max_px > COARSE_WIDTH_PX else QUALITY_SMALL)


def blurred(shown: Pixels, spots: Sequence[Rectangle]) -> bytes:
    """A JPEG of a picture in which these spots are squares of one colour each, so that nothing can be sharpened again."""
    return _written(_hide(shown, spots), QUALITY)


def _written(shown: Pixels, quality: int) -> bytes:
    made, content = cv2.imencode(".jpg", shown, [int(cv2.IMWRITE_JPEG_QUALITY), quality])
    if not made:
        raise Unreadable
    return content.tobytes()


def _pixels(shown: Pixels, box: Rectangle) -> tuple[int, int, int, int]:
    height_px, width_px = shown.shape[:2]
    left, top, right, bottom = box
    return int(left * width_px), int(top * height_px), int(right * width_px) + 1, int(bottom * height_px) + 1


def _hide(shown: Pixels, boxes: Sequence[Rectangle]) -> Pixels:
    """These spots in large squares, at most four across and four down."""
    hidden = shown.copy()
    for box in boxes:
        left, top, right, bottom = _pixels(shown, box)
        spot = hidden[top:bottom, left:right]
        if spot.size:
            tiny = cv2.resize(spot, (4, 4), interpolation=cv2.INTER_AREA)
            hidden[top:bottom, left:right] = cv2.resize(
                tiny, (spot.shape[1], spot.shape[0]), interpolation=cv2.INTER_NEAREST
            )
    return hidden


def _mark(shown: Pixels, boxes: Sequence[Rectangle]) -> Pixels:
    marked = shown.copy()
    thick = max(2, shown.shape[1] // 400)
    for box in boxes:
        left, top, right, bottom = _pixels(shown, box)
        cv2.rectangle(marked, (left, top), (right, bottom), (255, 255, 255), thick + 2, cv2.LINE_AA)
        cv2.rectangle(marked, (left, top), (right, bottom), MARK, thick, cv2.LINE_AA)
    return marked
