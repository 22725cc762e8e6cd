"""Answers calls for pictures that everybody may see."""

from typing import Any

import grpc
from gridward.video.v1 import privacy_pb2, privacy_pb2_grpc

from services.video.actions.privacy import Privacy

Context = grpc.aio.ServicerContext[Any, Any]


class PrivacyServicer(privacy_pb2_grpc.PrivacyServiceServicer):
    """See privacy.proto."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy

    async def BlurPicture(
        self, request: privacy_pb2.BlurPictureRequest, context: Context
    ) -> privacy_pb2.BlurPictureResponse:
        made = await self._privacy.blur(request.picture)
        return privacy_pb2.BlurPictureResponse(picture=made.content, faces=made.faces, plates=made.plates)
