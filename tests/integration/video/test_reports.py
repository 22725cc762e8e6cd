"""A snapshot becomes a report of whoever looked at it, once."""

from __future__ import annotations

import asyncio

import pytest
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.video.v1 import video_pb2

from services.demo.clip import write_clip
from services.platform import errors
from tests.integration.video.conftest import CITY, EAST, Video


class OutOfGrid(errors.Conflict):
    """No grid holds the point {point}."""

    reason = "OUT_OF_GRID"


@pytest.fixture
async def snapshot(video: Video) -> video_pb2.Snapshot:
    await asyncio.to_thread(write_clip, video.films / "CAM001.mp4", camera_id="CAM001", title="")
    await video.add_camera("CAM001.mp4")
    request = video_pb2.TakeSnapshotRequest(request_id="snapshot-1", camera_id="CAM001")
    return (await video.stub().TakeSnapshot(request, timeout=20)).snapshot


def a_report(
    snapshot_id: str, *, request_id: str = "report-1", text: str = "垃圾桶满溢"
) -> video_pb2.ReportSnapshotRequest:
    return video_pb2.ReportSnapshotRequest(
        request_id=request_id, snapshot_id=snapshot_id, task_type="exposed_garbage", description=text
    )


async def test_a_report_carries_the_frame_the_place_and_the_one_who_looked(
    video: Video, snapshot: video_pb2.Snapshot
) -> None:
    filed = await video.stub(subject="staff:VP-1").ReportSnapshot(a_report(snapshot.id))
    assert (filed.case_id, filed.number) == ("case-00001", "9991-00001")
    [(caller, request)] = video.cases.taken
    assert caller == video.tokens.caller("video_patroller", CITY, subject="staff:VP-1")
    assert request.report == cases_pb2.Report(
        task_type="exposed_garbage",
        description="垃圾桶满溢",
        point=place_pb2.Point(longitude_deg=119.8, latitude_deg=38.6),
        place="松风路枪机CAM001",
        evidence=[snapshot.evidence],
        source=cases_pb2.SOURCE_VIDEO,
        seen_at=snapshot.taken_at,
    )
    assert await video.value("SELECT case_id || ' ' || reported_by FROM snapshot_report") == "case-00001 staff:VP-1"


async def test_a_report_sent_twice_is_one_case(video: Video, snapshot: video_pb2.Snapshot) -> None:
    stub = video.stub()
    first = await stub.ReportSnapshot(a_report(snapshot.id))
    assert await stub.ReportSnapshot(a_report(snapshot.id)) == first
    assert len(video.cases.taken) == 1
    with pytest.raises(errors.AlreadyExists) as caught:
        await stub.ReportSnapshot(a_report(snapshot.id, text="别的话"))
    assert caught.value.reason == "REQUEST_ID_REUSED"


async def test_a_report_whose_answer_was_lost_finds_its_case_again(video: Video, snapshot: video_pb2.Snapshot) -> None:
    first = await video.stub().ReportSnapshot(a_report(snapshot.id))
    async with video.database.transaction() as transaction:  # as if the process had ended before it could remember
        await transaction.execute("DELETE FROM request")
        await transaction.execute("DELETE FROM snapshot_report")
    assert await video.stub().ReportSnapshot(a_report(snapshot.id)) == first
    assert len({request.request_id for _, request in video.cases.taken}) == 1
    assert await video.value("SELECT count(*) FROM snapshot_report") == 1


async def test_many_at_once_with_one_request_id_are_one_case(video: Video, snapshot: video_pb2.Snapshot) -> None:
    stub = video.stub()
    filed = await asyncio.gather(*(stub.ReportSnapshot(a_report(snapshot.id)) for _ in range(8)))
    assert len({answer.case_id for answer in filed}) == 1
    assert await video.value("SELECT count(*) FROM snapshot_report") == 1


async def test_one_frame_may_show_two_matters(video: Video, snapshot: video_pb2.Snapshot) -> None:
    stub = video.stub()
    first = await stub.ReportSnapshot(a_report(snapshot.id))
    second = await stub.ReportSnapshot(a_report(snapshot.id, request_id="report-2", text="路面破损"))
    assert first.case_id != second.case_id
    assert await video.value("SELECT count(*) FROM snapshot_report") == 2


async def test_what_incidents_refuses_is_told_in_its_words_and_may_be_tried_again(
    video: Video, snapshot: video_pb2.Snapshot
) -> None:
    stub = video.stub()
    video.cases.refusal = OutOfGrid(point="119.8,38.6")
    with pytest.raises(errors.Conflict) as caught:
        await stub.ReportSnapshot(a_report(snapshot.id))
    assert (caught.value.reason, caught.value.details) == ("OUT_OF_GRID", {"point": "119.8,38.6"})
    video.cases.refusal = None
    assert (await stub.ReportSnapshot(a_report(snapshot.id))).case_id == "case-00001"


@pytest.mark.parametrize("snapshot_id", ["no-such-thing", "01a1fc88-63b7-7394-9ebe-36e425528cad"])
async def test_a_snapshot_nobody_took_is_not_reported(video: Video, snapshot_id: str) -> None:
    with pytest.raises(errors.NotFound) as caught:
        await video.stub().ReportSnapshot(a_report(snapshot_id))
    assert caught.value.reason == "SNAPSHOT_UNKNOWN"


async def test_a_snapshot_of_another_area_is_not_there(video: Video, snapshot: video_pb2.Snapshot) -> None:
    with pytest.raises(errors.NotFound) as caught:
        await video.stub(area_path=f"{CITY}.{EAST}").ReportSnapshot(a_report(snapshot.id))
    assert caught.value.reason == "SNAPSHOT_UNKNOWN"
    assert video.cases.taken == []
