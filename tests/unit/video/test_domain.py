"""What a camera, a frame and a report from a frame are."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest

from services.platform.errors import FieldInvalid
from services.video.domain.cameras import Camera, Frame, Place, derived_request_id, keep, placed, within

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ID = UUID(int=7)
PATHS = {"G1": "999100.999102.G1", "G2": "999100.999103.G2"}


def a_camera(id: str = "CAM001", *, grid: str = "G1", path: str = "", department: str = "D09") -> Camera:
    return Camera(
        id=id,
        gb_code="",
        name="松风路枪机01",
        place=Place(longitude_deg=119.8, latitude_deg=38.6),
        grid_code=grid,
        area_path=path,
        road_segment="",
        owner_department=department,
        azimuth_deg=0.0,
        stream_address="rtsp://patrol:s3cret@10.0.0.1/live",
    )


def test_a_camera_s_address_is_in_no_text_made_of_it() -> None:
    assert "s3cret" not in repr(a_camera())
    assert "rtsp" not in f"{a_camera()}"


def test_cameras_stand_where_their_grids_lie() -> None:
    found = placed([a_camera("CAM002", grid="G2"), a_camera("CAM001")], PATHS)
    assert [(camera.id, camera.area_path) for camera in found] == [("CAM001", PATHS["G1"]), ("CAM002", PATHS["G2"])]


def test_a_camera_in_a_grid_nobody_knows_is_named() -> None:
    with pytest.raises(FieldInvalid) as caught:
        placed([a_camera(), a_camera("CAM002", grid="G9")], PATHS)
    assert caught.value.details["field"] == "cameras[1].grid_code"


def test_a_camera_given_twice_is_named() -> None:
    with pytest.raises(FieldInvalid) as caught:
        placed([a_camera(), a_camera()], PATHS)
    assert caught.value.details["field"] == "cameras[1].id"


@pytest.mark.parametrize(
    ("area", "department", "inside"),
    [
        ("", "", True),
        ("999100", "", True),
        ("999100.999102", "D09", True),
        ("999100.999102.G1", "", True),
        ("999100.999102", "D10", False),
        ("999100.999103", "", False),
        ("999100.99910", "", False),
        ("999100.999102.G1.M1", "", False),
    ],
)
def test_a_scope_holds_an_area_with_all_below_it(area: str, department: str, inside: bool) -> None:
    camera = a_camera(path=PATHS["G1"])
    assert within(camera, areas=["999999", area], departments=["", department]) is inside


def test_no_scope_holds_nothing() -> None:
    assert not within(a_camera(path=PATHS["G1"]), areas=[], departments=[])


def test_what_is_kept_of_a_frame_proves_that_it_is_the_same() -> None:
    snapshot = keep(Frame(content=b"jpeg", width_px=640, height_px=360), a_camera(), id=ID, at=AT)
    assert snapshot.object_key == f"snapshots/2026-03-02/{ID}.jpg"
    assert snapshot.sha256 == sha256(b"jpeg").hexdigest()
    assert (snapshot.size_bytes, snapshot.camera_id, snapshot.place) == (4, "CAM001", a_camera().place)


def test_the_same_person_asking_again_reports_under_the_same_id() -> None:
    first = derived_request_id(ID, subject="staff:1", request_id="request-1")
    assert first == derived_request_id(ID, subject="staff:1", request_id="request-1")
    others = {
        derived_request_id(ID, subject="staff:2", request_id="request-1"),
        derived_request_id(ID, subject="staff:1", request_id="request-2"),
        derived_request_id(UUID(int=8), subject="staff:1", request_id="request-1"),
    }
    assert first not in others
    assert len(others) == 3
    assert 8 <= len(first) <= 64


def test_a_camera_that_moves_leaves_its_snapshots_where_they_were_taken() -> None:
    camera = a_camera()
    snapshot = keep(Frame(content=b"jpeg", width_px=1, height_px=1), camera, id=ID, at=AT)
    moved = replace(camera, place=Place(longitude_deg=1.0, latitude_deg=1.0))
    assert snapshot.place != moved.place
