"""What the demo's people say and do keeps the rules of the contract, and fills only what is empty."""

from __future__ import annotations

from typing import Any

import httpx
import protovalidate
import pytest
from google.protobuf import json_format
from gridward.incidents.v1 import (
    assessment_pb2,
    campaigns_pb2,
    directives_pb2,
    duties_pb2,
    errands_pb2,
    opinions_pb2,
    stations_pb2,
)

from services.demo import people
from services.demo.neighbours import Neighbours

REQUESTS: dict[str, Any] = {
    "/v1/opinions": opinions_pb2.CollectOpinionRequest,
    "/v1/errands": errands_pb2.OpenErrandRequest,
    "/v1/duties": duties_pb2.DraftDutyRequest,
    "/v1/campaigns": campaigns_pb2.StartCampaignRequest,
    "/v1/legalQuestions": stations_pb2.AskLegalRequest,
    "/v1/councilItems": stations_pb2.ProposeItemRequest,
    "/v1/selections": stations_pb2.OpenSelectionRequest,
    "/v1/directives": directives_pb2.IssueDirectiveRequest,
    "/v1/assessments/grids:mark": assessment_pb2.MarkGridsRequest,
    "/v1/assessments/workers:mark": assessment_pb2.MarkWorkersRequest,
    "/v1/assessments/standings:publish": assessment_pb2.PublishStandingsRequest,
}
MADE = ("opinion", "errand", "duty", "question", "item", "selection", "directive")


class Said:
    """Somebody whose calls are kept and answered with what they made."""

    def __init__(self, calls: list[tuple[str, str, Any]], *, full: bool) -> None:
        self.calls = calls
        self.full = full

    async def call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        if method == "GET":
            if path == "/v1/elements":
                return {"elements": [{"id": "p1", "key": "HH1"}, {"id": "p2", "key": "HH2"}]}
            if path == "/v1/duties":
                raise httpx.HTTPStatusError(
                    "away", request=httpx.Request("GET", "http://city"), response=httpx.Response(503)
                )
            field = path.partition("?")[0].rpartition("/")[2].removeprefix("legal").lower()
            return {{"councilitems": "items"}.get(field, field): [{}]} if self.full else {}
        self.calls.append((method, path, arguments["json"]))
        return {name: {"id": "01900000-0000-7000-8000-000000000001", "version": 1} for name in MADE}


@pytest.mark.parametrize(("full", "filled"), [(False, True), (True, False)])
async def test_what_is_empty_is_filled_by_the_rules_and_one_part_that_is_away_keeps_no_other_from_it(
    full: bool, filled: bool
) -> None:
    calls: list[tuple[str, str, Any]] = []
    everybody = {account["login"]: Said(calls, full=full) for account in people.accounts("gridward")}
    await Neighbours(everybody).begin()  # type: ignore[arg-type]
    paths = {path for _, path, _ in calls}
    assert ({path for path in REQUESTS if path != "/v1/duties"} <= paths) is filled
    assert bool(paths) is filled
    assert "/v1/duties" not in paths
    for _, path, body in calls:
        if path in REQUESTS:
            protovalidate.validate(json_format.ParseDict(body, REQUESTS[path]()))
    ids = [body["requestId"] for _, _, body in calls]
    assert len(ids) == len(set(ids))
    assert all(8 <= len(each) <= 64 for each in ids)


def test_each_community_has_a_lawyer_on_duty_and_one_of_them_an_account() -> None:
    lawyers = {post.area_code: post.staff_code for post in people.posts() if post.role == "duty_lawyer"}
    assert len(lawyers) == 24
    assert all(lawyers.values())
    account = next(each for each in people.accounts("gridward") if each["login"] == "lawyer")
    assert account["subject"] == lawyers[people.SHOWN_GRID[:12]]
