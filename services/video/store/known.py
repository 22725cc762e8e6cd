"""Writes what is known of a view as JSON, and reads it back."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from services.video.domain.geometry import Box
from services.video.domain.health import Fault, Health, Measures, Suspicion, Usual
from services.video.domain.sightings import Candidate
from services.video.domain.view import View


def written(view: View) -> str:
    """The parts of a view that are no columns."""
    told = {
        "day": asdict(view.day),
        "night": asdict(view.night),
        "health": {fault.value: asdict(found) for fault, found in view.health.suspicions.items()},
        "candidates": [asdict(candidate) | {"box": candidate.box.sides} for candidate in view.candidates],
        "measures": asdict(view.measures) if view.measures else None,
        "visits": view.visits,
    }
    return json.dumps(told, default=str)


def read(told: Mapping[str, Any], row: Mapping[str, Any]) -> View:
    """A view from its JSON and the columns beside it."""
    return View(
        day=Usual(**told["day"]),
        night=Usual(**told["night"]),
        health=Health(suspicions={Fault(name): _suspicion(found) for name, found in told["health"].items()}),
        candidates=[_candidate(found) for found in told["candidates"]],
        measures=Measures(**told["measures"]) if told["measures"] else None,
        failures=row["failures"],
        problem=row["problem"],
        tried_at=row["tried_at"],
        seen_at=row["seen_at"],
        resting_until=row["resting_until"],
        visits=told["visits"],
    )


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _suspicion(told: Mapping[str, Any]) -> Suspicion:
    return Suspicion(
        hits=tuple(told["hits"]),
        since=_moment(told["since"]),
        measured=told["measured"],
        said_at=_moment(told["said_at"]),
    )


def _candidate(told: Mapping[str, Any]) -> Candidate:
    return Candidate(
        code=told["code"],
        zone_id=told["zone_id"],
        box=Box.of(told["box"]),
        confidence=told["confidence"],
        first_at=datetime.fromisoformat(told["first_at"]),
        last_at=datetime.fromisoformat(told["last_at"]),
        visits=told["visits"],
        misses=told["misses"],
        finding_id=UUID(told["finding_id"]) if told["finding_id"] else None,
    )
