"""Finds faces and number plates in a picture, by the small models that come with the suite, each told how by its card.

As with the detector, a file that is not the one its card was written for is not loaded.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import cv2
import numpy as np

from services.video.eyes.change import Rectangle
from services.video.eyes.detector import ModelRefused
from services.video.eyes.picture import Pixels
from services.video.eyes.runtimes import ONNXRUNTIME, RUNTIMES, Numbers

#: Scales are read as powers of e; beyond this nothing is a face or plate.
POWER_MAX: Final = 8.0
FOUND_MAX: Final = 300
#: Boxes are compared in whole numbers.
SHARES_TO: Final = 10_000.0
Card = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes as left, top, right, bottom, and how sure each is."""

    sides: Numbers
    scores: Numbers


def _of_heatmap(card: Card, answers: Sequence[Numbers], _size_px: tuple[int, int]) -> Boxes:
    """A map of centres, of sizes and of what the centres are off by: rows first."""
    heat, sizes, off = (answer[0] for answer in answers)
    stride = float(card["head"]["stride"])
    rows, columns = np.nonzero(heat[0] >= card["score_min"])
    height, width = np.exp(np.minimum(sizes[:, rows, columns], POWER_MAX)) * stride
    across = (columns + off[1, rows, columns] + 0.5) * stride
    down = (rows + off[0, rows, columns] + 0.5) * stride
    sides = np.stack([across - width / 2, down - height / 2, across + width / 2, down + height / 2], axis=1)
    return Boxes(sides.astype(np.float32), heat[0, rows, columns])


def _of_anchors(card: Card, answers: Sequence[Numbers], size_px: tuple[int, int]) -> Boxes:
    """Each answer moves and stretches a square that stands at each place of a grid."""
    moved, chances = answers[0][0], answers[1][0][:, 1]
    sure = np.flatnonzero(chances >= card["score_min"])
    near, wide = (float(part) for part in card["head"]["variance"])
    whole = np.array(size_px, np.float32)
    anchors = _anchors(card, *size_px)[sure]
    centre = anchors[:, :2] + moved[sure, :2] * near * anchors[:, 2:]
    half = anchors[:, 2:] * np.exp(np.minimum(moved[sure, 2:] * wide, POWER_MAX)) / 2
    return Boxes(np.concatenate([(centre - half) * whole, (centre + half) * whole], axis=1), chances[sure])


def _anchors(card: Card, width_px: int, height_px: int) -> Numbers:
    """Centre and size of each square, in shares of the picture, in the order of the answers."""
    levels = []
    for stride, sizes in zip(card["head"]["strides"], card["head"]["sizes_px"], strict=True):
        down = (np.arange(-(-height_px // stride), dtype=np.float32) + 0.5) * stride / height_px
        across = (np.arange(-(-width_px // stride), dtype=np.float32) + 0.5) * stride / width_px
        x, y, size = np.meshgrid(across, down, np.array(sizes, np.float32))
        levels.append(np.stack([x, y, size / width_px, size / height_px], axis=-1).reshape(-1, 4))
    return np.concatenate(levels).astype(np.float32)


_HEADS: Final = {"heatmap": _of_heatmap, "anchors": _of_anchors}


class Finder:
    """One loaded model."""

    def __init__(self, card: Card, content: bytes, *, runtime: str = ONNXRUNTIME) -> None:
        self._card = card
        self._network = RUNTIMES[runtime](content, card["head"]["outputs"])
        self.name = f"{card['name']} {card['version']}"

    @classmethod
    def open(cls, folder: Path) -> Self:
        """From a model's folder. Fails with ModelRefused."""
        try:
            card = json.loads((folder / "card.json").read_text())
            content = (folder / "model.onnx").read_bytes()
        except (OSError, ValueError) as error:
            raise ModelRefused(f"{folder} cannot be read") from error
        if sha256(content).hexdigest() != card.get("sha256"):
            raise ModelRefused(f"{folder}/model.onnx is not the file its card was written for")
        if card["head"]["kind"] not in _HEADS:
            raise ModelRefused(f"heads of kind {card['head']['kind']} are not known")
        return cls(card, content)

    def find(self, bgr: Pixels) -> list[Rectangle]:
        """What was found, surest first, in shares of width and height; at each of the sizes its card names."""
        asked = self._card["input"]
        fitted = {image.shape: image for image in (_fitted(bgr, asked, side) for side in asked["sides_max_px"])}
        seen = [self._at_one_size(image) for image in fitted.values()]
        sides, scores = (np.concatenate([getattr(each, part) for each in seen]) for part in ("sides", "scores"))
        low = (sides[:, 3] - sides[:, 1]) <= float(self._card["height_max"])
        sides, scores = sides[low], scores[low]
        kept = _apart(sides, scores, float(self._card["overlap_max"]))
        return [(float(left), float(top), float(right), float(bottom)) for left, top, right, bottom in sides[kept]]

    def _at_one_size(self, fitted: Pixels) -> Boxes:
        asked, head = self._card["input"], self._card["head"]
        values = fitted[:, :, ::-1] if asked["order"] == "RGB" else fitted
        numbers = values.astype(np.float32) - np.array(asked["mean"], np.float32)
        answers = self._network.run(np.ascontiguousarray(numbers.transpose(2, 0, 1)[None]))
        height_px, width_px = fitted.shape[:2]
        boxes = _HEADS[head["kind"]](self._card, answers, (width_px, height_px))
        whole = np.array([width_px, height_px, width_px, height_px], np.float32)
        return Boxes(np.clip(boxes.sides / whole, 0.0, 1.0), boxes.scores)


def _fitted(bgr: Pixels, asked: Mapping[str, Any], side_max_px: int) -> Pixels:
    """Large pictures made smaller, small ones larger, both sides a multiple of what the network works in."""
    height_px, width_px = bgr.shape[:2]
    longest, step = max(width_px, height_px), int(asked["multiple_px"])
    scale = min(max(1.0, asked["side_min_px"] / longest), side_max_px / longest)
    size = tuple(max(step, round(side * scale / step) * step) for side in (width_px, height_px))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(bgr, size, interpolation=how), np.uint8)


def _apart(sides: Numbers, scores: Numbers, overlap_max: float) -> list[int]:
    if not len(scores):
        return []
    rectangles = np.concatenate([sides[:, :2], sides[:, 2:] - sides[:, :2]], axis=1) * SHARES_TO
    kept = cv2.dnn.NMSBoxes(rectangles.tolist(), scores.tolist(), 0.0, overlap_max)
    return sorted((int(n) for n in kept), key=lambda n: -float(scores[n]))[:FOUND_MAX]
