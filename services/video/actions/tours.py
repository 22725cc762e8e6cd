"""Plans tours, accounts for them, and takes people along on them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Final

import structlog

from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Unavailable
from services.platform.idempotency import RequestKey, answer_given, keep_answer
from services.platform.identity import Caller, Scope
from services.platform.seal import Sealer
from services.video.actions.privacy import Privacy
from services.video.actions.wall import sees_originals
from services.video.domain.cameras import Camera
from services.video.domain.errors import CameraUnknown, RouteInvalid, RouteStale, RouteUnknown
from services.video.domain.tours import (
    Coverage,
    Round,
    Route,
    Stop,
    StopDay,
    checked,
    next_round,
    round_at,
    rounds_over,
)
from services.video.patrol.tiles import Tiles
from services.video.patrol.touring import Touring
from services.video.sight import Sight, key_of
from services.video.store import cameras as camera_store
from services.video.store import routes as store

log = structlog.get_logger()

WALK_WIDTH_PX: Final = 960


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A route and what it is doing."""

    route: Route
    facts: dict[str, store.StopFacts]
    round: Round
    under_way: bool
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stop of a walk."""

    route: Route
    stop: Stop
    following: Stop
    following_position: int
    facts: dict[str, store.StopFacts]
    picture: bytes
    taken_at: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tours:
    """What can be done with routes."""

    database: Database
    clock: Clock
    zone: tzinfo
    sealer: Sealer
    sight: Sight
    tiles: Tiles
    touring: Touring
    privacy: Privacy

    async def save_route(self, route: Route, *, key: RequestKey, scope: Scope) -> Route:
        """Create or change a route. Fails with ROUTE_INVALID, ROUTE_STALE, CAMERA_UNKNOWN."""
        checked(route)
        async with self.database.transaction() as transaction:
            answer = await answer_given(transaction, key)
            if answer is not None:
                return replace(route, version=int(answer))
            if await store.version_of(transaction, route.id) != route.version:
                raise RouteStale(route=route.id)
            for stop in route.stops:
                camera = await camera_store.find_camera(transaction, stop.camera_id, scope, self.sealer)
                if camera is None:
                    raise CameraUnknown(camera=stop.camera_id)
                if stop.preset and stop.preset not in camera.presets:
                    raise RouteInvalid(route=route.id, problem=f"{camera.id} has no preset {stop.preset}")
            version = await store.save(transaction, route, by=key.subject, at=self.clock.now())
            await camera_store.raise_plan(transaction)
            await keep_answer(transaction, key, str(version).encode())
        log.info("route_saved", route_id=route.id, stops=len(route.stops), rounds_per_day=route.rounds_per_day)
        return replace(route, version=version)

    async def end_route(self, route_id: str, *, key: RequestKey) -> None:
        """End a route. Fails with ROUTE_UNKNOWN."""
        async with self.database.transaction() as transaction:
            if await answer_given(transaction, key) is not None:
                return
            if not await store.end(transaction, route_id, by=key.subject, at=self.clock.now()):
                raise RouteUnknown(route=route_id)
            await camera_store.raise_plan(transaction)
            await keep_answer(transaction, key, b"ended")

    async def list_routes(self) -> list[Progress]:
        """All routes with their rounds."""
        now = self.clock.now()
        async with self.database.connection() as connection:
            routes, facts = await store.all_routes(connection)
            current = {route.id: found for route in routes if (found := round_at(route, now, self.zone)) is not None}
            seen = await store.seen_counts(connection, current)
        return [
            Progress(
                route=route,
                facts=facts,
                round=current.get(route.id) or next_round(route, now, self.zone),
                under_way=route.id in current,
                seen=seen.get(route.id, 0),
            )
            for route in routes
        ]

    async def coverage(self, scope: Scope, *, day: str, route_id: str, missed_only: bool) -> list[Coverage]:
        """The account of a day."""
        now = self.clock.now()
        wanted = date.fromisoformat(day) if day else now.astimezone(self.zone).date()
        async with self.database.connection() as connection:
            routes, facts = await store.all_routes(connection)
            days = await store.stop_days(connection, wanted, scope)
            visible = {camera.id for camera in await self._visible(scope, connection)}
        found = [
            Coverage(
                route_id=route.id,
                stop=stop,
                camera_name=facts[stop.camera_id].camera_name,
                road_segment=facts[stop.camera_id].road_segment,
                rounds_due=rounds_over(route, wanted, now, self.zone),
                rounds_required=route.rounds_required,
                of_day=days.get((route.id, stop.camera_id, stop.preset), StopDay()),
            )
            for route in routes
            if not route_id or route.id == route_id
            for stop in route.stops
            if stop.camera_id in visible
        ]
        return [coverage for coverage in found if not (missed_only and coverage.covered)]

    async def _visible(self, scope: Scope, connection: Transaction) -> list[Camera]:
        return await camera_store.list_cameras(connection, scope, area_code="", after="", size=100_000)

    async def visit_now(self, camera_id: str, *, scope: Scope) -> None:
        """Put a camera before all others; where another replica tours it, a picture is taken here for the wall."""
        camera = await self._camera(camera_id, scope)
        if not self.touring.hasten(camera_id):
            await self._look(camera)

    async def _camera(self, camera_id: str, scope: Scope) -> Camera:
        async with self.database.connection() as connection:
            camera = await camera_store.find_camera(connection, camera_id, scope, self.sealer)
        if camera is None:
            raise CameraUnknown(camera=camera_id)
        return camera

    async def _look(self, camera: Camera, preset: str = "") -> tuple[bytes, str]:
        now = self.clock.now()
        try:
            frame = await self.sight.frame(camera, at=now, budget_s=10.0, width_max_px=WALK_WIDTH_PX, preset=preset)
        except Unavailable as error:
            return b"", key_of(error)
        return frame.content, ""

    async def walk(self, route_id: str, position: int, *, caller: Caller) -> Step:
        """One stop further with a person, who sees it and counts as a visit. Fails with ROUTE_UNKNOWN, CAMERA_UNKNOWN."""
        async with self.database.connection() as connection:
            routes, facts = await store.all_routes(connection)
        route = next((route for route in routes if route.id == route_id), None)
        if route is None:
            raise RouteUnknown(route=route_id)
        position %= len(route.stops)
        stop = route.stops[position]
        camera = await self._camera(stop.camera_id, caller.scope("video.patrol"))
        picture, problem = await self._look(camera, stop.preset)
        if picture and not sees_originals(caller, camera):
            picture = await self.privacy.hide(picture, camera_id=camera.id)
        now = self.clock.now()
        found = round_at(route, now, self.zone)
        if picture and found is not None:
            row = {
                "day": found.day,
                "route_id": route.id,
                "camera_id": stop.camera_id,
                "preset": stop.preset,
                "round": found.number,
                "at": now,
            }
            async with self.database.transaction() as transaction:
                await store.count_seen(transaction, [row])
        log.info("route_walked", route_id=route_id, camera_id=camera.id, by=caller.subject)
        following = (position + 1) % len(route.stops)
        return Step(
            route=route,
            stop=stop,
            following=route.stops[following],
            following_position=following,
            facts=facts,
            picture=picture,
            taken_at=now,
            problem=problem,
        )
