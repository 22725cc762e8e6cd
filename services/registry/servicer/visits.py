"""Answers calls about visits, coverage and diaries."""

from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.registry.v1 import visits_pb2, visits_pb2_grpc

from services.platform import paging
from services.platform.identity import current_caller
from services.registry.actions.visits import VisitActions, Visiting
from services.registry.servicer.asking import PAGE_SIZE, asked, before_of
from services.registry.servicer.elements import id_given, place_in_list
from services.registry.servicer.moments import day_of, moment_given, stamp
from services.registry.store.field import Coverage, DiaryEntry, Visit

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class VisitsServicer(visits_pb2_grpc.VisitsServiceServicer):
    """See visits.proto."""

    def __init__(self, actions: VisitActions) -> None:
        self._actions = actions

    async def RecordVisit(
        self, request: visits_pb2.RecordVisitRequest, context: Context
    ) -> visits_pb2.RecordVisitResponse:
        """See visits.proto."""
        caller = current_caller()
        visiting = Visiting(
            household_id=UUID(request.household_id),
            occasion=request.occasion,
            met=request.met,
            note=request.note,
            visited_at=moment_given(request, "visited_at"),
            terminal_id=request.terminal_id,
        )
        answer = await self._actions.record_visit(
            visiting,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda visit: visits_pb2.RecordVisitResponse(visit=_visit(visit)),
            ),
        )
        return visits_pb2.RecordVisitResponse.FromString(answer)

    async def ListVisits(
        self, request: visits_pb2.ListVisitsRequest, context: Context
    ) -> visits_pb2.ListVisitsResponse:
        """See visits.proto."""
        size = request.page_size or PAGE_SIZE
        found = await self._actions.list_visits(
            area_code=request.area_code,
            household_id=id_given(request.household_id),
            before=before_of(request.page_token),
            size=size,
            caller=current_caller(),
        )
        token = paging.encode(found[-1].visited_at.isoformat(), str(found[-1].id)) if len(found) == size else ""
        return visits_pb2.ListVisitsResponse(visits=[_visit(visit) for visit in found], next_page_token=token)

    async def ListCoverage(
        self, request: visits_pb2.ListCoverageRequest, context: Context
    ) -> visits_pb2.ListCoverageResponse:
        """See visits.proto."""
        rows = await self._actions.list_coverage(
            area_code=request.area_code, month=_month(request.month), caller=current_caller()
        )
        return visits_pb2.ListCoverageResponse(
            coverages=[_coverage(row) for row in rows[:2000]],
            households=sum(row.households for row in rows),
            visited=sum(row.visited for row in rows),
        )

    async def ListUnvisited(
        self, request: visits_pb2.ListUnvisitedRequest, context: Context
    ) -> visits_pb2.ListUnvisitedResponse:
        """See visits.proto."""
        size = request.page_size or PAGE_SIZE
        rows = await self._actions.list_unvisited(
            area_code=request.area_code,
            month=_month(request.month),
            after=place_in_list(request.page_token),
            size=size,
            caller=current_caller(),
        )
        return visits_pb2.ListUnvisitedResponse(
            households=[
                visits_pb2.Unvisited(
                    household_id=str(row.household_id), key=row.key, address=row.address, grid_code=row.grid_code
                )
                for row in rows
            ],
            next_page_token=paging.encode(rows[-1].grid_code, str(rows[-1].household_id)) if len(rows) == size else "",
        )

    async def WriteDiary(
        self, request: visits_pb2.WriteDiaryRequest, context: Context
    ) -> visits_pb2.WriteDiaryResponse:
        """See visits.proto."""
        caller = current_caller()
        answer = await self._actions.write_diary(
            request.grid_code,
            text=request.text,
            mood=request.mood,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda entry: visits_pb2.WriteDiaryResponse(entry=_entry(entry)),
            ),
        )
        return visits_pb2.WriteDiaryResponse.FromString(answer)

    async def ListDiary(self, request: visits_pb2.ListDiaryRequest, context: Context) -> visits_pb2.ListDiaryResponse:
        """See visits.proto."""
        size = request.page_size or PAGE_SIZE
        found = await self._actions.list_diary(
            area_code=request.area_code, before=before_of(request.page_token), size=size, caller=current_caller()
        )
        token = paging.encode(found[-1].written_at.isoformat(), str(found[-1].id)) if len(found) == size else ""
        return visits_pb2.ListDiaryResponse(entries=[_entry(entry) for entry in found], next_page_token=token)


def _month(text: str) -> date | None:
    return day_of(f"{text}-01") if text else None


def _visit(visit: Visit) -> visits_pb2.Visit:
    return visits_pb2.Visit(
        id=str(visit.id),
        household_id=str(visit.household_id),
        grid_code=visit.grid_code,
        occasion=visit.occasion,
        met=visit.met,
        note=visit.note,
        visitor=visit.visitor,
        visited_at=stamp(visit.visited_at),
    )


def _coverage(row: Coverage) -> visits_pb2.Coverage:
    return visits_pb2.Coverage(
        building_id=str(row.building_id or ""),
        name=row.name,
        grid_code=row.grid_code,
        households=row.households,
        visited=row.visited,
        last_visit_at=stamp(row.last_visit_at),
    )


def _entry(entry: DiaryEntry) -> visits_pb2.DiaryEntry:
    return visits_pb2.DiaryEntry(
        id=str(entry.id),
        grid_code=entry.grid_code,
        text=entry.text,
        mood=entry.mood,
        author=entry.author,
        written_at=stamp(entry.written_at),
    )
