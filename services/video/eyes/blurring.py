"""Says what of a picture must not be seen by everybody: faces and number plates, and where either may have been missed.

From a high mast a face may be too small for the model and still be known to a neighbour, and a plate may hang askew.
So the head of each person the detector saw is hidden even where no face was found, and the lower part of each vehicle
that is large enough for its plate to be read, unless the plate itself was found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.video.eyes.change import Rectangle
from services.video.eyes.detector import Detector
from services.video.eyes.finding import Finder
from services.video.eyes.picture import Pixels

FACES, PLATES = "centerface", "clp_plates"
#: Hidden around what was found, in parts of its size.
MARGIN: Final = 0.15
#: Part of a standing person that is head.
HEAD: Final = 0.22
#: Plates hang in this part of a vehicle's box, counted from below.
LOW: Final = 0.6
#: A plate is a quarter as wide as its vehicle and is read from 32 pixels on; counted on the picture people are shown.
VEHICLE_PX_MIN: Final = 128
PERSON: Final = "person"
VEHICLES: Final = frozenset({"car", "truck", "bus", "motorcycle"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What is hidden, in shares of width and height, and how many of it the models found themselves."""

    spots: Sequence[Rectangle]
    faces: int
    plates: int


class Discretion:
    """The models together."""

    def __init__(self, faces: Finder, plates: Finder, things: Detector | None) -> None:
        self._faces, self._plates, self._things = faces, plates, things

    @classmethod
    def open(cls, models: Path, things: Detector | None) -> "Discretion":
        """The models in a folder. Fails with ModelRefused."""
        return cls(Finder.open(models / FACES), Finder.open(models / PLATES), things)

    def look(self, bgr: Pixels) -> Hidden:
        """What must be hidden."""
        faces, plates = self._faces.find(bgr), self._plates.find(bgr)
        spots = [_wider(box) for box in (*faces, *plates)]
        for thing in self._things.find(bgr) if self._things else ():
            left, top, right, bottom = thing.box
            box = (left, top, right, bottom)
            head = (left, top, right, top + (bottom - top) * HEAD)
            if thing.label == PERSON and not any(_within(face, head) for face in faces):
                spots.append(_wider(head))
            wide_px = (right - left) * bgr.shape[1]
            if thing.label in VEHICLES and wide_px >= VEHICLE_PX_MIN and not any(_within(one, box) for one in plates):
                spots.append((left, bottom - (bottom - top) * LOW, right, bottom))
        return Hidden(spots=spots, faces=len(faces), plates=len(plates))


def _wider(box: Rectangle) -> Rectangle:
    left, top, right, bottom = box
    across, down = (right - left) * MARGIN, (bottom - top) * MARGIN
    return max(0.0, left - across), max(0.0, top - down), min(1.0, right + across), min(1.0, bottom + down)


def _within(small: Rectangle, large: Rectangle) -> bool:
    across, down = (small[0] + small[2]) / 2, (small[1] + small[3]) / 2
    return large[0] <= across <= large[2] and large[1] <= down <= large[3]
