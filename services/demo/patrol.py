"""Plans the demo city's video patrol: films in which things happen, routes over all cameras, and the road in each view."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import grpc
from gridward.video.v1 import findings_pb2, findings_pb2_grpc, tours_pb2, tours_pb2_grpc

from services.demo import city
from services.platform.errors import GridwardError

#: One round of all cameras takes 17 seconds; the films' loops of 6 seconds never fall into step with it.
ROUNDS_PER_DAY: Final = 86_400 // 17
DWELL_S: Final = 30
FILMS_AT_ONCE: Final = 2


def write_films(folder: Path) -> dict[str, str]:
    """A film for each camera that gives a picture; each by its name in the folder, which may be moved."""
    from services.demo import planted  # noqa: PLC0415 OpenCV is needed here alone

    folder.mkdir(parents=True, exist_ok=True)
    cameras = city.data()["cameras"]
    paths = [folder / f"{camera['id']}{planted.mark(camera['id'])}.mp4" for camera in cameras]
    with ThreadPoolExecutor(FILMS_AT_ONCE) as pool:
        list(pool.map(planted.write, paths, cameras))
    return {camera["id"]: path.name for camera, path in zip(cameras, paths, strict=True)}


async def load_patrol(channel: grpc.aio.Channel) -> int:
    """Routes and zones, where there are none yet; how many routes."""
    tours, findings = tours_pb2_grpc.ToursServiceStub(channel), findings_pb2_grpc.FindingsServiceStub(channel)
    if not (await tours.ListRoutes(tours_pb2.ListRoutesRequest())).routes:
        zones = await asyncio.to_thread(_zones)
        for camera_id, zone in zones.items():
            await findings.SaveZones(
                findings_pb2.SaveZonesRequest(request_id=f"demo-zones-{camera_id}", camera_id=camera_id, zones=[zone])
            )
        for row in city.data()["patrol_routes"]:
            await _save_route(tours, row)
    return len(city.data()["patrol_routes"])


async def _save_route(tours: Any, row: dict[str, Any]) -> None:
    route = tours_pb2.Route(
        id=row["id"],
        name=row["name"],
        stops=[tours_pb2.Stop(camera_id=camera) for camera in row["cameras"]],
        rounds_per_day=ROUNDS_PER_DAY,
        rounds_required=row["daily_rounds"],
        dwell_s=DWELL_S,
    )
    try:
        await tours.SaveRoute(tours_pb2.SaveRouteRequest(request_id=f"demo-route-{row['id']}", route=route))
    except GridwardError as error:
        if error.reason != "ROUTE_STALE":  # somebody has planned it anew
            raise


def _zones() -> dict[str, findings_pb2.Zone]:
    """The road in each camera's view."""
    from services.demo import clip, footage  # noqa: PLC0415

    zones = {}
    for camera in city.data()["cameras"]:
        corners = footage.PAVED if camera["id"] in footage.CAMERAS else clip.road_in_view(camera["id"])
        zones[camera["id"]] = findings_pb2.Zone(
            id="road",
            name="车行道",
            kind=findings_pb2.ZONE_KIND_CARRIAGEWAY,
            corners=[findings_pb2.Corner(x=x, y=y) for x, y in corners],
        )
    return zones
