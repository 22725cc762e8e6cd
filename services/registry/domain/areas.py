"""Describes an area of the city, and what the city expects of areas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Final

from shapely.geometry.base import BaseGeometry

#: A slit or overlap narrower than this is rounding, not a dispute about a border. The area index still gives every
#: point inside such a slit to one area, because it looks that far on either side.
SLIT_M_MAX: Final = 0.12


class AreaLevel(IntEnum):
    """How deep an area lies."""

    CITY = 1
    DISTRICT = 2
    SUBDISTRICT = 3
    COMMUNITY = 4
    GRID = 5
    MICRO_GRID = 6

    @property
    def word(self) -> str:
        """As files say it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMode:
    """What is different in an area, and in all inside it, while an emergency lasts (战时)."""

    emergency_id: str
    opened_task_types: tuple[str, ...]
    paused_task_types: tuple[str, ...]
    #: Minutes within which each grid must give its word; 0 is once a day.
    report_minutes: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One area as it stands in the books."""

    code: str
    name: str
    name_en: str
    level: AreaLevel
    kind: str
    parent_code: str
    path: str
    households: int
    population: int
    area_m2: float
    longitude_deg: float
    latitude_deg: float
    #: The polygon as GeoJSON geometry; empty when there is none, or when it was not asked for.
    outline: str
    #: The outline was given; else it is that of all areas inside.
    outline_given: bool
    adjacent_codes: tuple[str, ...]
    retired: bool = False
    #: Given by the store; takes no part in telling whether an area differs.
    version: int = field(default=0, compare=False)
    #: Absent in peace; set by an emergency and never by an import.
    mode: AreaMode | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An area as a file states it; without an outline it takes that of the areas inside."""

    code: str
    name: str
    name_en: str
    level: AreaLevel
    kind: str
    #: Empty for the city, and for a district that leaves it to the one city there is.
    parent_code: str
    households: int
    population: int
    outline: BaseGeometry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong, or worth a look, about one area of a file."""

    subject: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRules:
    """What the city has settled about its areas."""

    #: Digits of a code, from the city to the micro-grid.
    code_lengths: tuple[int, ...] = (6, 6, 9, 12, 15, 18)
    #: The same for a place inside that keeps codes of its own, such as a county-level city, by what its codes begin with.
    code_lengths_of: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    households_min: int = 200
    households_max: int = 450
    reach_m_max: float = 1000.0
    outline_bytes_max: int = 1_000_000

    def code_length(self, code: str, level: AreaLevel) -> int:
        """Digits that this code must have at its level; the longest beginning that was settled decides."""
        beginnings = (code[:length] for length in range(len(code), 0, -1))
        own = next((self.code_lengths_of[each] for each in beginnings if each in self.code_lengths_of), None)
        return (own or self.code_lengths)[level - 1]
