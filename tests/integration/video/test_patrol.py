"""The patrol whole: tours over films that change, with real database, object store and workers; time is set by the test."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import cv2
import numpy as np
import pytest
from google.protobuf.any_pb2 import Any as Packed
from gridward.common.v1 import place_pb2
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.video.v1 import (
    findings_pb2,
    findings_pb2_grpc,
    health_pb2,
    health_pb2_grpc,
    tours_pb2,
    tours_pb2_grpc,
    video_pb2,
    wall_pb2,
    wall_pb2_grpc,
)

from services.platform import errors
from services.platform.database import open_database
from services.platform.errors import Unavailable
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from services.video.domain.evidence import blurred_key
from services.video.settings import VideoSettings
from services.video.wiring import assemble
from tests.integration.video.conftest import Video
from tests.support.scenes import FAULTS, VTEST, Street, obstacle

WAIT_S = 60.0
#: Counted by eye on `basketball1.png`.
FACE_AT = (0.12, 0.21, 0.15, 0.26)
ROUND_S = 30
ZONE = findings_pb2.Zone(
    id="z1",
    name="车行道",
    kind=findings_pb2.ZONE_KIND_CARRIAGEWAY,
    corners=[findings_pb2.Corner(x=x, y=y) for x, y in ((0.2, 1), (0.4, 0.4), (0.6, 0.4), (0.9, 1))],
)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await holds():  # noqa: ASYNC110 rows have no event
            await asyncio.sleep(0.03)


def show(path: Path, picture: Any) -> None:
    """What a camera sees from now on: a film of one picture."""
    made, content = cv2.imencode(".jpg", picture, [int(cv2.IMWRITE_JPEG_QUALITY), 92])
    assert made
    draft = path.with_suffix(".draft")
    draft.write_bytes(content.tobytes())
    draft.replace(path)


@dataclass
class Patrol:
    """A few film cameras on one route, toured as the test's clock says."""

    video: Video
    streets: dict[str, Street] = field(default_factory=dict)
    change: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    @property
    def tours(self) -> tours_pb2_grpc.ToursServiceAsyncStub:
        return tours_pb2_grpc.ToursServiceStub(self.video.channel())

    @property
    def findings(self) -> findings_pb2_grpc.FindingsServiceAsyncStub:
        return findings_pb2_grpc.FindingsServiceStub(self.video.channel(subject="staff:VP-1"))

    async def begin(self, *cameras: str, missing: tuple[str, ...] = (), recorder: str = "") -> None:
        for number, camera in enumerate([*cameras, *missing]):
            if camera in cameras:
                self.streets[camera] = Street(number + 1)
            await self.video.add_camera(
                f"{camera}.jpg", id=camera, road_segment=f"R01-0{number % 3}", recorder=recorder
            )
        route = tours_pb2.Route(
            id="PR1",
            name="一号线",
            rounds_per_day=86400 // ROUND_S,
            stops=[tours_pb2.Stop(camera_id=camera) for camera in [*cameras, *missing]],
        )
        await self.tours.SaveRoute(tours_pb2.SaveRouteRequest(request_id="route-0001", route=route))
        self.video.clock.advance(timedelta(seconds=ROUND_S - 1))

    async def visit(self, times: int = 1) -> None:
        """So many rounds, each to its end."""
        for _ in range(times):
            for camera, street in self.streets.items():
                picture = street.look()
                if camera in self.change:
                    picture = self.change[camera](street)
                show(self.video.films / f"{camera}.jpg", picture)
            self.video.clock.advance(timedelta(seconds=ROUND_S))
            self.video.parts.touring._wake.set()
            now = self.video.clock.now().isoformat()

            async def all_made(now: str = now) -> bool:
                made = await self.video.value(
                    f"SELECT count(DISTINCT camera_id) FROM visit WHERE at = '{now}' AND problem = ''"
                )
                return int(made) == len(self.streets)

            await until(all_made)

    async def count(self, table: str) -> int:
        return int(await self.video.value(f"SELECT count(*) FROM {table}"))

    def plant(self, camera: str) -> None:
        self.change[camera] = lambda street: street.look(change=obstacle)

    def spoil(self, camera: str, fault: str) -> None:
        self.change[camera] = lambda street: FAULTS[fault](street.look())

    async def waiting(self) -> list[findings_pb2.Finding]:
        return list((await self.findings.ListFindings(findings_pb2.ListFindingsRequest())).findings)


