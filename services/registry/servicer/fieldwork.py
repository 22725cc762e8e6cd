"""Answers calls about patrols, visits, diaries and the daily word."""

from datetime import UTC, date, datetime
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import (
    patrols_pb2,
    patrols_pb2_grpc,
    quiet_pb2,
    quiet_pb2_grpc,
    visits_pb2,
    visits_pb2_grpc,
)

from services.platform import paging
from services.platform.identity import current_caller
from services.registry.actions.patrols import Passed, PatrolActions
from services.registry.actions.quiet import GridLight, QuietActions
from services.registry.actions.visits import VisitActions, Visiting
from services.registry.domain.errors import ElementUnknown
from services.registry.domain.patrols import Duty, TrackPoint
from services.registry.servicer.asking import PAGE_SIZE, asked
from services.registry.servicer.elements import day_of, place_in_list
from services.registry.servicer.people import moment_of
from services.registry.store.field import Coverage, DiaryEntry, Patrol, Visit

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class PatrolsServicer(patrols_pb2_grpc.PatrolsServiceServicer):
    """See patrols.proto."""

    def __init__(self, actions: PatrolActions) -> None:
        self._actions = actions

    async def BeginPatrol(
        self, request: patrols_pb2.BeginPatrolRequest, context: Context
    ) -> patrols_pb2.BeginPatrolResponse:
        """See patrols.proto."""
        caller = current_caller()
        answer = await self._actions.begin_patrol(
            request.grid_code,
            parties=request.parties,
            began_at=_moment(request, "began_at"),
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda patrol: patrols_pb2.BeginPatrolResponse(patrol=_patrol(patrol)),
            ),
        )
        return patrols_pb2.BeginPatrolResponse.FromString(answer)

    async def RecordTrack(
        self, request: patrols_pb2.RecordTrackRequest, context: Context
    ) -> patrols_pb2.RecordTrackResponse:
        """See patrols.proto."""
        passed = [
            Passed(
                at=moment_of(place.at),
                longitude_deg=place.point.longitude_deg,
                latitude_deg=place.point.latitude_deg,
                accuracy_m=place.point.accuracy_m,
            )
            for place in request.points
        ]
        patrol, kept = await self._actions.record_track(UUID(request.patrol_id), passed, caller=current_caller())
        return patrols_pb2.RecordTrackResponse(patrol=_patrol(patrol), kept_count=kept)

    async def EndPatrol(self, request: patrols_pb2.EndPatrolRequest, context: Context) -> patrols_pb2.EndPatrolResponse:
        """See patrols.proto."""
        patrol = await self._actions.end_patrol(
            UUID(request.patrol_id), ended_at=_moment(request, "ended_at"), caller=current_caller()
        )
        return patrols_pb2.EndPatrolResponse(patrol=_patrol(patrol))

    async def ListPatrols(
        self, request: patrols_pb2.ListPatrolsRequest, context: Context
    ) -> patrols_pb2.ListPatrolsResponse:
        """See patrols.proto."""
        found = await self._actions.list_patrols(
            area_code=request.area_code, day=_day(request.day), caller=current_caller()
        )
        return patrols_pb2.ListPatrolsResponse(patrols=[_patrol(patrol) for patrol in found])

    async def GetTrack(self, request: patrols_pb2.GetTrackRequest, context: Context) -> patrols_pb2.GetTrackResponse:
        """See patrols.proto."""
        track = await self._actions.get_track(UUID(request.patrol_id), caller=current_caller())
        return patrols_pb2.GetTrackResponse(points=[_track_point(point) for point in track])

    async def ListPatrolDuty(
        self, request: patrols_pb2.ListPatrolDutyRequest, context: Context
    ) -> patrols_pb2.ListPatrolDutyResponse:
        """See patrols.proto."""
        duties = await self._actions.list_duty(
            area_code=request.area_code,
            day=_day(request.day),
            unmet_only=request.unmet_only,
            caller=current_caller(),
        )
        return patrols_pb2.ListPatrolDutyResponse(duties=[_duty(duty) for duty in duties])


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
            visited_at=_moment(request, "visited_at"),
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
            household_id=_id(request.household_id),
            before=_before(request.page_token),
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
            area_code=request.area_code, before=_before(request.page_token), size=size, caller=current_caller()
        )
        token = paging.encode(found[-1].written_at.isoformat(), str(found[-1].id)) if len(found) == size else ""
        return visits_pb2.ListDiaryResponse(entries=[_entry(entry) for entry in found], next_page_token=token)


