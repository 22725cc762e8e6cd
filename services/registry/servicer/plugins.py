"""Answers calls about the life of plugins."""

from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from gridward.registry.v1 import plugins_pb2, plugins_pb2_grpc

from services.platform.identity import Caller, current_caller
from services.registry.actions.office import Asked
from services.registry.actions.plugins import PluginActions
from services.registry.actions.tasks import Orders
from services.registry.domain.plugins import PluginDecision, PluginLife, Release, Standing
from services.registry.servicer.asking import asked

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Order = plugins_pb2.DecidePluginRequest | plugins_pb2.EnablePluginRequest | plugins_pb2.EndReleaseRequest
Changed = TypeVar(
    "Changed", plugins_pb2.DecidePluginResponse, plugins_pb2.EnablePluginResponse, plugins_pb2.EndReleaseResponse
)


class PluginsServicer(plugins_pb2_grpc.PluginsServiceServicer):
    """See plugins.proto."""

    def __init__(self, actions: PluginActions) -> None:
        self._actions = actions

    async def ListPluginStates(
        self, request: plugins_pb2.ListPluginStatesRequest, context: Context
    ) -> plugins_pb2.ListPluginStatesResponse:
        """See plugins.proto."""
        lives = await self._actions.list_states()
        return plugins_pb2.ListPluginStatesResponse(states=[_state_message(life) for life in lives])

    async def DecidePlugin(
        self, request: plugins_pb2.DecidePluginRequest, context: Context
    ) -> plugins_pb2.DecidePluginResponse:
        """See plugins.proto."""
        caller = current_caller()
        answer = await self._actions.decide(
            request.plugin,
            Standing(request.standing),
            stop_types=request.types == plugins_pb2.TYPES_FATE_STOP,
            reason=request.reason,
            caller=caller,
            asked=_asked(request, caller, plugins_pb2.DecidePluginResponse),
        )
        return plugins_pb2.DecidePluginResponse.FromString(answer)

    async def EnablePlugin(
        self, request: plugins_pb2.EnablePluginRequest, context: Context
    ) -> plugins_pb2.EnablePluginResponse:
        """See plugins.proto."""
        caller = current_caller()
        answer = await self._actions.enable(
            request.plugin,
            request.area_codes,
            reason=request.reason,
            caller=caller,
            asked=_asked(request, caller, plugins_pb2.EnablePluginResponse),
        )
        return plugins_pb2.EnablePluginResponse.FromString(answer)

    async def EndRelease(
        self, request: plugins_pb2.EndReleaseRequest, context: Context
    ) -> plugins_pb2.EndReleaseResponse:
        """See plugins.proto."""
        caller = current_caller()
        answer = await self._actions.end_release(
            request.plugin,
            request.release,
            reason=request.reason,
            caller=caller,
            asked=_asked(request, caller, plugins_pb2.EndReleaseResponse),
        )
        return plugins_pb2.EndReleaseResponse.FromString(answer)

    async def ListPluginDecisions(
        self, request: plugins_pb2.ListPluginDecisionsRequest, context: Context
    ) -> plugins_pb2.ListPluginDecisionsResponse:
        """See plugins.proto."""
        decisions = await self._actions.list_decisions(request.plugin)
        return plugins_pb2.ListPluginDecisionsResponse(decisions=[_decision_message(each) for each in decisions])


def _asked(request: Order, caller: Caller, kind: type[Changed]) -> Asked[PluginLife]:
    """Each of these changes a plugin, and is answered with how it stands then."""

    def answer(life: PluginLife) -> Changed:
        return kind(state=_state_message(life))

    return asked(request, caller=caller, request_id=request.request_id, answer=answer)


def orders_message(orders: Orders) -> plugins_pb2.PluginOrders:
    """What a running plugin is told of itself."""
    return plugins_pb2.PluginOrders(
        standing=plugins_pb2.PluginStanding.ValueType(orders.life.standing),
        area_paths=orders.area_paths,
        releases=[_release_message(release) for release in orders.life.releases],
    )


def _state_message(life: PluginLife) -> plugins_pb2.PluginState:
    return plugins_pb2.PluginState(
        plugin=life.name,
        department_code=life.department_code,
        standing=plugins_pb2.PluginStanding.ValueType(life.standing),
        area_codes=life.area_codes,
        releases=[_release_message(release) for release in life.releases],
        task_types=life.task_types,
        attending=life.attending,
    )


def _release_message(release: Release) -> plugins_pb2.PluginRelease:
    return plugins_pb2.PluginRelease(
        name=release.name,
        version=release.version,
        sdk_version=release.sdk_version,
        from_at=_stamp(release.from_at),
        ended_at=_stamp(release.ended_at),
        online=release.online,
        since_at=_stamp(release.since_at),
        seen_at=_stamp(release.seen_at),
        instance_count=release.instances,
    )


def _decision_message(decision: PluginDecision) -> plugins_pb2.PluginDecision:
    return plugins_pb2.PluginDecision(
        deed=decision.deed,
        decided_by=decision.decided_by,
        reason=decision.reason,
        decided_at=_stamp(decision.decided_at),
        task_types=decision.task_types,
        area_codes=decision.area_codes,
        release=decision.release,
    )


def _stamp(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
