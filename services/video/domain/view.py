"""What is known of one view of a camera from visit to visit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.video.domain.health import Health, Measures, Usual
from services.video.domain.sightings import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All but the pictures."""

    day: Usual = field(default_factory=Usual)
    night: Usual = field(default_factory=Usual)
    health: Health = field(default_factory=Health)
    candidates: Sequence[Candidate] = ()
    measures: Measures | None = None
    failures: int = 0
    problem: str = ""
    tried_at: datetime | None = None
    seen_at: datetime | None = None
    resting_until: datetime | None = None
    visits: int = 0

    def usual(self, *, night: bool) -> Usual:
        """What is usual at this time of day."""
        return self.night if night else self.day
