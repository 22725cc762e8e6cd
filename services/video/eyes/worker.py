"""Looks at one picture after the other for the service; run as a program, so that what is sent to it harms only itself.

Orders come and answers go as one line of JSON, whose `blobs` says how long the pieces are that follow it:
look (decode, measure, compare), detect (objects on the picture looked at), draw (it as a JPEG), clip (a few seconds
as MP4), blur (a picture sent along, without faces and plates).
"""

import json
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final

import cv2
import numpy as np

from services.video.eyes import drawing, muxing
from services.video.eyes.blurring import Discretion
from services.video.eyes.change import compare
from services.video.eyes.detector import Detector, ModelRefused
from services.video.eyes.measure import measure
from services.video.eyes.picture import SMALL_PX, Picture, Pixels, Unreadable, decoded, of_film

MEMORY_BYTES_MAX: Final = 4 * 1024**3
#: Asking costs 25 microseconds, a thirtieth of a visit.
PEAK_EVERY: Final = 16
#: What is coded with blocks whose edges a decoder smoothes; in a small picture they cannot be seen.
CODED: Final = frozenset({"h264", "hevc"})
HASTY_WIDTH_MAX_PX: Final = 640
Answer = tuple[dict[str, Any], Sequence[bytes]]


class Eyes:
    """What one worker can do; it holds the one picture it looked at last."""

    def __init__(self, detector: Detector | None, models: Path | None = None) -> None:
        self._detector = detector
        self._models = models
        self._discretion: Discretion | None = None
        self._picture: Picture | None = None
        #: Kind and content of a picture that was decoded in haste.
        self._hasty: tuple[str, bytes] | None = None
        self.verbs: Mapping[str, Callable[[dict[str, Any], Sequence[bytes]], Answer]] = {
            "look": self.look,
            "detect": self.detect,
            "draw": self.draw,
            "clip": self.clip,
            "blur": self.blur,
            "greet": self.greet,
        }

    def greet(self, order: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """Who looks."""
        return {"detector": self._detector.name if self._detector else ""}, ()

    def look(self, order: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """Decode, measure and compare. Fails with Unreadable."""
        self._picture = self._hasty = None
        content, usual, previous = blobs
        kind, hasty = order["kind"], bool(order["hasty"])
        picture = of_film(order["film"], order["at_s"]) if kind == "film" else decoded(kind, content, hasty=hasty)
        self._picture, self._hasty = picture, (kind, content) if hasty and kind in CODED else None
        usual_view, previous_view = _view(usual), _view(previous)
        measured = measure(picture, usual_view)
        found = compare(
            picture.small,
            usual=usual_view,
            previous=previous_view,
            learned=order["learned"],
            ignored=order["ignored"],
            held=order["held"],
            absorbed=order["absorbed"],
        )
        answer = {
            "width_px": picture.width_px,
            "height_px": picture.height_px,
            "measured": asdict(measured),
            "changed": found.changed,
            "moved": found.moved,
            "identical": found.identical,
            "blobs_found": [asdict(blob) for blob in found.blobs],
        }
        tile = _drawn(picture, {"width_max_px": order["tile_px"]}) if order["tile_px"] else b""
        return answer, (picture.small.tobytes(), found.usual.tobytes(), tile)

    def detect(self, order: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """Objects on the picture looked at; none without a detector."""
        if self._detector is None or self._picture is None:
            return {"objects": []}, ()
        fitted = self._picture.fitted(self._detector.side_px, self._detector.side_px)
        return {"objects": [asdict(found) for found in self._detector.find(fitted)]}, ()

    def draw(self, order: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """The picture looked at, or the one sent along, as a JPEG. Fails with Unreadable."""
        if self._hasty and not blobs and order["width_max_px"] > HASTY_WIDTH_MAX_PX:
            self._picture, self._hasty = decoded(*self._hasty), None
        picture = self._picture
        if blobs:
            view = _view(blobs[0]) if order["kind"] == "view" else None
            grey = None if view is None else np.asarray(cv2.cvtColor(view, cv2.COLOR_GRAY2BGR), np.uint8)
            picture = decoded("jpeg", blobs[0]) if grey is None else Picture(bgr=grey)
        if picture is None:
            raise Unreadable
        return {}, (_drawn(picture, order),)

    def clip(self, order: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """A few seconds as MP4. Fails with Unreadable."""
        if order["film"]:
            return {}, (muxing.of_film(order["film"], order["at_s"]),)
        return {}, (muxing.of_pictures(order["codec"], blobs, order["stamps"]),)

    def blur(self, order: dict[str, Any], blobs: Sequence[bytes]) -> Answer:
        """A picture that everybody may see. Fails with Unreadable, ModelRefused."""
        if self._discretion is None:
            if self._models is None:
                raise ModelRefused("no models were given")
            self._discretion = Discretion.open(self._models, self._detector)
        shown = decoded("jpeg", blobs[0]).fitted(order["width_max_px"], order["width_max_px"])
        hidden = self._discretion.look(shown)
        return {"faces": hidden.faces, "plates": hidden.plates}, (drawing.blurred(shown, hidden.spots),)


def _drawn(picture: Picture, order: Mapping[str, Any]) -> bytes:
    return drawing.jpeg(
        picture,
        width_max_px=order["width_max_px"],
        marked=order.get("marked", ()),
        coarse=order.get("coarse", False),
        hidden=order.get("hidden", ()),
    )


def _view(content: bytes) -> Pixels | None:
    return np.frombuffer(content, np.uint8).reshape(SMALL_PX[::-1]) if content else None


def serve(eyes: Eyes, orders: BinaryIO, answers: BinaryIO) -> None:
    """Until no more orders come."""
    peak = 0
    for number, line in enumerate(iter(orders.readline, b"")):
        order = json.loads(line)
        blobs = [orders.read(size) for size in order["blobs"]]
        try:
            answer, pieces = eyes.verbs[order["verb"]](order, blobs)
        except (Unreadable, MemoryError, cv2.error):
            answer, pieces = {"problem": "unreadable"}, ()
        except (ModelRefused, ImportError):
            answer, pieces = {"problem": "no model"}, ()
        answer["blobs"] = [len(piece) for piece in pieces]
        if number % PEAK_EVERY == 0:
            peak = peak_kb()
        answer["peak_kb"] = peak
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.writelines(pieces)
        answers.flush()


def peak_kb() -> int:
    """The most memory this program held.

    getrusage is only asked where there is nothing better: on Linux it begins with what the parent held when it forked.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def confine() -> None:
    """Take from this process what looking never needs."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cv2.setNumThreads(1)


def main() -> None:
    """The program; its arguments: the folder of a detector's model or nothing, what runs it, and where models for blurring are."""
    confine()
    detector = Detector.open(sys.argv[1], runtime=sys.argv[2]) if len(sys.argv) > 2 and sys.argv[1] else None
    models = Path(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else None
    serve(Eyes(detector, models), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
