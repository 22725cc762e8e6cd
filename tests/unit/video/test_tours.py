"""Rounds of a day, who is visited next, and a whole day of 522 cameras played in a moment."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.video.domain.errors import RouteInvalid
from services.video.domain.pace import REST_S_MAX, Queue, rest_s
from services.video.domain.tours import (
    Coverage,
    Route,
    Stop,
    StopDay,
    by_segment,
    checked,
    due_at,
    next_round,
    round_at,
    round_of,
    rounds_over,
)

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 2)
TWO_WINDOWS = ((8 * 60 + 30, 10 * 60 + 30), (15 * 60, 17 * 60))


def a_route(*, rounds: int = 2, windows: tuple[tuple[int, int], ...] = TWO_WINDOWS, stops: int = 5) -> Route:
    return Route(
        id="PR1",
        name="视频巡查1号线",
        stops=tuple(Stop(camera_id=f"CAM{n:03d}") for n in range(stops)),
        windows=windows,
        rounds_per_day=rounds,
        rounds_required=min(2, rounds),
    )


def local(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=ZONE)


def test_two_rounds_a_day_are_one_in_each_window() -> None:
    route = a_route()
    first, second = (round_of(route, DAY, number, ZONE) for number in (1, 2))
    assert (first.begins_at, first.ends_at) == (local(8, 30), local(10, 30))
    assert (second.begins_at, second.ends_at) == (local(15), local(17))
    assert round_at(route, local(9), ZONE) == first
    assert round_at(route, local(12), ZONE) is None
    assert next_round(route, local(12), ZONE) == second
    assert next_round(route, local(18), ZONE).day == date(2026, 3, 3)
    assert [rounds_over(route, DAY, local(hour), ZONE) for hour in (7, 9, 12, 16, 18)] == [0, 0, 1, 1, 2]


def test_a_tour_every_minute_has_1440_rounds() -> None:
    route = a_route(rounds=1440, windows=())
    found = round_at(route, local(13, 37), ZONE)
    assert found is not None
    assert (found.number, found.ends_at - found.begins_at) == (13 * 60 + 38, timedelta(minutes=1))


@given(st.integers(1, 300), st.integers(0, 24 * 60 - 1))
def test_every_moment_lies_in_one_round_or_before_the_next(rounds: int, minute: int) -> None:
    route = a_route(rounds=rounds)
    at = local(0) + timedelta(minutes=minute, seconds=7)
    found, coming = round_at(route, at, ZONE), next_round(route, at, ZONE)
    inside = any(begins <= minute < ends for begins, ends in TWO_WINDOWS)
    assert (found is not None) == inside
    assert coming.begins_at > at
    if found is not None:
        assert found.begins_at <= at < found.ends_at
        dues = [due_at(route, position, found) for position in range(len(route.stops))]
        assert dues == sorted(dues), "in the order of the route"
        assert found.begins_at <= dues[0]
        assert dues[-1] < found.ends_at


@pytest.mark.parametrize(
    ("windows", "rounds", "problem"),
    [
        (((600, 500),), 2, "ends before"),
        (((500, 600), (590, 700)), 2, "lie on one another"),
        (((500, 501),), 8000, "shorter than a second"),
    ],
)
def test_a_route_that_cannot_be_toured_is_refused(
    windows: tuple[tuple[int, int], ...], rounds: int, problem: str
) -> None:
    with pytest.raises(RouteInvalid, match=problem):
        checked(a_route(windows=windows, rounds=rounds))


def test_the_dead_are_left_alone_ever_longer() -> None:
    longest = [rest_s(failures, 1.0) for failures in range(1, 12)]
    assert longest[:4] == [5, 10, 20, 40]
    assert max(longest) == REST_S_MAX
    assert 3600 / rest_s(20, 0.5) < 17, "attempts an hour"
    assert rest_s(1, 0.5, locked=True) >= 240, "a refused password is not tried again soon"


def test_the_soonest_deadline_goes_first_and_a_wish_before_all() -> None:
    queue: Queue[str] = Queue(at_once=10, host_at_once=10)
    queue.put("late", due_s=0, deadline_s=100, host="a")
    queue.put("soon", due_s=0, deadline_s=50, host="b")
    queue.put("coming", due_s=60, deadline_s=61, host="c")
    queue.put("wished", due_s=0, deadline_s=0, host="d")
    assert [queue.take(1) for _ in range(4)] == [("wished", "d"), ("soon", "b"), ("late", "a"), None]
    assert queue.next_due_s(1) == 60


def test_no_recorder_is_pressed_and_none_holds_up_the_others() -> None:
    queue: Queue[str] = Queue(at_once=10, host_at_once=2)
    for number in range(5):
        queue.put(f"nvr{number}", due_s=0, deadline_s=number, host="nvr")
    queue.put("other", due_s=0, deadline_s=99, host="other")
    assert [queue.take(0) for _ in range(4)] == [("nvr0", "nvr"), ("nvr1", "nvr"), ("other", "other"), None]
    queue.done("nvr")
    assert queue.take(0) == ("nvr2", "nvr")


def test_a_dead_recorder_is_asked_by_one_camera_at_a_time() -> None:
    queue: Queue[str] = Queue(at_once=10, host_at_once=8)
    for number in range(6):
        queue.put(f"cam{number}", due_s=0, deadline_s=number, host="nvr")
    for _ in range(4):
        taken = queue.take(0)
        assert taken is not None
        queue.host("nvr").note(taken[0], 0, dead=True)
        queue.done("nvr")
    assert queue.take(1) is None, "four failed: it rests"
    assert queue.take(31) is not None
    assert queue.take(31) is None, "one asks whether it is back"
    queue.host("nvr").note("cam4", 31, dead=False)
    queue.done("nvr")
    assert queue.take(31) is not None


def test_a_later_wish_replaces_the_earlier_plan() -> None:
    queue: Queue[str] = Queue(at_once=10, host_at_once=10)
    queue.put("a", due_s=50, deadline_s=60, host="a")
    queue.put("a", due_s=0, deadline_s=0, host="a")
    assert queue.take(0) == ("a", "a")
    queue.done("a")
    assert queue.take(100) is None


def test_coverage_counts_by_stop_and_segment() -> None:
    def stop(camera: str, segment: str, met: int, due: int) -> Coverage:
        return Coverage(
            route_id="PR1", stop=Stop(camera_id=camera), camera_name=camera, road_segment=segment,
            rounds_due=due, rounds_required=2, of_day=StopDay(rounds_met=met),
        )  # fmt: skip

    stops = [stop("a", "R1-01", 2, 2), stop("b", "R1-01", 1, 2), stop("c", "R1-02", 1, 1)]
    assert [one.covered for one in stops] == [True, False, True]
    assert by_segment(stops) == [("R1-01", 2, 1), ("R1-02", 1, 1)]


class City:
    """522 cameras on 68 road segments, played second by second; a visit takes what a camera takes."""

    def __init__(self, *, dead: int) -> None:
        self.routes = [
            Route(
                id=f"S{segment:02d}", name="", stops=tuple(Stop(camera_id=f"C{n:03d}") for n in range(segment, 522, 68)),
                windows=TWO_WINDOWS, rounds_per_day=4, rounds_required=2,
            )
            for segment in range(68)
        ]  # fmt: skip
        self.dead = {f"C{n:03d}" for n in range(0, 522, 522 // dead)[:dead]} if dead else set()
        self.queue: Queue[tuple[int, int]] = Queue(at_once=64, host_at_once=8)
        self.met: Counter[str] = Counter()
        self.attempts: Counter[str] = Counter()
        self.late_s: list[float] = []
        self.failures: Counter[str] = Counter()
        self.rounds: dict[tuple[int, int], int] = {}

    def schedule(self, key: tuple[int, int], at: datetime, *, rest: float = 0.0) -> None:
        route, position = self.routes[key[0]], key[1]
        found = round_at(route, at, ZONE)
        if found is None or self.rounds.get(key, 0) >= found.number:
            found = next_round(route, at, ZONE)
        if found.day != DAY:
            return
        due_s = max(due_at(route, position, found).timestamp(), at.timestamp() + rest)
        nvr = f"nvr{int(route.stops[position].camera_id[1:]) % 40}"
        self.queue.put(key, due_s=due_s, deadline_s=found.ends_at.timestamp(), host=nvr)

    def play(self) -> None:
        begin = local(8)
        for number, route in enumerate(self.routes):
            for position in range(len(route.stops)):
                self.schedule((number, position), begin)
        ends: list[tuple[float, tuple[int, int], str, float]] = []
        for second in range(10 * 3600):
            now = begin + timedelta(seconds=second)
            for entry in [entry for entry in ends if entry[0] <= second]:
                ends.remove(entry)
                self.end(entry[1], entry[2], now)
            while (taken := self.queue.take(now.timestamp())) is not None:
                key, host = taken
                camera = self.routes[key[0]].stops[key[1]].camera_id
                self.attempts[camera] += 1
                found = round_at(self.routes[key[0]], now, ZONE)
                if found is not None and camera not in self.dead:
                    due = due_at(self.routes[key[0]], key[1], found)
                    self.late_s.append(max(0.0, (now - due).total_seconds()))
                ends.append((second + (12 if camera in self.dead else 2), key, host, second))

    def end(self, key: tuple[int, int], host: str, now: datetime) -> None:
        self.queue.done(host)
        route = self.routes[key[0]]
        camera = route.stops[key[1]].camera_id
        if camera in self.dead:
            self.failures[camera] += 1
            self.schedule(key, now, rest=rest_s(self.failures[camera], 0.5))
            return
        found = round_at(route, now, ZONE)
        if found is not None:
            self.rounds[key] = found.number
            self.met[camera] += 1
        self.schedule(key, now)


@pytest.mark.parametrize("dead", [0, 104], ids=["all well", "a fifth dead"])
def test_522_cameras_are_each_seen_at_least_twice_a_day(dead: int) -> None:
    city = City(dead=dead)
    city.play()
    alive = {f"C{n:03d}" for n in range(522)} - city.dead
    assert len(alive) == 522 - dead
    assert {camera for camera in alive if city.met[camera] < 2} == set()
    late = sorted(city.late_s)
    assert late[int(len(late) * 0.99)] < 5.0, "seconds late, 99 of 100"
    assert all(city.attempts[camera] <= 4 * 20 for camera in city.dead)
