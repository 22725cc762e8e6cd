"""The real square of the demo: people who walk there are no findings, the goods that are left there are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.demo import footage
from services.video.domain.geometry import Box
from services.video.domain.health import SETTLED
from services.video.domain.sightings import SAME_SPOT, Candidate, Spot, Watched, Zone, ZoneKind, follow, held
from services.video.eyes.picture import of_film
from tests.support.scenes import Memory

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
CRATES = Box(0.60, 0.50, 0.72, 0.59)
WATCHED = Watched(zones=[Zone(id="road", kind=ZoneKind.CARRIAGEWAY, corners=footage.PAVED)])


def found_in(film: Path, *, visits: int, every_s: float) -> list[tuple[float, str, Box]]:
    """What is found on a film, at which second and where."""
    memory, told = Memory(), []
    candidates: Sequence[Candidate] = ()
    for number in range(visits):
        at_s = 1.0 + number * every_s
        _, found = memory.look(of_film(str(film), at_s).bgr, held=[box.sides for box in held(candidates)])
        spots = [
            Spot(box=Box.of(blob.box), share=blob.share, contrast=blob.contrast, edges_new=blob.edges_new)
            for blob in found.blobs
        ]
        progress = follow(
            candidates,
            spots=spots,
            things=None,
            watched=WATCHED,
            at=AT + timedelta(seconds=at_s),
            settled=memory.learned >= SETTLED,
        )
        told += [(at_s, progress.candidates[n].code, progress.candidates[n].box) for n in progress.fired]
        candidates = [
            replace(candidate, finding_id=UUID(int=1)) if n in progress.fired else candidate
            for n, candidate in enumerate(progress.candidates)
        ]
    return told


def test_people_who_walk_over_the_square_are_no_findings(tmp_path: Path) -> None:
    footage.write(tmp_path / "square.mp4", planted=False)
    assert found_in(tmp_path / "square.mp4", visits=40, every_s=17.0) == []


def test_the_goods_left_on_the_square_are_found_once_they_are_there(tmp_path: Path) -> None:
    footage.write(tmp_path / "planted.mp4", planted=True)
    told = found_in(tmp_path / "planted.mp4", visits=40, every_s=17.0)
    assert {code for _, code, _ in told} == {"road_obstruction"}
    assert footage.FROM_S < told[0][0] < footage.FROM_S + 120
    # Whoever stands before them for long lets them be found anew; that is the same event, for it is the same place.
    assert all(at_s < footage.UNTIL_S and CRATES.overlap(box) > SAME_SPOT for at_s, _, box in told)
    assert [path.name for path in tmp_path.iterdir()] == ["planted.mp4"]
