"""A need is told to those whom its service names: once each, in the application, and by text to who wants texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from gridward.incidents.v1 import needs_pb2, needs_pb2_grpc, notices_pb2
from gridward.registry.v1 import staff_pb2

from services.platform import errors
from services.platform.identity import service_caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall
from tests.integration.incidents.test_notices import mine, occasions_of, texted, texts, told, with_phone

__all__ = ["told"]
NOBODYS = "01890000-0000-7000-8000-000000000000"


def needs(hall: Hall) -> needs_pb2_grpc.NeedsServiceAsyncStub:
    caller = service_caller("gateway")
    hall.stub(caller)
    return needs_pb2_grpc.NeedsServiceStub(hall.channels[repr(caller)])


@pytest.mark.mechanism(22)
async def test_a_need_is_told_once_to_each_who_was_named_and_to_nobody_else(told: Hall, tmp_path: Path) -> None:
    await with_phone(told, told.person("volunteer", subject="volunteer:1"))
    case = await told.report()
    request = needs_pb2.TellNeedRequest(case_id=case.id, subjects=["volunteer:1", "volunteer:2", "volunteer:1"])
    for _ in range(2):
        await needs(told).TellNeed(request)
    await occasions_of(told, "volunteer:1", "NEEDED")
    await occasions_of(told, "volunteer:2", "NEEDED")
    assert await mine(told, "volunteer:3") == []
    words = (await mine(told, "volunteer:1"))[0].text
    assert case.number in words
    assert case.description in words
    assert await texted(tmp_path, 1) == [words]
    assert texts(tmp_path) == [words], "and no second text"


async def test_of_a_case_that_is_not_there_nobody_is_told(told: Hall) -> None:
    with pytest.raises(errors.NotFound):
        await needs(told).TellNeed(needs_pb2.TellNeedRequest(case_id=NOBODYS, subjects=["volunteer:1"]))
    told.stub(told.resident)
    with pytest.raises(errors.Forbidden):
        await needs_pb2_grpc.NeedsServiceStub(told.channels[repr(told.resident)]).TellNeed(
            needs_pb2.TellNeedRequest(case_id=NOBODYS, subjects=["volunteer:1"])
        )


async def test_an_alert_reaches_whoever_answers_for_it_once_and_waits_for_somebody_who_does(told: Hall) -> None:
    request = needs_pb2.TellAlertRequest(
        occasion=notices_pb2.OCCASION_STOCK_LOW, mark="shelf 1", area_path=town.path_of(town.GRID), roles=["volunteer_coordinator"],
        title="大米5公斤", title_en="Rice 5 kg", place="明桂社区服务中心", count=1,
    )  # fmt: skip
    assert (await needs(told).TellAlert(request)).subject_count == 0, "nobody answers for it now"
    # One coordinates a grid elsewhere, one the community above, one is named.
    posts = [
        staff_pb2.Post(code=f"L-{area}", role="volunteer_coordinator", area_code=area, staff_code=staff)
        for area, staff in ((town.OTHER_GRID, "staff:other"), (town.COMMUNITY, "staff:leader"))
    ]
    told.view.take_posts(staff_pb2.WatchPostsResponse(posts=posts, version=201, complete=True))
    request.subjects.append("volunteer:1")
    for _ in range(2):
        assert (await needs(told).TellAlert(request)).subject_count == 2
    for subject in ("staff:leader", "volunteer:1"):
        (notice,) = await mine(told, subject)
        assert (notice.occasion, notice.text) == (
            notices_pb2.OCCASION_STOCK_LOW, "库存预警：明桂社区服务中心的“大米5公斤”仅剩1件，请补货。",
        )  # fmt: skip
    assert await mine(told, "staff:other") == []
