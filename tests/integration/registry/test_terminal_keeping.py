"""Phones are handed over on record and withdrawn at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import elements_pb2, staff_pb2, terminals_pb2

from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"


async def leader(town_hall: Registry) -> Person:
    return await town_hall.person("grid_leader", COMMUNITY_PATH, subject="staff:L")


async def bind(person: Person, terminal_id: str, grid: str) -> None:
    await person.staff.BindTerminal(
        staff_pb2.BindTerminalRequest(request_id=uuid4().hex, terminal_id=terminal_id, grid_code=grid)
    )


async def hand_over(person: Person, terminal_id: str, staff: str, grid: str = "") -> terminals_pb2.Terminal:
    request = terminals_pb2.HandOverTerminalRequest(
        request_id=uuid4().hex, terminal_id=terminal_id, staff_code=staff, grid_code=grid
    )
    return (await person.terminals.HandOverTerminal(request)).terminal


async def revoke(person: Person, terminal_id: str) -> terminals_pb2.Terminal:
    request = terminals_pb2.RevokeTerminalRequest(request_id=uuid4().hex, terminal_id=terminal_id, reason="遗失")
    return (await person.terminals.RevokeTerminal(request)).terminal


@pytest.mark.mechanism(2)
async def test_a_lost_phone_is_refused_from_the_next_call_on_and_comes_back_by_binding(town_hall: Registry) -> None:
    person = await leader(town_hall)
    await bind(person, "lost", grid_code(0))
    point = place_pb2.Point(longitude_deg=middle_of(0, 0)[0], latitude_deg=middle_of(0, 0)[1])
    check = staff_pb2.CheckTerminalRequest(terminal_id="lost", point=point)
    assert (await person.staff.CheckTerminal(check)).grid_code == grid_code(0)
    assert (await revoke(person, "lost")).revoked
    for call in (
        lambda: person.staff.CheckTerminal(check),
        lambda: person.save(elements_pb2.ELEMENT_KIND_COMPONENT, where=middle_of(0, 0), terminal_id="lost"),
        lambda: person.elements.ListElements(
            elements_pb2.ListElementsRequest(kind=elements_pb2.ELEMENT_KIND_COMPONENT, terminal_id="lost")
        ),
        lambda: hand_over(person, "lost", "staff:W1"),
    ):
        with pytest.raises(errors.Forbidden) as refused:
            await call()
        assert refused.value.reason == "TERMINAL_REVOKED"
    await bind(person, "lost", grid_code(0))
    assert (await person.staff.CheckTerminal(check)).grid_code == grid_code(0)


async def test_who_had_a_phone_when_stays_known_through_handovers(town_hall: Registry) -> None:
    person = await leader(town_hall)
    await bind(person, "shared", grid_code(0))
    for staff, grid in (("staff:W1", ""), ("staff:W2", grid_code(1))):
        town_hall.clock.advance(timedelta(hours=1))
        assert (await hand_over(person, "shared", staff, grid)).staff_code == staff
    town_hall.clock.advance(timedelta(hours=1))
    await revoke(person, "shared")
    history = await person.terminals.ListTerminalHistory(terminals_pb2.ListTerminalHistoryRequest(terminal_id="shared"))
    assert [(span.staff_code, span.grid_code, span.ended_by) for span in history.spans] == [
        ("staff:W2", grid_code(1), "revoked"),
        ("staff:W1", grid_code(0), "handed_over"),
        ("", grid_code(0), "handed_over"),
    ]
    for newer, older in zip(history.spans, history.spans[1:], strict=False):
        assert older.ended_at == newer.began_at


async def test_only_those_who_answer_for_a_phone_see_it_or_change_it(town_hall: Registry) -> None:
    person = await leader(town_hall)
    await bind(person, "mine", grid_code(2))
    stranger = await town_hall.person("grid_leader", f"{COMMUNITY_PATH}.{grid_code(3)}", subject="staff:X")
    for call in (
        lambda: hand_over(stranger, "mine", "staff:X"),
        lambda: revoke(stranger, "mine"),
        lambda: hand_over(person, "nowhere", "staff:X"),
    ):
        with pytest.raises((errors.Forbidden, errors.NotFound)):
            await call()
    listed = await stranger.terminals.ListTerminals(terminals_pb2.ListTerminalsRequest())
    assert "mine" not in {terminal.terminal_id for terminal in listed.terminals}
    with pytest.raises(errors.NotFound):
        await stranger.terminals.GetTerminal(terminals_pb2.GetTerminalRequest(terminal_id="mine"))
    listed = await person.terminals.ListTerminals(terminals_pb2.ListTerminalsRequest(area_code=grid_code(2)))
    assert [terminal.terminal_id for terminal in listed.terminals] == ["mine"]
    district = await town_hall.person("grid_leader", CITY, subject="staff:D")
    assert (await revoke(district, "mine")).revoked
