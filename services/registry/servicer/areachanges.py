"""Answers calls about changes of areas, about the past, and about what lies near."""

from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.registry.v1 import areas_pb2, changes_pb2, changes_pb2_grpc

from services.platform.identity import current_caller
from services.registry.actions.areachanges import AreaChangeActions
from services.registry.actions.layers import Layers
from services.registry.actions.lookahead import BESIDE
from services.registry.domain.areachange import ChangeKind, Wanted, WantedArea
from services.registry.domain.areas import AreaLevel
from services.registry.servicer.areas import area_message
from services.registry.servicer.asking import asked
from services.registry.servicer.moments import day_of
from services.registry.store.areachanges import Change, Form

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class AreaChangesServicer(changes_pb2_grpc.AreaChangesServiceServicer):
    """See changes.proto."""

    def __init__(self, actions: AreaChangeActions, layers: Layers) -> None:
        self._actions = actions
        self._layers = layers

    async def PlanAreaChange(
        self, request: changes_pb2.PlanAreaChangeRequest, context: Context
    ) -> changes_pb2.PlanAreaChangeResponse:
        """See changes.proto."""
        caller = current_caller()
        answer = await self._actions.plan_change(
            _wanted(request),
            effective_on=day_of(request.effective_on),
            reason=request.reason,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda change: changes_pb2.PlanAreaChangeResponse(change=_change(change)),
            ),
        )
        return changes_pb2.PlanAreaChangeResponse.FromString(answer)

    async def DecideAreaChange(
        self, request: changes_pb2.DecideAreaChangeRequest, context: Context
    ) -> changes_pb2.DecideAreaChangeResponse:
        """See changes.proto."""
        caller = current_caller()
        answer = await self._actions.decide_change(
            UUID(request.id),
            carry_out=request.carry_out,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda change: changes_pb2.DecideAreaChangeResponse(change=_change(change)),
            ),
        )
        return changes_pb2.DecideAreaChangeResponse.FromString(answer)

    async def ListAreaChanges(
        self, request: changes_pb2.ListAreaChangesRequest, context: Context
    ) -> changes_pb2.ListAreaChangesResponse:
        """See changes.proto."""
        found = await self._actions.list_changes()
        return changes_pb2.ListAreaChangesResponse(changes=[_change(change) for change in found])

    async def LocateOnDay(
        self, request: changes_pb2.LocateOnDayRequest, context: Context
    ) -> changes_pb2.LocateOnDayResponse:
        """See changes.proto."""
        chain = await self._actions.locate_on_day(
            (request.point.longitude_deg, request.point.latitude_deg), day_of(request.day)
        )
        return changes_pb2.LocateOnDayResponse(areas=[area_message(area) for area in chain])

    async def ListAreaHistory(
        self, request: changes_pb2.ListAreaHistoryRequest, context: Context
    ) -> changes_pb2.ListAreaHistoryResponse:
        """See changes.proto."""
        forms = await self._actions.list_history(request.code)
        return changes_pb2.ListAreaHistoryResponse(forms=[_form(form) for form in forms])

    async def FindAreasNear(
        self, request: changes_pb2.FindAreasNearRequest, context: Context
    ) -> changes_pb2.FindAreasNearResponse:
        """See changes.proto."""
        near, adjacent = await self._actions.find_near(
            (request.point.longitude_deg, request.point.latitude_deg), radius_m=request.radius_m
        )
        return changes_pb2.FindAreasNearResponse(
            grids=[
                changes_pb2.NearArea(code=hit.area.code, name=hit.area.name, distance_m=round(hit.distance_m, 1))
                for hit in near
            ],
            adjacent_codes=adjacent,
        )

    async def CheckAreas(
        self, request: changes_pb2.CheckAreasRequest, context: Context
    ) -> changes_pb2.CheckAreasResponse:
        """See changes.proto."""
        faults, count = await self._actions.check_areas(request.area_code, caller=current_caller())
        return changes_pb2.CheckAreasResponse(
            warnings=[
                areas_pb2.ImportFault(subject=fault.subject, reason=fault.reason, message=fault.message)
                for fault in faults
            ],
            grid_count=count,
        )

    async def GetMapLayer(
        self, request: changes_pb2.GetMapLayerRequest, context: Context
    ) -> changes_pb2.GetMapLayerResponse:
        """See changes.proto."""
        layer = await self._layers.get(AreaLevel(request.level), under_code=request.under_code, zoom=request.zoom)
        return changes_pb2.GetMapLayerResponse(geojson_gzip=layer.content, version=layer.version, etag=layer.etag)


def _wanted(request: changes_pb2.PlanAreaChangeRequest) -> Wanted:
    return Wanted(
        kind=ChangeKind(request.kind),
        from_codes=tuple(request.from_codes),
        to=tuple(
            WantedArea(
                code=area.code,
                name=area.name,
                name_en=area.name_en,
                kind=area.kind,
                outline=area.geometry.decode(errors="replace"),
                parent_code=area.parent_code,
            )
            for area in request.to
        ),
    )


def _change(change: Change) -> changes_pb2.AreaChange:
    preview = change.preview
    message = changes_pb2.AreaChange(
        id=str(change.id),
        kind=changes_pb2.AreaChangeKind.ValueType(change.wanted.kind),
        state=changes_pb2.AreaChangeState.ValueType(change.state),
        effective_on=change.effective_on.isoformat(),
        reason=change.reason,
        ended_codes=preview["ended"],
        begun_codes=preview["begun"],
        changed_codes=preview["changed"],
        moves=[
            changes_pb2.AreaMove(
                from_code=move["from"],
                to_code=move["to"],
                elements={k: n for k, n in move["counts"].items() if k not in BESIDE},
                posts=move["counts"].get("posts", 0),
                terminals=move["counts"].get("terminals", 0),
                area_m2=move["area_m2"],
                open_cases=move["counts"].get("open_cases", 0),
                cameras=move["counts"].get("cameras", 0),
                force=move["counts"].get("force", 0),
            )
            for move in preview["moves"]
        ],
        warnings=[areas_pb2.ImportFault(subject=s, reason=r, message=m) for s, r, m in preview["warnings"]],
        planned_by=change.planned_by,
        decided_by=change.decided_by,
        uncounted=preview.get("uncounted", ()),
    )
    message.planned_at.FromDatetime(change.planned_at)
    if change.done_at is not None:
        message.done_at.FromDatetime(change.done_at)
    return message


def _form(form: Form) -> changes_pb2.AreaForm:
    return changes_pb2.AreaForm(
        area=area_message(form.area),
        since=form.since.isoformat(),
        until=form.until.isoformat() if form.until else "",
        change_id=str(form.change_id or ""),
        from_codes=form.from_codes,
    )
