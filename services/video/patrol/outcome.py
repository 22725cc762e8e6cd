"""What one visit brought, as it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.video.domain.evidence import Evidence
from services.video.domain.health import Fault
from services.video.domain.sightings import Candidate
from services.video.domain.tours import Round
from services.video.domain.view import View
from services.video.patrol.plan import Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Pictures of a view that are kept in memory from visit to visit: 58 KB each."""

    previous: bytes = field(default=b"", repr=False)
    usual_day: bytes = field(default=b"", repr=False)
    usual_night: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A candidate that matters now: its place among the candidates, and the pictures that show it."""

    index: int
    clean: UUID
    marked: UUID
    before: UUID | None
    clip: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Rounds of a stop that went by without a picture."""

    route_id: str
    round: Round
    count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One visit."""

    assignment: Assignment
    at: datetime
    problem: str = ""
    late_s: float = 0.0
    took_s: float = 0.0
    view: View
    rounds: Sequence[tuple[str, Round]] = ()
    missed: Sequence[Missed] = ()
    usual_day: bytes = field(default=b"", repr=False)
    usual_night: bytes = field(default=b"", repr=False)
    begun: Sequence[Fault] = ()
    ended: Sequence[Fault] = ()
    fault_evidence: UUID | None = None
    fired: Sequence[Fired] = ()
    renewed: Mapping[int, UUID | None] = field(default_factory=dict)
    gone: Sequence[Candidate] = ()
    evidence: Sequence[Evidence] = ()
    measures: Mapping[str, Any] | None = None
