"""Answers calls about tiles, live views and kept pictures."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import grpc
from gridward.video.v1 import wall_pb2, wall_pb2_grpc

from services.platform import paging
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.wall import ORIGINAL, Wall
from services.video.domain.errors import EvidenceUnknown
from services.video.store.evidence import Held

Context = grpc.aio.ServicerContext[Any, Any]


class WallServicer(wall_pb2_grpc.WallServiceServicer):
    """See wall.proto."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall

    async def GetTile(self, request: wall_pb2.GetTileRequest, context: Context) -> wall_pb2.GetTileResponse:
        tile = await self._wall.tile(request.camera_id, current_caller())
        message = wall_pb2.GetTileResponse(problem=tile.problem)
        if tile.taken_at is not None:
            message.taken_at.FromDatetime(tile.taken_at)
            if not (request.HasField("known_at") and request.known_at == message.taken_at):
                message.picture = tile.picture
        return message

    async def WatchWall(
        self, request: wall_pb2.WatchWallRequest, context: Context
    ) -> AsyncIterator[wall_pb2.WatchWallResponse]:
        async for camera_id, tile in self._wall.watch(request.camera_ids, current_caller()):
            message = wall_pb2.WatchWallResponse(camera_id=camera_id, picture=tile.picture, problem=tile.problem)
            if tile.taken_at is not None:
                message.taken_at.FromDatetime(tile.taken_at)
            yield message

    async def GetLiveView(self, request: wall_pb2.GetLiveViewRequest, context: Context) -> wall_pb2.GetLiveViewResponse:
        url = await self._wall.live_view(request.camera_id, current_caller().scope("video.snapshot"))
        return wall_pb2.GetLiveViewResponse(url=url)

    async def GetPicture(self, request: wall_pb2.GetPictureRequest, context: Context) -> wall_pb2.GetPictureResponse:
        caller = current_caller()
        evidence_id = _evidence_id(request.evidence_id)
        original = caller.permits(ORIGINAL) and await self._wall.is_within(evidence_id, caller.scope(ORIGINAL))
        shown = await self._wall.picture(evidence_id, scope=caller.scope("video.read"), original=original)
        message = wall_pb2.GetPictureResponse(
            picture=shown.content,
            original=shown.original,
            sha256=shown.evidence.sha256,
            camera_id=shown.evidence.camera_id,
            held=shown.evidence.held,
        )
        message.taken_at.FromDatetime(shown.evidence.taken_at)
        message.kept_until.FromDatetime(shown.evidence.kept_until)
        return message

    async def GetLink(self, request: wall_pb2.GetLinkRequest, context: Context) -> wall_pb2.GetLinkResponse:
        caller = current_caller()
        url, expires_at = await self._wall.link(
            _evidence_id(request.evidence_id), by=caller.subject, scope=caller.scope(ORIGINAL)
        )
        message = wall_pb2.GetLinkResponse(url=url)
        message.expires_at.FromDatetime(expires_at)
        return message

    async def HoldEvidence(
        self, request: wall_pb2.HoldEvidenceRequest, context: Context
    ) -> wall_pb2.HoldEvidenceResponse:
        caller = current_caller()
        await self._wall.hold(
            _evidence_id(request.evidence_id),
            held=request.held,
            reason=request.reason,
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            caller=caller,
        )
        return wall_pb2.HoldEvidenceResponse()

    async def ListHeldEvidence(
        self, request: wall_pb2.ListHeldEvidenceRequest, context: Context
    ) -> wall_pb2.ListHeldEvidenceResponse:
        place = paging.decode(request.page_token, keys=2)
        page = await self._wall.list_held(
            current_caller().scope("video.evidence.hold"),
            before=(datetime.fromisoformat(place[0]) if place[0] else None, UUID(place[1])) if place else None,
            size=request.page_size,
        )
        token = ""
        if page.after is not None:
            at, evidence_id = page.after
            token = paging.encode(at.isoformat() if at else "", str(evidence_id))
        return wall_pb2.ListHeldEvidenceResponse(
            held=[_held_message(held) for held in page.held], next_page_token=token
        )


def _held_message(held: Held) -> wall_pb2.HeldEvidence:
    message = wall_pb2.HeldEvidence(
        evidence_id=str(held.evidence_id),
        camera_id=held.camera_id,
        camera_name=held.camera_name,
        held_by=held.held_by,
        reason=held.reason,
        content_type=held.content_type,
    )
    message.taken_at.FromDatetime(held.taken_at)
    message.kept_until.FromDatetime(held.kept_until)
    if held.held_at is not None:
        message.held_at.FromDatetime(held.held_at)
    return message


def _evidence_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise EvidenceUnknown(evidence=text) from None
