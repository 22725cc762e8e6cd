"""Measures one picture, alone and against what the camera usually shows; says numbers and judges nothing."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from services.video.eyes.picture import SMALL_PX, Picture, Pixels

TILES: Final = (8, 6)
#: A tile that spreads over fewer levels than this has no structure.
TILE_FLAT_STD: Final = 5.0
#: Above this likeness a view cannot have moved, and the costly search for the shift is spared.
ALIKE: Final = 0.75
NOISE_CROP_PX: Final = (480, 270)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Numbers of one picture; those against the usual view are 0 while there is none."""

    brightness: float
    contrast: float
    sharpness: float
    flat: float
    covered: float
    noise: float
    tint_blue: float
    tint_red: float
    bright_share: float
    likeness: float
    shift_px: float
    shift_surety: float


def measure(picture: Picture, usual: Pixels | None) -> Measured:
    """All numbers of a picture."""
    small = picture.small
    mean, spread = cv2.meanStdDev(small)
    _, edges = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
    flat = _flat_tiles(small)
    likeness, shift_px, surety, covered = 0.0, 0.0, 0.0, 0.0
    if usual is not None:
        structured = ~_flat_tiles(usual)
        if structured.any():
            covered = float((flat & structured).sum() / structured.sum())
        likeness = _likeness(small, usual)
        if likeness < ALIKE and spread[0][0] > 1:
            shift_px, surety = _shift(small, usual)
    blue, red = picture.tint
    return Measured(
        brightness=float(mean[0][0]),
        contrast=float(spread[0][0]),
        sharpness=float(edges[0][0]) ** 2,
        flat=float(flat.mean()),
        covered=covered,
        noise=_noise(picture.y),
        tint_blue=blue,
        tint_red=red,
        bright_share=float(np.count_nonzero(small >= 245) / small.size),
        likeness=likeness,
        shift_px=shift_px,
        shift_surety=surety,
    )


def _flat_tiles(small: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which of 48 tiles have no structure."""
    values = small.astype(np.float32)
    mean = cv2.resize(values, TILES, interpolation=cv2.INTER_AREA)
    square = cv2.resize(values * values, TILES, interpolation=cv2.INTER_AREA)
    return np.asarray(square - mean * mean < TILE_FLAT_STD**2)


def _noise(y: Pixels) -> float:
    """Noise in levels, from the middle of the picture in its own size: what is left when structure is taken away."""
    height_px, width_px = y.shape
    left, top = max(0, (width_px - NOISE_CROP_PX[0]) // 2), max(0, (height_px - NOISE_CROP_PX[1]) // 2)
    crop = np.ascontiguousarray(y[top : top + NOISE_CROP_PX[1] : 2, left : left + NOISE_CROP_PX[0]])
    # Along rows only: a second difference of neighbours.
    values = crop.astype(np.int16)
    rest = np.abs(values[:, 2:] - 2 * values[:, 1:-1] + values[:, :-2]).astype(np.uint16)
    counts = np.bincount(np.minimum(rest.ravel(), 1023), minlength=2)
    median = int(np.searchsorted(np.cumsum(counts), rest.size / 2))
    return median / (0.6745 * 6**0.5)


def _likeness(small: Pixels, usual: Pixels) -> float:
    """Correlation of the two, 1 for the same view in another light."""
    one, other = (view.ravel().astype(np.float32) for view in (small, usual))
    one -= one.mean()
    other -= other.mean()
    size = float(np.sqrt(one.dot(one)) * np.sqrt(other.dot(other)))
    return float(one.dot(other)) / size if size > 0 else 0.0


def _shift(small: Pixels, usual: Pixels) -> tuple[float, float]:
    window = cv2.createHanningWindow(SMALL_PX, cv2.CV_32F)
    (right, down), surety = cv2.phaseCorrelate(usual.astype(np.float32), small.astype(np.float32), window)
    return float(np.hypot(right, down)), float(surety)
