"""200 cameras over RTSP, a fifth of them dead in many ways: the living keep their tour, and the dead cost little."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gridward.common.v1 import place_pb2
from gridward.video.v1 import tours_pb2, tours_pb2_grpc, video_pb2

from services.platform.identity import service_caller
from tests.integration.video.conftest import Video
from tests.integration.video.test_patrol import touring, until

CAMERAS: Final = 200
#: Every fifth is dead, each in one of these ways; the last has nobody at the door.
DEATHS: Final = ("gone", "reset", "codec", "nonsense", "")
ROUND: Final = timedelta(seconds=60)
ROUNDS: Final = 3


def is_dead(number: int) -> bool:
    return number % 5 == 0


def a_camera(video: Video, number: int) -> video_pb2.Camera:
    death = DEATHS[number // 5 % len(DEATHS)]
    address = video.camera.address("cached")
    if is_dead(number):
        address = video.camera.address(death) if death else "rtsp://127.0.0.1:9/live"
    return video_pb2.Camera(
        id=f"R{number:03d}",
        name=f"枪机{number:03d}",
        grid_code="999102001",
        owner_department="D09",
        road_segment=f"R{number % 10:02d}",
        recorder=f"NVR{number // 10:02d}",
        stream_url=address,
        point=place_pb2.Point(longitude_deg=119.8, latitude_deg=38.6),
    )


async def test_a_dead_fifth_takes_no_round_from_the_living(video: Video) -> None:
    cameras = [a_camera(video, number) for number in range(CAMERAS)]
    living = {camera.id for number, camera in enumerate(cameras) if not is_dead(number)}
    await video.stub_of(service_caller("registry"), "registry").ImportCameras(
        video_pb2.ImportCamerasRequest(request_id="import-fifth", cameras=cameras), timeout=30
    )
    route = tours_pb2.Route(
        id="PR1",
        name="一号线",
        rounds_per_day=round(timedelta(days=1) / ROUND),
        stops=[tours_pb2.Stop(camera_id=camera.id) for camera in cameras],
    )
    tours = tours_pb2_grpc.ToursServiceStub(video.channel())
    await tours.SaveRoute(tours_pb2.SaveRouteRequest(request_id="route-fifth", route=route), timeout=30)
    video.clock.advance(ROUND - timedelta(seconds=1))
    async with touring(video):
        for times in range(1, ROUNDS + 1):
            video.clock.advance(ROUND)
            video.parts.touring._wake.set()

            async def all_met(times: int = times) -> bool:
                met = await video.value(f"SELECT count(*) FROM stop_day WHERE rounds_met >= {times}")
                return int(met) == len(living)

            await until(all_met)
        coverage = await tours.GetCoverage(tours_pb2.GetCoverageRequest(), timeout=30)
    met = {stop.camera_id: stop for stop in coverage.stops if stop.rounds_met}
    assert set(met) == living
    assert not any(stop.missed for stop in met.values()), "no round was taken from the living"
    attempts = await video.value("SELECT count(*) FROM visit WHERE problem <> ''")
    assert attempts <= ROUNDS * (CAMERAS - len(living)), (
        "the dead are tried once a round at most, and left alone between"
    )
