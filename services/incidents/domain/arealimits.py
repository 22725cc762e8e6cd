"""Times of stages, loops and priorities that an area settles for itself and all below it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.incidents.domain.dealings import Priority
from services.incidents.domain.limits import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaLimits:
    """What one area settles; what is missing is as it is above. Stages go by their names."""

    stages: Mapping[str, Limit] = field(default_factory=dict)
    loops: Mapping[int, Limit] = field(default_factory=dict)
    shares: Mapping[Priority, Decimal] = field(default_factory=dict)
