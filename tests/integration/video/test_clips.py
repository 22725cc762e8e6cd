"""A few seconds of what was found are kept with it, and go with the case; only to those who may see originals."""

from __future__ import annotations

import io
import subprocess
from datetime import timedelta
from pathlib import Path

import av
import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.video.v1 import (
    findings_pb2,
    findings_pb2_grpc,
    tours_pb2,
    tours_pb2_grpc,
    wall_pb2,
    wall_pb2_grpc,
)

from services.platform.errors import NotFound
from services.video.eyes import muxing
from services.video.eyes.picture import Unreadable
from services.video.sources import capture
from tests.integration.video.conftest import Video
from tests.integration.video.test_patrol import ZONE, touring, until
from tests.support.rtsp_server import pictures_of, units_of
from tests.support.scenes import HEIGHT, WIDTH, Street, obstacle


def coded(street: Street, path: Path, *, planted: bool) -> list[list[bytes]]:
    """Six pictures of a street as a camera would send them, each second one a keyframe."""
    raw = b"".join(street.look(traffic=0, change=obstacle if planted else None).tobytes() for _ in range(6))
    command = [
        "ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}", "-r", "10",
        "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-bf", "0", "-g", "2", "-sc_threshold",
        "0", "-pix_fmt", "yuv420p", "-f", "h264", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True, input=raw)
    return pictures_of(units_of(path.read_bytes()))


async def visit(video: Video, times: int) -> None:
    for _ in range(times):
        video.clock.advance(timedelta(seconds=30))
        video.parts.touring._wake.set()
        now = video.clock.now().isoformat()

        async def made(now: str = now) -> bool:
            return bool(await video.value(f"SELECT count(*) FROM visit WHERE at = '{now}' AND problem = ''"))

        await until(made)


async def test_a_clip_goes_with_the_finding_and_its_case(
    video: Video, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "CLIP_S", 1.0)
    street = Street(3)
    video.camera.pictures = coded(street, tmp_path / "before.h264", planted=False)
    await video.add_camera(video.camera.address("cached"), id="CAM001")
    stop = tours_pb2.Stop(camera_id="CAM001")
    route = tours_pb2.Route(id="PR1", name="一号线", rounds_per_day=2880, stops=[stop])
    await tours_pb2_grpc.ToursServiceStub(video.channel()).SaveRoute(
        tours_pb2.SaveRouteRequest(request_id="route-0001", route=route)
    )
    findings = findings_pb2_grpc.FindingsServiceStub(video.channel(subject="staff:VP-1"))
    await findings.SaveZones(findings_pb2.SaveZonesRequest(request_id="zones-0001", camera_id="CAM001", zones=[ZONE]))
    video.clock.advance(timedelta(seconds=29))
    async with touring(video):
        await visit(video, 7)
        video.camera.pictures = coded(street, tmp_path / "after.h264", planted=True)
        await visit(video, 5)
    [finding] = (await findings.ListFindings(findings_pb2.ListFindingsRequest())).findings

    key = await video.value(f"SELECT object_key FROM evidence WHERE id = '{finding.clip_evidence_id}'")
    content, content_type = await video.objects.get(key)
    assert content_type == "video/mp4"
    with av.open(io.BytesIO(content)) as clip:
        assert clip.streams.video[0].codec_context.name == "h264"
        assert len(list(clip.decode(video=0))) >= 5
        assert 0.4 <= float(clip.duration or 0) / av.time_base <= 1.3

    wall = wall_pb2_grpc.WallServiceStub(video.channel())
    with pytest.raises(NotFound):
        await wall.GetPicture(wall_pb2.GetPictureRequest(evidence_id=finding.clip_evidence_id))
    assert (await wall.GetLink(wall_pb2.GetLinkRequest(evidence_id=finding.clip_evidence_id))).url

    await findings.DecideFinding(
        findings_pb2.DecideFindingRequest(
            request_id="decide-0001",
            finding_id=finding.id,
            version=finding.version,
            decision=findings_pb2.DECISION_CONFIRM,
        )
    )
    while await video.parts.filing.step():
        pass
    # Six pictures shown again and again are a frozen camera, too, and that is another matter.
    [report] = [told for _, told in video.cases.taken if told.report.source == cases_pb2.SOURCE_VIDEO]
    assert [(each.content_type, each.kind) for each in report.report.evidence] == [
        ("image/jpeg", place_pb2.EVIDENCE_KIND_SNAPSHOT),
        ("image/jpeg", place_pb2.EVIDENCE_KIND_SNAPSHOT),
        ("video/mp4", place_pb2.EVIDENCE_KIND_ATTACHMENT),
    ]


async def test_what_a_person_flags_gets_its_clip_a_moment_later(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "CLIP_S", 0.4)
    await video.add_camera(video.camera.address("cached"), id="CAM001")
    findings = findings_pb2_grpc.FindingsServiceStub(video.channel())
    flag = findings_pb2.FlagFindingRequest(
        request_id="flag-0001", camera_id="CAM001", class_code="garbage", words="垃圾"
    )
    finding = (await findings.FlagFinding(flag, timeout=20)).finding
    assert not finding.clip_evidence_id, "nobody waits for it"
    while await video.parts.filing.step():
        pass
    after = (await findings.GetFinding(findings_pb2.GetFindingRequest(finding_id=finding.id))).finding
    key = await video.value(f"SELECT object_key FROM evidence WHERE id = '{after.clip_evidence_id}'")
    with av.open(io.BytesIO((await video.objects.get(key))[0])) as clip:
        assert len(list(clip.decode(video=0))) > 2
    [(_, added)] = video.cases.advanced
    [evidence] = added.steps[0].evidence
    assert (evidence.object_key, evidence.kind) == (key, place_pb2.EVIDENCE_KIND_ATTACHMENT)
    video.clock.advance(timedelta(days=6 * 365))
    await video.parts.upkeep.clear()
    with pytest.raises(NotFound):
        await video.objects.get(key)
    gone = (await findings.GetFinding(findings_pb2.GetFindingRequest(finding_id=finding.id))).finding
    assert not gone.clip_evidence_id


def test_garbage_is_no_clip(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(Unreadable):
        muxing.of_pictures("h264", [b"\0\0\0\1\x65" + bytes(range(200))] * 3, [0, 9000, 18000])
    with pytest.raises(Unreadable):
        muxing.of_film(str(tmp_path / "noise.mp4"), 1.0)
