"""A task type's ladder, declared through the API, presses by timers: each rung once, whoever fires and whoever holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from gridward.incidents.v1 import cases_pb2, settling_pb2, settling_pb2_grpc
from gridward.registry.v1 import tasks_pb2

from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall
from tests.integration.incidents.test_seven_holes import many_reports

RUNGS = [
    settling_pb2.UrgeRung(
        code="remind",
        base=settling_pb2.URGE_BASE_REPORTED,
        after=tasks_pb2.Limit(value=30, unit=tasks_pb2.LIMIT_UNIT_MINUTE),
        action=settling_pb2.URGE_ACTION_URGE,
        words="半小时无人处理，请速办",
        words_en="Nobody has acted for half an hour",
    ),
    settling_pb2.UrgeRung(
        code="press",
        base=settling_pb2.URGE_BASE_REPORTED,
        after=tasks_pb2.Limit(value=60, unit=tasks_pb2.LIMIT_UNIT_MINUTE),
        action=settling_pb2.URGE_ACTION_SUPERVISE,
        words="一小时无人处理，书面督办",
    ),
]


async def declared(hall: Hall) -> None:
    chief = hall.person("duty_chief", subject="chief-1")
    hall.stub(chief)
    settling = settling_pb2_grpc.SettlingServiceStub(hall.channels[repr(chief)])
    procedure = settling_pb2.Procedure(ladder=RUNGS)
    await settling.DeclareProcedure(
        settling_pb2.DeclareProcedureRequest(request_id=town.request_id(), task_type=town.GARBAGE, procedure=procedure)
    )
    seen = await settling.GetProcedure(settling_pb2.GetProcedureRequest(task_type=town.GARBAGE))
    assert list(seen.procedure.ladder) == RUNGS
    await hall.refresh()


async def test_every_rung_fires_once_for_every_case_though_three_workers_fire_and_nobody_holds_them(
    still: Hall,
) -> None:
    await declared(still)
    still.clock.advance(timedelta(seconds=1))
    ids = await many_reports(still, 80)
    still.clock.advance(timedelta(hours=2))

    async def work() -> None:
        while await still.firing.fire_due():
            pass

    for _ in RUNGS:
        await asyncio.gather(work(), work(), work())
    rows = await still.rows(
        "SELECT event, count(*) AS count, count(DISTINCT incident_id) AS cases FROM history"
        " WHERE event IN ('urge', 'supervise') GROUP BY event"
    )
    assert {row["event"]: (row["count"], row["cases"]) for row in rows} == {
        "urge": (len(ids), len(ids)),
        "supervise": (len(ids), len(ids)),
    }
    seen = await still.get(cases_pb2.Case(id=ids[0]), by=still.acceptor)
    lines = {line.event: line for line in seen.history}
    urged = lines[cases_pb2.CASE_EVENT_URGE]
    assert (urged.opinion, urged.actor) == (RUNGS[0].words, "system")
    assert lines[cases_pb2.CASE_EVENT_SUPERVISE].opinion == RUNGS[1].words


async def test_a_case_that_ended_or_began_before_the_ladder_is_not_pressed_for(still: Hall) -> None:
    before = await still.report()
    still.clock.advance(timedelta(seconds=1))
    await declared(still)
    still.clock.advance(timedelta(seconds=1))
    ended = await still.report()
    await still.advance(ended, town.step("reject", opinion="不属实"), by=still.acceptor)
    still.clock.advance(timedelta(hours=2))
    while await still.firing.fire_due():
        pass
    rows = await still.rows("SELECT incident_id FROM history WHERE event IN ('urge', 'supervise')")
    assert rows == []
    assert (await still.get(before, by=still.acceptor)).case.state == cases_pb2.CASE_STATE_REPORTED