@contextlib.asynccontextmanager
async def touring(video: Video) -> AsyncIterator[None]:
    task = asyncio.create_task(video.parts.touring.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def patrol(video: Video) -> AsyncIterator[Patrol]:
    async with touring(video):
        yield Patrol(video)


async def test_a_planted_obstacle_is_found_confirmed_and_filed_once_with_its_pictures(patrol: Patrol) -> None:
    video = patrol.video
    await patrol.begin("CAM001", "CAM002")
    await patrol.findings.SaveZones(
        findings_pb2.SaveZonesRequest(request_id="zones-0001", camera_id="CAM001", zones=[ZONE])
    )
    await patrol.visit(7)
    assert await patrol.waiting() == []
    patrol.plant("CAM001")
    await patrol.visit(5)
    [finding] = await patrol.waiting()
    assert (finding.class_code, finding.camera_id, finding.zone_id) == ("road_obstruction", "CAM001", "z1")
    assert 0.4 < finding.box.left < finding.box.right < 0.65
    assert finding.road_segment == "R01-00"

    picture = await wall_pb2_grpc.WallServiceStub(video.channel()).GetPicture(
        wall_pb2.GetPictureRequest(evidence_id=finding.marked_evidence_id)
    )
    shown = cv2.imdecode(np.frombuffer(picture.picture, np.uint8), cv2.IMREAD_COLOR)
    assert picture.original
    assert shown.shape == (360, 640, 3)

    request = findings_pb2.DecideFindingRequest(
        request_id="decide-0001",
        finding_id=finding.id,
        version=finding.version,
        decision=findings_pb2.DECISION_CONFIRM,
        words="路面有杂物",
    )
    await patrol.findings.DecideFinding(request)
    await patrol.findings.DecideFinding(request)
    assert await video.parts.filing.step() == 1
    assert await video.parts.filing.step() == 0
    [(caller, report)] = video.cases.taken
    assert caller.subject == "service:video"
    assert (report.report.source, report.report.description) == (
        cases_pb2.SOURCE_VIDEO,
        "路面有杂物（staff:VP-1 确认）",
    )
    assert report.report.place == "松风路枪机CAM001 R01-00"
    assert [evidence.camera_id for evidence in report.report.evidence] == ["CAM001", "CAM001"]
    whole = (await patrol.findings.GetFinding(findings_pb2.GetFindingRequest(finding_id=finding.id))).finding
    assert (whole.case_id, whole.decided_by, whole.state) == (
        "case-00001",
        "staff:VP-1",
        findings_pb2.FINDING_STATE_CONFIRMED,
    )

    # Seen again, it adds pictures to the same case, at most one in ten minutes; gone and back it is the same event.
    video.clock.advance(timedelta(minutes=11))
    await patrol.visit(2)
    del patrol.change["CAM001"]
    await patrol.visit(3)
    patrol.plant("CAM001")
    await patrol.visit(5)
    while await video.parts.filing.step():
        pass
    assert len(video.cases.taken) == 1, "one case for one event"
    assert {request.case_id for _, request in video.cases.advanced} == {"case-00001"}
    assert await patrol.waiting() == []

    # When the case is to be checked, a fresh look is taken for whoever checks.
    before = len(video.cases.advanced)
    await video.parts.checks.handle(send_check("case-00001"))
    await video.parts.checks.handle(send_check("case-00001", again=True))
    while await video.parts.filing.step():
        pass
    [(_, after)] = video.cases.advanced[before:]
    assert after.steps[0].evidence[0].kind == place_pb2.EVIDENCE_KIND_CHECK


CHECK_EVENT = str(uuid4())


def send_check(case_id: str, *, again: bool = False) -> events_pb2.Event:
    payload = cases_pb2.CaseAdvanced(
        case=cases_pb2.Case(id=case_id),
        entry=cases_pb2.HistoryEntry(event=cases_pb2.CASE_EVENT_SEND_CHECK, sequence=9),
    )
    packed = Packed()
    packed.Pack(payload)
    return events_pb2.Event(id=CHECK_EVENT if not again else str(uuid4()), type="case_advanced", payload=packed)


async def test_refusals_and_fixtures_are_counted_and_the_spot_is_left_alone(patrol: Patrol) -> None:
    await patrol.begin("CAM001", "CAM002")
    await patrol.visit(7)
    patrol.plant("CAM001")
    patrol.plant("CAM002")
    await patrol.visit(6)
    found = {finding.camera_id: finding for finding in await patrol.waiting()}
    assert set(found) == {"CAM001", "CAM002"}

    async def decide(camera: str, decision: Any, **more: str) -> None:
        finding = found[camera]
        await patrol.findings.DecideFinding(
            findings_pb2.DecideFindingRequest(
                request_id=f"decide-{camera}-{len(more)}",
                finding_id=finding.id,
                version=finding.version,
                decision=decision,
                **more,
            )
        )

    with pytest.raises(errors.Invalid) as caught:
        await decide("CAM001", findings_pb2.DECISION_REFUSE)
    assert caught.value.reason == "REFUSAL_UNEXPLAINED"
    await decide("CAM001", findings_pb2.DECISION_REFUSE, reason="施工围挡，已备案")
    await decide("CAM002", findings_pb2.DECISION_FIXTURE)
    with pytest.raises(errors.Conflict) as again:
        await decide("CAM002", findings_pb2.DECISION_FIXTURE, reason="再来一次")
    assert again.value.reason == "FINDING_DECIDED"
    accuracy = await patrol.findings.GetAccuracy(findings_pb2.GetAccuracyRequest())
    [row] = accuracy.classes
    assert (row.class_code, row.refused_count, row.fixture_count, row.false_alarm_rate) == ("object_left", 1, 1, 1.0)
    await patrol.visit(6)
    assert await patrol.waiting() == [], "neither is said again while it stays"
    zones = await patrol.findings.ListZones(findings_pb2.ListZonesRequest(camera_id="CAM002"))
    assert len(zones.fixtures) == 1
    assert patrol.video.cases.taken == []


async def test_a_dark_feed_and_a_covered_lens_become_one_ticket_each_to_their_owner(patrol: Patrol) -> None:
    video = patrol.video
    await patrol.begin("CAM001", "CAM002", missing=("CAM003",))
    await patrol.visit(7)
    patrol.spoil("CAM002", "occluded")
    await patrol.visit(5)

    async def offline_said() -> bool:
        video.clock.advance(timedelta(seconds=ROUND_S))
        return await patrol.count("fault") >= 2

    await until(offline_said)
    health = health_pb2_grpc.CameraHealthServiceStub(video.channel("acceptor"))
    listed = (await health.ListHealth(health_pb2.ListHealthRequest(faulty_only=True))).cameras
    assert {(camera.camera_id, camera.faults[0].fault) for camera in listed} == {
        ("CAM002", health_pb2.FAULT_OCCLUDED),
        ("CAM003", health_pb2.FAULT_OFFLINE),
    }
    assert next(camera for camera in listed if camera.camera_id == "CAM003").problem == "film_missing"
    assert await video.parts.filing.step() == 0 or video.cases.taken, "a fault must stand for a while"
    video.clock.advance(timedelta(minutes=6))
    while await video.parts.filing.step():
        pass
    tickets = {report.report.place: report.report for _, report in video.cases.taken}
    assert set(tickets) == {"松风路枪机CAM002", "松风路枪机CAM003"}
    assert all(report.task_type == "street_facility_fault" for report in tickets.values())
    assert all("D09" in report.description for report in tickets.values()), "its owner is named"
    assert len(tickets["松风路枪机CAM002"].evidence) == 1
    del patrol.change["CAM002"]
    await patrol.visit(3)
    periods = (await health.ListHealthHistory(health_pb2.ListHealthHistoryRequest(camera_id="CAM002"))).periods
    assert periods[0].HasField("ended_at")


async def test_a_dead_recorder_is_one_ticket_for_all_its_cameras(patrol: Patrol) -> None:
    video = patrol.video
    await patrol.begin(missing=("CAM001", "CAM002", "CAM003"), recorder="nvr-1")

    async def offline_said() -> bool:
        video.clock.advance(timedelta(seconds=ROUND_S))
        return await patrol.count("fault WHERE host = 'nvr-1'") == 3

    await until(offline_said)
    video.clock.advance(timedelta(minutes=6))
    while await video.parts.filing.step():
        pass
    assert len(video.cases.taken) == 1
    assert await patrol.count("fault WHERE case_number = '9991-00001'") == 3


async def test_a_trusted_class_is_filed_without_waiting_and_not_counted_as_decided(patrol: Patrol) -> None:
    video = patrol.video
    await patrol.begin("CAM001")
    await patrol.findings.TrustClass(
        findings_pb2.TrustClassRequest(
            request_id="trust-0001", camera_id="CAM001", class_code="object_left", trusted=True
        )
    )
    await patrol.visit(7)
    patrol.plant("CAM001")
    await patrol.visit(6)
    assert await patrol.waiting() == []
    while await video.parts.filing.step():
        pass
    [(caller, report)] = video.cases.taken
    assert (caller.subject, report.report.task_type) == ("service:video", "street_disorder")
    assert not (await patrol.findings.GetAccuracy(findings_pb2.GetAccuracyRequest())).classes

    # A camera that is asked for goes before all others, at once.
    before = await patrol.count("visit")
    await patrol.tours.VisitNow(tours_pb2.VisitNowRequest(camera_id="CAM001"))

    async def visited() -> bool:
        return await patrol.count("visit") == before + 1

    await until(visited)
    with pytest.raises(errors.NotFound):
        await patrol.tours.VisitNow(tours_pb2.VisitNowRequest(camera_id="CAM404"))


async def test_a_camera_that_was_moved_on_purpose_is_learned_anew_wherever_that_is_asked_for(patrol: Patrol) -> None:
    video = patrol.video
    await patrol.begin("CAM001", "CAM002")
    await patrol.visit(3)
    health = health_pb2_grpc.CameraHealthServiceStub(video.channel())

    async def learned() -> dict[str, int]:
        listed = (await health.ListHealth(health_pb2.ListHealthRequest())).cameras
        return {camera.camera_id: camera.learned + camera.learned_night for camera in listed}

    assert await learned() == {"CAM001": 3, "CAM002": 3}
    await health.RelearnCamera(
        health_pb2.RelearnCameraRequest(request_id="relearn-1", camera_id="CAM001", reason="移机")
    )
    await patrol.visit(1)
    assert await learned() == {"CAM001": 1, "CAM002": 4}
    # As another replica would: the row goes, the plan changes.
    await video.value("DELETE FROM watch WHERE camera_id = 'CAM002' RETURNING 1")
    await video.value("UPDATE patrol_plan SET version = version + 1 RETURNING 1")
    await video.parts.touring.refresh()
    await patrol.visit(1)
    assert await learned() == {"CAM001": 2, "CAM002": 1}


async def test_while_the_object_store_is_away_pictures_wait_and_nothing_is_lost(
    patrol: Patrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = patrol.video
    await patrol.begin("CAM001")
    await patrol.visit(7)

    async def away(*_: Any) -> None:
        raise Unavailable(part="object store")

    objects = video.parts.upkeep._objects
    there = type(objects).put
    monkeypatch.setattr(type(objects), "put", away)
    patrol.plant("CAM001")
    await patrol.visit(6)
    [finding] = await patrol.waiting()
    assert await patrol.count("evidence WHERE waiting IS NOT NULL") >= 2
    await patrol.findings.DecideFinding(
        findings_pb2.DecideFindingRequest(
            request_id="decide-0001",
            finding_id=finding.id,
            version=finding.version,
            decision=findings_pb2.DECISION_CONFIRM,
        )
    )
    await video.parts.filing.step()
    assert video.cases.taken == [], "no case points at a picture that is not there"
    monkeypatch.setattr(type(objects), "put", there)
    assert await video.parts.upkeep.bring() >= 2
    video.clock.advance(timedelta(minutes=1))
    await video.parts.filing.step()
    [(_, report)] = video.cases.taken
    for evidence in report.report.evidence:
        content, _ = await video.objects.get(evidence.object_key)
        assert len(content) == evidence.size_bytes


async def test_a_person_flags_in_one_call_and_the_second_joins(video: Video) -> None:
    show(video.films / "CAM001.jpg", Street(1).look())
    await video.add_camera("CAM001.jpg")

    def flag(number: int, subject: str) -> Any:
        stub = findings_pb2_grpc.FindingsServiceStub(video.channel(subject=subject))
        return stub.FlagFinding(
            findings_pb2.FlagFindingRequest(
                request_id=f"flag-000{number}",
                camera_id="CAM001",
                class_code="garbage",
                words="垃圾桶满溢",
                box=findings_pb2.Box(left=0.4, top=0.5, right=0.6, bottom=0.8),
            ),
            timeout=20,
        )

    first = await flag(1, "staff:VP-1")
    assert (first.finding.case_number, first.joined) == ("9991-00001", False)
    again = await flag(1, "staff:VP-1")
    assert again.finding.id == first.finding.id
    second = await flag(2, "staff:VP-2")
    assert (second.finding.id, second.joined) == (first.finding.id, True)
    [(caller, report)] = video.cases.taken
    assert caller.subject == "service:video", "so that it may add pictures to its own case"
    assert report.report.description == "垃圾桶满溢（staff:VP-1 确认）"
    assert report.report.task_type == "exposed_garbage"
    while await video.parts.filing.step():
        pass
    assert len(video.cases.advanced) == 1, "the second picture went to the same case; a JPEG is no clip"


async def test_many_viewers_cost_one_visit_and_see_why_there_is_none(video: Video) -> None:
    await video.add_camera(video.camera.address("live"), id="CAM001")
    await video.add_camera(video.camera.address("gone"), id="CAM002")
    stub = wall_pb2_grpc.WallServiceStub(video.channel("acceptor"))
    tiles = await asyncio.gather(
        *(stub.GetTile(wall_pb2.GetTileRequest(camera_id="CAM001"), timeout=20) for _ in range(20))
    )
    assert {width_of(tile.picture) for tile in tiles} == {160}, "half as fine without the right to originals"
    whole = await wall_pb2_grpc.WallServiceStub(video.channel()).GetTile(
        wall_pb2.GetTileRequest(camera_id="CAM001"), timeout=20
    )
    assert width_of(whole.picture) == 320
    assert video.camera.requests.count(("PLAY", "live")) == 1
    lost = await stub.GetTile(wall_pb2.GetTileRequest(camera_id="CAM002"), timeout=20)
    assert (lost.picture, lost.problem) == (b"", "not_there")
    seen: dict[str, str] = {}
    async for tile in stub.WatchWall(wall_pb2.WatchWallRequest(camera_ids=["CAM001", "CAM002", "CAM404"]), timeout=20):
        seen[tile.camera_id] = tile.problem
        if len(seen) == 2:
            break
    assert seen == {"CAM001": "", "CAM002": "not_there"}


async def test_a_camera_that_is_watched_keeps_its_connection(video: Video) -> None:
    await video.add_camera(video.camera.address("live"), id="CAM001")
    stub = wall_pb2_grpc.WallServiceStub(video.channel("acceptor"))
    shown = []
    for _ in range(6):
        tile = await stub.GetTile(wall_pb2.GetTileRequest(camera_id="CAM001"), timeout=20)
        shown.append(tile.taken_at.ToDatetime())
        video.clock.advance(timedelta(seconds=2))
    assert shown == sorted(set(shown)), "each is a fresh one"
    assert video.camera.requests.count(("PLAY", "live")) == 2, "one visit, and one connection from the second look on"
    assert video.camera.viewers == 1


def width_of(picture: bytes) -> int:
    """Pixels across."""
    shown = cv2.imdecode(np.frombuffer(picture, np.uint8), 1)
    assert shown is not None
    return int(shown.shape[1])


def difference(one: bytes, other: bytes, part: tuple[float, float, float, float]) -> float:
    """By how much two pictures differ in a part of them."""
    left, right = (cv2.imdecode(np.frombuffer(each, np.uint8), 1) for each in (one, other))
    assert left.shape == right.shape
    height_px, width_px = left.shape[:2]
    rows = slice(int(part[1] * height_px), int(part[3] * height_px))
    columns = slice(int(part[0] * width_px), int(part[2] * width_px))
    return float(cv2.absdiff(left[rows, columns], right[rows, columns]).mean())


async def test_whoever_lacks_the_right_sees_nobody_s_face(video: Video) -> None:
    show(video.films / "CAM001.jpg", cv2.imread(str(VTEST.with_name("basketball1.png"))))
    await video.add_camera("CAM001.jpg")
    flagged = await findings_pb2_grpc.FindingsServiceStub(video.channel()).FlagFinding(
        findings_pb2.FlagFindingRequest(request_id="flag-0001", camera_id="CAM001", class_code="other", words="看"),
        timeout=20,
    )
    request = wall_pb2.GetPictureRequest(evidence_id=flagged.finding.evidence_id)
    plain = await wall_pb2_grpc.WallServiceStub(video.channel("acceptor")).GetPicture(request)
    whole = await wall_pb2_grpc.WallServiceStub(video.channel()).GetPicture(request)
    assert (plain.original, whole.original) == (False, True)
    assert difference(plain.picture, whole.picture, FACE_AT) > 8, "squares where the face is"
    assert difference(plain.picture, whole.picture, (0.0, 0.5, 0.3, 1.0)) < 2, "and the rest as it was"
    assert await wall_pb2_grpc.WallServiceStub(video.channel("acceptor")).GetPicture(request) == plain
    link = await wall_pb2_grpc.WallServiceStub(video.channel()).GetLink(
        wall_pb2.GetLinkRequest(evidence_id=flagged.finding.evidence_id)
    )
    assert "X-Amz-Expires=300" in link.url
    with pytest.raises(errors.Forbidden):
        await wall_pb2_grpc.WallServiceStub(video.channel("acceptor")).GetLink(
            wall_pb2.GetLinkRequest(evidence_id=flagged.finding.evidence_id)
        )
    await video.value(
        f"UPDATE evidence SET sha256 = repeat('0', 64) WHERE id = '{flagged.finding.evidence_id}' RETURNING 1"
    )
    with pytest.raises(errors.Conflict) as caught:
        await wall_pb2_grpc.WallServiceStub(video.channel()).GetPicture(request)
    assert caught.value.reason == "EVIDENCE_ALTERED"


async def test_what_is_held_outlives_its_time_and_the_rest_does_not(video: Video) -> None:
    show(video.films / "CAM001.jpg", Street(1).look())
    await video.add_camera("CAM001.jpg")
    flagged = await findings_pb2_grpc.FindingsServiceStub(video.channel()).FlagFinding(
        findings_pb2.FlagFindingRequest(
            request_id="flag-0001",
            camera_id="CAM001",
            class_code="other",
            words="看",
            box=findings_pb2.Box(left=0.1, top=0.1, right=0.2, bottom=0.2),
        ),
        timeout=20,
    )
    chief = wall_pb2_grpc.WallServiceStub(video.channel("duty_chief"))
    held, other = flagged.finding.evidence_id, flagged.finding.marked_evidence_id
    looked = wall_pb2_grpc.WallServiceStub(video.channel("acceptor"))
    await looked.GetPicture(wall_pb2.GetPictureRequest(evidence_id=other))
    blurred = blurred_key(await video.value(f"SELECT object_key FROM evidence WHERE id = '{other}'"))
    assert (await video.objects.get(blurred))[1] == "image/jpeg"
    await chief.HoldEvidence(
        wall_pb2.HoldEvidenceRequest(request_id="hold-0001", evidence_id=held, held=True, reason="行政复议")
    )
    video.clock.advance(timedelta(days=6 * 365))
    await video.parts.upkeep.clear()
    assert (await chief.GetPicture(wall_pb2.GetPictureRequest(evidence_id=held))).held
    [told] = (await chief.ListHeldEvidence(wall_pb2.ListHeldEvidenceRequest())).held
    assert (told.evidence_id, told.reason, told.camera_id) == (held, "行政复议", "CAM001")
    with pytest.raises(errors.Forbidden):
        await looked.ListHeldEvidence(wall_pb2.ListHeldEvidenceRequest())
    with pytest.raises(errors.NotFound):
        await chief.GetPicture(wall_pb2.GetPictureRequest(evidence_id=other))
    with pytest.raises(errors.NotFound):
        await video.objects.get(blurred)
    release = wall_pb2.HoldEvidenceRequest(request_id="hold-0002", evidence_id=held, held=False, reason="复议已结束")
    await chief.HoldEvidence(release)
    assert not (await chief.ListHeldEvidence(wall_pb2.ListHeldEvidenceRequest())).held
    await video.parts.upkeep.clear()
    with pytest.raises(errors.NotFound):
        await chief.GetPicture(wall_pb2.GetPictureRequest(evidence_id=held))
    assert await video.value("SELECT count(*) FROM audit WHERE action LIKE 'evidence.%'") == 2


async def test_a_snapshot_that_came_to_nothing_goes_after_a_month_and_one_of_a_case_stays(video: Video) -> None:
    show(video.films / "CAM001.jpg", Street(1).look())
    await video.add_camera("CAM001.jpg")
    taken = [
        (await video.stub().TakeSnapshot(video_pb2.TakeSnapshotRequest(request_id=f"snap-000{number}", camera_id="CAM001"), timeout=20)).snapshot
        for number in range(2)
    ]  # fmt: skip
    report = video_pb2.ReportSnapshotRequest(
        request_id="report-0001", snapshot_id=taken[0].id, task_type="garbage", description="垃圾"
    )
    await video.stub().ReportSnapshot(report, timeout=20)
    video.clock.advance(timedelta(days=31))
    await video.parts.upkeep.clear()
    assert await video.value("SELECT count(*) FROM snapshot") == 1
    assert (await video.objects.get(taken[0].evidence.object_key))[1] == "image/jpeg"
    with pytest.raises(errors.NotFound):
        await video.objects.get(taken[1].evidence.object_key)
    video.clock.advance(timedelta(days=5 * 365))
    await video.parts.upkeep.clear()
    assert await video.value("SELECT count(*) FROM snapshot") == 0


async def test_people_walk_a_tour_and_are_counted(patrol: Patrol) -> None:
    await patrol.begin("CAM001", "CAM002", missing=("CAM003",))
    for camera, street in patrol.streets.items():
        show(patrol.video.films / f"{camera}.jpg", street.look())
    walked = []
    position = 0
    for number in range(3):
        step = await patrol.tours.WalkRoute(
            tours_pb2.WalkRouteRequest(request_id=f"walk-000{number}", route_id="PR1", position=position), timeout=20
        )
        walked.append((step.stop.camera_id, bool(step.picture), step.problem))
        position = step.next_position
    assert walked == [("CAM001", True, ""), ("CAM002", True, ""), ("CAM003", False, "film_missing")]
    coverage = await patrol.tours.GetCoverage(tours_pb2.GetCoverageRequest())
    assert [stop.rounds_met > 0 for stop in coverage.stops] == [True, True, False]


async def test_a_killed_replica_s_cameras_are_taken_over_and_nothing_is_filed_twice(
    patrol: Patrol, settings: VideoSettings
) -> None:
    video = patrol.video
    await patrol.begin("CAM001", "CAM002", "CAM003", "CAM004")
    await patrol.visit(7)
    patrol.plant("CAM001")
    await patrol.visit(2)
    dsn = settings.database_url.get_secret_value()
    database = await open_database(dsn, service="video")
    nowhere = connect("127.0.0.1:9", signer=video.tokens.signer("video"), caller=service_caller("video"))
    other = await assemble(
        settings, database, registry=nowhere, incidents=nowhere, own_incidents=nowhere, clock=video.clock
    )

    async def held(owner: str) -> int:
        return int(
            await video.value(f"SELECT count(*) FROM patrol_shard WHERE owner = '{owner}' AND owned_till > now()")
        )

    mine, theirs = video.parts.touring._leases, other.touring._leases
    task = asyncio.create_task(other.touring.run())
    try:

        async def shared() -> bool:
            return await held(theirs.member) == 32 == await held(mine.member)

        await until(shared)
        await patrol.visit(1)
        task.cancel()  # as if it were killed: nothing is given back
        other.touring._leases = type(theirs)(database, "nobody")
        await asyncio.gather(task, return_exceptions=True)

        async def taken_over() -> bool:
            return await held(mine.member) == 64

        await until(taken_over)
        await patrol.visit(6)
        [finding] = await patrol.waiting()
        assert (finding.class_code, finding.camera_id) == ("object_left", "CAM001")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await other.close()
        await database.close()
        await nowhere.close()


SEGMENTS, FEEDS = 68, 522


async def bring_feeds(video: Video, *, dead: set[int]) -> None:
    small = cv2.resize(Street(1).look(), (160, 90))
    show(video.films / "all.jpg", small)
    for number in range(FEEDS):
        if number not in dead:
            (video.films / f"F{number:03d}.jpg").symlink_to(video.films / "all.jpg")
    cameras = [
        video_pb2.Camera(
            id=f"F{number:03d}",
            name=f"枪机{number:03d}",
            grid_code="999102001",
            owner_department="D09",
            road_segment=f"R{number % SEGMENTS:02d}",
            stream_url=f"F{number:03d}.jpg",
            point=place_pb2.Point(longitude_deg=119.8, latitude_deg=38.6),
        )
        for number in range(FEEDS)
    ]
    await video.stub_of(service_caller("registry"), "registry").ImportCameras(
        video_pb2.ImportCamerasRequest(request_id="import-feeds", cameras=cameras), timeout=30
    )
    tours = tours_pb2_grpc.ToursServiceStub(video.channel())
    for segment in range(SEGMENTS):
        stops = [tours_pb2.Stop(camera_id=f"F{number:03d}") for number in range(segment, FEEDS, SEGMENTS)]
        route = tours_pb2.Route(id=f"S{segment:02d}", name=f"路段{segment}", stops=stops, rounds_per_day=2)
        await tours.SaveRoute(tours_pb2.SaveRouteRequest(request_id=f"route-{segment:04d}", route=route), timeout=30)


@pytest.mark.mechanism(11)
async def test_522_feeds_are_toured_twice_a_day_road_by_road_and_a_dark_one_becomes_a_ticket(video: Video) -> None:
    dead = {7}
    await bring_feeds(video, dead=dead)
    tours = tours_pb2_grpc.ToursServiceStub(video.channel())

    async def met(times: int) -> bool:
        done = await video.value(f"SELECT count(*) FROM stop_day WHERE rounds_met >= {times}")
        return int(done) >= FEEDS - len(dead)

    async def dark_feed_is_said() -> bool:
        video.clock.advance(timedelta(seconds=20))
        return int(await video.value("SELECT count(*) FROM fault")) == len(dead)

    video.clock.advance(timedelta(hours=14))  # midnight in the city: a day begins
    async with touring(video):
        for times in (1, 2):
            video.clock.advance(timedelta(hours=11, minutes=45))
            await until(partial(met, times))
        await until(dark_feed_is_said)
        coverage = await tours.GetCoverage(tours_pb2.GetCoverageRequest(day="2026-03-03"), timeout=30)
    assert (coverage.stop_count, len(coverage.segments)) == (FEEDS, SEGMENTS)
    assert {stop.camera_id for stop in coverage.stops if stop.rounds_met < 2} == {f"F{number:03d}" for number in dead}
    assert sum(segment.stop_count == segment.covered_count for segment in coverage.segments) == SEGMENTS - len(dead)

    # A finding with its snapshot, camera and road segment opens a case with source video, gridded by its place.
    flagged = await findings_pb2_grpc.FindingsServiceStub(video.channel()).FlagFinding(
        findings_pb2.FlagFindingRequest(
            request_id="flag-0001", camera_id="F011", class_code="garbage", words="乱扔垃圾"
        ),
        timeout=20,
    )
    assert flagged.finding.case_number
    report = video.cases.taken[-1][1].report
    assert (report.source, report.place) == (cases_pb2.SOURCE_VIDEO, "枪机011 R11")
    assert report.evidence[0].camera_id == "F011"
    assert (report.point.longitude_deg, report.point.latitude_deg) == (119.8, 38.6)

    video.clock.advance(timedelta(minutes=10))
    while await video.parts.filing.step():
        pass
    tickets = [request.report for _, request in video.cases.taken if request.report.source == cases_pb2.SOURCE_SYSTEM]
    assert [ticket.place for ticket in tickets] == ["枪机007"]
    assert UUID(flagged.finding.id)
