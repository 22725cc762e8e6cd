"""What somebody has in hand goes to the next on duty in one act, and nothing is ever in nobody's hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, notices_pb2, notices_pb2_grpc, shifts_pb2, shifts_pb2_grpc
from gridward.registry.v1 import staff_pb2

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


async def relieve(hall: Hall, by: Caller, of: Caller, *, reason: str = "突发疾病") -> shifts_pb2.ShiftHandover:
    request = shifts_pb2.RelieveShiftRequest(request_id=town.request_id(), from_staff=of.subject, reason=reason)
    return (await stub(hall, by).RelieveShift(request)).handover


async def told(hall: Hall, who: Caller) -> list[str]:
    hall.stub(who)
    notices = notices_pb2_grpc.NoticesServiceStub(hall.channels[repr(who)])
    return [each.text for each in (await notices.ListMyNotices(notices_pb2.ListMyNoticesRequest())).notices]


async def test_whoever_leads_takes_over_from_somebody_who_fell_ill_and_everybody_can_read_why(hall: Hall) -> None:
    ill, lead = handler(hall, "H1"), hall.specialist(DEPARTMENT)
    cases = [await in_hand_of(hall, ill) for _ in range(2)]
    waiting = await offer(hall, ill)
    holders = (await stub(hall, lead).ListShiftHolders(shifts_pb2.ListShiftHoldersRequest())).holders
    assert [(each.staff, each.in_hand_count, each.overdue_count) for each in holders] == [(ill.subject, 2, 0)]
    coming = await stub(hall, lead).PreviewRelief(shifts_pb2.PreviewReliefRequest(from_staff=ill.subject))
    assert {each.number for each in coming.cases} == {each.number for each in cases}
    assert (coming.moved_count, coming.left_count) == (2, 0)

    taken = await relieve(hall, lead, ill)
    assert (taken.moved_count, taken.left_count, taken.reason) == (2, 0, "突发疾病")
    assert (taken.from_staff, taken.taken_by) == (ill.subject, lead.subject)
    for case in cases:
        whole = await hall.get(case, by=lead)
        assert (whole.case.handler, whole.case.state) == (lead.subject, cases_pb2.CASE_STATE_DISPOSING)
        last = whole.history[-1]
        assert last.opinion == f"代接班:H1 不在岗,由 {lead.subject} 接手,原因:突发疾病"
        assert last.opinion_en == f"{lead.subject} took over from H1, who was away; reason: 突发疾病"
    assert any("已代您接过在手案件 2 件,原因:突发疾病" in each for each in await told(hall, ill))
    book = (await stub(hall, ill).ListHandovers(shifts_pb2.ListHandoversRequest())).handovers
    assert [(each.id, each.reason) for each in book] == [(taken.id, "突发疾病"), (waiting.id, "")]
    assert book[1].HasField("withdrawn_at")
    with pytest.raises(errors.NotFound) as nothing:
        await relieve(hall, lead, ill)
    assert nothing.value.reason == "SHIFT_NOTHING_TO_RELIEVE"


async def test_nobody_takes_over_from_people_they_neither_lead_nor_work_beside(hall: Hall) -> None:
    ill, beside = handler(hall, "H1"), handler(hall, "H2")
    case = await in_hand_of(hall, ill)
    for other in (beside, hall.specialist("D08"), checker(hall, "W1"), ill):
        assert not (await stub(hall, other).ListShiftHolders(shifts_pb2.ListShiftHoldersRequest())).holders
        with pytest.raises(errors.NotFound) as unknown:
            await relieve(hall, other, ill)
        assert unknown.value.reason == "SHIFT_NOTHING_TO_RELIEVE"
    with pytest.raises(errors.Forbidden):
        await relieve(hall, hall.resident, ill)
    with pytest.raises(errors.Invalid):
        await relieve(hall, hall.specialist(DEPARTMENT), ill, reason="")
    assert (await hall.get(case, by=hall.specialist(DEPARTMENT))).case.handler == ill.subject


async def test_whoever_works_at_the_same_desk_takes_over_without_being_a_leader(hall: Hall) -> None:
    desk = [
        staff_pb2.Post(code=code, role="handler", area_code=town.CITY, department_code=DEPARTMENT, staff_code=f"staff:{code}")
        for code in ("HA", "HB")
    ]  # fmt: skip
    hall.view.take_posts(staff_pb2.WatchPostsResponse(posts=desk, version=hall.view.posts_version, complete=True))
    ill, beside = handler(hall, "HA"), handler(hall, "HB")
    case = await in_hand_of(hall, ill)
    holders = (await stub(hall, beside).ListShiftHolders(shifts_pb2.ListShiftHoldersRequest())).holders
    assert [each.staff for each in holders] == [ill.subject]
    assert (await relieve(hall, beside, ill)).moved_count == 1
    assert (await hall.get(case, by=hall.specialist(DEPARTMENT))).case.handler == beside.subject


async def test_who_cannot_take_a_shift_says_why_and_all_stays_where_it_was(hall: Hall) -> None:
    old, new = handler(hall, "H1"), handler(hall, "H2")
    case = await in_hand_of(hall, old)
    given = await offer(hall, old, to=new.subject)
    request = shifts_pb2.DeclineShiftRequest(handover_id=given.id, request_id=town.request_id(), reason="在医院")
    with pytest.raises(errors.NotFound):
        await stub(hall, handler(hall, "H3")).DeclineShift(request)
    declined = (await stub(hall, new).DeclineShift(request)).handover
    assert (declined.reason, declined.taken_by) == ("在医院", "")
    assert declined.HasField("withdrawn_at")
    assert any("H2 不能接班,原因:在医院" in each for each in await told(hall, old))
    with pytest.raises(errors.Conflict):
        await take(hall, new, given.id)
    assert (await hall.get(case, by=hall.specialist(DEPARTMENT))).case.handler == old.subject
