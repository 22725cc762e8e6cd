"""Says which task types are practical matters, errands done for somebody, or disputes, and which months a span has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class MatterKind(StrEnum):
    """What a matter counts as."""

    NONE = ""
    PRACTICAL = "practical"
    AGENCY = "agency"
    DISPUTE = "dispute"


#: By the beginning of the class, where the city has settled nothing: conflicts; welfare, work and orders of residents.
BY_CLASS: Final[Mapping[str, MatterKind]] = {
    "S03": MatterKind.DISPUTE,
    "S02": MatterKind.AGENCY,
    "S04": MatterKind.AGENCY,
    "S18": MatterKind.AGENCY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMatter:
    """What a task type counts as."""

    task_type: str
    kind: MatterKind
    settled: bool


def kinds_of(classes: Mapping[str, str], settled: Mapping[str, MatterKind]) -> tuple[TypeMatter, ...]:
    """All task types, from their classes (by task type) and what was settled."""
    return tuple(
        TypeMatter(
            task_type=task_type,
            kind=settled.get(task_type, BY_CLASS.get(category[:3], MatterKind.PRACTICAL)),
            settled=task_type in settled,
        )
        for task_type, category in sorted(classes.items())
    )


def months_of(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    """Every month a span touches."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    months = []
    year, month = first.year, first.month
    while datetime(year, month, 1, tzinfo=zone) < last:
        months.append(f"{year}-{month:02d}")
        year, month = year + month // 12, month % 12 + 1
    return tuple(months)
