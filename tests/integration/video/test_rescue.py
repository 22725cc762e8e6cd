"""The ten-minute rescue circle: who is near, what sees the place, and whether help was there in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gridward.common.v1 import place_pb2
from gridward.video.v1 import rescue_pb2, rescue_pb2_grpc

from services.platform import errors
from services.video.domain.cameras import Place
from services.video.domain.rescue import bearing_deg, distance_m
from tests.integration.video.conftest import Video

KINDS = ("POLICE_ROOM", "PATROL", "INFO_POINT", "MEDICAL_POINT")
MET, MISSED, RUNNING = (
    rescue_pb2.RESCUE_OUTCOME_MET,
    rescue_pb2.RESCUE_OUTCOME_MISSED,
    rescue_pb2.RESCUE_OUTCOME_RUNNING,
)


def point(east_m: float = 0.0, north_m: float = 0.0) -> place_pb2.Point:
    return place_pb2.Point(longitude_deg=119.8 + east_m / 86_950, latitude_deg=38.6 + north_m / 111_195)


@pytest.fixture
async def rescue(video: Video) -> rescue_pb2_grpc.RescueServiceAsyncStub:
    """The core area: nine grids, in each of them police room, patrol, info point and medical point."""
    resources = [
        rescue_pb2.RescueResource(
            id=f"{kind}-{grid}", name=f"{kind} {grid}", kind=rescue_pb2.RescueKind.Value(f"RESCUE_KIND_{kind}"),
            point=point((grid % 3 - 1) * 600 + n * 40, (grid // 3 - 1) * 600), grid_code=f"S{grid + 1}",
            on_duty=kind != "INFO_POINT",
        )
        for grid in range(9)
        for n, kind in enumerate(KINDS)
    ]  # fmt: skip
    stub = rescue_pb2_grpc.RescueServiceStub(video.channel("duty_chief"))
    saved = await stub.SaveResources(rescue_pb2.SaveResourcesRequest(request_id="save-0001", resources=resources))
    assert saved.saved_count == 36
    return stub


async def raised(stub: rescue_pb2_grpc.RescueServiceAsyncStub, number: int) -> rescue_pb2.RaiseCallResponse:
    request = rescue_pb2.RaiseCallRequest(request_id=f"call-{number:04d}", point=point(5, 0), words="游客摔伤")
    return await stub.RaiseCall(request)


@pytest.mark.mechanism(12)
async def test_the_nearest_three_are_listed_and_ten_minutes_are_kept_to_the_second(
    video: Video, rescue: rescue_pb2_grpc.RescueServiceAsyncStub
) -> None:
    first, second, third = await raised(rescue, 1), await raised(rescue, 2), await raised(rescue, 3)
    assert await raised(rescue, 1) == first, "the same call sent twice is one"
    near = [(one.resource.id, round(one.distance_m)) for one in first.resources]
    assert near == [("POLICE_ROOM-4", 5), ("PATROL-4", 35), ("MEDICAL_POINT-4", 115)], "by distance, on duty alone"

    async def on_site(call: rescue_pb2.RaiseCallResponse) -> rescue_pb2.RescueCall:
        request = rescue_pb2.MarkOnSiteRequest(request_id="site-0001", call_id=call.call.id, resource_id="PATROL-4")
        return (await rescue.MarkOnSite(request)).call

    assert first.call.outcome == RUNNING
    video.clock.advance(timedelta(minutes=9, seconds=59))
    assert (await on_site(first)).outcome == MET
    video.clock.advance(timedelta(seconds=2))
    late = await on_site(second)
    assert (late.outcome, late.on_site_by) == (MISSED, "PATROL-4")
    assert (await on_site(first)).outcome == MET, "the first word counts"
    listed = await rescue.ListCalls(rescue_pb2.ListCallsRequest())
    assert (listed.met_count, listed.missed_count) == (1, 2)
    assert {call.id: call.outcome for call in listed.calls}[third.call.id] == MISSED, "nobody came"


async def test_cameras_that_look_there_are_told_first(
    video: Video, rescue: rescue_pb2_grpc.RescueServiceAsyncStub
) -> None:
    for number, (east_m, azimuth_deg) in enumerate([(-100, 270), (200, 270), (900, 270)]):
        where = point(east_m)
        await video.add_camera("", id=f"CAM00{number}", azimuth_deg=azimuth_deg)
        await video.value(
            f"UPDATE camera SET longitude_deg = {where.longitude_deg} WHERE id = 'CAM00{number}' RETURNING 1"
        )
    found = (await raised(rescue, 1)).cameras
    assert [(one.camera_id, one.looks_there) for one in found] == [("CAM001", True), ("CAM000", False)]


async def test_only_those_in_charge_raise_calls(video: Video, rescue: rescue_pb2_grpc.RescueServiceAsyncStub) -> None:
    with pytest.raises(errors.Forbidden):
        await raised(rescue_pb2_grpc.RescueServiceStub(video.channel("resident")), 9)
    with pytest.raises(errors.NotFound) as caught:
        await rescue.MarkOnSite(rescue_pb2.MarkOnSiteRequest(request_id="site-0001", call_id="nobody", resource_id="x"))
    assert caught.value.reason == "RESCUE_CALL_UNKNOWN"


def test_distances_and_directions_are_those_of_the_ground() -> None:
    here, north = Place(longitude_deg=119.8, latitude_deg=38.6), Place(longitude_deg=119.8, latitude_deg=38.61)
    assert distance_m(here, north) == pytest.approx(1112, abs=1)
    assert bearing_deg(here, north) == pytest.approx(0, abs=0.01)
    assert bearing_deg(here, Place(longitude_deg=119.9, latitude_deg=38.6)) == pytest.approx(90, abs=0.1)
