"""Finds objects in a picture with any ONNX model that comes with a card telling how to use it.

A model is a folder: `model.onnx` and `card.json` (name, version, sha256, licence, labels, input, thresholds). The
card names one of the ways below in which heads are read. A file that is not the one the card was written for is not
loaded. Without a model, without onnxruntime, or with a broken model, the service does its work without a detector.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.video.eyes.picture import Pixels
from services.video.eyes.runtimes import ONNXRUNTIME, RUNTIMES, Numbers

OVERLAP_MAX: Final = 0.5
OBJECTS_MAX: Final = 100


class ModelRefused(Exception):
    """A model's folder is not whole, or not what its card says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object, in shares of width and height."""

    label: str
    score: float
    box: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How a model is used."""

    name: str
    side_px: int
    mean: Sequence[float]
    std: Sequence[float]
    head: str
    strides: Sequence[int]
    bins: int
    labels: Mapping[int, str]
    score_min: float
    outputs: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From the file's JSON. Fails with ModelRefused."""
        try:
            return cls(
                name=f"{told['name']} {told['version']}",
                side_px=int(told["input"]["side_px"]),
                mean=[float(part) for part in told["input"]["mean_bgr"]],
                std=[float(part) for part in told["input"]["std_bgr"]],
                head=str(told["head"]["kind"]),
                strides=[int(part) for part in told["head"]["strides"]],
                bins=int(told["head"]["bins"]),
                labels={int(number): str(label) for number, label in told["labels"].items()},
                score_min=float(told["score_min"]),
                outputs=told["head"]["outputs"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelRefused(f"the card lacks or misstates {error}") from error


class Detector:
    """A loaded model."""

    def __init__(self, card: Card, content: bytes, *, runtime: str = ONNXRUNTIME) -> None:
        self._card = card
        names = [name for kind in ("scores", "distances") for name in card.outputs[kind]]
        self._network = RUNTIMES[runtime](content, names)
        self._grids = [_centres(card.side_px, stride) for stride in card.strides]
        self.name, self.side_px = card.name, card.side_px

    @classmethod
    def open(cls, folder: str, *, runtime: str = ONNXRUNTIME) -> Self:
        """From a model's folder, run by one of RUNTIMES. Fails with ModelRefused."""
        home = Path(folder)
        try:
            told = json.loads((home / "card.json").read_text())
            content = (home / "model.onnx").read_bytes()
        except (OSError, ValueError) as error:
            raise ModelRefused(f"{folder} cannot be read") from error
        if sha256(content).hexdigest() != told.get("sha256"):
            raise ModelRefused(f"{folder}/model.onnx is not the file its card was written for")
        card = Card.of(told)
        if card.head != "distribution":
            raise ModelRefused(f"heads of kind {card.head} are not known")
        return cls(card, content, runtime=runtime)

    def find(self, bgr: Pixels) -> list[Found]:
        """Objects, surest first."""
        side = self._card.side_px
        fitted, scale, left, top = _letterboxed(bgr, side)
        values = (fitted.astype(np.float32) - np.array(self._card.mean, np.float32)) / np.array(
            self._card.std, np.float32
        )
        answers = self._network.run(np.ascontiguousarray(values.transpose(2, 0, 1)[None]))
        levels = len(self._card.strides)
        boxes, scores, kinds = self._read(answers[:levels], answers[levels:])
        height_px, width_px = bgr.shape[:2]
        whole = np.array([width_px, height_px, width_px, height_px], np.float32)
        shares = np.clip((boxes - np.array([left, top, left, top], np.float32)) / scale / whole, 0.0, 1.0)
        return [
            Found(label=self._card.labels[int(kinds[n])], score=float(scores[n]), box=tuple(map(float, shares[n])))
            for n in _apart(boxes, scores, kinds)
        ]

    def _read(
        self, scores: Sequence[Numbers], distances: Sequence[Numbers]
    ) -> tuple[Numbers, Numbers, NDArray[np.int64]]:
        """Boxes of all levels: each side is the mean of a distribution over bins, in strides."""
        wanted = np.array(sorted(self._card.labels))
        bins = np.arange(self._card.bins, dtype=np.float32)
        boxes, best, kinds = [], [], []
        for level, stride in enumerate(self._card.strides):
            chances = scores[level][0][:, wanted]
            place = chances.argmax(axis=1)
            top = chances[np.arange(len(place)), place]
            sure = np.flatnonzero(top >= self._card.score_min)
            raw = distances[level][0][sure].reshape(-1, 4, self._card.bins)
            weights = np.exp(raw - raw.max(axis=2, keepdims=True))
            sides = (weights * bins).sum(axis=2) / weights.sum(axis=2) * stride
            centre = self._grids[level][sure]
            boxes.append(np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1))
            best.append(top[sure])
            kinds.append(wanted[place[sure]])
        return np.concatenate(boxes), np.concatenate(best), np.concatenate(kinds)


def _centres(side_px: int, stride: int) -> Numbers:
    places = (np.arange(side_px // stride, dtype=np.float32) + 0.5) * stride
    return np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2).astype(np.float32)


def _letterboxed(bgr: Pixels, side: int) -> tuple[Pixels, float, int, int]:
    height_px, width_px = bgr.shape[:2]
    scale = side / max(width_px, height_px)
    size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    fitted = np.zeros((side, side, 3), np.uint8)
    fitted[top : top + size[1], left : left + size[0]] = small
    return fitted, scale, left, top


def _apart(boxes: Numbers, scores: Numbers, kinds: NDArray[np.int64]) -> list[int]:
    """The surest of those that lie on one another, each kind for itself."""
    if not len(boxes):
        return []
    rectangles = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(rectangles.tolist(), scores.tolist(), kinds.tolist(), 0.0, OVERLAP_MAX)
    return sorted((int(n) for n in kept), key=lambda n: -float(scores[n]))[:OBJECTS_MAX]
