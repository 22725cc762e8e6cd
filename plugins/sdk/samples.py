"""Makes up cases and lines of history for a department's tests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TypedDict, Unpack

from plugins.sdk.case import (
    Case,
    CaseState,
    Evidence,
    FormAnswer,
    HistoryEntry,
    Limit,
    LimitUnit,
    Point,
    Signal,
    Source,
    StepKind,
)

#: Monday 2 March 2026, ten o'clock in the city.
MONDAY_MORNING: Final = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class CaseChanges(TypedDict, total=False):
    """What a test may want to be different about a case."""

    id: str
    number: str
    version: int
    state: CaseState
    signal: Signal
    task_type: str
    description: str
    task_type_version: int
    place: str
    source: Source
    department_code: str
    loop_level: int
    reported_at: datetime
    deadline_at: datetime | None
    closed_at: datetime | None
    filing_condition: str
    limit: Limit | None
    form_answers: Mapping[str, FormAnswer]
    emergency: bool
    handler: str
    solver: str
    rework_count: int
    return_count: int
    rating: int
    rating_comment: str
    point: Point
    evidence: tuple[Evidence, ...]


def a_case(**changes: Unpack[CaseChanges]) -> Case:
    """A case reported on Monday morning, with whatever the test wants different."""
    ordinary = Case(
        id="01957a7e-0000-7000-8000-000000000001",
        number="9991-20260302-00001",
        version=1,
        state=CaseState.REPORTED,
        signal=Signal.GREEN,
        task_type="manhole_cover_missing",
        task_type_version=1,
        description="井盖不见了",
        place="松风路18号门前",
        point=Point(longitude_deg=119.85, latitude_deg=38.6),
        grid_code="999102001001001",
        area_path="9991.999102.999102001.999102001001.999102001001001",
        department_code="D09",
        source=Source.GRID_WORKER,
        loop_level=1,
        reported_at=MONDAY_MORNING,
        limit=Limit(value=2, unit=LimitUnit.URGENT_HOUR),
    )
    return replace(ordinary, **changes)


def an_entry(step: StepKind, *, opinion: str = "", receiver: str = "", at: datetime = MONDAY_MORNING) -> HistoryEntry:
    """A line of history about a step."""
    return HistoryEntry(
        sequence=2,
        step=step,
        from_state=CaseState.UNKNOWN,
        to_state=CaseState.UNKNOWN,
        actor="somebody",
        role="dispatcher",
        receiver=receiver,
        opinion=opinion,
        at=at,
        elapsed_s=60,
        overdue=False,
    )
