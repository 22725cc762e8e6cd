"""What time does to cases: every timer fires exactly once, whatever crashes and however late."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2

from services.incidents import worker
from services.incidents.actions import fire as fire_module
from services.incidents.actions.fire import FiringDue
from services.incidents.cityview.city import City
from services.incidents.domain.case import Case
from services.incidents.domain.firing import Firing
from services.incidents.domain.timers import Rung
from services.incidents.store.timers import claim_due, take_due
from services.platform.database import open_database
from services.platform.errors import Unavailable
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall, event_types, eventually, unpacked


async def other_worker(hall: Hall) -> FiringDue:
    """A replica with connections of its own."""
    database = await open_database(hall.dsn, service="incidents")
    city = await City.open(database, hall.view, zone=ZoneInfo("Asia/Shanghai"), desk="desk")
    return FiringDue(database, city, clock=hall.clock)


async def drain(*workers: FiringDue) -> None:
    """Let workers fire, side by side, until nothing is due."""

    async def until_done(one: FiringDue) -> None:
        while await one.fire_due():
            pass

    await asyncio.gather(*(until_done(one) for one in workers))


@pytest.mark.mechanism(5)
async def test_an_unsolved_case_rises_through_the_loops_and_each_loop_leaves_its_leg(still: Hall) -> None:
    case = await still.report()
    reported_at = still.clock.now()
    still.clock.advance(timedelta(hours=6))  # 16:00: four work hours
    await drain(still.firing)
    seen = await still.get(case, by=still.acceptor)
    assert (seen.case.loop_level, seen.case.version) == (2, 2)
    still.clock.advance(timedelta(days=1))  # one work day later
    await drain(still.firing)
    seen = await still.get(case, by=still.acceptor)
    assert (seen.case.loop_level, seen.case.version) == (3, 3)
    legs = [(leg.loop_level, leg.receiver, leg.received_at.ToDatetime(), leg.reply) for leg in seen.legs]
    start = reported_at.replace(tzinfo=None)
    assert legs == [
        (1, f"P-{town.GRID}", start, "LOOP_LIMIT_REACHED"),
        (2, f"P-{town.SUBDISTRICT}", start + timedelta(hours=6), "LOOP_LIMIT_REACHED"),
        (3, "D07", start + timedelta(hours=30), ""),
    ]
    assert [line.event for line in seen.history[1:]] == [cases_pb2.CASE_EVENT_ESCALATE] * 2
    assert {(line.actor, line.role) for line in seen.history[1:]} == {("system", "system")}
    told = await still.told(case.id)
    assert event_types(told) == ["incident_reported", "case_delayed", *["case_advanced", "case_escalated"] * 2]
    delayed = unpacked(told[1][1], cases_pb2.CaseDelayed)  # nobody took it in within a quarter of an hour
    assert (delayed.missed, delayed.due_at.ToDatetime()) == ("stage", start + timedelta(minutes=15))
    assert unpacked(told[-1][1], cases_pb2.CaseEscalated).leg.loop_level == 3
    # The last loop must answer as well: it solves the case, and its leg holds what it said.
    answer = await still.advance(
        seen.case, town.step("accept"), town.step("register", filing_condition="usual"), by=still.acceptor
    )
    answer = await still.advance(answer.case, town.step("dispatch"), by=still.dispatcher)
    solve = [
        town.step("sign"),
        town.step("dispose", evidence=[town.photo(place_pb2.EVIDENCE_KIND_AFTER)]),
        town.step("feedback", opinion="已清运"),
    ]
    await still.advance(answer.case, *solve, by=still.specialist())
    answered = (await still.get(case, by=still.acceptor)).legs
    assert [(leg.loop_level, leg.receiver, leg.reply) for leg in answered] == [
        (1, f"P-{town.GRID}", "LOOP_LIMIT_REACHED"),
        (2, f"P-{town.SUBDISTRICT}", "LOOP_LIMIT_REACHED"),
        (3, "D07", "已清运"),
    ]
    assert all(leg.HasField("received_at") and leg.HasField("replied_at") for leg in answered)


async def test_a_case_nobody_holds_rises_to_the_desk_and_is_never_skipped(still: Hall) -> None:
    still.view.take_posts(vacant_everywhere())
    case = await still.report()
    still.clock.advance(timedelta(hours=6))
    await drain(still.firing)
    seen = await still.get(case, by=still.acceptor)
    assert [(leg.loop_level, leg.receiver) for leg in seen.legs] == [
        (1, "city_dispatch_desk"),
        (2, "city_dispatch_desk"),
    ]


def vacant_everywhere() -> object:
    from gridward.registry.v1 import staff_pb2

    vacant = [staff_pb2.Post(code=post.code, role=post.role, area_code=post.area_code) for post in town.posts()]
    return staff_pb2.WatchPostsResponse(posts=vacant, version=100, complete=True)


async def test_a_worker_that_comes_late_tells_both_yellow_and_red(still: Hall) -> None:
    case = await still.dispatched(task_type=town.MANHOLE)
    answer = await still.advance(case, town.step("sign"), by=still.specialist("D09"))
    still.clock.advance(timedelta(hours=6))
    await drain(still.firing)
    changes = [
        unpacked(payload, cases_pb2.SignalChanged)
        for name, payload in await still.told(case.id)
        if name == "signal_changed"
    ]
    assert [(change.from_signal, change.case.signal) for change in changes] == [
        (cases_pb2.SIGNAL_GREEN, cases_pb2.SIGNAL_YELLOW),
        (cases_pb2.SIGNAL_YELLOW, cases_pb2.SIGNAL_RED),
    ]
    seen = await still.get(case, by=still.acceptor)
    assert seen.case.version == answer.case.version  # a light that changes makes nobody's decision out of date


@pytest.mark.mechanism(54)
async def test_an_unsigned_case_warns_at_each_missed_limit_and_turns_red_after_two(still: Hall) -> None:
    case = await still.dispatched()
    still.clock.advance(timedelta(hours=1, minutes=59))
    await drain(still.firing)
    assert (await still.get(case, by=still.acceptor)).case.signal == cases_pb2.SIGNAL_GREEN
    still.clock.advance(timedelta(hours=2, minutes=1))  # past noon: two work hours unsigned
    await drain(still.firing)
    assert (await still.get(case, by=still.acceptor)).case.signal == cases_pb2.SIGNAL_RED
    told = [
        unpacked(payload, cases_pb2.CaseDelayed)
        for name, payload in await still.told(case.id)
        if name == "case_delayed"
    ]
    assert [delayed.missed for delayed in told if delayed.missed == "sign"] == ["sign", "sign"]


async def test_two_workers_fire_each_timer_exactly_once(still: Hall) -> None:
    cases = await asyncio.gather(*(still.report() for _ in range(40)))
    other = await other_worker(still)
    still.clock.advance(timedelta(hours=6))
    await drain(still.firing, other, still.firing, other)
    rows = await still.rows("SELECT type, count(*) AS count FROM outbox GROUP BY type")
    assert {row["type"]: row["count"] for row in rows} == {
        "incident_reported": 40,
        "case_delayed": 40,
        "case_advanced": 40,
        "case_escalated": 40,
    }
    rows = await still.rows("SELECT version, loop_level, count(*) AS count FROM incident GROUP BY 1, 2")
    assert rows == [{"version": 2, "loop_level": 2, "count": 40}]
    assert len(cases) == 40
    await other._database.close()


async def test_a_worker_that_dies_between_claim_and_commit_leaves_everything_to_the_next(still: Hall) -> None:
    case = await still.report()
    still.clock.advance(timedelta(hours=6))
    dying = await open_database(still.dsn, service="incidents")

    async def claim_and_die() -> None:
        async with dying.transaction() as transaction:
            claimed = await claim_due(transaction, now=still.clock.now(), size=10)
            taken = await take_due(transaction, claimed, now=still.clock.now())
            assert {item.timer.rung for item in taken} == {Rung.LOOP_1, Rung.STAGE}
            assert await still.firing.fire_due() == 0  # held by the one that is about to die
            await still.rows("SELECT pg_terminate_backend(%s)", transaction.info.backend_pid)

    with pytest.raises(Unavailable):
        await claim_and_die()
    await dying.close()

    async def fired() -> bool:
        return await still.firing.fire_due() > 0

    await eventually(fired)  # the server gives up a dead connection's locks in its own time
    assert (await still.get(case, by=still.acceptor)).case.loop_level == 2
    assert event_types(await still.told(case.id)).count("case_escalated") == 1


async def test_a_timer_that_cannot_fire_holds_up_no_other_and_is_tried_again(
    still: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, *good = [await still.report() for _ in range(5)]
    still.clock.advance(timedelta(hours=6))
    real = fire_module.fire

    def fire_or_break(case: Case, *args: object, **kwargs: object) -> Firing | None:
        if case.id == bad.id:
            raise ArithmeticError
        return real(case, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(fire_module, "fire", fire_or_break)
    await drain(still.firing)
    rows = await still.rows("SELECT id::text, loop_level FROM incident")
    levels = {row["id"]: row["loop_level"] for row in rows}
    assert levels == {bad.id: 1, **{case.id: 2 for case in good}}
    monkeypatch.setattr(fire_module, "fire", real)
    assert await still.firing.fire_due() == 0
    still.clock.advance(timedelta(seconds=10))
    await drain(still.firing)
    assert (await still.get(bad, by=still.acceptor)).case.loop_level == 2


async def test_a_step_and_a_timer_at_once_both_count(still: Hall) -> None:
    cases = await asyncio.gather(*(still.dispatched() for _ in range(10)))
    still.clock.advance(timedelta(hours=1))  # the sign limit passes, which raises no version

    async def sign(case: cases_pb2.Case) -> None:
        await still.advance(case, town.step("sign"), by=still.specialist())

    await asyncio.gather(drain(still.firing), *(sign(case) for case in cases))
    rows = await still.rows("SELECT state, sign_due_at, version FROM incident")
    assert Counter(row["state"] for row in rows) == {"signed": 10}
    assert all(row["sign_due_at"] is None and row["version"] == 5 for row in rows)
    rungs = await still.rows("SELECT DISTINCT rung FROM timer")
    assert "sign" not in {row["rung"] for row in rungs}


async def test_an_ended_case_has_no_timers_left(still: Hall) -> None:
    case = await still.dispatched()
    chief = still.person("duty_chief")
    await still.advance(case, town.step("cancel", opinion="重复"), by=chief)
    assert await still.count("timer") == 0


async def test_the_worker_wakes_by_itself(hall: Hall) -> None:
    case = await hall.report()
    hall.clock.advance(timedelta(hours=6))

    async def raised() -> bool:
        return (await hall.get(case, by=hall.acceptor)).case.loop_level == 2

    await eventually(raised)


async def test_the_worker_sleeps_until_the_next_timer_but_never_long(still: Hall) -> None:
    assert await worker._pause_s(still.firing, still.clock) == worker.SLEEP_S_MAX
    await still.report()
    still.clock.advance(timedelta(minutes=14, seconds=59, milliseconds=600))
    assert await worker._pause_s(still.firing, still.clock) == pytest.approx(0.4)


@pytest.mark.mechanism(53)
async def test_a_red_case_that_nobody_explains_is_found_on_the_list_for_interviews(still: Hall) -> None:
    silent, explained = await still.dispatched(), await still.dispatched()
    department = still.specialist()
    for case in (silent, explained):
        await still.advance(case, town.step("sign"), by=department)
    still.clock.advance(timedelta(days=1, hours=2))  # eight work hours of four: stuck
    await drain(still.firing)
    red = (await still.get(explained, by=department)).case
    assert red.signal == cases_pb2.SIGNAL_RED
    assert [owed.kind for owed in red.dealings.owed] == ["explanation"]
    await still.advance(red, town.step("explain", opinion="等待上游停水"), by=department)
    still.clock.advance(timedelta(days=2))
    await drain(still.firing)
    assert await still.seen_by(still.acceptor, for_interview=True) == {silent.id}
    lines = [line.event for line in (await still.get(silent, by=still.acceptor)).history]
    assert lines.count(cases_pb2.CASE_EVENT_LIST_FOR_INTERVIEW) == 1
