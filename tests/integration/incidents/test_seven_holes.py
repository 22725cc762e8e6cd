"""Seven ways in which others' escalation misses a case, each shut here."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from gridward.incidents.v1 import cases_pb2, incidents_pb2

from services.incidents.actions import fire as fire_module
from services.incidents.domain.case import Case, Event, State
from services.incidents.domain.firing import fire
from services.incidents.domain.table import UNSOLVED
from services.incidents.domain.timers import LOOP_RUNGS, timers_of
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, event_types, eventually
from tests.integration.incidents.test_timers import drain, vacant_everywhere
from tests.unit.incidents.builders import (
    ACCEPTOR,
    CHIEF,
    GARBAGE,
    RULEBOOK,
    SANITATION,
    WORKER,
    a_case,
    opened,
    suspended,
    take,
)

MANY = 240


async def many_reports(hall: Hall, count: int) -> list[str]:
    """Reports a second apart, oldest first."""
    ids: list[str] = []
    for _ in range(count // 40):
        requests = [town.report_request() for _ in range(40)]
        answer = await hall.stub(hall.worker).BatchReport(incidents_pb2.BatchReportRequest(reports=requests))
        ids += [result.case.id for result in answer.results]
        hall.clock.advance(timedelta(seconds=1))
    return ids


async def test_hole_a_however_many_are_open_all_are_looked_at_and_the_oldest_first(
    still: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fire_module, "CASES_MAX", 50)
    ids = await many_reports(still, MANY)
    still.clock.advance(timedelta(hours=6))
    order: list[set[str]] = []
    while await still.firing.fire_due():
        rows = await still.rows("SELECT id::text FROM incident WHERE loop_level = 2")
        order.append({row["id"] for row in rows})
    assert order[-1] == set(ids)
    for batch, raised in enumerate(order, start=1):
        oldest = min(batch * 50, MANY) // 40 * 40  # reports of one moment may come in any order
        assert set(ids[:oldest]) <= raised


async def test_hole_b_a_case_that_is_nobodys_rises_like_any_other(still: Hall) -> None:
    still.view.take_posts(vacant_everywhere())  # type: ignore[arg-type]
    case = await still.report()
    still.clock.advance(timedelta(hours=6))
    await drain(still.firing)
    assert (await still.get(case, by=still.acceptor)).case.loop_level == 2


def test_hole_c_no_edit_starts_the_clock_anew() -> None:
    case = a_case(Event.SIGN)
    before = {timer.rung: timer.due_at for timer in timers_of(case)}
    for event, actor in ((Event.NOTE, SANITATION), (Event.URGE, CHIEF), (Event.NOTE, WORKER)):
        case = take(case, event, actor=actor, opinion="说明", at=case.updated_at + timedelta(minutes=10)).case
    assert {timer.rung: timer.due_at for timer in timers_of(case)} == before


@contextmanager
def workers(hall: Hall, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Timer workers in processes of their own."""
    command = [sys.executable, "-m", "tests.integration.incidents.timer_worker", hall.dsn, hall.clock.now().isoformat()]
    running = [
        subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) for _ in range(count)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.mechanism(5)
async def test_hole_d_three_workers_killed_at_any_moment_fire_each_rung_exactly_once(still: Hall) -> None:
    ids = await many_reports(still, MANY)
    still.clock.advance(timedelta(hours=6))
    dice = random.Random(5)

    async def reached(wanted: int) -> bool:
        (row,) = await still.rows("SELECT count(*) AS count FROM incident WHERE loop_level = 2")
        return int(row["count"]) >= wanted

    with workers(still, 3) as running:
        await eventually(lambda: reached(1))
        victim = running[dice.randrange(3)]
        victim.send_signal(signal.SIGKILL)
        await asyncio.to_thread(victim.wait)
        await eventually(lambda: reached(MANY))
    rows = await still.rows("SELECT type, subject, count(*) AS count FROM outbox GROUP BY type, subject")
    counted = {(row["type"], row["subject"]): row["count"] for row in rows}
    assert counted == {
        (kind, case_id): 1
        for case_id in ids
        for kind in ("incident_reported", "case_delayed", "case_advanced", "case_escalated")
    }
    rungs = await still.rows("SELECT rung, count(*) AS count FROM timer GROUP BY rung")
    assert {row["rung"]: row["count"] for row in rungs} == {"loop_2": MANY}


def unsolved_cases() -> dict[State, Case]:
    """A case in each state in which somebody still has to solve it."""
    back = take(a_case(Event.SIGN), Event.RETURN_BACK, actor=SANITATION, opinion="不属我们").case
    looking = take(a_case(Event.ACCEPT), Event.SEND_VERIFY, actor=ACCEPTOR, assignee=WORKER.id).case
    usual = (Event.ACCEPT, Event.REGISTER, Event.DISPATCH, Event.SIGN, Event.ASSIGN, Event.DISPOSE)
    cases = [opened().case, back, looking, suspended(), *(a_case(event) for event in usual)]
    return {case.state: case for case in cases}


def test_hole_e_a_case_rises_from_every_state_in_which_it_waits_for_somebody() -> None:
    cases = unsolved_cases()
    assert set(cases) == UNSOLVED
    for state, case in cases.items():
        rungs = {timer.rung for timer in timers_of(case)}
        assert (LOOP_RUNGS[1] in rungs) is (state is not State.SUSPENDED), state
        assert rungs  # and the suspended one wakes by itself


async def test_hole_f_where_nobody_stands_above_the_desk_takes_it_and_is_told(still: Hall) -> None:
    still.view.take_posts(vacant_everywhere())  # type: ignore[arg-type]
    case = await still.report()
    still.clock.advance(timedelta(hours=6))
    await drain(still.firing)
    seen = await still.get(case, by=still.acceptor)
    assert [leg.receiver for leg in seen.legs] == ["city_dispatch_desk", "city_dispatch_desk"]
    assert event_types(await still.told(case.id))[-1] == "case_escalated"
    assert seen.history[-1].event == cases_pb2.CASE_EVENT_ESCALATE


def test_hole_g_every_rung_of_the_ladder_is_reached_from_every_state() -> None:
    for state, case in unsolved_cases().items():
        if state is State.SUSPENDED:
            continue
        climbed = case
        for level in (1, 2):
            due = next(timer.due_at for timer in timers_of(climbed) if timer.rung is LOOP_RUNGS[level])
            firing = fire(climbed, LOOP_RUNGS[level], at=due, task_type=GARBAGE, rulebook=RULEBOOK, receiver="upper")
            assert firing is not None, (state, level)
            climbed = firing.case
        assert (climbed.state, climbed.loop_level) == (state, 3)
