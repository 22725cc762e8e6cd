"""Answers calls about the times of stages, loops and priorities."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import grpc
from gridward.incidents.v1 import cases_pb2, limits_pb2, limits_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.domain.arealimits import AreaLimits
from services.incidents.messages.incoming import limit_of
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import PRIORITIES, PRIORITY_OF
from services.incidents.messages.outgoing import limit_message
from services.incidents.reach import path_in
from services.incidents.timelimits.actions import SettlingLimits, Version
from services.incidents.timelimits.domain import Effect
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class LimitsServicer(limits_pb2_grpc.LimitsServiceServicer):
    """See limits.proto."""

    def __init__(self, city: City, settling: SettlingLimits) -> None:
        self._city = city
        self._settling = settling

    async def GetLimits(self, request: limits_pb2.GetLimitsRequest, context: Context) -> limits_pb2.GetLimitsResponse:
        """See limits.proto."""
        path = path_in(self._city, request.area_code)
        rulebook = self._city.rulebook
        here = rulebook.at_place(path)
        whole = AreaLimits(
            stages={stage.value: limit for stage, limit in here.stage_limits.items()},
            loops=here.loop_limits,
            shares=here.priority_shares,
        )
        above = [(code, rulebook.area_limits[code]) for code in path.split(".") if code in rulebook.area_limits]
        versions = await self._settling.versions(request.area_code)
        return limits_pb2.GetLimitsResponse(
            limits=_limits_message(whole, dict(above)), version=versions[0].version if versions else 0
        )

    async def ListLimitVersions(
        self, request: limits_pb2.ListLimitVersionsRequest, context: Context
    ) -> limits_pb2.ListLimitVersionsResponse:
        """See limits.proto."""
        return _versions_message(request.area_code, await self._settling.versions(request.area_code))

    async def TryLimits(self, request: limits_pb2.TryLimitsRequest, context: Context) -> limits_pb2.TryLimitsResponse:
        """See limits.proto."""
        effects, count = await self._settling.tried(request.area_code, _limits_of(request.limits), current_caller())
        return limits_pb2.TryLimitsResponse(effects=[_effect(each) for each in effects], case_count=count)

    async def PutLimits(self, request: limits_pb2.PutLimitsRequest, context: Context) -> limits_pb2.PutLimitsResponse:
        """See limits.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)

        def answer(version: int) -> limits_pb2.PutLimitsResponse:
            return limits_pb2.PutLimitsResponse(version=version)

        wanted = (request.version, _limits_of(request.limits), request.reason)
        told = await self._settling.put(key, request.area_code, wanted, caller, answer=answer, fresh=_versions_message)
        return limits_pb2.PutLimitsResponse.FromString(told)


def _limits_of(message: limits_pb2.Limits) -> AreaLimits:
    return AreaLimits(
        stages={each.stage: limit_of(each.limit) for each in message.stages},
        loops={each.loop_level: limit_of(each.limit) for each in message.loops},
        shares={PRIORITY_OF[each.priority]: Decimal(str(round(each.share, 2))) for each in message.priorities},
    )


def _versions_message(area_code: str, versions: Iterable[Version]) -> limits_pb2.ListLimitVersionsResponse:
    return limits_pb2.ListLimitVersionsResponse(
        versions=[
            limits_pb2.LimitsVersion(
                version=each.version,
                limits=_limits_message(each.limits, {area_code: each.limits}),
                changed_at=stamp(each.changed_at),
                changed_by=each.changed_by,
                reason=each.reason,
            )
            for each in versions
        ]
    )


def _limits_message(limits: AreaLimits, above: Mapping[str, AreaLimits]) -> limits_pb2.Limits:
    """Every time, with the nearest of the areas above that settled it."""

    def origin(part: str, key: Any) -> str:
        return next((code for code in reversed(list(above)) if key in getattr(above[code], part)), "")

    return limits_pb2.Limits(
        stages=[
            limits_pb2.StageTime(stage=stage, limit=limit_message(limit), area_code=origin("stages", stage))
            for stage, limit in limits.stages.items()
        ],
        loops=[
            limits_pb2.LoopTime(loop_level=level, limit=limit_message(limit), area_code=origin("loops", level))
            for level, limit in sorted(limits.loops.items())
        ],
        priorities=[
            limits_pb2.PriorityTime(
                priority=PRIORITIES[priority], share=float(share), area_code=origin("shares", priority)
            )
            for priority, share in limits.shares.items()
        ],
    )


def _effect(effect: Effect) -> limits_pb2.LimitEffect:
    return limits_pb2.LimitEffect(
        stage=effect.stage or "",
        loop_level=effect.loop_level,
        before=limit_message(effect.before) if effect.before else None,
        after=limit_message(effect.after) if effect.after else None,
        priority=PRIORITIES[effect.priority] if effect.priority else cases_pb2.PRIORITY_UNSPECIFIED,
        share_before=float(effect.share_before) if effect.priority else 0,
        share_after=float(effect.share_after) if effect.priority else 0,
        open_count=effect.open_count,
        tried_count=effect.tried_count,
        late_before=effect.late_before,
        late_after=effect.late_after,
    )
