"""Reads and writes routes, and what each day's tours did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.platform import sql
from services.platform.database import Transaction
from services.platform.identity import Scope
from services.video.domain.tours import Round, Route, Stop, StopDay
from services.video.store.scope import CAMERAS, scope_values

queries = sql.load(__package__, "routes.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class StopFacts:
    """What a camera is called and which road it watches."""

    camera_name: str
    road_segment: str


async def version_of(transaction: Transaction, route_id: str) -> int:
    """A route's version, locked; 0 when there is none in force."""
    row = await (await transaction.execute(queries.find_route, {"id": route_id})).fetchone()
    return int(row["version"]) if row else 0


async def save(transaction: Transaction, route: Route, *, by: str, at: datetime) -> int:
    """Write a route, whole; its version."""
    values = {
        "id": route.id,
        "name": route.name,
        "window_begins": [begins for begins, _ in route.windows],
        "window_ends": [ends for _, ends in route.windows],
        "rounds_per_day": route.rounds_per_day,
        "rounds_required": route.rounds_required,
        "dwell_s": route.dwell_s,
        "detect_always": route.detect_always,
        "changed_by": by,
        "changed_at": at,
    }
    row = await (await transaction.execute(queries.upsert_route, values)).fetchone()
    await transaction.execute(queries.delete_stops, {"route_id": route.id})
    await transaction.cursor().executemany(
        queries.insert_stop,
        [
            {"route_id": route.id, "position": position, "camera_id": stop.camera_id, "preset": stop.preset}
            for position, stop in enumerate(route.stops)
        ],
    )
    return int(row["version"]) if row else 0


async def end(transaction: Transaction, route_id: str, *, by: str, at: datetime) -> bool:
    """End a route; False when there is none."""
    cursor = await transaction.execute(queries.end_route, {"id": route_id, "by": by, "at": at})
    return await cursor.fetchone() is not None


async def all_routes(transaction: Transaction) -> tuple[list[Route], dict[str, StopFacts]]:
    """Every route in force, and what is known of the cameras on them."""
    rows = await (await transaction.execute(queries.list_routes)).fetchall()
    facts = {
        row["camera_id"]: StopFacts(camera_name=row["camera_name"], road_segment=row["road_segment"]) for row in rows
    }
    by_id: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_id.setdefault(row["id"], []).append(row)
    return [_route(found) for found in by_id.values()], facts


def _route(rows: Sequence[Mapping[str, Any]]) -> Route:
    first = rows[0]
    return Route(
        id=first["id"],
        name=first["name"],
        stops=tuple(Stop(camera_id=row["camera_id"], preset=row["preset"]) for row in rows),
        windows=tuple(zip(first["window_begins"], first["window_ends"], strict=True)),
        rounds_per_day=first["rounds_per_day"],
        rounds_required=first["rounds_required"],
        dwell_s=first["dwell_s"],
        detect_always=first["detect_always"],
        version=first["version"],
    )


async def stop_days(transaction: Transaction, day: date, scope: Scope) -> dict[tuple[str, str, str], StopDay]:
    """What a day's tours did, by route, camera and preset."""
    rows = await (await transaction.execute(queries.list_stop_days, {"day": day, **scope_values(scope)})).fetchall()
    shown = await CAMERAS.within(transaction, {row["camera_id"] for row in rows}, scope)
    return {
        (row["route_id"], row["camera_id"], row["preset"]): StopDay(
            rounds_met=row["rounds_met"],
            visits=row["visits"],
            last_seen_at=row["last_seen_at"],
            missed=row["missed"],
        )
        for row in rows
        if row["camera_id"] in shown
    }


async def seen_counts(transaction: Transaction, rounds: Mapping[str, Round]) -> dict[str, int]:
    """Stops seen in the round under way, by route."""
    values = {
        "routes": list(rounds),
        "days": [found.day for found in rounds.values()],
        "rounds": [found.number for found in rounds.values()],
    }
    rows = await (await transaction.execute(queries.count_round_seen, values)).fetchall()
    return {row["route_id"]: row["seen"] for row in rows}


async def count_seen(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Count pictures of stops."""
    await transaction.cursor().executemany(queries.upsert_stop_seen, rows)


async def count_missed(transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Count rounds without a picture."""
    await transaction.cursor().executemany(queries.upsert_stop_missed, rows)
