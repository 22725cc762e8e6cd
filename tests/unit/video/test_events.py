"""One event is one finding, whichever part of it stands out; things apart from one another are several."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.video.domain.cameras import Place
from services.video.domain.findings import Finding, same_event
from services.video.domain.geometry import Box

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
PILE = Finding(
    id=UUID(int=1), class_code="road_obstruction", camera_id="CAM1", zone_id="road", box=Box(0.5, 0.6, 0.6, 0.7),
    confidence=0.7, first_seen_at=AT, last_seen_at=AT, place=Place(longitude_deg=119.8, latitude_deg=38.6),
    found_by="change", task_type="street_disorder",
)  # fmt: skip


@pytest.mark.parametrize(
    ("box", "same"),
    [
        (Box(0.52, 0.5, 0.58, 0.58), True),  # the crate on top of the others
        (Box(0.63, 0.62, 0.7, 0.7), True),  # the one beside them
        (Box(0.75, 0.6, 0.85, 0.7), False),  # another pile
        (Box(0.5, 0.2, 0.6, 0.3), False),
    ],
)
def test_the_parts_of_a_pile_are_one_event(box: Box, *, same: bool) -> None:
    assert same_event(PILE, code="road_obstruction", zone_id="road", box=box, at=AT) is same


def test_vehicles_side_by_side_are_several_events() -> None:
    car = replace(PILE, class_code="stopped_vehicle")
    beside = Box(0.61, 0.6, 0.71, 0.7)
    assert not same_event(car, code="stopped_vehicle", zone_id="road", box=beside, at=AT)
    assert same_event(car, code="stopped_vehicle", zone_id="road", box=car.box, at=AT)


def test_after_its_window_the_same_place_is_a_new_event() -> None:
    assert same_event(PILE, code="road_obstruction", zone_id="road", box=PILE.box, at=AT + timedelta(hours=4))
    assert not same_event(PILE, code="road_obstruction", zone_id="road", box=PILE.box, at=AT + timedelta(hours=5))
