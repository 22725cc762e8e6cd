"""What somebody has in hand goes to the next on duty in one act, and nothing is ever in nobody's hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, notices_pb2, notices_pb2_grpc, shifts_pb2, shifts_pb2_grpc

from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller

DEPARTMENT = "D07"


def stub(hall: Hall, caller: Caller) -> shifts_pb2_grpc.ShiftsServiceAsyncStub:
    hall.stub(caller)
    return shifts_pb2_grpc.ShiftsServiceStub(hall.channels[repr(caller)])


def handler(hall: Hall, name: str, *, department: str = DEPARTMENT) -> Caller:
    return hall.person("handler", department=department, subject=f"staff:{name}")


def checker(hall: Hall, name: str) -> Caller:
    return hall.person("grid_worker", town.GRID, subject=f"staff:{name}")


async def in_hand_of(hall: Hall, who: Caller) -> cases_pb2.Case:
    """A case that a handler has to solve."""
    case = await hall.dispatched()
    steps = town.step("sign"), town.step("assign", assignee=who.subject)
    return (await hall.advance(case, *steps, by=hall.specialist(case.department_code))).case


async def offer(hall: Hall, by: Caller, *, to: str = "", note: str = "") -> shifts_pb2.ShiftHandover:
    request = shifts_pb2.OfferShiftRequest(request_id=town.request_id(), to_staff=to, note=note)
    return (await stub(hall, by).OfferShift(request)).handover


async def take(hall: Hall, by: Caller, handover_id: str, request_id: str = "") -> shifts_pb2.ShiftHandover:
    request = shifts_pb2.TakeOverShiftRequest(handover_id=handover_id, request_id=request_id or town.request_id())
    return (await stub(hall, by).TakeOverShift(request)).handover


async def test_what_is_in_hand_goes_to_the_next_in_one_act_and_each_case_says_so(hall: Hall) -> None:
    old, new = handler(hall, "H1"), handler(hall, "H2")
    cases = [await in_hand_of(hall, old) for _ in range(2)]
    shift = await stub(hall, old).GetShift(shifts_pb2.GetShiftRequest())
    assert {each.number for each in shift.cases} == {each.number for each in cases}
    assert (shift.in_hand_count, shift.role, shift.department_code) == (2, "handler", DEPARTMENT)

    given = await offer(hall, old, note="两件都要回访")
    waiting = await stub(hall, new).GetShift(shifts_pb2.GetShiftRequest())
    assert [(each.id, each.note, each.in_hand_count) for each in waiting.offered] == [(given.id, "两件都要回访", 2)]
    assert (await hall.get(cases[0], by=hall.specialist(DEPARTMENT))).case.handler == old.subject

    key = town.request_id()
    taken = await take(hall, new, given.id, key)
    assert (taken.moved_count, taken.left_count, taken.taken_by) == (2, 0, new.subject)
    assert await take(hall, new, given.id, key) == taken
    for case in cases:
        whole = await hall.get(case, by=hall.specialist(DEPARTMENT))
        assert whole.case.handler == new.subject
        assert whole.case.state == cases_pb2.CASE_STATE_DISPOSING
        last = whole.history[-1]
        assert (last.actor, last.opinion) == (new.subject, "交接班:由 H1 交 H2")
        assert last.opinion_en == "shift handed over by H1 to H2"
    assert (await stub(hall, old).GetShift(shifts_pb2.GetShiftRequest())).in_hand_count == 0
    assert (await stub(hall, new).GetShift(shifts_pb2.GetShiftRequest())).in_hand_count == 2
    book = await stub(hall, old).ListHandovers(shifts_pb2.ListHandoversRequest())
    assert [each.id for each in book.handovers] == [given.id]
    notices = notices_pb2_grpc.NoticesServiceStub(hall.channels[repr(old)])
    told = await notices.ListMyNotices(notices_pb2.ListMyNoticesRequest())
    assert any("H2 已接班:转交案件 2 件" in each.text for each in told.notices)


async def test_nobody_checks_what_they_solved_so_that_case_stays(hall: Hall) -> None:
    old, new = checker(hall, "W1"), checker(hall, "W2")
    solver = handler(hall, "H1")
    case = await in_hand_of(hall, solver)
    done = town.step("dispose", evidence=[town.photo(place_pb2.EVIDENCE_KIND_AFTER)])
    case = (await hall.advance(case, done, by=solver)).case
    case = (await hall.advance(case, town.step("feedback", opinion="已修复"), by=hall.specialist(DEPARTMENT))).case
    case = (await hall.advance(case, town.step("send_check", assignee=old.subject), by=hall.acceptor)).case
    given = await offer(hall, old, to=solver.subject)
    with pytest.raises(errors.NotFound):
        await take(hall, new, given.id)
    left = await take(hall, solver, given.id)
    assert (left.moved_count, left.left_count) == (0, 1)
    assert (await hall.get(case, by=hall.acceptor)).case.checker == old.subject

    again = await offer(hall, old)
    moved = await take(hall, new, again.id)
    assert (moved.moved_count, moved.left_count) == (1, 0)
    assert (await hall.get(case, by=hall.acceptor)).case.checker == new.subject


async def test_only_the_next_at_the_same_desk_takes_over_and_only_once(hall: Hall) -> None:
    old, new = handler(hall, "H1"), handler(hall, "H2")
    elsewhere = handler(hall, "H3", department="D08")
    case = await in_hand_of(hall, old)
    first = await offer(hall, old)
    second = await offer(hall, old, note="改一下")
    with pytest.raises(errors.Conflict) as over:
        await take(hall, new, first.id)
    assert over.value.reason == "SHIFT_OFFER_OVER"
    with pytest.raises(errors.NotFound) as unknown:
        await take(hall, elsewhere, second.id)
    assert unknown.value.reason == "SHIFT_OFFER_UNKNOWN"
    with pytest.raises(errors.NotFound):
        await take(hall, old, second.id)
    request = shifts_pb2.WithdrawShiftRequest(handover_id=second.id, request_id=town.request_id())
    assert (await stub(hall, old).WithdrawShift(request)).handover.HasField("withdrawn_at")
    with pytest.raises(errors.Conflict):
        await take(hall, new, second.id)
    assert (await hall.get(case, by=hall.specialist(DEPARTMENT))).case.handler == old.subject
    with pytest.raises(errors.Invalid) as oneself:
        await offer(hall, old, to=old.subject)
    assert oneself.value.reason == "SHIFT_TO_ONESELF"
    with pytest.raises(errors.Forbidden):
        await offer(hall, hall.resident)


async def test_the_desk_is_handed_over_with_how_it_stands(hall: Hall) -> None:
    await hall.report()
    given = await offer(hall, hall.acceptor, note="井盖案件催过两次")
    assert given.role == "acceptor"
    assert [(each.state, each.count) for each in given.standings] == [(cases_pb2.CASE_STATE_REPORTED, 1)]
    assert given.area_name
