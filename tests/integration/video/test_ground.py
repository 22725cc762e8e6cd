"""Four points that a person sets map a camera's picture; from then on findings lie where the thing stands."""

from __future__ import annotations

import cv2
import pytest
from gridward.video.v1 import findings_pb2, findings_pb2_grpc, ground_pb2, ground_pb2_grpc

from services.platform import errors
from tests.integration.video.conftest import Video
from tests.support.scenes import Street
from tests.unit.video.test_ground import points


def messages(count: int = 4) -> list[findings_pb2.GroundPoint]:
    made = []
    for point in points()[:count]:
        message = findings_pb2.GroundPoint(corner=findings_pb2.Corner(x=point.corner[0], y=point.corner[1]))
        message.point.longitude_deg = point.place.longitude_deg
        message.point.latitude_deg = point.place.latitude_deg
        made.append(message)
    return made


async def test_a_flagged_thing_lies_where_it_stands_once_the_picture_is_mapped(video: Video) -> None:
    cv2.imwrite(str(video.films / "CAM001.jpg"), Street(1).look())
    await video.add_camera("CAM001.jpg")
    ground = ground_pb2_grpc.GroundServiceStub(video.channel())
    with pytest.raises(errors.Invalid) as caught:
        await ground.TryGround(ground_pb2.TryGroundRequest(camera_id="CAM001", points=messages(3)))
    assert caught.value.reason == "GROUND_UNFIT"
    corners = [findings_pb2.Corner(x=0.5, y=0.6), findings_pb2.Corner(x=0.5, y=0.0)]
    tried = await ground.TryGround(ground_pb2.TryGroundRequest(camera_id="CAM001", points=messages(), corners=corners))
    near, sky = tried.landings
    assert near.HasField("point")
    assert not sky.HasField("point")
    saving = ground_pb2.SaveGroundRequest(request_id="ground-0001", camera_id="CAM001", points=messages())
    assert (await ground.SaveGround(saving)).error_m == pytest.approx((await ground.SaveGround(saving)).error_m)
    kept = await ground.GetGround(ground_pb2.GetGroundRequest(camera_id="CAM001"))
    assert len(kept.points) == 4

    findings = findings_pb2_grpc.FindingsServiceStub(video.channel())
    flag = findings_pb2.FlagFindingRequest(
        request_id="flag-0001",
        camera_id="CAM001",
        class_code="garbage",
        words="路面垃圾",
        box=findings_pb2.Box(left=0.45, top=0.5, right=0.55, bottom=0.6),
    )
    finding = (await findings.FlagFinding(flag, timeout=20)).finding
    assert finding.point_is_of_object
    assert finding.point.latitude_deg == pytest.approx(near.point.latitude_deg, abs=1e-6)
    assert video.cases.taken[-1][1].report.point == finding.point, "the case is gridded by the thing's own place"

    gone = ground_pb2.SaveGroundRequest(request_id="ground-0002", camera_id="CAM001")
    await ground.SaveGround(gone)
    assert not (await ground.GetGround(ground_pb2.GetGroundRequest(camera_id="CAM001"))).points
    foreign = ground_pb2_grpc.GroundServiceStub(video.channel(area_path="888100"))
    with pytest.raises(errors.NotFound):
        await foreign.SaveGround(saving)
