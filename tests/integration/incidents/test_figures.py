"""Figures are those of the rows, within what somebody may see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gridward.incidents.v1 import cases_pb2, figures_pb2, figures_pb2_grpc

from services.platform import errors
from services.platform.grpc_client import connect
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall


async def figures(hall: Hall, caller: Caller, **asked: object) -> figures_pb2.GetFiguresResponse:
    channel = connect(f"127.0.0.1:{hall.process.port}", signer=hall.tokens.signer("gateway"), caller=caller)
    try:
        stub = figures_pb2_grpc.FiguresServiceStub(channel)
        return await stub.GetFigures(figures_pb2.GetFiguresRequest(**asked), timeout=20)  # type: ignore[arg-type]
    finally:
        await channel.close()


async def test_a_day_is_counted_by_area_and_department_with_rates_and_places(hall: Hall) -> None:
    chief = hall.person("duty_chief")
    done = await hall.closed()
    await hall.report(grid=town.OTHER_GRID)
    refused = await hall.report(grid=town.OTHER_GRID)
    await hall.advance(refused, cases_pb2.Step(event=cases_pb2.CASE_EVENT_REJECT, opinion="不属实"), by=hall.acceptor)
    hall.clock.advance(timedelta(seconds=5))
    told = await figures(hall, chief, area_code=town.SUBDISTRICT, dimension=figures_pb2.DIMENSION_AREA)
    assert (told.total.reported, told.total.registered, told.total.refused) == (3, 1, 1)
    assert (told.total.need_close, told.total.closed, told.total.in_time) == (1, 1, 1)
    assert (told.total.green, told.total.red) == (1, 0)
    assert (told.total.close_rate, told.total.in_time_rate, told.total.score) == (1.0, 1.0, 100.0)
    assert not told.total.HasField("satisfaction_rate")
    assert {part.code: part.figures.reported for part in told.parts} == {town.COMMUNITY: 1, town.OTHER_COMMUNITY: 2}
    assert all(part.rank == 1 for part in told.parts)
    by_department = await figures(hall, chief, dimension=figures_pb2.DIMENSION_DEPARTMENT)
    assert done.department_code in {part.code for part in by_department.parts}
    assert sum(part.figures.reported for part in by_department.parts) == 3


async def test_nobody_counts_what_lies_outside_his_area(hall: Hall) -> None:
    await hall.report()
    await hall.report(grid=town.OTHER_GRID)
    hall.clock.advance(timedelta(seconds=5))
    mine = await figures(hall, hall.person("community_admin", town.OTHER_COMMUNITY))
    assert mine.total.reported == 1
    elsewhere = await figures(hall, hall.person("community_admin", town.OTHER_COMMUNITY), area_code=town.COMMUNITY)
    assert elsewhere.total.reported == 0


async def test_a_span_that_ends_before_it_begins_is_refused(hall: Hall) -> None:
    request = figures_pb2.GetFiguresRequest()
    getattr(request, "from").FromDatetime(hall.clock.now())
    request.until.FromDatetime(hall.clock.now() - timedelta(hours=1))
    channel = connect(
        f"127.0.0.1:{hall.process.port}", signer=hall.tokens.signer("gateway"), caller=hall.person("duty_chief")
    )
    with pytest.raises(errors.Invalid) as refused:
        await figures_pb2_grpc.FiguresServiceStub(channel).GetFigures(request, timeout=20)
    assert refused.value.reason == "SPAN_INVALID"
    await channel.close()
