"""A field worker's day stands on the registry alone: see the grid, visit, correct a fact, note a lamp, stop at the border."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from gridward.registry.v1 import claims_pb2, elements_pb2, patrols_pb2, quiet_pb2, staff_pb2, visits_pb2

from services.platform import errors
from tests.integration.registry.conftest import Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = "phone-of-the-day"
GRID = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}.{grid_code(0)}"
BUILDING, DWELLING = elements_pb2.ELEMENT_KIND_BUILDING, elements_pb2.ELEMENT_KIND_DWELLING
HOUSEHOLD, PERSON = elements_pb2.ELEMENT_KIND_HOUSEHOLD, elements_pb2.ELEMENT_KIND_PERSON
COMPONENT = elements_pb2.ELEMENT_KIND_COMPONENT


async def test_a_day_in_the_field_from_the_first_look_to_the_word_at_night(town_hall: Registry) -> None:
    town_hall.clock.set(datetime(2026, 3, 2, 0, 30, tzinfo=UTC))
    admin = await town_hall.service("demo")
    worker = await town_hall.person("grid_worker", GRID, subject="staff:W0")
    await admin.staff.BindTerminal(
        staff_pb2.BindTerminalRequest(request_id=uuid4().hex, terminal_id=PHONE, grid_code=grid_code(0))
    )
    house = (await worker.save(BUILDING, where=middle_of(0, 0), name="松月街3号楼", terminal_id=PHONE)).element
    home = (await worker.save(DWELLING, within_id=house.id, key="3-101", address="松月街3号楼101室")).element
    family = (await worker.save(HOUSEHOLD, within_id=home.id, key="HH-3-101", terminal_id=PHONE)).element
    tenant = (
        await worker.save(
            PERSON, within_id=family.id, items={"name": "李小明", "phone": "13900000001"}, terminal_id=PHONE
        )
    ).element

    request = patrols_pb2.BeginPatrolRequest(request_id=uuid4().hex, grid_code=grid_code(0))
    patrol = (await worker.patrols.BeginPatrol(request)).patrol
    told = await worker.elements.CountElements(elements_pb2.CountElementsRequest(area_code=grid_code(0)))
    assert told.headcount == 1

    await worker.visits.RecordVisit(
        visits_pb2.RecordVisitRequest(
            request_id=uuid4().hex, household_id=family.id, occasion="home", met=True, terminal_id=PHONE
        )
    )
    covered = await worker.visits.ListCoverage(visits_pb2.ListCoverageRequest(area_code=grid_code(0)))
    assert (covered.visited, covered.households) == (1, 1)

    corrected = await worker.claims.MakeClaim(
        claims_pb2.MakeClaimRequest(
            request_id=uuid4().hex, element_id=tenant.id, item="phone", value="13900000002", terminal_id=PHONE
        )
    )
    assert corrected.winner.value == "139****0002"
    lamp = await worker.save(COMPONENT, where=middle_of(0, 0), class_code="0137", state="damaged", terminal_id=PHONE)
    assert (lamp.element.grid_code, lamp.element.state) == (grid_code(0), "damaged")

    before = await town_hall.rows("SELECT count(*) AS n FROM element")
    with pytest.raises(errors.Forbidden) as next_door:
        await worker.save(COMPONENT, where=middle_of(1, 0), class_code="0137", terminal_id=PHONE)
    assert next_door.value.reason == "OUT_OF_GRID"
    assert await town_hall.rows("SELECT count(*) AS n FROM element") == before

    await worker.patrols.EndPatrol(patrols_pb2.EndPatrolRequest(patrol_id=patrol.id))
    light = await worker.quiet.ReportQuiet(
        quiet_pb2.ReportQuietRequest(request_id=uuid4().hex, grid_code=grid_code(0), text="平安")
    )
    assert light.light.light == quiet_pb2.QUIET_LIGHT_GREEN
