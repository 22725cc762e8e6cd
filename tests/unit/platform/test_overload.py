"""A crowd that comes and goes is let in whole; one that stands is cut down to those who are served soon."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from services.platform.errors import Exhausted
from services.platform.overload import LEAST, PATIENCE_S, STANDING_S, Bounded, Room

MOST = 500


class Queue:
    """People in a room from which so many are served a second; time goes by in steps of a hundredth."""

    def __init__(self, served_per_s: int, room: type[Room] = Room) -> None:
        self.now_s = 0.0
        self.room = room(MOST, kind="test", now_s=lambda: self.now_s)
        self.turned_away = self.served = 0
        self.waited_s: list[float] = []
        self._per_step = served_per_s / 100
        self._due = 0.0
        self._inside: list[tuple[float, ExitStack]] = []

    def step(self, coming: int) -> None:
        for _ in range(coming):
            visit = ExitStack()
            try:
                visit.enter_context(self.room.entered())
            except Exhausted:
                self.turned_away += 1
            else:
                self._inside.append((self.now_s, visit))
        self._due = min(self._due + self._per_step, len(self._inside))
        while self._due >= 1:
            came_s, visit = self._inside.pop(0)
            visit.close()
            self.waited_s.append(self.now_s - came_s)
            self.served += 1
            self._due -= 1
        self.now_s += 0.01

    def go_on(self, seconds: float, per_s: int) -> None:
        for _ in range(round(seconds * 100)):
            self.step(per_s // 100)


def test_a_crowd_that_comes_at_once_is_let_in_whole_and_nobody_is_turned_away() -> None:
    queue = Queue(served_per_s=1000)
    queue.step(MOST)
    queue.go_on(5, 500)
    assert queue.turned_away == 0


@pytest.mark.parametrize("served_per_s", [400, 1000])
def test_a_crowd_that_stands_is_cut_down_to_those_who_are_served_soon(served_per_s: int) -> None:
    queue = Queue(served_per_s)
    queue.go_on(6, 3 * served_per_s)
    assert queue.room.room == pytest.approx(max(LEAST, served_per_s * PATIENCE_S), rel=0.1)
    queue.waited_s.clear()
    queue.served = 0
    queue.go_on(10, 3 * served_per_s)
    assert max(queue.waited_s) <= max(PATIENCE_S, LEAST / served_per_s) * 1.15
    assert queue.served == pytest.approx(10 * served_per_s, rel=0.02), "nothing that could be done is left undone"


def test_when_it_is_over_everybody_is_let_in_again_at_once() -> None:
    queue = Queue(served_per_s=1000)
    queue.go_on(6, 3000)
    assert queue.room.room < MOST
    queue.go_on(2 * STANDING_S, 100)
    assert queue.room.room == MOST


def test_a_few_who_take_long_are_never_fewer_than_the_least() -> None:
    queue = Queue(served_per_s=10)
    queue.go_on(20, 100)
    assert queue.room.room == LEAST


def test_who_stays_is_no_crowd() -> None:
    queue = Queue(served_per_s=1, room=Bounded)
    queue.go_on(20, 100)
    assert queue.room.room == MOST
