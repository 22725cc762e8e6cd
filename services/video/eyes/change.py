"""Finds what stands in the picture that did not use to, or is gone, and keeps the usual view up to date."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np

from services.video.eyes.picture import SMALL_PX, Pixels

#: A rectangle or corner in shares of width and height.
Rectangle: TypeAlias = tuple[float, float, float, float]
Corner: TypeAlias = tuple[float, float]

DIFFERS_LEVELS: Final = 26
STAYS_LEVELS: Final = 14
#: Of the whole picture: smaller is dust, larger is another light or another view.
BLOB_MIN: Final = 0.0012
BLOB_MAX: Final = 0.30
BLOBS_MAX: Final = 12
#: Of these pictures the usual view is the mean; later ones move it by one level each.
LEARNED: Final = 6
#: Until then what stood there while learning, and left, is forgotten quickly.
SETTLED: Final = 24
FAST_LEVELS: Final = 6
_KERNEL: Final = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
_CLOSING: Final = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A spot that differs from the usual view and was the same at the visit before."""

    box: Rectangle
    share: float
    contrast: float
    #: 1 when all its edges are new, 0 when all are those of the usual view: something left, or something removed.
    edges_new: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is different, and the usual view from now on."""

    changed: float
    moved: float
    identical: bool
    blobs: Sequence[Blob]
    usual: Pixels


def compare(
    small: Pixels,
    *,
    usual: Pixels | None,
    previous: Pixels | None,
    learned: int,
    ignored: Sequence[Sequence[Corner]],
    held: Sequence[Rectangle],
    absorbed: Sequence[Rectangle],
) -> Compared:
    """Compare with the usual view and the visit before. Spots held are not learned; those absorbed are, at once."""
    usual = small.copy() if usual is None else usual.copy()
    for box in absorbed:
        rows, columns = _slices(box)
        usual[rows, columns] = small[rows, columns]
    watched = _watched(ignored)
    level = _level(small, usual)
    differs = (cv2.blur(cv2.absdiff(level, usual), (3, 3)) > DIFFERS_LEVELS) & watched
    blobs: list[Blob] = []
    moved, identical = 1.0, False
    if previous is not None:
        identical = bool(np.array_equal(small, previous))
        stays = cv2.blur(cv2.absdiff(level, _level(previous, usual)), (3, 3)) < STAYS_LEVELS
        moved = float(np.count_nonzero(~stays & watched) / stays.size)
        if learned >= LEARNED:
            blobs = _blobs(differs & stays, level, usual)
    return Compared(
        changed=float(np.count_nonzero(differs) / differs.size),
        moved=moved,
        identical=identical,
        blobs=blobs,
        usual=_learn(usual, small, learned, held),
    )


def _slices(box: Rectangle) -> tuple[slice, slice]:
    width, height = SMALL_PX
    left, top, right, bottom = box
    return slice(int(top * height), int(bottom * height) + 1), slice(int(left * width), int(right * width) + 1)


def _watched(ignored: Sequence[Sequence[Corner]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    mask = np.ones(SMALL_PX[::-1], np.uint8)
    for corners in ignored:
        points = np.array([(x * SMALL_PX[0], y * SMALL_PX[1]) for x, y in corners], np.int32)
        cv2.fillPoly(mask, [points], (0,))
    return mask.astype(bool)


def _level(small: Pixels, usual: Pixels) -> Pixels:
    """The picture in the light of the usual view: a cloud before the sun is no change."""
    (mean, spread), (usual_mean, usual_spread) = cv2.meanStdDev(small), cv2.meanStdDev(usual)
    gain = float(np.clip(usual_spread[0][0] / max(spread[0][0], 1.0), 0.7, 1.4))
    offset = float(usual_mean[0][0]) - gain * float(mean[0][0])
    return np.asarray(
        cv2.convertScaleAbs(small, alpha=gain, beta=offset) if offset >= 0 else _scaled(small, gain, offset)
    )


def _scaled(small: Pixels, gain: float, offset: float) -> Pixels:
    scaled: Pixels = np.clip(small * np.float32(gain) + np.float32(offset), 0, 255).astype(np.uint8)
    return scaled


def _blobs(static: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], now: Pixels, usual: Pixels) -> list[Blob]:
    mask = cv2.morphologyEx(static.astype(np.uint8), cv2.MORPH_OPEN, _KERNEL)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _CLOSING)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    whole = float(mask.size)
    order = sorted(range(1, count), key=lambda number: -int(stats[number][cv2.CC_STAT_AREA]))
    found = []
    for number in order[:BLOBS_MAX]:
        share = float(stats[number][cv2.CC_STAT_AREA]) / whole
        if BLOB_MIN <= share <= BLOB_MAX:
            found.append(_blob(labels == number, stats[number], now, usual))
    return found


def _blob(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], stats: np.ndarray, now: Pixels, usual: Pixels
) -> Blob:
    width, height = SMALL_PX
    left, top = int(stats[cv2.CC_STAT_LEFT]), int(stats[cv2.CC_STAT_TOP])
    right, bottom = left + int(stats[cv2.CC_STAT_WIDTH]), top + int(stats[cv2.CC_STAT_HEIGHT])
    rows, columns = slice(max(0, top - 4), bottom + 4), slice(max(0, left - 4), right + 4)
    spot = pixels[rows, columns].astype(np.uint8)
    rim = (cv2.dilate(spot, _CLOSING) - cv2.erode(spot, _KERNEL)).astype(bool)
    edges_now, edges_usual = (_edges(view[rows, columns])[rim].mean() for view in (now, usual))
    inside = spot.astype(bool)
    difference = np.abs(now[rows, columns].astype(np.int16) - usual[rows, columns])[inside].mean()
    return Blob(
        box=(left / width, top / height, right / width, bottom / height),
        share=float(stats[cv2.CC_STAT_AREA]) / (width * height),
        contrast=float(difference),
        edges_new=float(edges_now / max(edges_now + edges_usual, 1e-6)),
    )


def _edges(view: Pixels) -> np.ndarray:
    across, down = cv2.Sobel(view, cv2.CV_32F, 1, 0), cv2.Sobel(view, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down))


def _learn(usual: Pixels, small: Pixels, learned: int, held: Sequence[Rectangle]) -> Pixels:
    """The mean of the first pictures, then one level towards each: what passes leaves no trace, what stays does in time."""
    if learned < LEARNED:
        share = 1.0 / (learned + 1)
        return np.asarray(cv2.addWeighted(small, share, usual, 1.0 - share, 0.0), np.uint8)
    most = FAST_LEVELS if learned < SETTLED else 1
    limit = np.uint8(most)
    risen = cv2.add(usual, np.minimum(cv2.subtract(small, usual), limit))
    learned_view = np.asarray(cv2.subtract(risen, np.minimum(cv2.subtract(usual, small), limit)), np.uint8)
    for box in held:
        rows, columns = _slices(box)
        learned_view[rows, columns] = usual[rows, columns]
    return learned_view
