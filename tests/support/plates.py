"""Hangs number plates as Chinese streets know them on a photographed vehicle, for what finds and hides them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from services.video.eyes.change import Rectangle
from services.video.eyes.picture import Pixels

#: Ground and letters of a plate, blue, green, red; how many letters; and its width in its own pixels.
KINDS: Final = {
    "blue": ((170, 68, 28), (255, 255, 255), 7),
    "green": ((140, 210, 120), (20, 20, 20), 8),
    "yellow": ((40, 190, 240), (20, 20, 20), 7),
}
#: A photograph of a car from behind, from Debian's opencv-doc; where its plate hangs, and how wide it is.
VEHICLE: Final = Path("/usr/share/doc/opencv-doc/examples/data/licenseplate_motion.jpg")
PLATE_AT: Final = (0.49, 0.55)
PLATE_PX: Final = 130
HEIGHT_PX: Final = 140
ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def plate(kind: str, seed: int) -> Pixels:
    """A plate as large as life in millimetres."""
    ground, ink, letters = KINDS[kind]
    chance = np.random.default_rng(seed)
    drawn = np.full((HEIGHT_PX, 440 if letters == 7 else 480, 3), ground, np.uint8)
    cv2.rectangle(drawn, (5, 5), (drawn.shape[1] - 6, HEIGHT_PX - 6), ink, 3)
    for x in np.linspace(14, drawn.shape[1] - 66, letters):
        cv2.putText(drawn, str(chance.choice([*ALPHABET])), (int(x), 112), cv2.FONT_HERSHEY_DUPLEX, 2.8, ink, 8)
    return drawn


def street_with(kind: str, *, width_px: int, seed: int) -> tuple[Pixels, Rectangle]:
    """A vehicle from behind somewhere in a full picture, and where its plate is, in shares."""
    chance = np.random.default_rng(seed)
    picture = np.full((720, 1280, 3), (110, 112, 115), np.uint8)
    picture[:280] = (205, 190, 175)
    photograph = cv2.imread(str(VEHICLE))
    assert photograph is not None, "Debian's opencv-doc holds it"
    scale = min(width_px / PLATE_PX, 700 / photograph.shape[0])
    vehicle = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    down, across = vehicle.shape[:2]
    left, top = int(chance.integers(0, 1280 - across)), int(chance.integers(0, 720 - down))
    picture[top : top + down, left : left + across] = vehicle
    made = plate(kind, seed)
    wide, high = width_px, width_px * HEIGHT_PX / made.shape[1]
    middle = (left + across * PLATE_AT[0], top + down * PLATE_AT[1])
    lean = chance.uniform(-0.12, 0.12) * high
    corners = np.array(
        [
            (middle[0] - wide / 2, middle[1] - high / 2 - lean),
            (middle[0] + wide / 2, middle[1] - high / 2 + lean),
            (middle[0] + wide / 2, middle[1] + high / 2 + lean),
            (middle[0] - wide / 2, middle[1] + high / 2 - lean),
        ],
        np.float32,
    )
    _paste(picture, made, corners, wide)
    noise = chance.normal(0, 4, picture.shape)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return noisy, (float(x0) / 1280, float(y0) / 720, float(x1) / 1280, float(y1) / 720)


def covered(plate_at: Rectangle, by: Rectangle) -> float:
    """How much of a plate lies under a spot, from 0 to 1."""
    across = min(plate_at[2], by[2]) - max(plate_at[0], by[0])
    down = min(plate_at[3], by[3]) - max(plate_at[1], by[1])
    whole = (plate_at[2] - plate_at[0]) * (plate_at[3] - plate_at[1])
    return max(0.0, across) * max(0.0, down) / whole


def _paste(picture: Pixels, made: Pixels, corners: np.ndarray, wide_px: float) -> None:
    height_px, width_px = made.shape[:2]
    soft = cv2.GaussianBlur(made, (0, 0), max(0.4, width_px / wide_px * 0.5))
    frame = np.array([(0, 0), (width_px, 0), (width_px, height_px), (0, height_px)], np.float32)
    turn = cv2.getPerspectiveTransform(frame, corners.astype(np.float32))
    size = (picture.shape[1], picture.shape[0])
    laid = cv2.warpPerspective(soft, turn, size, flags=cv2.INTER_LINEAR)
    where = cv2.warpPerspective(np.full(made.shape[:2], 255, np.uint8), turn, size) > 127
    picture[where] = laid[where]
