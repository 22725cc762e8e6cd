"""Answers calls about the daily word."""

from typing import Any, TypeAlias

import grpc
from gridward.registry.v1 import quiet_pb2, quiet_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.quiet import GridLight, QuietActions
from services.registry.servicer.asking import asked
from services.registry.servicer.moments import day_given, stamp

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


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
            area_code=request.area_code, day=day_given(request.day), caller=current_caller()
        )
        return quiet_pb2.ListLightsResponse(lights=[_light(light) for light in lights])


def _light(light: GridLight) -> quiet_pb2.GridLight:
    return quiet_pb2.GridLight(
        grid_code=light.grid_code,
        day=light.day.isoformat(),
        light=quiet_pb2.QuietLight.ValueType(light.light),
        text=light.word.text if light.word else "",
        said_by=light.word.said_by if light.word else "",
        said_at=stamp(light.word.said_at if light.word else None),
        report_minutes=light.report_minutes,
    )
