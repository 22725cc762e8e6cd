"""Answers calls about tours."""

from typing import Any

import grpc
from gridward.video.v1 import tours_pb2, tours_pb2_grpc

from services.platform.idempotency import RequestKey
from services.platform.identity import current_caller
from services.video.actions.tours import Progress, Tours
from services.video.domain.tours import ROUNDS_REQUIRED, Coverage, Route, Stop, by_segment
from services.video.store.routes import StopFacts

Context = grpc.aio.ServicerContext[Any, Any]


class ToursServicer(tours_pb2_grpc.ToursServiceServicer):
    """See tours.proto."""

    def __init__(self, tours: Tours) -> None:
        self._tours = tours

    async def SaveRoute(self, request: tours_pb2.SaveRouteRequest, context: Context) -> tours_pb2.SaveRouteResponse:
        caller = current_caller()
        route = await self._tours.save_route(
            _route(request.route),
            key=RequestKey.of(request, subject=caller.subject, request_id=request.request_id),
            scope=caller.scope("video.tours.write"),
        )
        return tours_pb2.SaveRouteResponse(route=_route_message(route, {}))

    async def ListRoutes(self, request: tours_pb2.ListRoutesRequest, context: Context) -> tours_pb2.ListRoutesResponse:
        found = await self._tours.list_routes()
        return tours_pb2.ListRoutesResponse(routes=[_progress_message(progress) for progress in found])

    async def EndRoute(self, request: tours_pb2.EndRouteRequest, context: Context) -> tours_pb2.EndRouteResponse:
        caller = current_caller()
        key = RequestKey.of(request, subject=caller.subject, request_id=request.request_id)
        await self._tours.end_route(request.route_id, key=key)
        return tours_pb2.EndRouteResponse()

    async def GetCoverage(
        self, request: tours_pb2.GetCoverageRequest, context: Context
    ) -> tours_pb2.GetCoverageResponse:
        stops = await self._tours.coverage(
            current_caller().scope("video.read"),
            day=request.day,
            route_id=request.route_id,
            missed_only=request.missed_only,
        )
        return tours_pb2.GetCoverageResponse(
            stops=[_coverage_message(stop) for stop in stops],
            segments=[
                tours_pb2.SegmentCoverage(road_segment=segment, stop_count=count, covered_count=covered)
                for segment, count, covered in by_segment(stops)
            ],
            stop_count=len(stops),
            covered_count=sum(stop.covered for stop in stops),
        )

    async def VisitNow(self, request: tours_pb2.VisitNowRequest, context: Context) -> tours_pb2.VisitNowResponse:
        await self._tours.visit_now(request.camera_id, scope=current_caller().scope("video.snapshot"))
        return tours_pb2.VisitNowResponse()

    async def WalkRoute(self, request: tours_pb2.WalkRouteRequest, context: Context) -> tours_pb2.WalkRouteResponse:
        step = await self._tours.walk(request.route_id, request.position, caller=current_caller())
        message = tours_pb2.WalkRouteResponse(
            stop=_stop_message(step.stop, step.facts),
            picture=step.picture,
            problem=step.problem,
            next=_stop_message(step.following, step.facts),
            next_position=step.following_position,
            dwell_s=step.route.dwell_s,
        )
        message.taken_at.FromDatetime(step.taken_at)
        return message


def _route(message: tours_pb2.Route) -> Route:
    return Route(
        id=message.id,
        name=message.name,
        stops=tuple(Stop(camera_id=stop.camera_id, preset=stop.preset) for stop in message.stops),
        windows=tuple((window.begins_minute, window.ends_minute) for window in message.windows),
        rounds_per_day=message.rounds_per_day,
        rounds_required=message.rounds_required or min(ROUNDS_REQUIRED, message.rounds_per_day),
        dwell_s=message.dwell_s,
        detect_always=message.detect_always,
        version=message.version,
    )


def _stop_message(stop: Stop, facts: dict[str, StopFacts]) -> tours_pb2.Stop:
    known = facts.get(stop.camera_id)
    return tours_pb2.Stop(
        camera_id=stop.camera_id,
        preset=stop.preset,
        road_segment=known.road_segment if known else "",
        camera_name=known.camera_name if known else "",
    )


def _route_message(route: Route, facts: dict[str, StopFacts]) -> tours_pb2.Route:
    return tours_pb2.Route(
        id=route.id,
        name=route.name,
        stops=[_stop_message(stop, facts) for stop in route.stops],
        windows=[
            tours_pb2.DailyWindow(begins_minute=begins, ends_minute=ends) for begins, ends in sorted(route.windows)
        ],
        rounds_per_day=route.rounds_per_day,
        rounds_required=route.rounds_required,
        dwell_s=route.dwell_s,
        detect_always=route.detect_always,
        version=route.version,
    )


def _progress_message(progress: Progress) -> tours_pb2.RouteProgress:
    message = tours_pb2.RouteProgress(
        route=_route_message(progress.route, progress.facts),
        round=progress.round.number if progress.under_way else 0,
        seen_count=progress.seen,
    )
    message.begins_at.FromDatetime(progress.round.begins_at)
    message.ends_at.FromDatetime(progress.round.ends_at)
    return message


def _coverage_message(coverage: Coverage) -> tours_pb2.StopCoverage:
    message = tours_pb2.StopCoverage(
        route_id=coverage.route_id,
        camera_id=coverage.stop.camera_id,
        camera_name=coverage.camera_name,
        road_segment=coverage.road_segment,
        rounds_due=coverage.rounds_due,
        rounds_met=coverage.of_day.rounds_met,
        rounds_required=coverage.rounds_required,
        visits=coverage.of_day.visits,
        missed=[
            tours_pb2.MissedRounds(reason=reason, count=count)
            for reason, count in sorted(coverage.of_day.missed.items())
        ],
    )
    if coverage.of_day.last_seen_at is not None:
        message.last_seen_at.FromDatetime(coverage.of_day.last_seen_at)
    return message
