"""The map's outlines, level by level."""

from gridward.registry.v1 import areas_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.domain import AddressUnknown
from services.gateway.gate import gate_of

TYPE = "application/geo+json"
_LEVELS = {name.removeprefix("AREA_LEVEL_").lower(): number for name, number in areas_pb2.AreaLevel.items() if number}


async def layer(request: Request) -> Response:
    """The polygons of one level as GeoJSON, for everybody; nothing but a nod when the page has them already."""
    gate = gate_of(request)
    level = _LEVELS.get(request.path_params["level"])
    if level is None:
        raise AddressUnknown
    found = await gate.layers.of_level(level)
    headers = {"etag": found.etag, "cache-control": "public, no-cache", "vary": "accept-encoding"}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=TYPE, headers={**headers, "content-encoding": "gzip"})
    return Response(found.plain, media_type=TYPE, headers=headers)


ROUTES = [Route("/map/areas/{level}.geojson", layer, methods=["GET"])]
