"""Streets for tests: drawn scenes that live, with planted faults of the camera and planted events on the road."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from services.video.eyes.change import Compared, compare
from services.video.eyes.measure import Measured, measure
from services.video.eyes.picture import Picture, Pixels, of_film

WIDTH, HEIGHT = 640, 360
#: Where the road lies, in shares; events are planted here.
ROAD = ((0.25, 1.0), (0.45, 0.45), (0.55, 0.45), (0.85, 1.0))
VTEST = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")


@dataclass
class Street:
    """One camera's street: the same backdrop, other passers-by and other noise at every look."""

    seed: int
    noise: float = 2.5

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self.backdrop = self._draw()
        self._noises = [self._random.normal(0, self.noise, (HEIGHT, WIDTH, 3)).astype(np.float32) for _ in range(3)]

    def _draw(self) -> Pixels:
        random = self._random
        texture = random.integers(60, 200, (27, 48, 3)).astype(np.uint8)
        picture = cv2.resize(texture, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        for _ in range(40):  # houses, windows, signs
            left, top = int(random.integers(0, WIDTH - 60)), int(random.integers(0, HEIGHT // 2))
            size = random.integers(8, 60, 2)
            colour = tuple(int(part) for part in random.integers(30, 230, 3))
            cv2.rectangle(picture, (left, top), (left + int(size[0]), top + int(size[1])), colour, -1)
        road = np.array([(x * WIDTH, y * HEIGHT) for x, y in ROAD], np.int32)
        cv2.fillPoly(picture, [road], (98, 96, 95))
        for depth in np.linspace(0.5, 0.98, 7):
            cv2.line(
                picture,
                (int(WIDTH * 0.52), int(HEIGHT * depth)),
                (int(WIDTH * 0.53), int(HEIGHT * (depth + 0.03))),
                (230, 230, 230),
                5,
            )
        cv2.rectangle(picture, (513, 167), (533, 267), (35, 20, 40), -1)  # a dark post box, to be taken away
        return np.asarray(picture, np.uint8)

    def look(self, *, traffic: int = 3, change: Callable[[Pixels], Pixels] | None = None, light: float = 1.0) -> Pixels:
        """The street now."""
        picture = self.backdrop.copy()
        if change is not None:
            picture = change(picture)
        for _ in range(traffic):
            depth = float(self._random.uniform(0.5, 0.95))
            x, y = int(WIDTH * self._random.uniform(0.35, 0.7)), int(HEIGHT * depth)
            size = int(14 + 47 * (depth - 0.4))
            colour = tuple(int(part) for part in self._random.integers(20, 240, 3))
            cv2.rectangle(picture, (x, y - size), (x + int(size * 1.4), y), colour, -1)
        noise = np.roll(self._noises[int(self._random.integers(3))], int(self._random.integers(HEIGHT)), axis=0)
        noisy = picture.astype(np.float32) * light + noise
        return np.clip(noisy, 0, 255).astype(np.uint8)


def obstacle(picture: Pixels, *, x: float = 0.5, y: float = 0.75, size: float = 0.07) -> Pixels:
    """A pile of goods on the road."""
    left, top = int(WIDTH * x), int(HEIGHT * y)
    side = int(WIDTH * size)
    cv2.rectangle(picture, (left, top - side), (left + side, top), (20, 40, 120), -1)
    cv2.rectangle(picture, (left + 5, top - side - 10), (left + side - 12, top - side), (40, 210, 230), -1)
    return picture


def without_post_box(picture: Pixels) -> Pixels:
    """The post box is gone; what was behind it shows."""
    picture[163:270, 510:537] = cv2.GaussianBlur(picture[163:270, 480:507], (9, 9), 0)
    return picture


def _snow(picture: Pixels) -> Pixels:
    random = np.random.default_rng(int(picture[::50, ::50].sum()))
    return np.clip(picture.astype(np.int16) * 0.4 + random.normal(70, 55, picture.shape), 0, 255).astype(np.uint8)


def _moved(picture: Pixels) -> Pixels:
    return np.asarray(
        cv2.warpAffine(picture, np.float32([[1, 0, 63], [0, 1, 23]]), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT),
        np.uint8,
    )  # type: ignore[arg-type]


def _covered(picture: Pixels) -> Pixels:
    picture = picture.copy()
    picture[:, : int(WIDTH * 0.7)] = (70, 74, 78)
    return picture


def _tinted(picture: Pixels) -> Pixels:
    return np.clip(picture.astype(np.float32) * (1.55, 0.95, 0.45), 0, 255).astype(np.uint8)


#: What a broken camera makes of a street.
FAULTS: Mapping[str, Callable[[Pixels], Pixels]] = {
    "black": lambda picture: np.asarray(picture * 0.01, np.uint8),
    "blurred": lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 6), np.uint8),
    "occluded": _covered,
    "moved": _moved,
    "snow": _snow,
    "colour_cast": _tinted,
    "overexposed": lambda picture: np.clip(picture.astype(np.int16) + 165, 0, 255).astype(np.uint8),
    "underexposed": lambda picture: np.asarray(picture * 0.22, np.uint8),
}


class Memory:
    """What is kept from look to look, as the patrol keeps it."""

    def __init__(self) -> None:
        self.usual: Pixels | None = None
        self.previous: Pixels | None = None
        self.learned = 0

    def look(self, bgr: Pixels, *, learn: bool = True, **told: object) -> tuple[Measured, Compared]:
        """Measure and compare one picture, and learn from it."""
        picture = Picture(bgr=bgr)
        measured = measure(picture, self.usual)
        defaults: dict[str, object] = {"ignored": (), "held": (), "absorbed": ()}
        found = compare(
            picture.small,
            usual=self.usual,
            previous=self.previous,
            learned=self.learned,
            **(defaults | told),  # type: ignore[arg-type]
        )
        self.previous = picture.small
        if learn:
            self.usual = found.usual
            self.learned += 1
        return measured, found


def real_street(step_s: float = 2.0, count: int = 30) -> Iterator[NDArray[np.uint8]]:
    """Looks at a real square: people walk, two vehicles stand."""
    for number in range(count):
        yield of_film(str(VTEST), 1.0 + number * step_s).bgr
