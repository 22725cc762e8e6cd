"""Says marks, findings and standings in the words of the contract, and understands them."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal
from typing import Final

from gridward.incidents.v1 import assessment_pb2

from services.incidents.assessment.domain import (
    DEFAULT_POINTS,
    QUARTERS,
    Finding,
    GridSource,
    Kind,
    Mention,
    Standing,
    WorkerPart,
    Year,
    exact,
)
from services.incidents.assessment.store import Mark
from services.incidents.cityview.picture import CityView
from services.incidents.messages.moments import stamp
from services.platform.clock import Clock

KIND_OF: Final[Mapping[int, Kind]] = {
    assessment_pb2.AssessmentKind.Value(f"ASSESSMENT_KIND_{kind.name}"): kind for kind in Kind
}
_SOURCE_OF: Final = {
    assessment_pb2.GridMarkSource.Value(f"GRID_MARK_SOURCE_{source.name}"): source for source in GridSource
}
_PART_OF: Final = {assessment_pb2.WorkerPart.Value(f"WORKER_PART_{part.name}"): part for part in WorkerPart}
_MENTIONS: Final = {
    Mention.NONE: assessment_pb2.MENTION_UNSPECIFIED,
    Mention.COMMENDED: assessment_pb2.MENTION_COMMENDED,
    Mention.CRITICISED: assessment_pb2.MENTION_CRITICISED,
}

Names = tuple[str, str]


def grid_marks_of(messages: Iterable[assessment_pb2.GridMark]) -> list[Mark]:
    """Marks of grids; where they lie is found later."""
    return [_mark(mark.grid_code, _SOURCE_OF[mark.source], mark.score, mark.note) for mark in messages]


def worker_marks_of(messages: Iterable[assessment_pb2.WorkerMark]) -> list[Mark]:
    """Marks of workers; where they lie is found later."""
    return [_mark(mark.staff_code, _PART_OF[mark.part], mark.score, mark.note) for mark in messages]


def finding_of(message: assessment_pb2.RecordFindingRequest, clock: Clock) -> Finding:
    """What an inspector found, not yet placed."""
    found_at = message.found_at.ToDatetime(UTC) if message.HasField("found_at") else clock.now()
    return Finding(
        id="",
        task_type=message.task_type,
        grid_code="",
        area_path="",
        found_at=min(found_at, clock.now()),
        found_by="",
        note=message.note,
        points=exact(Decimal(str(message.points))) or DEFAULT_POINTS,
    )


def finding_message(finding: Finding) -> assessment_pb2.CityFinding:
    """A finding."""
    return assessment_pb2.CityFinding(
        id=finding.id,
        grid_code=finding.grid_code,
        task_type=finding.task_type,
        found_at=stamp(finding.found_at),
        found_by=finding.found_by,
        note=finding.note,
        points=float(finding.points),
        deducted=float(finding.deducted),
        case_id=finding.case_id,
        case_number=finding.case_number,
        forgiven_reason=finding.forgiven_reason,
        forgiven_by=finding.forgiven_by,
    )


def standing_message(standing: Standing, names: Names) -> assessment_pb2.Standing:
    """Where one stands."""
    return assessment_pb2.Standing(
        code=standing.code,
        name=names[0],
        name_en=names[1],
        score=None if standing.score is None else float(standing.score),
        rank=standing.rank,
        mention=_MENTIONS[standing.mention],
        parts=[
            assessment_pb2.ScorePart(
                part=part.part, score=float(part.score), weight=part.weight, computed=part.computed
            )
            for part in standing.parts
        ],
    )


def year_message(year: Year, names: Names, rank: int) -> assessment_pb2.YearStanding:
    """The year of one."""
    quarters = []
    for quarter in range(1, QUARTERS + 1):
        score, months = year.quarters.get(quarter, (None, 0))
        told = None if score is None else float(exact(score))
        quarters.append(assessment_pb2.QuarterScore(quarter=quarter, score=told, month_count=months))
    return assessment_pb2.YearStanding(
        code=year.code,
        name=names[0],
        name_en=names[1],
        quarters=quarters,
        score=None if year.score is None else float(year.score),
        rank=rank,
    )


def names_of(view: CityView, kind: Kind, code: str) -> Names:
    """Names in both languages; a worker goes by the code."""
    found = view.area(code) if kind is Kind.GRID else view.departments.get(code)
    return (found.name, found.name_en) if found else (code, code)


def _mark(code: str, part: str, score: float, note: str) -> Mark:
    return Mark(code=code, part=part, area_path="", score=exact(Decimal(str(score))), note=note)
