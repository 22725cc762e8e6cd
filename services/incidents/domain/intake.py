"""Makes a case of a report: the first line of its history, its first loop and its first timer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.incidents.domain import loops, proofs
from services.incidents.domain.actors import Actor, Relation
from services.incidents.domain.case import Case, Event, Evidence, HistoryEntry, Point, Source, State
from services.incidents.domain.procedure import USUAL, Procedure
from services.incidents.domain.routing import Route
from services.incidents.domain.rulebook import Rulebook
from services.incidents.domain.step import Effect, Outcome, Step
from services.incidents.domain.tasktypes import EvidenceKind, TaskType
from services.incidents.domain.timers import plan
from services.incidents.domain.urging import with_next_rung

#: These pass on what they were told; nobody of theirs stood at the place with a camera.
TOLD_SOURCES: Final = frozenset({Source.HOTLINE, Source.TRANSFER, Source.SYSTEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody reports."""

    description: str
    point: Point
    place: str = ""
    source: Source
    evidence: tuple[Evidence, ...] = ()
    form_answers: str = ""
    filing_condition: str = ""
    description_en: str = ""


def open_case(
    report: Report,
    *,
    id: str,
    number: str,
    area_path: str,
    grid_code: str,
    task_type: TaskType,
    route: Route,
    actor: Actor,
    at: datetime,
    rulebook: Rulebook,
    procedure: Procedure = USUAL,
) -> Outcome:
    """The case of a report, with all that must be stored with it; fails with EVIDENCE_REQUIRED."""
    require_report_evidence(report, task_type)
    rulebook = rulebook.at_place(area_path)
    leg = loops.first_leg(loop_level=route.loop_level, receiver=route.receiver, at=at)
    case = Case(
        id=id,
        number=number,
        version=1,
        state=State.REPORTED,
        state_since=at,
        updated_at=at,
        task_type=task_type.code,
        task_type_version=task_type.version,
        emergency=task_type.emergency,
        filing_condition=report.filing_condition,
        description=report.description,
        place=report.place,
        point=report.point,
        grid_code=grid_code,
        area_path=area_path,
        source=report.source,
        form_answers=report.form_answers,
        department_code=route.department_code,
        reporter=actor.id,
        reported_at=at,
        stage_due_at=rulebook.stage_due(State.REPORTED, at),
        leg=leg,
        loop_due_at=loops.loop_due(leg.loop_level, at, rulebook, procedure.loop_limits),
    )
    case = with_next_rung(case, procedure.ladder, rulebook.calendar)
    entry = HistoryEntry(
        sequence=1,
        event=Event.REPORT,
        from_state=None,
        to_state=State.REPORTED,
        actor=actor.id,
        role=Relation.REPORTER,
        receiver=leg.receiver,
        opinion=report.description,
        opinion_en=report.description_en,
        at=at,
        evidence=report.evidence,
    )
    return Outcome(
        case=case,
        entry=entry,
        legs=(leg,),
        timers=plan(None, case, at),
        effects=(Effect.LEG_OPENED, Effect.REPORTER_TOLD),
    )


def require_report_evidence(report: Report, task_type: TaskType) -> None:
    """Fails with EVIDENCE_REQUIRED unless the place is shown as the task type demands, or only told of."""
    if report.source not in TOLD_SOURCES:
        shown = Step(event=Event.REPORT, evidence=report.evidence)
        proofs.require_evidence(shown, EvidenceKind.SCENE, task_type.evidence.report_count)
