"""The database's own wall around cameras: with our checks off, nobody is shown another district's or department's pictures."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from gridward.video.v1 import findings_pb2, findings_pb2_grpc, health_pb2, health_pb2_grpc, video_pb2, wall_pb2
from gridward.video.v1.wall_pb2_grpc import WallServiceStub

from services.platform import errors
from services.platform.identity import Caller
from services.video.settings import VideoSettings
from services.video.store import cameras, evidence, findings, routes, snapshots, watches
from tests.integration.video.conftest import CITY, EAST, GRIDS, WEST, Video, a_camera

#: Where the two cameras stand and whose they are; what there is of each bears its number.
STANDING = {"CAM001": ("999102001", "D09"), "CAM002": ("999103001", "D07")}
IDS = {camera: uuid4() for camera in STANDING}

FILL = """
INSERT INTO evidence (id, camera_id, object_key, sha256, content_type, size_bytes, width_px, height_px, taken_at,
                      keep_class, kept_until, held, held_at)
VALUES (%(id)s, %(camera)s, %(camera)s, repeat('0', 64), 'image/jpeg', 1, 1, 1, now(), 'case', now(), true, now());
"""
FILL_FINDING = """
INSERT INTO finding (id, version, class_code, camera_id, preset, zone_id, sides, confidence, state, first_seen_at,
                     last_seen_at, sightings, longitude_deg, latitude_deg, of_object, found_by, words, task_type,
                     decided_by, decided_at)
VALUES (%(id)s, 1, 'garbage', %(camera)s, '', '', '{0,0,1,1}', 1, 'waiting', now(), now(), 1, 119, 38, false, 'x', '',
        'garbage', 'staff:1', now());
"""
FILL_SNAPSHOT = """
INSERT INTO snapshot (id, camera_id, object_key, sha256, content_type, size_bytes, width_px, height_px, longitude_deg,
                      latitude_deg, accuracy_m, taken_at, taken_by)
VALUES (%(id)s, %(camera)s, %(camera)s, repeat('0', 64), 'image/jpeg', 1, 1, 1, 119, 38, 1, now(), 'x');
"""


@pytest.fixture
async def unchecked(video: Video, monkeypatch: pytest.MonkeyPatch) -> Video:
    """Two cameras with a finding, a held picture and a snapshot each; our statements look for everything."""
    request = video_pb2.ImportCamerasRequest(
        request_id="import-1",
        cameras=[
            a_camera(camera, grid_code=grid, owner_department=owner) for camera, (grid, owner) in STANDING.items()
        ],
    )
    await video.stub("system_admin").ImportCameras(request)
    async with video.database.transaction() as transaction:
        for camera, row_id in IDS.items():
            for statement in (FILL, FILL_FINDING, FILL_SNAPSHOT):
                await transaction.execute(statement, {"id": row_id, "camera": camera})
    for module in (cameras, evidence, findings, routes, snapshots, watches):
        monkeypatch.setattr(
            module, "scope_values", lambda _: {"scope_areas": [""], "scope_departments": [""]}, raising=True
        )
    return video


MATRIX = (
    (CITY, "", {"CAM001", "CAM002"}),
    (f"{CITY}.{WEST}", "", {"CAM001"}),
    (f"{CITY}.{EAST}", "", {"CAM002"}),
    (GRIDS["999103001"], "", {"CAM002"}),
    (CITY, "D09", {"CAM001"}),
    (CITY, "D11", set()),
    (f"{CITY}.{EAST}", "D09", set()),
    ("888", "", set()),
)


async def test_with_our_checks_off_cameras_findings_and_pictures_stay_with_their_area_and_department(
    unchecked: Video,
) -> None:
    for area, department, shown in MATRIX:
        caller = unchecked.tokens.caller("duty_chief", area, department=department, subject="staff:1")
        for what, seen in (await told(unchecked, caller)).items():
            assert seen == shown, (area, department, what)


async def told(video: Video, caller: Caller) -> dict[str, set[str]]:
    """The cameras of which somebody is told anything, by what is asked."""
    channel = video.channel_of(caller)
    found = findings_pb2_grpc.FindingsServiceStub(channel)
    cameras = await video.stub_of(caller).ListCameras(video_pb2.ListCamerasRequest())
    health = await health_pb2_grpc.CameraHealthServiceStub(channel).ListHealth(health_pb2.ListHealthRequest())
    held = await WallServiceStub(channel).ListHeldEvidence(wall_pb2.ListHeldEvidenceRequest())
    waiting = await found.ListFindings(findings_pb2.ListFindingsRequest())
    counted = await found.GetAccuracy(findings_pb2.GetAccuracyRequest())
    shown = {
        "cameras": {each.id for each in cameras.cameras},
        "health": {each.camera_id for each in health.cameras},
        "held": {each.camera_id for each in held.held},
        "findings": {each.camera_id for each in waiting.findings},
        "accuracy": {each.camera_id for each in counted.cameras},
        "finding": set(),
        "snapshot": set(),
        "picture": set(),
    }
    scope = caller.scope("video.read")
    async with video.database.connection() as connection:
        for camera, row_id in IDS.items():
            if not await refusal(found.GetFinding(findings_pb2.GetFindingRequest(finding_id=str(row_id)))):
                shown["finding"].add(camera)
            if await snapshots.find_snapshot(connection, row_id, scope):
                shown["snapshot"].add(camera)
            if await evidence.find(connection, row_id, scope):
                shown["picture"].add(camera)
    return shown


async def refusal(call: Any) -> str:
    """Why a call was refused; empty when it was not."""
    try:
        await call
    except errors.NotFound as error:
        return error.reason
    return ""


async def test_who_is_not_named_sees_no_camera_and_an_address_is_never_read(
    unchecked: Video, settings: VideoSettings
) -> None:
    await unchecked.stub("acceptor").ListCameras(video_pb2.ListCamerasRequest())  # gives the role what it needs
    dsn = settings.database_url.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET ROLE video_reader")
        for table in ("camera", "finding", "evidence", "snapshot"):
            statement = f"SELECT count(id) FROM {table}"
            assert connection.execute(statement.encode()).fetchone() == (0,), table
        connection.execute("SELECT set_config('gridward.grants', '[[\"\", \"\"]]', false)")
        assert connection.execute("SELECT count(id) FROM finding").fetchone() == (2,)
        for forbidden in ("SELECT sealed_address FROM camera", "UPDATE camera SET id = id"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())
