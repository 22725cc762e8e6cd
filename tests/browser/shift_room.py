"""A desk between two shifts, for pages to show: what waits, what is in hand, and the book; each act changes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from gridward.incidents.v1 import cases_pb2, shifts_pb2

from tests.integration.gateway.fakes import stamp

OFFERED = "01900000-0000-7000-8000-0000000000a1"
GIVEN = "01900000-0000-7000-8000-0000000000a2"
RELIEVED = "01900000-0000-7000-8000-0000000000a3"
ABSENT = "staff:dispatcher-999100"
NOW = datetime.now(UTC)


class ShiftRoom:
    """What incidents would answer about shifts."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.book = [self._handover(OFFERED, "staff:duty_chief-night", note="城南积水两件在等泵车,天亮前再看一次。")]
        self.standings = [
            shifts_pb2.StateStanding(state=cases_pb2.CASE_STATE_REPORTED, count=7, overdue_count=2),
            shifts_pb2.StateStanding(state=cases_pb2.CASE_STATE_DISPOSING, count=31),
        ]

    def _handover(self, id: str, giver: str, *, note: str = "", to: str = "") -> shifts_pb2.ShiftHandover:
        return shifts_pb2.ShiftHandover(
            id=id, from_staff=giver, to_staff=to, role="duty_chief", area_code="999100", area_name="衡江市",
            area_name_en="Hengjiang", note=note, in_hand_count=3, offered_at=stamp(NOW - timedelta(minutes=8)),
        )  # fmt: skip

    def _shift(self) -> shifts_pb2.GetShiftResponse:
        case = shifts_pb2.CaseInHand(
            id="c1", number="9991-20260306-00001", task_type_title="井盖缺失破损", task_type_title_en="Manhole cover missing",
            state=cases_pb2.CASE_STATE_DISPOSING, signal=cases_pb2.SIGNAL_YELLOW, place="松风路 12 号门前",
            deadline_at=stamp(NOW + timedelta(hours=2)),
        )  # fmt: skip
        waits = [each for each in self.book if not each.taken_by and not each.HasField("withdrawn_at")]
        return shifts_pb2.GetShiftResponse(
            role="duty_chief",
            area_code="999100",
            cases=[case],
            in_hand_count=1,
            standings=self.standings,
            offered=[each for each in waits if each.id == OFFERED],
            given=next((each for each in waits if each.id == GIVEN), None),
        )

    def answer(self, request: Any) -> Message:
        self.asked.append(request)
        return self._absent(request) or self._offered(request)

    def _absent(self, request: Any) -> Message | None:
        if isinstance(request, shifts_pb2.ListShiftHoldersRequest):
            left = [] if any(each.reason for each in self.book) else [ABSENT]
            return shifts_pb2.ListShiftHoldersResponse(
                holders=[shifts_pb2.ShiftHolder(staff=each, in_hand_count=3, overdue_count=1) for each in left]
            )
        if isinstance(request, shifts_pb2.PreviewReliefRequest):
            return shifts_pb2.PreviewReliefResponse(cases=self._shift().cases, moved_count=2, left_count=1)
        if isinstance(request, shifts_pb2.RelieveShiftRequest):
            taken = self._handover(RELIEVED, request.from_staff, to="staff:chief")
            taken.taken_by, taken.moved_count, taken.left_count, taken.reason = "staff:chief", 2, 1, request.reason
            taken.taken_at.CopyFrom(stamp(NOW))
            self.book = [taken, *self.book]
            return shifts_pb2.RelieveShiftResponse(handover=taken)
        return None

    def _offered(self, request: Any) -> Message:
        if isinstance(request, shifts_pb2.GetShiftRequest):
            return self._shift()
        if isinstance(request, shifts_pb2.ListHandoversRequest):
            return shifts_pb2.ListHandoversResponse(handovers=self.book)
        if isinstance(request, shifts_pb2.OfferShiftRequest):
            given = self._handover(GIVEN, "staff:chief", note=request.note, to=request.to_staff)
            self.book = [given, *self.book]
            return shifts_pb2.OfferShiftResponse(handover=given)
        found = next(each for each in self.book if each.id == request.handover_id)
        if isinstance(request, shifts_pb2.WithdrawShiftRequest):
            found.withdrawn_at.CopyFrom(stamp(NOW))
            return shifts_pb2.WithdrawShiftResponse(handover=found)
        if isinstance(request, shifts_pb2.DeclineShiftRequest):
            found.withdrawn_at.CopyFrom(stamp(NOW))
            found.reason = request.reason
            return shifts_pb2.DeclineShiftResponse(handover=found)
        found.taken_by, found.moved_count, found.left_count = "staff:chief", 2, 1
        found.taken_at.CopyFrom(stamp(NOW))
        return shifts_pb2.TakeOverShiftResponse(handover=found)
