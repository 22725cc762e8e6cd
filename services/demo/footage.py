"""Shows a real square to some of the demo's cameras, as it is, and with goods left on it; where it comes from stands beside it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SQUARE: Final = Path(__file__).with_name("footage") / "square.mp4"
#: The paved part of the view, in shares: where goods are in the way.
PAVED: Final = ((0.3, 0.42), (0.98, 0.35), (0.98, 0.8), (0.55, 0.62))
#: Cameras that see it, and whether goods are left there.
CAMERAS: Final[Mapping[str, bool]] = MappingProxyType({"CAM010": False, "CAM030": True})
FRAME_S: Final = 15
#: Pictures of the footage from one of these to the next, so that people have walked on; without a common part with their number.
STRIDE: Final = 17
FROM_S, UNTIL_S = 300, 1080
_CRATES: Final = (((0.60, 0.50, 0.07, 0.09), (40, 70, 130)), ((0.66, 0.52, 0.06, 0.07), (50, 160, 220)))


def write(path: Path, *, planted: bool) -> None:
    """The film of a camera: a minute that goes round, or twenty minutes in which goods come and go."""
    if not planted:
        draft = path.with_name(f".{path.name}.unfinished")
        shutil.copyfile(SQUARE, draft)
        draft.replace(path)
        return
    frames = _frames()
    height_px, width_px = frames[0].shape[:2]
    unfinished = path.with_name(f".{path.stem}.unfinished.mp4")
    writer = cv2.VideoWriter(str(unfinished), cv2.VideoWriter.fourcc(*"mp4v"), 1.0 / FRAME_S, (width_px, height_px))
    try:
        for number in range(UNTIL_S // FRAME_S + 8):
            picture = frames[number * STRIDE % len(frames)].copy()
            if FROM_S <= number * FRAME_S < UNTIL_S:
                _plant(picture)
            writer.write(picture)
    finally:
        writer.release()
    unfinished.replace(path)


def _frames() -> list[NDArray[np.uint8]]:
    capture, frames = cv2.VideoCapture(str(SQUARE)), []
    while (read := capture.read())[0]:
        frames.append(np.asarray(read[1], np.uint8))
    capture.release()
    return frames


def _plant(picture: NDArray[np.uint8]) -> None:
    height_px, width_px = picture.shape[:2]
    for (left, top, width, height), paint in _CRATES:
        corner, other = (left, top), (left + width, top + height)
        begin, end = ((int(x * width_px), int(y * height_px)) for x, y in (corner, other))
        cv2.rectangle(picture, begin, end, paint, -1)
        cv2.rectangle(picture, begin, end, tuple(part // 2 for part in paint), 2)
