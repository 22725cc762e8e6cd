"""Says cases, lines of history, legs, routes and legal steps in the words of the contract."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import tasks_pb2

from services.incidents.cityview.picture import CityView
from services.incidents.domain import explain
from services.incidents.domain.calendar import WorkCalendar
from services.incidents.domain.case import Case, Evidence, HistoryEntry, Leg, Point
from services.incidents.domain.countdown import Countdown
from services.incidents.domain.dealings import NONE
from services.incidents.domain.light import is_overdue, light_of
from services.incidents.domain.limits import Limit
from services.incidents.domain.procedure import USUAL, Procedure
from services.incidents.domain.routing import Route
from services.incidents.domain.signal import Signal, SignalRules
from services.incidents.domain.workflow import LegalStep
from services.incidents.duplicates.domain import Match
from services.incidents.messages.beside import dealings_message, part_message, proof_pieces
from services.incidents.messages.moments import stamp
from services.incidents.messages.names import (
    ENDINGS,
    EVENTS,
    EVIDENCE_KINDS,
    PRIORITIES,
    SIGNALS,
    SOURCES,
    STATES,
    UNITS,
)

_SECOND: Final = timedelta(seconds=1)


def case_message(
    case: Case,
    *,
    view: CityView,
    now: datetime,
    rules: SignalRules,
    evidence: Iterable[Evidence] = (),
    route: Route | None = None,
    calendar: WorkCalendar | None = None,
    procedure: Procedure = USUAL,
) -> cases_pb2.Case:
    """A case, with its light at this moment; with a calendar also what is left of its time."""
    task_type = view.task_type(case.task_type, case.task_type_version)
    moments = case.countdown.moments if case.countdown else None
    told = cases_pb2.Case(
        id=case.id,
        number=case.number,
        version=case.version,
        state=STATES[case.state],
        signal=SIGNALS[light_of(case, now, rules)],
        task_type=case.task_type,
        task_type_version=case.task_type_version,
        task_type_title=task_type.title,
        task_type_title_en=task_type.title_en,
        description=case.description,
        place=case.place,
        point=point_message(case.point),
        grid_code=case.grid_code,
        grid_name=view.area_name(case.grid_code),
        grid_name_en=view.area_name_en(case.grid_code),
        area_path=case.area_path,
        department_code=case.department_code,
        source=SOURCES[case.source],
        reporter=case.reporter,
        handler=case.handler,
        solver=case.solver,
        checker=case.checker,
        loop_level=case.loop_level,
        reported_at=stamp(case.reported_at),
        registered_at=stamp(case.registered_at),
        yellow_at=stamp(moments.yellow_at if moments else None),
        deadline_at=stamp(moments.deadline_at if moments else None),
        red_at=stamp(moments.red_at if moments else None),
        closed_at=stamp(case.closed_at),
        filing_condition=case.filing_condition,
        closing_condition=case.closing_condition,
        closing_condition_en=case.closing_condition_en,
        limit=limit_message(case.limit) if case.limit else None,
        rework_count=case.rework_count,
        return_count=case.return_count,
        rating=case.rating,
        rating_comment=case.rating_comment,
        evidence=[evidence_message(item) for item in evidence],
        form_answers=case.form_answers,
        route=route_message(route, view) if route else None,
        emergency=case.emergency,
        stage_due_at=stamp(case.stage_due_at),
        sign_due_at=stamp(case.sign_due_at),
        overdue=is_overdue(case, now),
        priority=PRIORITIES[case.dealings.priority],
        ending=ENDINGS[case.ending],
        dealings=_dealings(case, procedure),
        parts=[part_message(part) for part in case.parts],
        parent_id=case.parent_id,
        blocking=case.blocking,
        open_children=case.open_children,
    )
    if case.countdown is not None:
        _tell_time(told, case.countdown, now, calendar)
    return told


def _tell_time(told: cases_pb2.Case, countdown: Countdown, now: datetime, calendar: WorkCalendar | None) -> None:
    """How the disposal time stands."""
    told.paused = countdown.paused_at is not None
    told.deadline_provisional = countdown.provisional
    told.limit_s = countdown.limit.span // _SECOND
    if calendar is not None:
        told.left_s = countdown.left(now, calendar) // _SECOND


def _dealings(case: Case, procedure: Procedure) -> cases_pb2.Dealings | None:
    """Nothing at all for the many cases with which nothing special goes on."""
    dealings = case.dealings
    if dealings is NONE:
        return None
    state = next((state for state in procedure.own_states if state.code == dealings.own_state), None)
    return dealings_message(
        dealings,
        own_state_title=state.title if state else "",
        own_state_title_en=state.title_en if state else "",
    )


def entry_message(entry: HistoryEntry) -> cases_pb2.HistoryEntry:
    """A line of history."""
    return cases_pb2.HistoryEntry(
        sequence=entry.sequence,
        event=EVENTS[entry.event],
        from_state=STATES[entry.from_state] if entry.from_state else cases_pb2.CASE_STATE_UNSPECIFIED,
        to_state=STATES[entry.to_state],
        actor=entry.actor,
        role=entry.role,
        receiver=entry.receiver,
        opinion=entry.opinion,
        opinion_en=entry.opinion_en,
        at=stamp(entry.at),
        elapsed_s=entry.elapsed_s,
        overdue=entry.overdue,
        evidence=[evidence_message(item) for item in entry.evidence],
    )


def leg_message(leg: Leg) -> cases_pb2.Leg:
    """A leg."""
    return cases_pb2.Leg(
        loop_level=leg.loop_level,
        receiver=leg.receiver,
        received_at=stamp(leg.received_at),
        replied_at=stamp(leg.replied_at),
        reply=leg.reply,
        cause=leg.cause,
    )


def legal_step_message(step: LegalStep) -> cases_pb2.LegalStep:
    """A step that may be taken now."""
    return cases_pb2.LegalStep(
        event=EVENTS[step.event],
        opinion_required=step.opinion_required,
        evidence_required=step.evidence_required,
        evidence_kind=EVIDENCE_KINDS[step.evidence_kind] if step.evidence_kind else place_pb2.EVIDENCE_KIND_UNSPECIFIED,
        fields_required=step.fields_required,
        proof=proof_pieces(step.proof),
        within_m=step.proof.within_m,
        words_min=step.proof.words_min,
        form=step.form,
        aside=step.aside,
        move=step.move,
        title=step.title,
        title_en=step.title_en,
    )


def route_message(route: Route, view: CityView) -> cases_pb2.Route:
    """A route with every rule in both languages."""
    department = view.departments.get(route.department_code)
    return cases_pb2.Route(
        department_code=route.department_code,
        department_name=department.name if department else "",
        department_name_en=department.name_en if department else "",
        worker_post=route.worker_post,
        worker=route.worker,
        loop_level=route.loop_level,
        desk=route.desk,
        rules=[
            cases_pb2.RouteRule(
                rule=trace.rule,
                matched=trace.matched,
                why=explain.why(trace, explain.CHINESE),
                why_en=explain.why(trace, explain.ENGLISH),
            )
            for trace in route.explanation
        ],
    )


def duplicate_message(match: Match) -> incidents_pb2.DuplicateCandidate:
    """A case that may be the same matter."""
    return incidents_pb2.DuplicateCandidate(
        case_id=match.case.case_id,
        number=match.case.number,
        score=match.score,
        distance_m=match.distance_m,
    )


def evidence_message(item: Evidence) -> place_pb2.Evidence:
    """A piece of evidence."""
    return place_pb2.Evidence(
        object_key=item.object_key,
        sha256=item.sha256,
        content_type=item.content_type,
        kind=EVIDENCE_KINDS[item.kind],
        taken_at=stamp(item.taken_at),
        taken_where=point_message(item.taken_where) if item.taken_where else None,
        size_bytes=item.size_bytes,
        camera_id=item.camera_id,
    )


def point_message(point: Point) -> place_pb2.Point:
    """A point."""
    return place_pb2.Point(
        longitude_deg=point.longitude_deg, latitude_deg=point.latitude_deg, accuracy_m=point.accuracy_m
    )


def limit_message(limit: Limit) -> tasks_pb2.Limit:
    """A span of time."""
    return tasks_pb2.Limit(value=float(limit.value), unit=UNITS[limit.unit])


def signal_number(signal: Signal) -> cases_pb2.Signal.ValueType:
    """A light."""
    return SIGNALS[signal]
