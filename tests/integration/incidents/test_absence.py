"""When a department's program is away, its open cases fall back to people, who are told once; and when it is back too."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from google.protobuf.any_pb2 import Any as PackedMessage
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import absences_pb2, absences_pb2_grpc, cases_pb2
from gridward.registry.v1 import events_pb2 as registry_events_pb2
from gridward.registry.v1 import plugins_pb2, staff_pb2

from services.incidents.absence import watching
from services.incidents.absence.watching import Watching
from services.incidents.cityview.city import City
from services.platform.errors import Unavailable
from services.platform.grpc_client import connect
from services.platform.identity import Caller
from tests.integration.incidents import town
from tests.integration.incidents.conftest import ZONE
from tests.integration.incidents.hall import Hall

PATIENCE = timedelta(minutes=2)
SUSPENDED = plugins_pb2.PLUGIN_STANDING_SUSPENDED


@pytest.fixture
async def seeing(still: Hall) -> Watching:
    """Looks only when the test says so."""
    posts = [
        staff_pb2.Post(code="P-desk", role="dispatcher", area_code=town.CITY, staff_code="S-desk"),
        staff_pb2.Post(
            code="P-D07", role="department_specialist", area_code=town.CITY, department_code="D07", staff_code="S-D07"
        ),
    ]
    still.view.take_posts(staff_pb2.WatchPostsResponse(posts=posts, version=100, complete=True))
    city = await City.open(still.database, still.view, zone=ZONE, desk="city_dispatch_desk")
    return Watching(still.database, city, desk="city_dispatch_desk", patience=PATIENCE, clock=still.clock)


def changed(hall: Hall, case: cases_pb2.Case, **given: object) -> events_pb2.Event:
    """What registry tells of the program that serves a case."""
    fields = {
        "plugin": "sanitation",
        "department_code": case.department_code,
        "standing": plugins_pb2.PLUGIN_STANDING_ENABLED,
        "task_types": [case.task_type],
        **given,
    }
    message = registry_events_pb2.PluginChanged(**fields)
    message.since_at.FromDatetime(hall.clock.now())
    payload = PackedMessage()
    payload.Pack(message)
    return events_pb2.Event(id=str(uuid4()), type="plugin_changed", subject="sanitation", payload=payload)


async def absences(hall: Hall, caller: Caller, *, current_only: bool = False) -> list[absences_pb2.Absence]:
    async with connect(
        f"127.0.0.1:{hall.process.port}", signer=hall.tokens.signer("gateway"), caller=caller
    ) as channel:
        stub: absences_pb2_grpc.AbsencesServiceAsyncStub = absences_pb2_grpc.AbsencesServiceStub(channel)
        request = absences_pb2.ListAbsencesRequest(current_only=current_only)
        return list((await stub.ListAbsences(request)).absences)


async def notes(hall: Hall, case: cases_pb2.Case) -> list[tuple[str, str]]:
    history = (await hall.get(case, by=hall.person("duty_chief"))).history
    return [(entry.opinion, entry.opinion_en) for entry in history if entry.event == cases_pb2.CASE_EVENT_NOTE]


async def told(hall: Hall) -> list[tuple[str, str]]:
    rows = await hall.rows("SELECT recipient, text FROM notice WHERE incident_id IS NULL ORDER BY place")
    return [(row["recipient"], row["text"]) for row in rows]


async def test_open_cases_fall_back_to_the_desk_when_patience_is_over_and_everybody_is_told_once(
    still: Hall, seeing: Watching
) -> None:
    hall = still
    closed, case = await hall.closed(), await hall.dispatched()
    away = changed(hall, case, online=False)
    await seeing.handle(away)
    await seeing.look()
    chief = hall.person("duty_chief")
    (waiting,) = await absences(hall, chief, current_only=True)
    assert (waiting.cause, waiting.HasField("fell_back_at"), waiting.case_count) == ("offline", False, 0)
    assert await notes(hall, case) == []
    hall.clock.advance(PATIENCE)
    await seeing.look()
    await seeing.handle(away)
    await seeing.look()
    [(zh, en)] = await notes(hall, case)
    assert "离线" in zh
    assert "city_dispatch_desk" in zh
    assert "is offline" in en
    assert await notes(hall, closed) == []
    (now,) = await absences(hall, chief)
    assert (now.plugin, now.desk, now.case_count) == ("sanitation", "city_dispatch_desk", 1)
    assert now.HasField("fell_back_at")
    people = [recipient for recipient, text in await told(hall) if "1件在办案件" in text]
    assert people == ["S-D07", "S-desk"]
    assert watching.ABSENT.labels("sanitation")._value.get() == 1
    await seeing.handle(changed(hall, case, online=True))
    await seeing.look()
    assert await absences(hall, chief, current_only=True) == []
    assert [recipient for recipient, text in await told(hall) if "已恢复" in text] == people
    assert watching.ABSENT.labels("sanitation")._value.get() == 0


async def test_a_program_that_is_back_in_time_is_nobodys_affair(still: Hall, seeing: Watching) -> None:
    case = await still.dispatched()
    await seeing.handle(changed(still, case, online=False))
    still.clock.advance(PATIENCE / 2)
    await seeing.handle(changed(still, case, online=True))
    still.clock.advance(PATIENCE)
    await seeing.look()
    assert (await notes(still, case), await told(still)) == ([], [])
    (past,) = await absences(still, still.person("duty_chief"))
    assert past.HasField("until_at")
    assert not past.HasField("fell_back_at")


async def test_a_decision_of_the_centre_takes_effect_at_once_also_while_an_outage_is_waited_for(
    still: Hall, seeing: Watching
) -> None:
    case = await still.dispatched()
    await seeing.handle(changed(still, case, online=False))
    await seeing.handle(changed(still, case, online=False, standing=SUSPENDED))
    await seeing.look()
    [(zh, _)] = await notes(still, case)
    assert "被暂停" in zh
    (absence,) = await absences(still, still.person("duty_chief"))
    assert absence.cause == "suspended"


async def test_only_cases_of_that_release_and_those_areas_fall_back(still: Hall, seeing: Watching) -> None:
    here, elsewhere = await still.dispatched(), await still.report(grid=town.OTHER_GRID)
    event = changed(still, here, online=False, standing=SUSPENDED, area_codes=[town.GRID])
    await seeing.handle(event)
    await seeing.look()
    assert len(await notes(still, here)) == 1
    assert await notes(still, elsewhere) == []
    later = changed(still, here, online=False, standing=SUSPENDED, release="two", version="2.0")
    message = registry_events_pb2.PluginChanged()
    later.payload.Unpack(message)
    message.from_at.FromDatetime(still.clock.now() + timedelta(hours=1))
    later.payload.Pack(message)
    await seeing.handle(later)
    await seeing.look()
    assert len(await notes(still, here)) == 1
    assert [absence.case_count for absence in await absences(still, still.person("duty_chief"))] == [0, 1]


async def test_an_absence_is_seen_by_the_centre_and_by_its_own_department(still: Hall, seeing: Watching) -> None:
    case = await still.dispatched()
    await seeing.handle(changed(still, case, online=False))
    assert len(await absences(still, still.person("department_leader", department=case.department_code))) == 1
    assert await absences(still, still.person("department_leader", department="D01")) == []


async def test_while_the_city_is_not_known_cases_wait(still: Hall, seeing: Watching) -> None:
    case = await still.dispatched()
    await seeing.handle(changed(still, case, online=False, standing=SUSPENDED))
    seeing._city.view._complete.discard("posts")
    with pytest.raises(Unavailable):
        await seeing.look()
    seeing._city.view._complete.add("posts")
    await seeing.look()
    assert len(await notes(still, case)) == 1
