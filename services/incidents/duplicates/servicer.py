"""Answers calls about cases that are alike."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import duplicates_pb2, duplicates_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.duplicates import store
from services.incidents.duplicates.domain import Likeness
from services.incidents.duplicates.finding import Finding, Sought, Span, newest_first
from services.incidents.duplicates.joining import Joining, Merger, Seen
from services.incidents.duplicates.messages import glimpse, hotspot_message, like_message, relation_message
from services.incidents.messages.incoming import point_of
from services.platform.database import Database
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

FOLLOWED = 50


class DuplicatesServicer(duplicates_pb2_grpc.DuplicatesServiceServicer):
    """See duplicates.proto."""

    def __init__(self, database: Database, city: City, *, finding: Finding, joining: Joining) -> None:
        self._database = database
        self._city = city
        self._finding = finding
        self._joining = joining

    async def FindDuplicates(
        self, request: duplicates_pb2.FindDuplicatesRequest, context: Context
    ) -> duplicates_pb2.FindDuplicatesResponse:
        """See duplicates.proto."""
        caller = current_caller()
        if request.case_id:
            found = await self._finding.like_case(request.case_id, caller)
        else:
            point = point_of(request.point) if request.HasField("point") else None
            sought = Sought(task_type=request.task_type, description=request.description, point=point)
            found = await self._finding.like_report(sought, caller)
        return duplicates_pb2.FindDuplicatesResponse(
            cases=[like_message(match, self._city.view, caller) for match in found]
        )

    async def FollowCase(
        self, request: duplicates_pb2.FollowCaseRequest, context: Context
    ) -> duplicates_pb2.FollowCaseResponse:
        """See duplicates.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._joining.follow(key, request.case_id, request.words, caller)
        return duplicates_pb2.FollowCaseResponse.FromString(answer)

    async def ListFollowed(
        self, request: duplicates_pb2.ListFollowedRequest, context: Context
    ) -> duplicates_pb2.ListFollowedResponse:
        """See duplicates.proto."""
        caller = current_caller()
        async with self._database.connection() as connection:
            ids = await store.list_followed(connection, caller.subject, most=request.page_size or FOLLOWED)
            cases = await store.read_compared(connection, ids)
        return duplicates_pb2.ListFollowedResponse(
            cases=[glimpse(cases[case_id], self._city.view, caller) for case_id in ids]
        )

    async def MergeCases(
        self, request: duplicates_pb2.MergeCasesRequest, context: Context
    ) -> duplicates_pb2.MergeCasesResponse:
        """See duplicates.proto."""
        caller = current_caller()
        merger = Merger(
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            master_name=request.master_id,
            cases=tuple(Seen(name=seen.case_id, version=seen.version) for seen in request.cases),
            opinion=request.opinion,
        )
        return duplicates_pb2.MergeCasesResponse.FromString(await self._joining.merge(merger, caller))

    async def GetRelations(
        self, request: duplicates_pb2.GetRelationsRequest, context: Context
    ) -> duplicates_pb2.GetRelationsResponse:
        """See duplicates.proto."""
        caller, view = current_caller(), self._city.view
        case, related = await self._finding.relations(request.case_id, caller)
        by_kind = {
            kind: [relation for relation in related if relation.kind == kind]
            for kind in ("master", "merged", "same", "recurrence")
        }
        master = next(iter(by_kind["master"]), None)
        return duplicates_pb2.GetRelationsResponse(
            master=glimpse(master.case, view, caller) if master else None,
            merged=[glimpse(item, view, caller) for item in newest_first(each.case for each in by_kind["merged"])],
            likely_same=[relation_message(relation, view, caller) for relation in by_kind["same"]],
            recurrence_of=[relation_message(relation, view, caller) for relation in by_kind["recurrence"]],
            follower_count=case.follower_count,
        )

    async def ListHotspots(
        self, request: duplicates_pb2.ListHotspotsRequest, context: Context
    ) -> duplicates_pb2.ListHotspotsResponse:
        """See duplicates.proto."""
        caller = current_caller()
        span = Span(
            area_code=request.area_code,
            task_type=request.task_type,
            days=request.days,
            case_count_min=request.case_count_min,
            most=request.page_size,
        )
        found, cut_off = await self._finding.hotspots(span, caller)
        return duplicates_pb2.ListHotspotsResponse(
            hotspots=[hotspot_message(spot, self._city.view, caller) for spot in found], cut_off=cut_off
        )

    async def ListLikeness(
        self, request: duplicates_pb2.ListLikenessRequest, context: Context
    ) -> duplicates_pb2.ListLikenessResponse:
        """See duplicates.proto."""
        async with self._database.connection() as connection:
            settled = await store.read_likeness(connection)
        return duplicates_pb2.ListLikenessResponse(
            likeness=[
                duplicates_pb2.Likeness(
                    task_type=task_type,
                    distance_m=measure.distance_m,
                    hours=measure.hours,
                    recurrence_days=measure.recurrence_days,
                )
                for task_type, measure in settled.items()
            ]
        )

    async def SetLikeness(
        self, request: duplicates_pb2.SetLikenessRequest, context: Context
    ) -> duplicates_pb2.SetLikenessResponse:
        """See duplicates.proto."""
        caller, settled = current_caller(), request.likeness
        answer = await self._joining.set_likeness(
            RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            settled.task_type,
            Likeness(distance_m=settled.distance_m, hours=settled.hours, recurrence_days=settled.recurrence_days),
        )
        return duplicates_pb2.SetLikenessResponse.FromString(answer)
