"""Each fault is seen on the pictures that have it, and on no others; and only said when it lasts."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from services.video.domain.cameras import Place
from services.video.domain.daylight import is_night, sun_height_deg
from services.video.domain.errors import Problem
from services.video.domain.health import (
    Fault,
    Health,
    Measures,
    Usual,
    connection_fault,
    judge,
    suspected,
)
from services.video.eyes.change import Compared
from services.video.eyes.measure import Measured
from tests.support.scenes import FAULTS, VTEST, Memory, Street, real_street

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def measures(measured: Measured, found: Compared) -> Measures:
    return Measures(**asdict(measured), changed=found.changed, moved=found.moved, identical=found.identical)


def learned(street: Street) -> tuple[Memory, Usual]:
    memory, usual = Memory(), Usual()
    for _ in range(8):
        usual = usual.with_picture(measures(*memory.look(street.look())))
    return memory, usual


def test_every_planted_fault_is_seen_and_no_good_picture_is_accused() -> None:
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    streets = [Street(seed, noise=1.5 + seed % 3) for seed in range(4)]
    for street in streets:
        memory, usual = learned(street)
        for light in (1.0, 0.75, 1.2):
            good = suspected(measures(*memory.look(street.look(light=light), learn=False)), usual, night=False)
            wrong.update(fault.value for fault in good)
        for name, spoil in FAULTS.items():
            found = suspected(measures(*memory.look(spoil(street.look()), learn=False)), usual, night=False)
            right[name] += Fault(name) in found
            wrong.update(fault.value for fault in found if fault.value != name)
    assert dict(right) == dict.fromkeys(FAULTS, len(streets)), "recall of each"
    assert sum(wrong.values()) <= 0.05 * sum(right.values()), f"precision: {wrong}"


def test_a_picture_that_stands_still_is_seen_even_on_a_quiet_street() -> None:
    street = Street(3)
    memory, usual = learned(street)
    picture = street.look(traffic=0)
    memory.look(picture, learn=False)
    assert Fault.FROZEN in suspected(measures(*memory.look(picture, learn=False)), usual, night=False)
    assert Fault.FROZEN not in suspected(
        measures(*memory.look(street.look(traffic=0), learn=False)), usual, night=False
    )


def test_a_real_square_is_never_accused() -> None:
    assert VTEST.exists(), "the package opencv-doc holds it"
    memory, usual = Memory(), Usual()
    for number, picture in enumerate(real_street()):
        found = measures(*memory.look(picture))
        if number > 6:
            assert suspected(found, usual, night=False) == {}
        usual = usual.with_picture(found)


def test_dark_at_night_is_no_fault() -> None:
    street = Street(1)
    memory, usual = learned(street)
    found = measures(*memory.look(FAULTS["underexposed"](street.look()), learn=False))
    assert Fault.UNDEREXPOSED in suspected(found, usual, night=False)
    assert Fault.UNDEREXPOSED not in suspected(found, Usual(), night=True)


def visits(*hits: bool, fault: Fault = Fault.BLURRED, every_s: float = 30.0) -> list[tuple[int, str]]:
    """What is said at which visit."""
    health, told = Health(), []
    for number, hit in enumerate(hits):
        found = judge(health, {fault: "m"} if hit else {}, at=AT + timedelta(seconds=number * every_s), seen=True)
        health = found.health
        told += [(number, f"+{one}") for one in found.begun] + [(number, f"-{one}") for one in found.ended]
    return told


def test_three_of_four_visits_make_a_verdict_and_two_good_ones_end_it() -> None:
    assert visits(True, True, False, True, False, True, False, False) == [(3, "+blurred"), (7, "-blurred")]


def test_a_bird_before_the_lens_is_no_verdict() -> None:
    assert visits(True, False, False, True, False, False, True, False) == []


def failures(*problems: str, every_s: float = 30.0) -> list[tuple[int, str]]:
    health, told = Health(), []
    for number, problem in enumerate(problems):
        fault = connection_fault(problem) if problem else None
        at = AT + timedelta(seconds=number * every_s)
        found = judge(health, {fault: problem} if fault else {}, at=at, seen=not problem)
        health = found.health
        told += [(number, f"+{one}") for one in found.begun] + [(number, f"-{one}") for one in found.ended]
    return told


def test_a_camera_is_offline_after_three_failures_and_a_minute() -> None:
    refused = [Problem.REFUSED] * 4
    assert failures(*refused) == [(2, "+offline")]
    assert failures(*refused, every_s=5.0) == [], "three failures within seconds may be a restart"
    assert failures(*refused, "", "") == [(2, "+offline"), (5, "-offline")]


@pytest.mark.parametrize(
    ("problem", "fault"),
    [
        (Problem.TIMED_OUT, Fault.OFFLINE),
        (Problem.BROKEN_OFF, Fault.OFFLINE),
        (Problem.LOCKED_OUT, Fault.LOCKED_OUT),
        (Problem.CODEC, Fault.UNREADABLE),
        (Problem.OVERLOAD, None),
        (Problem.NO_STREAM, None),
    ],
)
def test_each_failure_speaks_for_its_fault(problem: str, fault: Fault | None) -> None:
    assert connection_fault(problem) is fault


def test_a_failure_leaves_what_only_a_picture_shows() -> None:
    health = judge(Health(), {Fault.BLACK: "m"}, at=AT, seen=True).health
    after = judge(health, {Fault.OFFLINE: "m"}, at=AT, seen=False).health
    assert after.suspicions[Fault.BLACK] == health.suspicions[Fault.BLACK]


def test_day_and_night_follow_the_sun() -> None:
    city = Place(longitude_deg=119.85, latitude_deg=38.6)
    assert not is_night(city, datetime(2026, 6, 21, 4, tzinfo=UTC)), "noon in summer"
    assert is_night(city, datetime(2026, 6, 21, 16, tzinfo=UTC)), "midnight"
    assert is_night(city, datetime(2026, 12, 21, 10, 30, tzinfo=UTC)), "half past six on a winter's evening"
    assert 74 < sun_height_deg(city, datetime(2026, 6, 21, 4, tzinfo=UTC)) < 76
    assert 27 < sun_height_deg(city, datetime(2026, 12, 21, 4, tzinfo=UTC)) < 29
