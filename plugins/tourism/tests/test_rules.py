"""Ten minutes are ten minutes, and rubbish is nobody's call for help."""

import pytest

from plugins.sdk import Json, Message
from plugins.tourism import rules


@pytest.mark.parametrize(
    ("arrived", "result"),
    [("10:10:00", "met"), ("10:10:01", "missed"), ("10:00:00", "met")],
)
def test_the_circle_is_met_within_ten_minutes(arrived: str, result: str) -> None:
    message = Message(topic=rules.ARRIVED, about="S", content={"at": f"2026-03-02T{arrived}+08:00"})
    assert rules.circle("2026-03-02T10:00:00+08:00", message) == result


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"longitude_deg": 1, "latitude_deg": "x", "at": "2026-03-02T10:00:00+08:00"},
        {"longitude_deg": 1, "latitude_deg": 2, "at": "2026-03-02T10:00:00"},
        {"longitude_deg": 1, "latitude_deg": 2, "at": "soon"},
    ],
)
def test_a_call_without_place_or_time_is_none(content: dict[str, Json]) -> None:
    assert rules.call_of(Message(topic=rules.SOS, about="S", content=content)) is None
    assert rules.circle("", Message(topic=rules.ARRIVED, about="S", content=content)) == ""


def test_resources_that_are_not_whole_are_passed_over() -> None:
    assert rules.resources_of([{"code": "a"}, 5, {"code": "b", "longitude_deg": 1, "latitude_deg": 2}])[0].code == "b"
    assert rules.resources_of("none") == []
