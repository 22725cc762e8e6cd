"""Cameras: who may bring them, who may see them, and what is never told about them."""

from __future__ import annotations

from typing import Any

import pytest
from gridward.video.v1 import video_pb2

from services.platform import errors
from services.platform.seal import Sealer
from tests.integration.video.conftest import CITY, EAST, GRIDS, WEST, Stub, Video, a_camera
from tests.support.tokens import TestTokens

SECRET_URL = "rtsp://patrol:s3cret@127.0.0.1/live"


async def bring(stub: Stub, *cameras: video_pb2.Camera, request_id: str = "import-1") -> int:
    request = video_pb2.ImportCamerasRequest(request_id=request_id, cameras=cameras)
    return int((await stub.ImportCameras(request)).changed_count)


async def ids(stub: Stub, **fields: Any) -> list[str]:
    return [camera.id for camera in (await stub.ListCameras(video_pb2.ListCamerasRequest(**fields))).cameras]


@pytest.fixture
def admin(video: Video) -> Stub:
    return video.stub("system_admin")


async def test_a_camera_gets_the_path_of_its_grid_from_registry(admin: Stub, video: Video) -> None:
    assert await bring(admin, a_camera()) == 1
    [camera] = (await video.stub().ListCameras(video_pb2.ListCamerasRequest())).cameras
    expected = a_camera()
    expected.area_path, expected.version = GRIDS["999102001"], 1
    assert camera == expected


async def test_the_address_of_a_stream_is_never_told(
    admin: Stub, video: Video, tokens: TestTokens, capfd: pytest.CaptureFixture[str]
) -> None:
    await bring(admin, a_camera(stream_url=SECRET_URL))
    assert await video.value("SELECT stream_address FROM camera") == ""
    sealed = bytes(await video.value("SELECT sealed_address FROM camera"))
    assert b"s3cret" not in sealed
    assert Sealer.from_file(tokens.seal_file("video")).open(sealed, place="camera.address:CAM001") == SECRET_URL
    [camera] = (await admin.ListCameras(video_pb2.ListCamerasRequest())).cameras
    assert camera.stream_url == ""
    with pytest.raises(errors.Invalid) as caught:
        await bring(admin, a_camera(stream_url=SECRET_URL.replace("127.0.0.1", "10.0.0.1")), request_id="import-2")
    assert caught.value.reason == "STREAM_ADDRESS_REFUSED"
    assert "s3cret" not in str(caught.value) + str(caught.value.details)
    told = capfd.readouterr()
    assert "s3cret" not in told.out + told.err


async def test_bringing_the_same_again_changes_nothing(admin: Stub, video: Video) -> None:
    cameras = [a_camera(stream_url=SECRET_URL), a_camera("CAM002", grid_code="999103001")]
    assert await bring(admin, *cameras) == 2
    assert await bring(admin, *cameras, request_id="import-2") == 0
    assert await bring(admin, a_camera(name="新名字"), request_id="import-3") == 1
    assert await video.value("SELECT count(DISTINCT sealed_address) FROM camera WHERE id = 'CAM001'") == 1


async def test_an_import_sent_twice_is_answered_as_the_first_time(admin: Stub) -> None:
    assert await bring(admin, a_camera()) == 1
    assert await bring(admin, a_camera()) == 1
    with pytest.raises(errors.AlreadyExists) as caught:
        await bring(admin, a_camera(name="别的"))
    assert caught.value.reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize("grid_code", ["000000000", WEST, "999102999"], ids=["unknown", "a district", "given up"])
async def test_a_camera_in_no_grid_spoils_the_whole_import(admin: Stub, grid_code: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await bring(admin, a_camera("CAM001"), a_camera("CAM002", grid_code=grid_code))
    assert caught.value.reason == "FIELD_INVALID"
    assert caught.value.details["field"] == "cameras[1].grid_code"
    assert await ids(admin) == []


@pytest.mark.parametrize("role", ["video_patroller", "acceptor", "resident"])
async def test_only_administrators_bring_cameras(video: Video, role: str) -> None:
    with pytest.raises(errors.Forbidden):
        await bring(video.stub(role), a_camera())


async def test_an_administrator_of_a_district_changes_nothing_outside_it(admin: Stub, video: Video) -> None:
    west = video.stub("system_admin", f"{CITY}.{WEST}")
    await bring(admin, a_camera("CAM002", grid_code="999103001"))
    with pytest.raises(errors.Forbidden) as caught:
        await bring(west, a_camera("CAM003", grid_code="999103001"))
    assert caught.value.reason == "CAMERA_FOREIGN"
    with pytest.raises(errors.Forbidden):  # nor takes one from there
        await bring(west, a_camera("CAM002", grid_code="999102001"), request_id="import-2")
    assert await bring(west, a_camera("CAM001"), request_id="import-3") == 1


@pytest.fixture
async def city(admin: Stub) -> None:
    await bring(
        admin,
        *(a_camera(f"CAM00{number}", owner_department="D09") for number in (1, 3, 5)),
        *(a_camera(f"CAM00{number}", grid_code="999103001", owner_department="D10") for number in (2, 4)),
    )


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    ("area_path", "department", "seen"),
    [
        (CITY, "", ["CAM001", "CAM002", "CAM003", "CAM004", "CAM005"]),
        (f"{CITY}.{WEST}", "", ["CAM001", "CAM003", "CAM005"]),
        (GRIDS["999103001"], "", ["CAM002", "CAM004"]),
        (CITY, "D10", ["CAM002", "CAM004"]),
        (f"{CITY}.{WEST}", "D10", []),
        ("888100", "", []),
    ],
)
async def test_everybody_sees_the_cameras_of_their_own_areas(
    video: Video, area_path: str, department: str, seen: list[str]
) -> None:
    assert await ids(video.stub("acceptor", area_path, department=department)) == seen


@pytest.mark.usefixtures("city")
async def test_a_list_may_be_narrowed_to_an_area(admin: Stub) -> None:
    assert await ids(admin, area_code=EAST) == ["CAM002", "CAM004"]
    assert await ids(admin, area_code="999102001") == ["CAM001", "CAM003", "CAM005"]
    assert await ids(admin, area_code="9991") == []
    assert await ids(admin, area_code="*|%'") == []


@pytest.mark.usefixtures("city")
async def test_a_list_comes_page_by_page(admin: Stub) -> None:
    request = video_pb2.ListCamerasRequest(page_size=2)
    seen = []
    for _ in range(3):
        page = await admin.ListCameras(request)
        seen.append([camera.id for camera in page.cameras])
        request.page_token = page.next_page_token
    assert seen == [["CAM001", "CAM002"], ["CAM003", "CAM004"], ["CAM005"]]
    assert request.page_token == ""


async def test_residents_look_through_no_camera(video: Video) -> None:
    with pytest.raises(errors.Forbidden):
        await ids(video.stub("resident"))
