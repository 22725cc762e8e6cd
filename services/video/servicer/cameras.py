"""Answers calls about cameras and what they show."""

from typing import Any, Final
from uuid import UUID

import grpc
from gridward.video.v1 import video_pb2, video_pb2_grpc

from services.platform import paging
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.cameras import Cameras
from services.video.actions.snapshots import Snapshots
from services.video.domain.cameras import Camera, Place
from services.video.domain.errors import SnapshotUnknown
from services.video.events import point_message, snapshot_message

Context = grpc.aio.ServicerContext[Any, Any]

#: What is left of a call's time for storing the frame and answering.
RESERVE_S: Final = 1.0


class VideoServicer(video_pb2_grpc.VideoServiceServicer):
    """See video.proto."""

    def __init__(self, cameras: Cameras, snapshots: Snapshots) -> None:
        self._cameras = cameras
        self._snapshots = snapshots

    async def ImportCameras(
        self, request: video_pb2.ImportCamerasRequest, context: Context
    ) -> video_pb2.ImportCamerasResponse:
        """See video.proto."""
        caller = current_caller()
        changed = await self._cameras.import_cameras(
            [camera_of(camera) for camera in request.cameras],
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.cameras.write"),
        )
        return video_pb2.ImportCamerasResponse(changed_count=changed)

    async def ListCameras(
        self, request: video_pb2.ListCamerasRequest, context: Context
    ) -> video_pb2.ListCamerasResponse:
        """See video.proto."""
        place = paging.decode(request.page_token, keys=1)
        page = await self._cameras.list_cameras(
            current_caller().scope("video.read"),
            area_code=request.area_code,
            after=place[0] if place else "",
            size=request.page_size,
        )
        return video_pb2.ListCamerasResponse(
            cameras=[camera_message(camera) for camera in page.cameras],
            next_page_token=paging.encode(page.after) if page.after else "",
        )

    async def TakeSnapshot(
        self, request: video_pb2.TakeSnapshotRequest, context: Context
    ) -> video_pb2.TakeSnapshotResponse:
        """See video.proto."""
        caller = current_caller()
        snapshot = await self._snapshots.take_snapshot(
            request.camera_id,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.snapshot"),
            budget_s=(context.time_remaining() or 0.0) - RESERVE_S,
        )
        shown = await self._snapshots.shown(snapshot, caller)
        return video_pb2.TakeSnapshotResponse(snapshot=snapshot_message(shown))

    async def ReportSnapshot(
        self, request: video_pb2.ReportSnapshotRequest, context: Context
    ) -> video_pb2.ReportSnapshotResponse:
        """See video.proto."""
        caller = current_caller()
        case = await self._snapshots.report_snapshot(
            _snapshot_id(request.snapshot_id),
            task_type=request.task_type,
            description=request.description,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.report"),
        )
        return video_pb2.ReportSnapshotResponse(case_id=case.case_id, number=case.number)


def _snapshot_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise SnapshotUnknown(snapshot=text) from None


def camera_of(message: video_pb2.Camera) -> Camera:
    """A camera as others tell of it."""
    point = message.point
    return Camera(
        id=message.id,
        gb_code=message.gb_code,
        name=message.name,
        place=Place(longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg, accuracy_m=point.accuracy_m),
        grid_code=message.grid_code,
        road_segment=message.road_segment,
        owner_department=message.owner_department,
        azimuth_deg=message.azimuth_deg,
        stream_address=message.stream_url,
        field_of_view_deg=message.field_of_view_deg,
        presets=tuple(message.presets),
        live_url=message.live_url,
        control_address=message.control_url,
        recorder=message.recorder,
    )


def camera_message(camera: Camera) -> video_pb2.Camera:
    """A camera as others are told of it: all but its addresses."""
    message = video_pb2.Camera(
        id=camera.id,
        gb_code=camera.gb_code,
        name=camera.name,
        point=point_message(camera.place),
        grid_code=camera.grid_code,
        area_path=camera.area_path,
        road_segment=camera.road_segment,
        owner_department=camera.owner_department,
        azimuth_deg=camera.azimuth_deg,
        fault=camera.fault,
        field_of_view_deg=camera.field_of_view_deg,
        presets=camera.presets,
        live_url=camera.live_url,
        turns=camera.turns,
        recorder=camera.recorder,
        version=camera.version,
        has_stream=camera.has_stream,
    )
    if camera.seen_at is not None:
        message.seen_at.FromDatetime(camera.seen_at)
    return message
