"""What was done for people is counted from the cases themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from gridward.incidents.v1 import matters_pb2, matters_pb2_grpc

from services.incidents.matters.domain import months_of
from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller

ZONE = ZoneInfo("Asia/Shanghai")
#: Copies of one case that was really carried to its end, closed at moments spread over eight months of 2018.
COPIES = """
    WITH made AS (
        INSERT INTO incident
        SELECT (jsonb_populate_record(i, jsonb_build_object(
                   'id', gen_random_uuid(), 'number', %s::text || '-' || n, 'task_type', %s::text,
                   'closed_at', timestamptz '2018-01-01 00:00:00+08' + (interval '243 days' - interval '1 second') * (n - 1) / (%s::integer - 1)))).*
          FROM incident AS i, generate_series(1, %s::integer) AS n
         WHERE i.id = %s::uuid
        RETURNING id
    )
    SELECT count(*) AS count FROM made
"""


def stub(hall: Hall, caller: Caller) -> matters_pb2_grpc.MattersServiceAsyncStub:
    hall.stub(caller)
    return matters_pb2_grpc.MattersServiceStub(hall.channels[repr(caller)])


def span(start: datetime, end: datetime) -> matters_pb2.GetMattersRequest:
    request = matters_pb2.GetMattersRequest()
    getattr(request, "from").FromDatetime(start.astimezone(UTC))
    request.until.FromDatetime(end.astimezone(UTC))
    return request


@pytest.mark.mechanism(9)
async def test_eight_months_come_to_529_practical_1667_agency_matters_and_112_disputes_and_the_months_add_up(
    still: Hall,
) -> None:
    case = await still.closed()
    for task_type, count in (("road_damage", 529), ("subsistence_assist", 1667), ("conflict_mediation", 112)):
        (row,) = await still.rows(COPIES, task_type, task_type, count, count, case.id)
        assert row["count"] == count
    await still.rows(  # refused and unsolved ones were not done for anybody
        "UPDATE incident SET closed_at = '2018-03-03', ending = 'unsolved' WHERE id = %s::uuid RETURNING id", case.id
    )
    start, end = datetime(2018, 1, 1, tzinfo=ZONE), datetime(2018, 9, 1, tzinfo=ZONE)
    told = await stub(still, still.acceptor).GetMatters(span(start, end))
    assert (told.total.practical, told.total.agency, told.total.dispute) == (529, 1667, 112)
    assert [month.month for month in told.months] == [f"2018-0{month}" for month in range(1, 9)]
    for kind in ("practical", "agency", "dispute"):
        months = [getattr(month.counts, kind) for month in told.months]
        assert sum(months) == getattr(told.total, kind)
        assert min(months) > 0
    half = await stub(still, still.acceptor).GetMatters(span(start, datetime(2018, 5, 1, tzinfo=ZONE)))
    assert half.months[0] == told.months[0]
    assert half.total.agency == sum(month.counts.agency for month in told.months[:4])
    elsewhere = await stub(still, still.person("community_admin", town.OTHER_COMMUNITY)).GetMatters(span(start, end))
    assert (elsewhere.total.practical, elsewhere.total.agency, elsewhere.total.dispute) == (0, 0, 0)


async def test_the_city_settles_what_a_task_type_counts_as(still: Hall) -> None:
    done = await still.closed()
    chief = stub(still, still.person("duty_chief", subject="chief-1"))
    still.clock.advance(timedelta(seconds=1))
    request = matters_pb2.GetMattersRequest()
    assert (await chief.GetMatters(request)).total.practical == 1
    wanted = [matters_pb2.TaskTypeMatter(task_type=done.task_type, kind=matters_pb2.MATTER_KIND_AGENCY)]
    answer = await chief.SetMatterKinds(matters_pb2.SetMatterKindsRequest(request_id=town.request_id(), kinds=wanted))
    kinds = {each.task_type: (each.kind, each.settled) for each in answer.kinds}
    assert kinds[done.task_type] == (matters_pb2.MATTER_KIND_AGENCY, True)
    assert kinds["conflict_mediation"] == (matters_pb2.MATTER_KIND_DISPUTE, False)
    assert list((await chief.ListMatterKinds(matters_pb2.ListMatterKindsRequest())).kinds) == list(answer.kinds)
    assert (await chief.GetMatters(request)).total.agency == 1
    wanted[0].task_type = "dragon"
    with pytest.raises(errors.NotFound):
        await chief.SetMatterKinds(matters_pb2.SetMatterKindsRequest(request_id=town.request_id(), kinds=wanted))


def test_a_span_has_every_month_it_touches() -> None:
    start, end = datetime(2026, 11, 30, 23, tzinfo=ZONE), datetime(2027, 1, 1, tzinfo=ZONE)
    assert months_of(start, end, ZONE) == ("2026-11", "2026-12")
