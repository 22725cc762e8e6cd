"""Two places of one deployment keep codes of their own length, from the operator's setting to the grid of a lamp."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from gridward.registry.v1 import changes_pb2, elements_pb2

from services.platform import errors
from services.platform.clock import ManualClock
from tests.conftest import MakeDatabase
from tests.integration.registry.conftest import open_registry
from tests.integration.registry.test_areas import locate
from tests.support.tokens import TestTokens
from tests.unit.registry.builders import CITY, feature, grid_code, middle_of, square, town

INSIDE = "430882"
COMMUNITY = f"{INSIDE}001001"
LONG, LONGER = f"{COMMUNITY}0001", f"{COMMUNITY}0002"
#: As it stands in the environment of a process.
TOLD = json.dumps({INSIDE: [6, 6, 9, 12, 16, 19]})


async def test_a_city_of_15_digits_and_one_of_16_are_served_by_one_registry(
    make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDWARD_AREA_CODE_LENGTHS_OF", TOLD)
    registry = await open_registry(make_database("registry"), tokens, manual_clock)
    admin = await registry.service("demo")
    beside = [
        feature(INSIDE, "district", parent=CITY, geometry=square(5, 0)),
        feature(f"{INSIDE}001", "subdistrict", parent=INSIDE),
        feature(COMMUNITY, "community", parent=f"{INSIDE}001"),
        feature(LONG, "grid", parent=COMMUNITY, geometry=square(5, 0)),
    ]
    await admin.import_areas([*town(), *beside])
    assert [each.areas[-1].code for each in await locate(admin, middle_of(0, 0), middle_of(5, 0))] == [
        grid_code(0),
        LONG,
    ]
    lamp = (await admin.save(elements_pb2.ELEMENT_KIND_COMPONENT, where=middle_of(5.25, 0), class_code="0137")).element
    assert lamp.grid_code == LONG
    halves = [square(5, 0, columns=0.5), square(5.5, 0, columns=0.5)]

    async def split(*codes: str) -> changes_pb2.AreaChange:
        drafts = [
            changes_pb2.AreaDraft(code=code, geometry=json.dumps(half).encode())
            for code, half in zip(codes, halves, strict=True)
        ]
        planned = changes_pb2.PlanAreaChangeRequest(
            request_id=uuid4().hex, kind=changes_pb2.AREA_CHANGE_KIND_SPLIT, from_codes=[LONG], to=drafts,
            effective_on="2026-03-02", reason="户数过多",
        )  # fmt: skip
        return (await admin.changes.PlanAreaChange(planned)).change

    with pytest.raises(errors.Invalid):
        await split(LONG, f"{COMMUNITY}002")
    change = await split(LONG, LONGER)
    await admin.changes.DecideAreaChange(
        changes_pb2.DecideAreaChangeRequest(request_id=uuid4().hex, id=change.id, carry_out=True)
    )
    (located,) = await locate(admin, middle_of(5.25, 0))
    assert located.areas[-1].code == LONGER
    await registry.close()
    await registry.process.stop()
