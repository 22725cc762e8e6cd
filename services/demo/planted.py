"""Films of streets on which something happens: drawn frame by frame, minutes long, so that the patrol has something to find.

Every frame stands for fifteen seconds. For the first minutes all is well, so that the patrol learns what is usual; then
the event comes, and goes before the film begins anew.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import cv2
import numpy as np

from services.demo import clip, footage
from services.demo.clip import FRAMES, HEIGHT_PX, WIDTH_PX, Mover, Picture, Street

FRAME_S: Final = 15
LENGTH_S: Final = 1200
#: Cameras for which no film is written: their feed is dark.
DARK: Final = ("CAM019",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What happens, and when."""

    draw: Callable[[Picture, Street], Picture]
    from_s: int = 150
    until_s: int = 1080


def _goods(side: float, depth: float) -> Callable[[Picture, Street], Picture]:
    """Crates piled up, `side` in half lanes from the middle."""

    def draw(picture: Picture, street: Street) -> Picture:
        x, y = clip.spot_at(street.vanishing, side, depth)
        size = 100 * depth + 16
        for dx, dy, share, paint in (
            (0, 0, 1.0, (40, 70, 130)),
            (0.75, 0, 0.8, (50, 160, 220)),
            (0.2, 0.9, 0.7, (30, 40, 60)),
        ):
            left, foot = x + dx * size, y - dy * size * 0.8
            clip.draw_box(picture, (left, foot - size * share * 0.8), (left + size * share, foot), paint)
        return picture

    return draw


def _parked(lane: float, depth: float) -> Callable[[Picture, Street], Picture]:
    """A car that stands."""

    def draw(picture: Picture, street: Street) -> Picture:
        way = ((depth - 0.03) / 1.25) ** 0.5
        clip.draw_car(picture, street.vanishing, Mover(begin=0, rounds=0, lane=lane / 0.72, paint=(30, 30, 35)), way)
        return picture

    return draw


def _covered(picture: Picture, _street: Street) -> Picture:
    picture[:, : int(WIDTH_PX * 0.72)] = (52, 70, 60)
    return picture


def _moved(picture: Picture, _street: Street) -> Picture:
    shift = np.array([[1, 0, 90], [0, 1, 40]], np.float32)
    return np.asarray(cv2.warpAffine(picture, shift, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _snow(picture: Picture, _street: Street) -> Picture:
    noise = np.random.default_rng(int(picture[::40, ::40].sum())).normal(60, 60, picture.shape)
    return np.clip(picture * 0.35 + noise, 0, 255).astype(np.uint8)


def _blurred(picture: Picture, _street: Street) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 7), np.uint8)


def _black(picture: Picture, _street: Street) -> Picture:
    return np.asarray(picture * 0.01, np.uint8)


def _still(_picture: Picture, street: Street) -> Picture:
    return clip.frame_of(replace(street, cars=street.cars[:1]), 0)


#: By camera.
PLANTED: Final[Mapping[str, Planted]] = MappingProxyType(
    {
        "CAM002": Planted(draw=_goods(0.3, 0.62)),
        "CAM005": Planted(draw=_parked(-0.75, 0.55)),
        "CAM011": Planted(draw=_goods(-0.9, 0.7), from_s=240),
        "CAM016": Planted(draw=_parked(0.8, 0.45), from_s=300),
        "CAM023": Planted(draw=_goods(0.45, 0.72), from_s=420),
        "CAM007": Planted(draw=_covered),
        "CAM013": Planted(draw=_moved, from_s=200),
        "CAM021": Planted(draw=_snow, from_s=180),
        "CAM028": Planted(draw=_blurred),
        "CAM033": Planted(draw=_black, from_s=160),
        "CAM037": Planted(draw=_still, from_s=220),
    }
)


def mark(camera_id: str) -> str:
    """What tells a film with an event from a plain one, by its name."""
    if camera_id in footage.CAMERAS:
        return "-square"
    return "-dark" if camera_id in DARK else "-planted" if camera_id in PLANTED else ""


def write(path: Path, camera: Mapping[str, Any]) -> None:
    """The film of a camera, unless it is there; none for a dark one."""
    camera_id, title = camera["id"], camera["name"]
    if path.exists() or camera_id in DARK:
        return
    if camera_id in footage.CAMERAS:
        footage.write(path, planted=footage.CAMERAS[camera_id])
    elif camera_id in PLANTED:
        write_film(path, camera_id=camera_id, title=title, planted=PLANTED[camera_id])
    else:
        clip.write_clip(path, camera_id=camera_id, title=title)


def write_film(path: Path, *, camera_id: str, title: str, planted: Planted) -> None:
    """Twenty minutes as MP4; the file is there only when it is whole."""
    street, chance = clip.street_of(camera_id, title), random.Random(f"{camera_id} planted")
    unfinished = path.with_name(f".{path.stem}.unfinished.mp4")
    writer = cv2.VideoWriter(str(unfinished), cv2.VideoWriter.fourcc(*"mp4v"), 1.0 / FRAME_S, (WIDTH_PX, HEIGHT_PX))
    try:
        for at_s in range(0, LENGTH_S, FRAME_S):
            now = replace(
                street,
                cars=[replace(one, begin=chance.random()) for one in street.cars],
                walkers=[replace(one, begin=chance.random()) for one in street.walkers],
            )
            picture = clip.frame_of(now, chance.randrange(FRAMES))
            if planted.from_s <= at_s < planted.until_s:
                picture = planted.draw(picture, street)
            writer.write(picture)
    finally:
        writer.release()
    unfinished.replace(path)
