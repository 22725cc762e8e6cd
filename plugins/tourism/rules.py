"""Decides when another round is due, and whether help came within ten minutes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from plugins.sdk import Case, Json, Message, Point, distance_m

INSPECTION: Final = "scenic_merchant_inspection"
SECOND_ROUND: Final = 2
ROUNDS_MAX: Final = 9
LOOK_BACK_DAYS: Final = 180
#: From so many problems on, the merchant is visited in another round.
PROBLEMS_MANY: Final = 3

RESOURCES: Final = "rescue.resources"
SOS: Final = "rescue.sos"
ARRIVED: Final = "rescue.arrived"
NEAREST: Final = 3
RESCUE_CIRCLE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A police room, patrol, information or medical point of the scenic area."""

    code: str
    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody called for help."""

    point: Point
    at: datetime


def round_of(case: Case) -> int:
    """The round of an inspection."""
    return int(case.amount("round") or 1)


def problems(case: Case) -> int:
    """How many problems were found."""
    return int(case.amount("problem_count") or 0)


def needs_next_round(case: Case) -> bool:
    """Whether another round follows; there are nine at most."""
    return problems(case) >= PROBLEMS_MANY and round_of(case) < ROUNDS_MAX


def resources_of(rows: Json) -> list[Resource]:
    """The resources in a list that the other system sent."""
    found = []
    for row in rows if isinstance(rows, list) else []:
        point = _point(row)
        if isinstance(row, dict) and point is not None and isinstance(row.get("code"), str):
            found.append(Resource(code=str(row["code"]), point=point))
    return found


def nearest(point: Point, resources: Iterable[Resource]) -> Sequence[tuple[Resource, float]]:
    """The three nearest resources with their distance in metres, nearest first."""
    measured = [(resource, distance_m(point, resource.point)) for resource in resources]
    return sorted(measured, key=lambda each: (each[1], each[0].code))[:NEAREST]


def call_of(message: Message) -> Call | None:
    """A call for help; None when place or time is missing."""
    point, at = _point(dict(message.content)), _moment(message.content.get("at"))
    return Call(point=point, at=at) if point is not None and at is not None and message.about else None


def circle(called: str, message: Message) -> str:
    """Whether help arrived within ten minutes: "met" or "missed"; empty when nothing is known of the call."""
    arrived = _moment(message.content.get("at"))
    if not called or arrived is None:
        return ""
    return "met" if arrived - datetime.fromisoformat(called) <= RESCUE_CIRCLE else "missed"


def _point(row: Json) -> Point | None:
    if not isinstance(row, dict):
        return None
    longitude, latitude = row.get("longitude_deg"), row.get("latitude_deg")
    if not isinstance(longitude, int | float) or not isinstance(latitude, int | float):
        return None
    return Point(longitude_deg=longitude, latitude_deg=latitude)


def _moment(value: Json) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
