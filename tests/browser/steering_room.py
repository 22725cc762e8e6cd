"""A city that steers itself, for pages to show: standings, directives, matters, ratings, times, weeks, ladders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from gridward.incidents.v1 import (
    assessment_pb2,
    directives_pb2,
    limits_pb2,
    matters_pb2,
    ratings_pb2,
    settling_pb2,
    weekly_pb2,
)
from gridward.registry.v1 import tasks_pb2

from services.gateway.contract import Call
from services.platform.identity import Caller
from tests.browser import neighbourhood
from tests.browser.neighbourhood import Neighbourhood
from tests.browser.shift_room import ShiftRoom
from tests.integration.gateway.world import World

ORDER = "01900000-0000-7000-8000-000000000001"
OWN = ("assessment_pb2", "directives_pb2", "limits_pb2", "matters_pb2", "ratings_pb2", "settling_pb2", "weekly_pb2")


class Steering:
    """The steering services of incidents as the gateway calls them."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.edition = 0
        self.unread = 1
        self.forgiven = ""
        self.shifts = ShiftRoom()

    def _standings(self) -> assessment_pb2.GetStandingsResponse:
        parts = [
            assessment_pb2.ScorePart(part="undercover", score=97.5, weight=30),
            assessment_pb2.ScorePart(part="deduction", score=-2.5),
        ]
        lines = [
            assessment_pb2.Standing(
                code=f"99910200100100{number}",
                name=f"松风第{number}网格",
                name_en=f"Songfeng grid {number}",
                score=96 - number,
                rank=number,
                mention=assessment_pb2.MENTION_COMMENDED if number < 4 else assessment_pb2.MENTION_CRITICISED,
                parts=parts,
            )
            for number in range(1, 7)
        ]
        return assessment_pb2.GetStandingsResponse(
            standings=lines, edition=self.edition, newest_edition=self.edition, published_by="staff:duty_chief-999100"
        )

    def _directive(self) -> directives_pb2.Directive:
        return directives_pb2.Directive(
            id=ORDER,
            title="防汛排查",
            body="今晚八时前巡查低洼处",
            area_code="999100",
            until_level=5,
            issued_by="staff:duty_chief-999100",
            own_unread_count=self.unread,
            own_open_count=self.unread,
        )

    def _findings(self) -> list[assessment_pb2.CityFinding]:
        """One that costs the grid something until it is forgiven, and one that its own people had reported."""
        costly = assessment_pb2.CityFinding(
            id=ORDER, grid_code="999102001001001", task_type="exposed_garbage", found_by="staff:duty_chief-999100",
            note="墙角有生活垃圾", points=2, deducted=0 if self.forgiven else 2, forgiven_reason=self.forgiven,
        )  # fmt: skip
        told = assessment_pb2.CityFinding(
            id=ORDER[:-1] + "2", grid_code="999102001001001", task_type="manhole_cover_missing", points=1,
            found_by="staff:duty_chief-999100", case_number="9991-20260306-00001",
        )  # fmt: skip
        for each in (costly, told):
            each.found_at.FromDatetime(datetime.now(UTC))
        return [costly, told]

    def answer(self, request: Any) -> Message:
        self.asked.append(request)
        if isinstance(request, assessment_pb2.ForgiveFindingRequest):
            self.forgiven = request.reason
        if isinstance(request, assessment_pb2.PublishStandingsRequest):
            self.edition = 1
        if isinstance(request, directives_pb2.AcknowledgeDirectiveRequest):
            self.unread = 0
        level = directives_pb2.LevelReceipts(level=5, area_count=542, read_count=28, read_ratio=28 / 542)
        time = tasks_pb2.Limit(value=15, unit=tasks_pb2.LIMIT_UNIT_MINUTE)
        effect = limits_pb2.LimitEffect(stage="accept", tried_count=120, late_before=4, late_after=9, open_count=3)
        counts = matters_pb2.MatterCounts(practical=529, agency=1667, dispute=112)
        rated = ratings_pb2.DepartmentRatings(
            department_code="D07", name="环卫中心", means=ratings_pb2.RatingMeans(count=3, score=3.0)
        )
        line = weekly_pb2.WeekLine(
            code="999102",
            name="松风区",
            name_en="Songfeng",
            now=weekly_pb2.WeekCounts(
                reported=120, found_by_grid=90, on_site=60, in_group=40, to_centre=20, closed=110, closed_in_time=99
            ),
            before=weekly_pb2.WeekCounts(reported=100, found_by_grid=60, closed=90, closed_in_time=80),
        )
        rung = settling_pb2.UrgeRung(
            code="at_yellow",
            base=settling_pb2.URGE_BASE_YELLOW,
            action=settling_pb2.URGE_ACTION_URGE,
            words="请尽快处理",
            words_en="Please see to it",
        )
        answers: dict[type[Any], Message] = {
            weekly_pb2.AnalyseWeekRequest: weekly_pb2.AnalyseWeekResponse(
                from_day="2026-11-16", until_day="2026-11-22", whole=line, areas=[line], task_types=[line]
            ),
            settling_pb2.GetProcedureRequest: settling_pb2.GetProcedureResponse(
                procedure=settling_pb2.Procedure(ladder=[rung]), version=3, newest_version=3
            ),
            settling_pb2.DeclareProcedureRequest: settling_pb2.DeclareProcedureResponse(version=4),
            assessment_pb2.ListFindingsRequest: assessment_pb2.ListFindingsResponse(findings=self._findings()),
            assessment_pb2.RecordFindingRequest: assessment_pb2.RecordFindingResponse(finding=self._findings()[1]),
            assessment_pb2.ForgiveFindingRequest: assessment_pb2.ForgiveFindingResponse(finding=self._findings()[0]),
            assessment_pb2.MarkGridsRequest: assessment_pb2.MarkGridsResponse(mark_count=1),
            ratings_pb2.RateOtherSideRequest: ratings_pb2.RateOtherSideResponse(),
            assessment_pb2.GetStandingsRequest: self._standings(),
            assessment_pb2.PublishStandingsRequest: assessment_pb2.PublishStandingsResponse(edition=1),
            directives_pb2.ListDirectivesRequest: directives_pb2.ListDirectivesResponse(directives=[self._directive()]),
            directives_pb2.AcknowledgeDirectiveRequest: directives_pb2.AcknowledgeDirectiveResponse(),
            directives_pb2.GetDirectiveRequest: directives_pb2.GetDirectiveResponse(levels=[level]),
            directives_pb2.ListUnreadRequest: directives_pb2.ListUnreadResponse(
                areas=[directives_pb2.UnreadArea(area_code="999102001001002", name="松风第2网格", level=5)]
            ),
            matters_pb2.GetMattersRequest: matters_pb2.GetMattersResponse(
                total=counts, months=[matters_pb2.MatterMonth(month="2026-01", counts=counts)]
            ),
            ratings_pb2.GetDepartmentRatingsRequest: ratings_pb2.GetDepartmentRatingsResponse(departments=[rated]),
            ratings_pb2.GetWorkerRatingsRequest: ratings_pb2.GetWorkerRatingsResponse(),
            limits_pb2.GetLimitsRequest: limits_pb2.GetLimitsResponse(
                limits=limits_pb2.Limits(stages=[limits_pb2.StageTime(stage="accept", limit=time)])
            ),
            limits_pb2.TryLimitsRequest: limits_pb2.TryLimitsResponse(effects=[effect], case_count=2000),
            limits_pb2.PutLimitsRequest: limits_pb2.PutLimitsResponse(version=1),
        }
        return answers[type(request)]

    def last(self, kind: type[Any]) -> Any:
        """The last request of a kind."""
        return [each for each in self.asked if isinstance(each, kind)][-1]


def stand_in(city: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Steering, Neighbourhood]:
    """Answer what pages ask of steering and of the neighbourhood, instead of incidents."""
    steering, people, whole = Steering(), Neighbourhood(), city.gate.backends.call

    async def call(call: Call, request: Message, *, caller: Caller) -> Message:
        module = type(request).__module__
        if module.endswith("shifts_pb2"):
            return steering.shifts.answer(request)
        if module.endswith(OWN):
            return steering.answer(request)
        if module.endswith(neighbourhood.OWN):
            return people.answer(request)
        return await whole(call, request, caller=caller)

    monkeypatch.setattr(city.gate.backends, "call", call)
    return steering, people
