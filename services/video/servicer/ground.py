"""Answers calls about where pictures lie on the ground."""

from collections.abc import Iterable
from typing import Any

import grpc
from gridward.video.v1 import findings_pb2, ground_pb2, ground_pb2_grpc

from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.ground import Ground
from services.video.domain.cameras import Place
from services.video.domain.geometry import GroundPoint
from services.video.events import point_message

Context = grpc.aio.ServicerContext[Any, Any]
WRITE = "video.zones.write"


class GroundServicer(ground_pb2_grpc.GroundServiceServicer):
    """See ground.proto."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def GetGround(self, request: ground_pb2.GetGroundRequest, context: Context) -> ground_pb2.GetGroundResponse:
        points, error_m = await self._ground.points(
            request.camera_id, request.preset, current_caller().scope("video.read")
        )
        return ground_pb2.GetGroundResponse(points=[_point_message(point) for point in points], error_m=error_m)

    async def TryGround(self, request: ground_pb2.TryGroundRequest, context: Context) -> ground_pb2.TryGroundResponse:
        places, error_m = await self._ground.try_out(
            request.camera_id,
            points_of(request.points),
            [(corner.x, corner.y) for corner in request.corners],
            current_caller().scope(WRITE),
        )
        landings = [
            ground_pb2.Landing(point=point_message(place)) if place else ground_pb2.Landing() for place in places
        ]
        return ground_pb2.TryGroundResponse(landings=landings, error_m=error_m)

    async def SaveGround(
        self, request: ground_pb2.SaveGroundRequest, context: Context
    ) -> ground_pb2.SaveGroundResponse:
        caller = current_caller()
        error_m = await self._ground.save(
            request.camera_id,
            request.preset,
            points_of(request.points),
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope(WRITE),
        )
        return ground_pb2.SaveGroundResponse(error_m=error_m)


def points_of(messages: Iterable[findings_pb2.GroundPoint]) -> list[GroundPoint]:
    """Points of a picture with their places."""
    return [
        GroundPoint(
            corner=(message.corner.x, message.corner.y),
            place=Place(longitude_deg=message.point.longitude_deg, latitude_deg=message.point.latitude_deg),
        )
        for message in messages
    ]


def _point_message(point: GroundPoint) -> findings_pb2.GroundPoint:
    x, y = point.corner
    return findings_pb2.GroundPoint(corner=findings_pb2.Corner(x=x, y=y), point=point_message(point.place))
