"""The database's own wall around people and things: with our checks switched off, nobody sees another grid's."""

from __future__ import annotations

from typing import Any

import pytest
from gridward.registry.v1 import elements_pb2

from services.platform import errors
from services.registry.actions.elements import ElementActions
from tests.integration.registry.conftest import Registry
from tests.integration.registry.test_elements import COMMUNITY_PATH, COMPONENT, DWELLING, NAME, PERSON, home, worker
from tests.unit.registry.builders import CITY, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_with_our_checks_off_only_what_the_grants_reach_is_shown(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await worker(town_hall, 0), await worker(town_hall, 1)
    specialist = await town_hall.person("department_specialist", CITY, department="D07", subject="staff:D07")
    leader = await town_hall.person("grid_leader", COMMUNITY_PATH, subject="staff:L2")
    lamp = (await first.save(COMPONENT, where=middle_of(0, 0), key="4308110137009001", class_code="0137")).element
    _, dwelling = await home(first)
    person = (await first.save(PERSON, within_id=dwelling, items={"name": NAME, "phone": "13912345670"})).element

    def every_grid(_: ElementActions, drawn: Any, *__: Any, **___: Any) -> tuple[str, ...]:
        return tuple(sorted(set(drawn.grids.get("", ())) | {grid_code(0), grid_code(1)}))

    monkeypatch.setattr(ElementActions, "grids", every_grid)
    for who, kind, element_id, shown in (
        (first, COMPONENT, lamp.id, True),
        (second, COMPONENT, lamp.id, False),
        (leader, COMPONENT, lamp.id, True),
        (specialist, COMPONENT, lamp.id, True),
        (first, PERSON, person.id, True),
        (second, PERSON, person.id, False),
        (second, DWELLING, dwelling, False),
        (leader, PERSON, person.id, True),
    ):
        listed = await who.elements.ListElements(elements_pb2.ListElementsRequest(kind=kind, page_size=100))
        assert (element_id in {element.id for element in listed.elements}) is shown
        if shown:
            await who.elements.GetElement(elements_pb2.GetElementRequest(id=element_id))
        else:
            with pytest.raises(errors.NotFound):
                await who.elements.GetElement(elements_pb2.GetElementRequest(id=element_id))
