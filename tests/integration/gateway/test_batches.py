"""A phone that comes back sends all it kept in one go: in order, each answered in its reporter's words, nothing twice."""

from __future__ import annotations

import json
from typing import Any

from gridward.incidents.v1 import cases_pb2

from tests.integration.gateway.world import World

LINES = {"content-type": "application/x-ndjson"}
POINT = {"longitudeDeg": 119.8, "latitudeDeg": 38.6}


def kept(number: int, **report: Any) -> dict[str, Any]:
    return {"requestId": f"kept-{number:05}", "report": {"description": f"第{number}件", "point": POINT, **report}}


def lines(*reports: object) -> bytes:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in reports).encode()


async def test_each_line_is_answered_by_a_line_and_what_cannot_be_read_holds_up_nothing(world: World) -> None:
    row = lines(
        kept(1, source="SOURCE_HOTLINE"),
        "{no json",
        kept(2, taskType="dragon_sighting"),
        "",
        kept(3, accuracy="wide"),
        kept(4, description=""),
        kept(5),
    )
    async with world.signed_in("worker") as client:
        first = await client.post("/v1/cases:replay", content=row, headers=LINES)
        assert first.status_code == 200
        assert first.headers["content-type"].startswith("application/x-ndjson")
        told = [json.loads(line) for line in first.text.splitlines()]
        again = await client.post("/v1/cases:replay", content=row, headers=LINES)
    assert [each.get("reason", each.get("caseNumber")) for each in told] == [
        "9991-00001",
        "BODY_NOT_JSON",
        "TASK_TYPE_UNKNOWN",
        "FIELD_INVALID",
        "UNAVAILABLE",
        "9991-00002",
    ]
    assert [each["requestId"] for each in told] == [
        "kept-00001", "", "kept-00002", "kept-00003", "kept-00004", "kept-00005",
    ]  # fmt: skip
    assert (told[2]["message"], told[2]["details"]) == ("本市没有这个事项类别。", {"code": "dragon_sighting"})
    assert [each.get("again", False) for each in told] == [False, False, False, False, True, False]
    assert again.text == first.text
    assert list(world.suite.replay.filed) == ["kept-00001", "kept-00005"]
    assert world.suite.replay.filed["kept-00001"].report.source == cases_pb2.SOURCE_GRID_WORKER
    assert world.suite.replay.caller is not None
    assert world.suite.replay.caller.subject == "staff:worker"


async def test_a_list_is_answered_as_a_list_and_what_is_none_is_refused_as_a_whole(world: World) -> None:
    async with world.signed_in("worker", "en") as client:
        answer = await client.post("/v1/cases:replay", json=[kept(1), 7, kept(2)])
        assert [each.get("caseNumber", each.get("reason")) for each in answer.json()["results"]] == [
            "9991-00001",
            "BODY_NOT_JSON",
            "9991-00002",
        ]
        assert (answer.json()["filedCount"], answer.json()["refusedCount"]) == (2, 1)
        refused = await client.post("/v1/cases:replay", json={"reports": []})
        assert (refused.status_code, refused.json()["reason"]) == (400, "BODY_NOT_JSON")
    async with world.client() as nobody:
        assert (await nobody.post("/v1/cases:replay", content=lines(kept(3)), headers=LINES)).status_code == 401
    assert list(world.suite.replay.filed) == ["kept-00001", "kept-00002"]
