"""Answers calls about matters done for people."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import grpc
from gridward.incidents.v1 import matters_pb2, matters_pb2_grpc

from services.incidents.matters.actions import Matters
from services.incidents.matters.domain import MatterKind, TypeMatter
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

KINDS: Final = {
    MatterKind.NONE: matters_pb2.MATTER_KIND_UNSPECIFIED,
    MatterKind.PRACTICAL: matters_pb2.MATTER_KIND_PRACTICAL,
    MatterKind.AGENCY: matters_pb2.MATTER_KIND_AGENCY,
    MatterKind.DISPUTE: matters_pb2.MATTER_KIND_DISPUTE,
}
KIND_OF: Final = {number: kind for kind, number in KINDS.items()}


class MattersServicer(matters_pb2_grpc.MattersServiceServicer):
    """See matters.proto."""

    def __init__(self, matters: Matters) -> None:
        self._matters = matters

    async def ListMatterKinds(
        self, request: matters_pb2.ListMatterKindsRequest, context: Context
    ) -> matters_pb2.ListMatterKindsResponse:
        """See matters.proto."""
        return matters_pb2.ListMatterKindsResponse(kinds=_kinds(await self._matters.kinds()))

    async def SetMatterKinds(
        self, request: matters_pb2.SetMatterKindsRequest, context: Context
    ) -> matters_pb2.SetMatterKindsResponse:
        """See matters.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(kinds: Sequence[TypeMatter]) -> matters_pb2.SetMatterKindsResponse:
            return matters_pb2.SetMatterKindsResponse(kinds=_kinds(kinds))

        wanted = {each.task_type: KIND_OF[each.kind] for each in request.kinds}
        return matters_pb2.SetMatterKindsResponse.FromString(await self._matters.settle(key, wanted, answer))

    async def GetMatters(
        self, request: matters_pb2.GetMattersRequest, context: Context
    ) -> matters_pb2.GetMattersResponse:
        """See matters.proto."""
        solved = await self._matters.solved(
            _moment(request, "from"), _moment(request, "until"), request.area_code, current_caller()
        )
        return matters_pb2.GetMattersResponse(
            total=_counts(solved.total),
            months=[
                matters_pb2.MatterMonth(month=month, counts=_counts(counts)) for month, counts in solved.months.items()
            ],
        )


def _counts(counts: Counter[MatterKind]) -> matters_pb2.MatterCounts:
    return matters_pb2.MatterCounts(
        practical=counts[MatterKind.PRACTICAL], agency=counts[MatterKind.AGENCY], dispute=counts[MatterKind.DISPUTE]
    )


def _kinds(kinds: Sequence[TypeMatter]) -> list[matters_pb2.TaskTypeMatter]:
    return [
        matters_pb2.TaskTypeMatter(task_type=each.task_type, kind=KINDS[each.kind], settled=each.settled)
        for each in kinds
    ]


def _moment(request: Any, field: str) -> datetime | None:
    """A moment that may be absent; by name, since one of the names is a word of Python."""
    return getattr(request, field).ToDatetime(UTC) if request.HasField(field) else None
