"""Answers calls about shifts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import grpc
from google.protobuf.message import Message
from gridward.incidents.v1 import shifts_pb2, shifts_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.domain.light import light_of
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import SIGNALS, STATES
from services.incidents.shifts.actions import SHOWN_MAX, Shifts
from services.incidents.shifts.domain import Handover, Standing, to_check
from services.incidents.shifts.relief import Relief
from services.incidents.store.reading import Stored
from services.platform import paging
from services.platform.clock import Clock
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller, current_caller
from services.platform.paging import PageTokenInvalid

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

PAGE: Final = 30


class ShiftsServicer(shifts_pb2_grpc.ShiftsServiceServicer):
    """See shifts.proto."""

    def __init__(self, city: City, shifts: Shifts, relief: Relief, *, clock: Clock) -> None:
        self._city = city
        self._shifts = shifts
        self._relief = relief
        self._clock = clock

    async def GetShift(self, request: shifts_pb2.GetShiftRequest, context: Context) -> shifts_pb2.GetShiftResponse:
        """See shifts.proto."""
        caller = current_caller()
        shift = await self._shifts.now(caller)
        now = self._clock.now()
        return shifts_pb2.GetShiftResponse(
            role=shift.desk.role if shift.desk else "",
            area_code=(shift.desk.area_code or self._city.view.city_code) if shift.desk else "",
            department_code=shift.desk.department_code if shift.desk else "",
            cases=[self._in_hand(each, caller.subject, now) for each in shift.cases],
            in_hand_count=shift.in_hand_count,
            standings=[_standing(each) for each in shift.standings],
            offered=[self._handover(each) for each in shift.offered],
            given=self._handover(shift.given) if shift.given else None,
        )

    async def OfferShift(
        self, request: shifts_pb2.OfferShiftRequest, context: Context
    ) -> shifts_pb2.OfferShiftResponse:
        """See shifts.proto."""
        caller = current_caller()
        key, answer = self._booking(request, caller, shifts_pb2.OfferShiftResponse)
        told = await self._shifts.offer(key, caller, answer, to_staff=request.to_staff.strip(), note=request.note)
        return shifts_pb2.OfferShiftResponse.FromString(told)

    async def TakeOverShift(
        self, request: shifts_pb2.TakeOverShiftRequest, context: Context
    ) -> shifts_pb2.TakeOverShiftResponse:
        """See shifts.proto."""
        caller = current_caller()
        key, answer = self._booking(request, caller, shifts_pb2.TakeOverShiftResponse)
        told = await self._shifts.take_over(key, request.handover_id, caller, answer)
        return shifts_pb2.TakeOverShiftResponse.FromString(told)

    async def WithdrawShift(
        self, request: shifts_pb2.WithdrawShiftRequest, context: Context
    ) -> shifts_pb2.WithdrawShiftResponse:
        """See shifts.proto."""
        caller = current_caller()
        key, answer = self._booking(request, caller, shifts_pb2.WithdrawShiftResponse)
        told = await self._shifts.withdraw(key, request.handover_id, caller, answer)
        return shifts_pb2.WithdrawShiftResponse.FromString(told)

    async def DeclineShift(
        self, request: shifts_pb2.DeclineShiftRequest, context: Context
    ) -> shifts_pb2.DeclineShiftResponse:
        """See shifts.proto."""
        caller = current_caller()
        key, answer = self._booking(request, caller, shifts_pb2.DeclineShiftResponse)
        told = await self._shifts.decline(key, request.handover_id, caller, answer, reason=request.reason.strip())
        return shifts_pb2.DeclineShiftResponse.FromString(told)

    async def ListHandovers(
        self, request: shifts_pb2.ListHandoversRequest, context: Context
    ) -> shifts_pb2.ListHandoversResponse:
        """See shifts.proto."""
        size = request.page_size or PAGE
        found = await self._shifts.listed(current_caller(), before=_before(request.page_token), size=size + 1)
        page = found[:size]
        token = paging.encode(page[-1].offered_at.isoformat(), page[-1].id) if len(found) > size else ""
        return shifts_pb2.ListHandoversResponse(
            handovers=[self._handover(each) for each in page], next_page_token=token
        )

    async def ListShiftHolders(
        self, request: shifts_pb2.ListShiftHoldersRequest, context: Context
    ) -> shifts_pb2.ListShiftHoldersResponse:
        """See shifts.proto."""
        found = await self._relief.holders(current_caller())
        holders = [
            shifts_pb2.ShiftHolder(staff=each.staff, in_hand_count=each.count, overdue_count=each.overdue_count)
            for each in found
        ]
        return shifts_pb2.ListShiftHoldersResponse(holders=holders)

    async def PreviewRelief(
        self, request: shifts_pb2.PreviewReliefRequest, context: Context
    ) -> shifts_pb2.PreviewReliefResponse:
        """See shifts.proto."""
        prospect = await self._relief.prospect(current_caller(), request.from_staff)
        now = self._clock.now()
        return shifts_pb2.PreviewReliefResponse(
            cases=[self._in_hand(each, request.from_staff, now) for each in prospect.cases[:SHOWN_MAX]],
            moved_count=len(prospect.cases),
            left_count=prospect.left_count,
        )

    async def RelieveShift(
        self, request: shifts_pb2.RelieveShiftRequest, context: Context
    ) -> shifts_pb2.RelieveShiftResponse:
        """See shifts.proto."""
        caller = current_caller()
        key, answer = self._booking(request, caller, shifts_pb2.RelieveShiftResponse)
        told = await self._relief.relieve(key, caller, answer, staff=request.from_staff, reason=request.reason.strip())
        return shifts_pb2.RelieveShiftResponse.FromString(told)

    def _booking(
        self, request: Any, caller: Caller, answer: Callable[..., Message]
    ) -> tuple[RequestKey, Callable[[Handover], Message]]:
        """By which key an act is known again, and how it is answered: with the line it left in the book."""
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        return key, lambda handover: answer(handover=self._handover(handover))

    def _in_hand(self, stored: Stored, staff: str, now: datetime) -> shifts_pb2.CaseInHand:
        case = stored.case
        task_type = self._city.view.task_type(case.task_type, case.task_type_version)
        moments = case.countdown.moments if case.countdown else None
        return shifts_pb2.CaseInHand(
            id=case.id,
            number=case.number,
            task_type_title=task_type.title,
            task_type_title_en=task_type.title_en,
            state=STATES[case.state],
            signal=SIGNALS[light_of(case, now, self._city.rulebook.signal_rules)],
            deadline_at=stamp(moments.deadline_at if moments else None),
            place=case.place or self._city.view.area_name(case.grid_code),
            to_check=to_check(case, staff),
        )

    def _handover(self, handover: Handover) -> shifts_pb2.ShiftHandover:
        code = handover.desk.area_code or self._city.view.city_code
        return shifts_pb2.ShiftHandover(
            id=handover.id,
            from_staff=handover.from_staff,
            to_staff=handover.to_staff,
            role=handover.desk.role,
            area_code=code,
            area_name=self._city.view.area_name(code),
            area_name_en=self._city.view.area_name_en(code),
            department_code=handover.desk.department_code,
            note=handover.note,
            standings=[_standing(each) for each in handover.standings],
            in_hand_count=handover.in_hand_count,
            offered_at=stamp(handover.offered_at),
            taken_by=handover.taken_by,
            taken_at=stamp(handover.taken_at),
            moved_count=handover.moved_count,
            left_count=handover.left_count,
            withdrawn_at=stamp(handover.withdrawn_at),
            reason=handover.reason,
        )


def _standing(standing: Standing) -> shifts_pb2.StateStanding:
    return shifts_pb2.StateStanding(
        state=STATES[standing.state], count=standing.count, overdue_count=standing.overdue_count
    )


def _before(token: str) -> tuple[datetime, str] | None:
    keys = paging.decode(token, keys=2)
    if keys is None:
        return None
    try:
        return datetime.fromisoformat(keys[0]), str(UUID(keys[1]))
    except ValueError as error:
        raise PageTokenInvalid from error
