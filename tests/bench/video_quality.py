"""Measures precision and recall of every verdict on cameras and every class of findings, on planted clips.

`python -m tests.bench.video_quality [--streets 30]`: drawn streets and real footage (Debian's `opencv-doc`), each with
faults of the camera and events on the road planted, and as many looks at which nothing is wrong. A verdict counts as it
would be said: after k of n visits. What it prints is what docs/video.md tells.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import cv2
import numpy as np

from services.video.domain.geometry import Box, Corner
from services.video.domain.health import Fault, Health, Measures, Usual, blinded, judge, suspected
from services.video.domain.sightings import Candidate, Spot, Thing, Watched, Zone, ZoneKind, follow, held
from services.video.eyes.detector import Detector
from services.video.eyes.picture import Pixels
from services.video.settings import MODELS
from tests.support.scenes import FAULTS, HEIGHT, ROAD, WIDTH, Memory, Street, obstacle, real_street, without_post_box

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
EVERY = timedelta(seconds=60)
LOOKS = 7
KNOWN = UUID(int=1)
PAVEMENT: Sequence[Corner] = ((0.7, 0.4), (1.0, 0.4), (1.0, 0.95), (0.7, 0.95))
#: Of the real square: where people walk and nothing stands, in shares.
SQUARE: Sequence[Corner] = ((0.25, 0.45), (0.85, 0.45), (0.85, 1.0), (0.25, 1.0))

Look = Callable[[int], Pixels]


@dataclass
class Tally:
    """How often what was planted was said, and how often something else was."""

    right: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    clean: int = 0

    def note(self, planted: str, said: set[str]) -> None:
        """One clip: what was planted in it, empty for nothing, and all that was said."""
        if planted:
            (self.right if planted in said else self.missed)[planted] += 1
        else:
            self.clean += 1
        self.wrong.update(said - {planted})

    def rows(self) -> Iterator[tuple[str, int, float, float]]:
        """Name, clips with it, precision, recall."""
        for name in sorted({*self.right, *self.missed, *self.wrong}):
            right, planted = self.right[name], self.right[name] + self.missed[name]
            said = right + self.wrong[name]
            yield name, planted, right / said if said else 1.0, right / planted if planted else 1.0


def real_frames() -> list[Pixels]:
    """The real square in the size of the drawn streets."""
    return [np.asarray(cv2.resize(frame, (WIDTH, HEIGHT)), np.uint8) for frame in real_street(count=36)]


# --- Verdicts on cameras


def verdicts(
    scene: Callable[[], Pixels],
    spoil: Callable[[Pixels], Pixels] | None,
    *,
    frozen: bool = False,
    night: bool = False,
) -> set[str]:
    """All faults said of a camera that is learned, and then spoilt."""
    memory, usual, health, said = Memory(), Usual(), Health(), set()
    still = scene()
    for number in range(10 + LOOKS):
        picture = scene()
        if number >= 10:
            picture = still if frozen else spoil(picture) if spoil else picture
        measured, found = memory.look(picture, learn=number < 10)
        told = Measures(**asdict(measured), changed=found.changed, moved=found.moved, identical=found.identical)
        suspects = suspected(told, usual, night=night)
        if not blinded(suspects) and number < 10:
            usual = usual.with_picture(told)
        judged = judge(health, suspects, at=AT + number * EVERY, seen=True)
        health = judged.health
        said |= {fault.value for fault in judged.begun}
    return said


def cameras(streets: int) -> Tally:
    """Each fault on each street, and each street unharmed in changing light."""
    tally = Tally()
    for seed in range(streets):
        street = Street(seed, noise=1.5 + seed % 3)
        chance = np.random.default_rng(seed)
        tally.note("", verdicts(lambda s=street, c=chance: s.look(light=float(c.uniform(0.75, 1.2))), None))  # type: ignore[misc]
        tally.note("frozen", verdicts(street.look, None, frozen=True))
        for name, spoil in FAULTS.items():
            tally.note(name, verdicts(street.look, spoil))
    frames = real_frames()
    for begin in range(0, 18, 6):
        for name, spoil in {"": None, **FAULTS}.items():
            film = iter([*frames[begin:], *frames[:begin]])
            tally.note(name, verdicts(lambda film=film: next(film), spoil))  # type: ignore[misc]
    return tally


class Night:
    """A drawn street by night: two lamps, headlights that pass, and the noise of a sensor that is short of light."""

    def __init__(self, seed: int) -> None:
        self.street = Street(seed, noise=1.0)
        self.chance = np.random.default_rng(seed + 5000)
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        light = np.full((HEIGHT, WIDTH), 0.12, np.float32)
        for x, y, reach in ((0.3, 0.62, 150.0), (0.72, 0.7, 170.0)):
            light += 0.75 * np.exp(-((columns - x * WIDTH) ** 2 + (1.7 * (rows - y * HEIGHT)) ** 2) / (2 * reach**2))
        self.light = light[..., None]

    def look(self, *, change: Callable[[Pixels], Pixels] | None = None, lamps: float = 1.0) -> Pixels:
        """The street now."""
        picture = self.street.look(traffic=1, change=change).astype(np.float32) * self.light * lamps
        for _ in range(int(self.chance.integers(0, 3))):
            x, y = int(WIDTH * self.chance.uniform(0.35, 0.65)), int(HEIGHT * self.chance.uniform(0.5, 0.9))
            cv2.circle(picture, (x, y), int(self.chance.integers(4, 14)), (235.0, 245.0, 255.0), -1)
        noisy = picture + self.chance.normal(0, 5.0, picture.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)


def by_night(streets: int) -> tuple[Tally, Tally]:
    """Faults on streets by night, and what stands in the light of a lamp or is not there; all without any detector."""
    faults, events = Tally(), Tally()
    for seed in range(streets):
        scene = Night(seed)
        chance = np.random.default_rng(seed + 7000)
        faults.note("", verdicts(lambda s=scene, c=chance: s.look(lamps=float(c.uniform(0.85, 1.1))), None, night=True))  # type: ignore[misc]  # fmt: skip
        faults.note("frozen", verdicts(scene.look, None, frozen=True, night=True))
        for name, spoil in FAULTS.items():
            if name != "underexposed":  # by night it is dark
                faults.note(name, verdicts(scene.look, spoil, night=True))
        spot = {"x": float(chance.uniform(0.44, 0.54)), "y": float(chance.uniform(0.68, 0.85)), "size": 0.08}
        watched = zone(ZoneKind.CARRIAGEWAY, ROAD)

        def plain(_: int, *, scene: Night = scene) -> Pixels:
            return scene.look()

        events.note("road_obstruction", patrolled(watched, plain, lambda _, s=scene, o=spot: s.look(change=lambda p: obstacle(p, **o))))  # type: ignore[misc]  # fmt: skip
        events.note("", patrolled(watched, plain, lambda _, s=scene, c=chance: s.look(lamps=float(c.uniform(0.85, 1.1)))))  # type: ignore[misc]  # fmt: skip
    return faults, events


# --- Classes of findings


@dataclass
class Patrol:
    """Visits to one view, with the detector where one is given."""

    watched: Watched
    detector: Detector | None = None
    memory: Memory = field(default_factory=Memory)
    candidates: Sequence[Candidate] = ()
    said: set[str] = field(default_factory=set)

    def visit(self, number: int, picture: Pixels, *, judged: bool) -> None:
        """One look; before the view is learned nothing is said."""
        boxes = [box.sides for box in held(self.candidates)]
        _, found = self.memory.look(picture, held=boxes)
        if not judged:
            return
        spots = [
            Spot(box=Box.of(blob.box), share=blob.share, contrast=blob.contrast, edges_new=blob.edges_new)
            for blob in found.blobs
        ]
        things = None
        if self.detector is not None:
            things = [Thing(label=f.label, score=f.score, box=Box.of(f.box)) for f in self.detector.find(picture)]
        at = AT + number * EVERY
        progress = follow(self.candidates, spots=spots, things=things, watched=self.watched, at=at)
        self.said |= {progress.candidates[n].code for n in progress.fired}
        self.candidates = [
            replace(candidate, finding_id=KNOWN) if n in progress.fired else candidate
            for n, candidate in enumerate(progress.candidates)
        ]


def zone(kind: ZoneKind, corners: Sequence[Corner], *, crowd_min: int = 0) -> Watched:
    return Watched(zones=[Zone(id="z", kind=kind, corners=tuple(corners), crowd_min=crowd_min)])


def patrolled(
    watched: Watched, before: Look, after: Look, *, detector: Detector | None = None, learn: int = 26
) -> set[str]:
    """What is said of a view learned from `before` and then showing `after`."""
    patrol = Patrol(watched, detector)
    for number in range(learn):
        patrol.visit(number, before(number), judged=False)
    for number in range(LOOKS):
        patrol.visit(learn + number, after(number), judged=True)
    return patrol.said


def changes(streets: int) -> Tally:
    """What lies, blocks, is left or gone, found as a change without any detector."""
    tally = Tally()
    for seed in range(streets):
        street, chance = Street(seed), np.random.default_rng(seed + 1000)
        spot = {
            "x": float(chance.uniform(0.44, 0.56)),
            "y": float(chance.uniform(0.7, 0.95)),
            "size": float(chance.uniform(0.05, 0.1)),
        }
        aside = {"x": float(chance.uniform(0.88, 0.92)), "y": float(chance.uniform(0.6, 0.9)), "size": spot["size"]}

        def plain(_: int, *, street: Street = street) -> Pixels:
            return street.look()

        cases: Mapping[str, tuple[Watched, Look]] = {
            "road_obstruction": (zone(ZoneKind.CARRIAGEWAY, ROAD), lambda _, s=street, o=spot: s.look(change=lambda p: obstacle(p, **o))),  # type: ignore[misc]
            "fire_lane_blocked": (zone(ZoneKind.FIRE_LANE, ROAD), lambda _, s=street, o=spot: s.look(change=lambda p: obstacle(p, **o))),  # type: ignore[misc]
            "object_left": (zone(ZoneKind.PAVEMENT, PAVEMENT), lambda _, s=street, o=aside: s.look(change=lambda p: obstacle(p, **o))),  # type: ignore[misc]
            "object_removed": (zone(ZoneKind.PAVEMENT, PAVEMENT), lambda _, s=street: s.look(change=without_post_box)),  # type: ignore[misc]
        }  # fmt: skip
        for code, (watched, after) in cases.items():
            tally.note(code, patrolled(watched, plain, after))
            tally.note("", patrolled(watched, plain, lambda _, s=street, c=chance: s.look(light=float(c.uniform(0.8, 1.15)))))  # type: ignore[misc]  # fmt: skip
    _on_real_footage(tally, scenes=streets)
    return tally


def _on_real_footage(tally: Tally, *, scenes: int) -> None:
    """Goods planted among people who walk over a real square."""
    frames = real_frames()
    watched = zone(ZoneKind.CARRIAGEWAY, SQUARE)

    def plain(number: int) -> Pixels:
        return frames[number % len(frames)]

    for seed in range(scenes):
        chance = np.random.default_rng(seed)
        x, y, size = (float(chance.uniform(*bounds)) for bounds in ((0.3, 0.7), (0.6, 0.95), (0.04, 0.09)))

        def planted(number: int, *, x: float = x, y: float = y, size: float = size) -> Pixels:
            return obstacle(frames[26 + number].copy(), x=x, y=y, size=size)

        tally.note("road_obstruction", patrolled(watched, plain, planted))
    tally.note("", patrolled(watched, plain, lambda number: frames[26 + number]))


def car_of(detector: Detector, frames: Sequence[Pixels]) -> Pixels:
    """A real vehicle, cut out of the real square."""
    found = [
        (each.score, each.box, frame)
        for frame in frames[:4]
        for each in detector.find(frame)
        if each.label in {"car", "truck"} and each.box[2] < 0.97
    ]
    _, (left, top, right, bottom), frame = max(found, key=lambda each: each[0])
    return frame[int(top * HEIGHT) : int(bottom * HEIGHT), int(left * WIDTH) : int(right * WIDTH)].copy()


def pasted(frame: Pixels, car: Pixels, x: float, y: float, scale: float) -> Pixels:
    """The vehicle with its foot at a place."""
    made = frame.copy()
    size = (max(8, int(car.shape[1] * scale)), max(8, int(car.shape[0] * scale)))
    small = cv2.resize(car, size)
    left, top = min(int(x * WIDTH), WIDTH - size[0]), max(0, int(y * HEIGHT) - size[1])
    made[top : top + size[1], left : left + size[0]] = small
    return made


def vehicles(scenes: int, detector: Detector) -> Tally:
    """A real vehicle that stays where it must not, against one that passes; people who gather, against a few."""
    tally, frames = Tally(), real_frames()
    car = car_of(detector, frames)
    kinds = {
        "stopped_vehicle": ZoneKind.NO_STOPPING,
        "stalled_vehicle": ZoneKind.CARRIAGEWAY,
        "fire_lane_blocked": ZoneKind.FIRE_LANE,
    }

    def plain(number: int) -> Pixels:
        return frames[number % 8]

    for seed in range(scenes):
        chance = np.random.default_rng(seed)
        x, y, scale = float(chance.uniform(0.3, 0.55)), float(chance.uniform(0.5, 0.7)), float(chance.uniform(1.6, 2.4))

        def stays(number: int, *, x: float = x, y: float = y, scale: float = scale) -> Pixels:
            return pasted(frames[8 + number], car, x, y, scale)

        def passes(number: int, *, y: float = y, scale: float = scale) -> Pixels:
            return pasted(frames[8 + number], car, 0.1 + 0.11 * number, y, scale)

        for code, kind in kinds.items():
            tally.note(code, patrolled(zone(kind, SQUARE), plain, stays, detector=detector, learn=8) & set(kinds))
            tally.note("", patrolled(zone(kind, SQUARE), plain, passes, detector=detector, learn=8) & set(kinds))
    for begin in range(0, min(scenes, 24), 4):

        def walk(number: int, *, begin: int = begin) -> Pixels:
            return frames[(begin + number) % len(frames)]

        whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
        tally.note(
            "crowd",
            patrolled(zone(ZoneKind.SQUARE, whole, crowd_min=4), plain, walk, detector=detector, learn=8) & {"crowd"},
        )
        tally.note(
            "",
            patrolled(zone(ZoneKind.SQUARE, whole, crowd_min=15), plain, walk, detector=detector, learn=8) & {"crowd"},
        )
    return tally


def table(title: str, tally: Tally) -> None:
    """As docs/video.md shows it."""
    print(f"{title} ({tally.clean} clips with nothing planted)\n\n| | clips | precision | recall |\n|---|---|---|---|")
    for name, planted, precision, recall in tally.rows():
        print(f"| {name} | {planted} | {precision:.2f} | {recall:.2f} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streets", type=int, default=30)
    parser.add_argument("--scenes", type=int, default=16)
    parser.add_argument("--night", action="store_true", help="only scenes by night")
    told = parser.parse_args()
    cv2.setNumThreads(1)
    if told.night:
        for title, tally in zip(("Cameras by night", "Changes by night"), by_night(told.streets), strict=True):
            table(title, tally)
        return
    assert set(FAULTS) | {"frozen"} == {fault.value for fault in Fault} - {"offline", "locked_out", "unreadable"}
    table("Cameras", cameras(told.streets))
    table("Changes, without a detector", changes(told.streets))
    faults, events = by_night(told.streets)
    table("Cameras by night", faults)
    table("Changes by night, without a detector", events)
    table("Vehicles and crowds, with NanoDet-g", vehicles(told.scenes, Detector.open(str(MODELS / "nanodet_g"))))


if __name__ == "__main__":
    main()