class QuietServicer(quiet_pb2_grpc.QuietServiceServicer):
    """See quiet.proto."""

    def __init__(self, actions: QuietActions) -> None:
        self._actions = actions

    async def ReportQuiet(
        self, request: quiet_pb2.ReportQuietRequest, context: Context
    ) -> quiet_pb2.ReportQuietResponse:
        """See quiet.proto."""
        caller = current_caller()
        answer = await self._actions.report_quiet(
            request.grid_code,
            text=request.text,
            trouble=request.trouble,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda light: quiet_pb2.ReportQuietResponse(light=_light(light)),
            ),
        )
        return quiet_pb2.ReportQuietResponse.FromString(answer)

    async def ReceiveText(
        self, request: quiet_pb2.ReceiveTextRequest, context: Context
    ) -> quiet_pb2.ReceiveTextResponse:
        """See quiet.proto."""
        reply = await self._actions.receive_text(request.message_id, area_code=request.area_code, text=request.text)
        return quiet_pb2.ReceiveTextResponse(
            understood=reply.light is not None,
            reply=reply.text,
            light=_light(reply.light) if reply.light is not None else None,
        )

    async def ListLights(self, request: quiet_pb2.ListLightsRequest, context: Context) -> quiet_pb2.ListLightsResponse:
        """See quiet.proto."""
        lights = await self._actions.list_lights(
            area_code=request.area_code, day=_day(request.day), caller=current_caller()
        )
        return quiet_pb2.ListLightsResponse(lights=[_light(light) for light in lights])


def _moment(request: Message, name: str) -> datetime | None:
    """A moment that may be left out."""
    return moment_of(getattr(request, name)) if request.HasField(name) else None


def _day(text: str) -> date | None:
    return day_of(text) if text else None


def _month(text: str) -> date | None:
    return day_of(f"{text}-01") if text else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise ElementUnknown from error


def _before(token: str) -> tuple[datetime, UUID] | None:
    """Before which row a page begins."""
    keys = paging.decode(token, keys=2)
    return (datetime.fromisoformat(keys[0]).astimezone(UTC), UUID(keys[1])) if keys else None


def _stamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _patrol(patrol: Patrol) -> patrols_pb2.Patrol:
    return patrols_pb2.Patrol(
        id=str(patrol.id),
        grid_code=patrol.grid_code,
        walker=patrol.walker,
        parties=patrol.parties,
        began_at=_stamp(patrol.began_at),
        ended_at=_stamp(patrol.ended_at),
        minutes=patrol.seconds // 60,
        distance_m=patrol.distance_m,
    )


def _track_point(point: TrackPoint) -> patrols_pb2.TrackPoint:
    place = place_pb2.Point(longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg)
    return patrols_pb2.TrackPoint(point=place, at=_stamp(point.at))


def _duty(duty: Duty) -> patrols_pb2.PatrolDuty:
    return patrols_pb2.PatrolDuty(
        grid_code=duty.grid_code,
        minutes=duty.minutes,
        minutes_wanted=duty.minutes_wanted,
        rounds=duty.rounds,
        rounds_wanted=duty.rounds_wanted,
        joint_parties=duty.joint_parties,
        joint_parties_wanted=duty.joint_parties_wanted,
        met=duty.met,
    )


def _visit(visit: Visit) -> visits_pb2.Visit:
    return visits_pb2.Visit(
        id=str(visit.id),
        household_id=str(visit.household_id),
        grid_code=visit.grid_code,
        occasion=visit.occasion,
        met=visit.met,
        note=visit.note,
        visitor=visit.visitor,
        visited_at=_stamp(visit.visited_at),
    )


def _coverage(row: Coverage) -> visits_pb2.Coverage:
    return visits_pb2.Coverage(
        building_id=str(row.building_id or ""),
        name=row.name,
        grid_code=row.grid_code,
        households=row.households,
        visited=row.visited,
        last_visit_at=_stamp(row.last_visit_at),
    )


def _entry(entry: DiaryEntry) -> visits_pb2.DiaryEntry:
    return visits_pb2.DiaryEntry(
        id=str(entry.id),
        grid_code=entry.grid_code,
        text=entry.text,
        mood=entry.mood,
        author=entry.author,
        written_at=_stamp(entry.written_at),
    )


def _light(light: GridLight) -> quiet_pb2.GridLight:
    return quiet_pb2.GridLight(
        grid_code=light.grid_code,
        day=light.day.isoformat(),
        light=quiet_pb2.QuietLight.ValueType(light.light),
        text=light.word.text if light.word else "",
        said_by=light.word.said_by if light.word else "",
        said_at=_stamp(light.word.said_at if light.word else None),
    )
