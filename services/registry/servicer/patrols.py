"""Answers calls about patrols."""

from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import patrols_pb2, patrols_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.patrols import Passed, PatrolActions
from services.registry.domain.patrols import Duty, TrackPoint
from services.registry.servicer.asking import asked
from services.registry.servicer.moments import day_given, moment_given, moment_of, stamp
from services.registry.store.field import Patrol

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
            began_at=moment_given(request, "began_at"),
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
            UUID(request.patrol_id), ended_at=moment_given(request, "ended_at"), caller=current_caller()
        )
        return patrols_pb2.EndPatrolResponse(patrol=_patrol(patrol))

    async def ListPatrols(
        self, request: patrols_pb2.ListPatrolsRequest, context: Context
    ) -> patrols_pb2.ListPatrolsResponse:
        """See patrols.proto."""
        found = await self._actions.list_patrols(
            area_code=request.area_code, day=day_given(request.day), caller=current_caller()
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
            day=day_given(request.day),
            unmet_only=request.unmet_only,
            caller=current_caller(),
        )
        return patrols_pb2.ListPatrolDutyResponse(duties=[_duty(duty) for duty in duties])


def _patrol(patrol: Patrol) -> patrols_pb2.Patrol:
    return patrols_pb2.Patrol(
        id=str(patrol.id),
        grid_code=patrol.grid_code,
        walker=patrol.walker,
        parties=patrol.parties,
        began_at=stamp(patrol.began_at),
        ended_at=stamp(patrol.ended_at),
        minutes=patrol.seconds // 60,
        distance_m=patrol.distance_m,
    )


def _track_point(point: TrackPoint) -> patrols_pb2.TrackPoint:
    place = place_pb2.Point(longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg)
    return patrols_pb2.TrackPoint(point=place, at=stamp(point.at))


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
