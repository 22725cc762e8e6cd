"""When areas are split or merged, open cases go where their place now lies, and say so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from google.protobuf.any_pb2 import Any as PackedMessage
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.registry.v1 import areas_pb2
from gridward.registry.v1 import events_pb2 as registry_events_pb2

from services.incidents.cityview.city import City
from services.incidents.resettling.moving import Resettling
from services.platform.errors import Unavailable
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

NEW_GRID = "999102001001091"


def reorganised(ended: str, heir: str) -> events_pb2.Event:
    payload = PackedMessage()
    payload.Pack(registry_events_pb2.AreasReorganised(change_id="c1", ended_codes=[ended], heir_codes=[heir]))
    return events_pb2.Event(id="e1", type="areas_reorganised", payload=payload)


def rename_grid(hall: Hall) -> None:
    """The grid ends; another begins on the same ground."""
    (old,) = (area for area in town.areas() if area.code == town.GRID)
    ended, begun = areas_pb2.Area(), areas_pb2.Area()
    ended.CopyFrom(old)
    ended.retired = True
    begun.CopyFrom(old)
    begun.code, begun.name = NEW_GRID, "新设网格"
    begun.path = f"{old.path.rpartition('.')[0]}.{NEW_GRID}"
    hall.view.take_areas(areas_pb2.WatchAreasResponse(areas=[ended, begun], version=999, complete=True))


async def resettling(hall: Hall) -> Resettling:
    from zoneinfo import ZoneInfo

    city = await City.open(hall.database, hall.view, zone=ZoneInfo("Asia/Shanghai"), desk="desk")
    return Resettling(hall.database, city, clock=hall.clock)


async def test_open_cases_of_a_grid_that_ended_lie_in_the_new_one_and_closed_ones_stay(hall: Hall) -> None:
    closed, case, elsewhere = await hall.closed(), await hall.dispatched(), await hall.report(grid=town.OTHER_GRID)
    rename_grid(hall)
    moving = await resettling(hall)
    await moving.handle(reorganised(town.GRID, NEW_GRID))
    await moving.handle(reorganised(town.GRID, NEW_GRID))
    chief = hall.person("duty_chief")
    after = await hall.get(case, by=chief)
    assert (after.case.grid_code, after.case.grid_name) == (NEW_GRID, "新设网格")
    assert after.case.area_path.endswith(NEW_GRID)
    assert after.case.version == case.version + 1
    last = after.history[-1]
    assert last.event == cases_pb2.CASE_EVENT_RECOUNT
    assert NEW_GRID in last.opinion
    assert "reorganised" in last.opinion_en
    assert (await hall.get(closed, by=chief)).case.grid_code == town.GRID
    assert (await hall.get(elsewhere, by=chief)).case.version == elsewhere.version
    told = [payload for kind, payload in await hall.told(case.id) if kind == "case_advanced"]
    newest = cases_pb2.CaseAdvanced()
    told[-1].Unpack(newest)
    assert newest.case.grid_code == NEW_GRID
    assert after.case.deadline_at.ToDatetime(UTC) >= datetime(2020, 1, 1, tzinfo=UTC)


async def test_while_the_new_areas_are_not_known_here_the_event_is_tried_again(hall: Hall) -> None:
    case = await hall.report()
    moving = await resettling(hall)
    with pytest.raises(Unavailable):
        await moving.handle(reorganised(town.GRID, NEW_GRID))
    with pytest.raises(Unavailable):  # the heir is known, but the old ground is still in memory
        await moving.handle(reorganised(town.GRID, town.SIBLING_GRID))
    assert (await hall.get(case, by=hall.person("duty_chief"))).case.grid_code == town.GRID
