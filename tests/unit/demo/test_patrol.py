"""On the demo's films the patrol finds what was planted, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.demo import clip, planted
from services.video.domain.geometry import Box, spans_area
from services.video.domain.health import Fault, Health, Measures, Usual, blinded, judge, suspected
from services.video.domain.sightings import Candidate, Spot, Watched, Zone, ZoneKind, follow, held
from services.video.eyes.change import compare
from services.video.eyes.measure import measure
from services.video.eyes.picture import Pixels, of_film

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
EVERY_S = 17
EXPECTED = {
    "CAM002": "road_obstruction", "CAM005": "road_obstruction", "CAM011": "road_obstruction",
    "CAM016": "road_obstruction", "CAM023": "road_obstruction",
    "CAM007": "occluded", "CAM013": "moved", "CAM021": "snow", "CAM028": "blurred", "CAM033": "black",
    "CAM037": "frozen",
}  # fmt: skip


def found_on(path: Path, camera_id: str, *, minutes: float) -> dict[str, int]:
    """What some minutes of patrol say of a film, and at which second first."""
    zone = Zone(id="road", kind=ZoneKind.CARRIAGEWAY, corners=tuple(clip.road_in_view(camera_id)))
    usual_view: Pixels | None = None
    previous: Pixels | None = None
    usual, health = Usual(), Health()
    candidates: Sequence[Candidate] = ()
    said: dict[str, int] = {}
    for visit in range(int(minutes * 60 / EVERY_S)):
        at = AT + timedelta(seconds=visit * EVERY_S)
        picture = of_film(str(path), 3.0 + visit * EVERY_S)
        found = compare(
            picture.small, usual=usual_view, previous=previous, learned=usual.learned, ignored=(),
            held=[tuple(box.sides) for box in held(candidates)], absorbed=(),
        )  # fmt: skip
        measured = measure(picture, usual_view)
        measures = Measures(**asdict(measured), changed=found.changed, moved=found.moved, identical=found.identical)
        suspects = suspected(measures, usual, night=False)
        judged = judge(health, suspects, at=at, seen=True)
        health = judged.health
        for fault in judged.begun:
            said.setdefault(fault.value, visit * EVERY_S)
        previous = picture.small
        if blinded(suspects):
            continue
        if usual.known:
            spots = [
                Spot(box=Box.of(blob.box), share=blob.share, contrast=blob.contrast, edges_new=blob.edges_new)
                for blob in found.blobs
            ]
            progress = follow(
                candidates, spots=spots, things=None, watched=Watched(zones=[zone]), at=at, settled=usual.settled
            )
            for n in progress.fired:
                said.setdefault(progress.candidates[n].code, visit * EVERY_S)
            candidates = progress.candidates
        usual, usual_view = usual.with_picture(measures), found.usual
    return said


def test_every_planted_film_has_its_expectation() -> None:
    assert set(EXPECTED) == set(planted.PLANTED)
    assert all(value in {fault.value for fault in Fault} | {"road_obstruction"} for value in EXPECTED.values())
    assert all(spans_area(clip.road_in_view(f"CAM{number:03d}")) for number in range(1, 41))


@pytest.mark.parametrize("camera_id", EXPECTED)
def test_what_was_planted_is_found_and_nothing_else(tmp_path: Path, camera_id: str) -> None:
    path = tmp_path / "film.mp4"
    event = planted.PLANTED[camera_id]
    planted.write_film(path, camera_id=camera_id, title="", planted=event)
    said = found_on(path, camera_id, minutes=event.from_s / 60 + 3.5)
    assert set(said) == {EXPECTED[camera_id]}
    assert said[EXPECTED[camera_id]] >= event.from_s, "all is well at first"


@pytest.mark.parametrize("camera_id", ["CAM001", "CAM019", "CAM030", "CAM040"])
def test_an_ordinary_street_is_left_in_peace(tmp_path: Path, camera_id: str) -> None:
    path = tmp_path / "film.mp4"
    clip.write_clip(path, camera_id=camera_id, title="")
    assert found_on(path, camera_id, minutes=8) == {}
