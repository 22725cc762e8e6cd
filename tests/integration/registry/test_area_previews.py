"""A look ahead at a change of areas counts what other services keep there too, and says when one is silent."""

from __future__ import annotations

import json
from uuid import uuid4

from gridward.registry.v1 import changes_pb2, elements_pb2

from services.platform.clock import ManualClock
from tests.conftest import MakeDatabase
from tests.integration.registry.conftest import Person, open_registry
from tests.integration.registry.others import neighbours, some_cameras, some_cases
from tests.support.tokens import TestTokens
from tests.unit.registry.builders import grid_code, middle_of, square, town

WEST, EAST = grid_code(7), grid_code(8)
LEFT, RIGHT = middle_of(-0.25, 0), middle_of(0.25, 0)


async def plan_split(admin: Person, on: str = "2026-03-02") -> changes_pb2.AreaChange:
    to = [
        changes_pb2.AreaDraft(code=code, geometry=json.dumps(square(column, 0, columns=0.5)).encode())
        for code, column in ((WEST, 0.0), (EAST, 0.5))
    ]
    request = changes_pb2.PlanAreaChangeRequest(
        request_id=uuid4().hex,
        kind=changes_pb2.AREA_CHANGE_KIND_SPLIT,
        from_codes=[grid_code(0)],
        to=to,
        effective_on=on,
        reason="户数过多",
    )
    first = (await admin.changes.PlanAreaChange(request)).change
    assert (await admin.changes.PlanAreaChange(request)).change == first
    return first


def told(change: changes_pb2.AreaChange) -> dict[str, tuple[int, int, int]]:
    return {move.to_code: (move.open_cases, move.cameras, move.elements["building"]) for move in change.moves}


async def test_open_cases_and_cameras_are_counted_where_they_would_be(
    make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock
) -> None:
    cases = some_cases(open={grid_code(0): [LEFT, LEFT, RIGHT], grid_code(1): [middle_of(1, 0)]})
    cameras = some_cameras(standing={grid_code(0): [RIGHT, RIGHT]})
    async with neighbours(tokens, cases, cameras) as others:
        registry = await open_registry(make_database("registry"), tokens, manual_clock, others)
        admin = await registry.service("demo")
        await admin.import_areas(town())
        await admin.save(elements_pb2.ELEMENT_KIND_BUILDING, where=LEFT, name="一号楼")
        change = await plan_split(admin)
        assert told(change) == {WEST: (2, 0, 1), EAST: (1, 2, 0)}
        assert list(change.uncounted) == []
        request = changes_pb2.DecideAreaChangeRequest(request_id=uuid4().hex, id=change.id, carry_out=True)
        done = (await admin.changes.DecideAreaChange(request)).change
        assert told(done) == told(change)
        await registry.close()
        await registry.process.stop()


async def test_a_silent_neighbour_is_named_and_the_rest_is_counted(
    make_database: MakeDatabase, tokens: TestTokens, manual_clock: ManualClock
) -> None:
    cases = some_cases(open={grid_code(0): [RIGHT]})
    async with neighbours(tokens, cases, None) as others:
        registry = await open_registry(make_database("registry"), tokens, manual_clock, others)
        admin = await registry.service("demo")
        await admin.import_areas(town())
        change = await plan_split(admin)
        assert (list(change.uncounted), told(change)[EAST]) == (["video"], (1, 0, 0))
        await registry.close()
        await registry.process.stop()
