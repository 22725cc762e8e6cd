"""Answers calls about areas."""

import json
from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from typing import Any, TypeAlias

import grpc
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc

from services.platform import validation
from services.platform.errors import Invalid
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.platform.lifecycle import Drain
from services.registry.actions.areas import AreaActions
from services.registry.actions.office import Asked
from services.registry.domain.areaimport import ImportPlan
from services.registry.domain.areas import Area, AreaLevel, AreaMode
from services.registry.domain.errors import ImportTooLarge, LayerTooLarge
from services.registry.servicer.asking import next_page_token, page_of
from services.registry.store.areas import LayerArea

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

#: A message may have four megabytes.
LAYER_BYTES_MAX = 4_000_000
OUT_OF_AREA = "OUT_OF_AREA"


class AreasServicer(areas_pb2_grpc.AreasServiceServicer):
    """See areas.proto."""

    def __init__(self, actions: AreaActions, *, import_bytes_max: int, drain: Drain) -> None:
        self._actions = actions
        self._import_bytes_max = import_bytes_max
        self._drain = drain

    async def ImportAreas(
        self, request_iterator: AsyncIterator[areas_pb2.ImportAreasRequest], context: Context
    ) -> areas_pb2.ImportAreasResponse:
        """See areas.proto."""
        caller = current_caller()
        header, content = await _received(request_iterator, bytes_max=self._import_bytes_max)
        key = RequestKey(
            subject=caller.subject,
            method=areas_pb2.ImportAreasRequest.DESCRIPTOR.full_name,
            request_id=header.request_id,
            body_digest=sha256(header.SerializeToString(deterministic=True) + content).digest(),
        )
        answer = await self._actions.import_areas(
            content,
            crs=header.crs,
            dry_run=header.dry_run,
            caller=caller,
            asked=Asked(key=key, answer=lambda plan: _import_answer(plan).SerializeToString()),
        )
        return areas_pb2.ImportAreasResponse.FromString(answer)

    async def GetArea(self, request: areas_pb2.GetAreaRequest, context: Context) -> areas_pb2.GetAreaResponse:
        """See areas.proto."""
        area = await self._actions.get_area(request.code, with_outline=request.with_geometry)
        return areas_pb2.GetAreaResponse(area=area_message(area))

    async def ListAreas(self, request: areas_pb2.ListAreasRequest, context: Context) -> areas_pb2.ListAreasResponse:
        """See areas.proto."""
        after_code, size = page_of(request)
        areas = await self._actions.list_areas(
            under_code=request.under_code,
            level=request.level,
            words=request.words,
            after_code=after_code,
            size=size,
        )
        return areas_pb2.ListAreasResponse(
            areas=[area_message(area) for area in areas],
            next_page_token=next_page_token([area.code for area in areas], size),
        )

    async def GetAreaLayer(
        self, request: areas_pb2.GetAreaLayerRequest, context: Context
    ) -> areas_pb2.GetAreaLayerResponse:
        """See areas.proto."""
        version, areas = await self._actions.get_layer(AreaLevel(request.level), under_code=request.under_code)
        geojson = _layer(areas)
        if len(geojson) > LAYER_BYTES_MAX:
            raise LayerTooLarge(limit_bytes=LAYER_BYTES_MAX)
        return areas_pb2.GetAreaLayerResponse(geojson=geojson, version=version)

    async def LocatePoints(
        self, request: areas_pb2.LocatePointsRequest, context: Context
    ) -> areas_pb2.LocatePointsResponse:
        """See areas.proto."""
        points = [(point.longitude_deg, point.latitude_deg) for point in request.points]
        messages: dict[str, areas_pb2.LocatedPoint] = {}
        located = []
        for chain in await self._actions.locate_points(points):
            grid_code = chain[-1].code if chain else ""
            if grid_code not in messages:
                messages[grid_code] = areas_pb2.LocatedPoint(
                    areas=[area_message(area) for area in chain], reason="" if chain else OUT_OF_AREA
                )
            located.append(messages[grid_code])
        return areas_pb2.LocatePointsResponse(located=located)

    async def WatchAreas(
        self, request: areas_pb2.WatchAreasRequest, context: Context
    ) -> AsyncIterator[areas_pb2.WatchAreasResponse]:
        """See areas.proto."""
        batches = self._actions.watch_areas(
            request.after_version, with_outline=request.with_geometry, drain=self._drain
        )
        async for batch in batches:
            yield areas_pb2.WatchAreasResponse(
                areas=[area_message(area) for area in batch.areas], version=batch.version, complete=batch.complete
            )


def area_message(area: Area) -> areas_pb2.Area:
    """An area as others are told of it."""
    return areas_pb2.Area(
        code=area.code,
        name=area.name,
        name_en=area.name_en,
        level=areas_pb2.AreaLevel.ValueType(area.level),
        kind=area.kind,
        parent_code=area.parent_code,
        path=area.path,
        households=area.households,
        population=area.population,
        area_m2=area.area_m2,
        centroid=place_pb2.Point(longitude_deg=area.longitude_deg, latitude_deg=area.latitude_deg),
        version=area.version,
        geometry=area.outline.encode(),
        adjacent_codes=area.adjacent_codes,
        retired=area.retired,
        mode=_mode(area.mode) if area.mode else None,
    )


def _mode(mode: AreaMode) -> areas_pb2.AreaMode:
    return areas_pb2.AreaMode(
        emergency_id=mode.emergency_id,
        opened_task_types=mode.opened_task_types,
        paused_task_types=mode.paused_task_types,
        report_minutes=mode.report_minutes,
    )


async def _received(
    parts: AsyncIterator[areas_pb2.ImportAreasRequest], *, bytes_max: int
) -> tuple[areas_pb2.ImportAreasHeader, bytes]:
    """The header and the whole file; fails with INVALID_REQUEST, FIELD_INVALID, IMPORT_TOO_LARGE."""
    header: areas_pb2.ImportAreasHeader | None = None
    content = bytearray()
    async for part in parts:
        validation.check(part)
        if (header is None) != part.HasField("header"):
            raise Invalid(problem="the header comes first, and once")
        if part.HasField("header"):
            header = part.header
        content += part.chunk
        if len(content) > bytes_max:
            raise ImportTooLarge(limit_bytes=bytes_max)
    if header is None:
        raise Invalid(problem="the header is missing")
    return header, bytes(content)


def _import_answer(plan: ImportPlan) -> areas_pb2.ImportAreasResponse:
    return areas_pb2.ImportAreasResponse(
        created_count=len(plan.created),
        updated_count=len(plan.updated) + len(plan.retired),
        unchanged_count=plan.unchanged_count,
        warnings=[
            areas_pb2.ImportFault(subject=fault.subject, reason=fault.reason, message=fault.message)
            for fault in plan.warnings
        ],
    )


def _layer(areas: Sequence[LayerArea]) -> bytes:
    """Outlines are stored as GeoJSON text already and are put in as they are."""
    features = ",".join(_feature(area) for area in areas)
    return f'{{"type":"FeatureCollection","features":[{features}]}}'.encode()


def _feature(area: LayerArea) -> str:
    properties = {"code": area.code, "name": area.name, "name_en": area.name_en, "kind": area.kind}
    words = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
    return f'{{"type":"Feature","id":{json.dumps(area.code)},"properties":{words},"geometry":{area.outline}}}'
