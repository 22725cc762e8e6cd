"""Answers calls about ratings both ways."""

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import grpc
from gridward.incidents.v1 import ratings_pb2, ratings_pb2_grpc

from services.incidents.cityview.city import City
from services.incidents.ratings.actions import BothWays, DepartmentTold, Scores, Span, WorkerTold
from services.incidents.ratings.domain import MASKED, Rating, Way, without_traces
from services.incidents.ratings.store import Means
from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

WAYS: Final = {Way.DOWN: ratings_pb2.RATING_WAY_DOWN, Way.UP: ratings_pb2.RATING_WAY_UP}


class RatingsServicer(ratings_pb2_grpc.RatingsServiceServicer):
    """See ratings.proto."""

    def __init__(self, city: City, both_ways: BothWays) -> None:
        self._city = city
        self._both_ways = both_ways

    async def RateOtherSide(
        self, request: ratings_pb2.RateOtherSideRequest, context: Context
    ) -> ratings_pb2.RateOtherSideResponse:
        """See ratings.proto."""
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        scores = Scores(
            score=request.score,
            attitude=request.attitude,
            efficiency=request.efficiency,
            quality=request.quality,
            comment=request.comment,
        )

        def answer(rating: Rating) -> ratings_pb2.RateOtherSideResponse:
            rated = rating.worker if rating.way is Way.DOWN else rating.department_code
            return ratings_pb2.RateOtherSideResponse(way=WAYS[rating.way], rated=rated)

        told = await self._both_ways.rate(key, request.case_id, scores, caller, answer)
        return ratings_pb2.RateOtherSideResponse.FromString(told)

    async def GetDepartmentRatings(
        self, request: ratings_pb2.GetDepartmentRatingsRequest, context: Context
    ) -> ratings_pb2.GetDepartmentRatingsResponse:
        """See ratings.proto."""
        span = Span(
            start=_moment(request, "from"),
            end=_moment(request, "until"),
            area_code=request.area_code,
            department_code=request.department_code,
        )
        told = await self._both_ways.departments(span, current_caller())
        return ratings_pb2.GetDepartmentRatingsResponse(departments=[self._department(each) for each in told])

    async def GetWorkerRatings(
        self, request: ratings_pb2.GetWorkerRatingsRequest, context: Context
    ) -> ratings_pb2.GetWorkerRatingsResponse:
        """See ratings.proto."""
        span = Span(start=_moment(request, "from"), end=_moment(request, "until"), area_code=request.area_code)
        told = await self._both_ways.workers(span, current_caller())
        return ratings_pb2.GetWorkerRatingsResponse(workers=[_worker(each) for each in told])

    def _department(self, told: DepartmentTold) -> ratings_pb2.DepartmentRatings:
        department = self._city.view.departments.get(told.means.rated)
        return ratings_pb2.DepartmentRatings(
            department_code=told.means.rated,
            name=department.name if department else told.means.rated,
            name_en=department.name_en if department else told.means.rated,
            means=ratings_pb2.RatingMeans(count=told.means.count) if told.hidden else _means(told.means),
            ratings=[
                ratings_pb2.MaskedRating(
                    score=each.score, comment=without_traces(each.comment), month=each.month, rater=MASKED
                )
                for each in told.said
            ],
        )


def _worker(told: WorkerTold) -> ratings_pb2.WorkerRatings:
    grid_code = told.means.grid_path.rpartition(".")[2]
    return ratings_pb2.WorkerRatings(
        worker=told.means.rated if told.named else MASKED,
        grid_code=grid_code if told.named else "",
        means=_means(told.means),
    )


def _means(means: Means) -> ratings_pb2.RatingMeans:
    return ratings_pb2.RatingMeans(
        count=means.count,
        score=means.score,
        attitude=means.attitude,
        efficiency=means.efficiency,
        quality=means.quality,
    )


def _moment(request: Any, field: str) -> datetime | None:
    """A moment that may be absent; by name, since one of the names is a word of Python."""
    return getattr(request, field).ToDatetime(UTC) if request.HasField(field) else None
