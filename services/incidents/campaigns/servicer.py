"""Answers calls about campaigns."""

from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import campaigns_pb2, campaigns_pb2_grpc

from services.incidents.campaigns.actions import Campaigning
from services.incidents.campaigns.messages import WAY_OF, campaign_message, to_reach_message
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class CampaignsServicer(campaigns_pb2_grpc.CampaignsServiceServicer):
    """See campaigns.proto."""

    def __init__(self, campaigning: Campaigning) -> None:
        self._campaigning = campaigning

    async def StartCampaign(
        self, request: campaigns_pb2.StartCampaignRequest, context: Context
    ) -> campaigns_pb2.StartCampaignResponse:
        """See campaigns.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._campaigning.start(key, request, caller)
        return campaigns_pb2.StartCampaignResponse.FromString(answer)

    async def ListCampaigns(
        self, request: campaigns_pb2.ListCampaignsRequest, context: Context
    ) -> campaigns_pb2.ListCampaignsResponse:
        """See campaigns.proto."""
        counted = await self._campaigning.overview(current_caller())
        return campaigns_pb2.ListCampaignsResponse(campaigns=[campaign_message(each) for each in counted])

    async def ListToReach(
        self, request: campaigns_pb2.ListToReachRequest, context: Context
    ) -> campaigns_pb2.ListToReachResponse:
        """See campaigns.proto."""
        persons = await self._campaigning.to_reach(request.campaign_id, current_caller(), size=request.page_size)
        return campaigns_pb2.ListToReachResponse(persons=[to_reach_message(person) for person in persons])

    async def RecordReached(
        self, request: campaigns_pb2.RecordReachedRequest, context: Context
    ) -> campaigns_pb2.RecordReachedResponse:
        """See campaigns.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        answer = await self._campaigning.record(
            key, request.campaign_id, request.person_id, caller, way=WAY_OF[request.by], reached=request.reached
        )
        return campaigns_pb2.RecordReachedResponse.FromString(answer)
