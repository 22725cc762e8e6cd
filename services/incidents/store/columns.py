"""Turns a case into columns and columns into a case; the one place that knows both."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from services.incidents.domain.case import Case, Event, Evidence, HistoryEntry, Leg, Point, Source, State
from services.incidents.domain.countdown import Countdown
from services.incidents.domain.dealings import Ending
from services.incidents.domain.limits import Limit
from services.incidents.domain.routing import Route, Rule, RuleTrace
from services.incidents.domain.signal import Moments, Signal
from services.incidents.domain.tasktypes import EvidenceKind
from services.incidents.store.beside import dealings_columns, dealings_of, part_of, runs_of
from services.platform.database import Row

_MICROSECOND: Final = timedelta(microseconds=1)

Columns = dict[str, Any]  # what a row is written from; each value goes through JSON


def columns_of(case: Case, *, revision: int) -> Columns:
    """A case as a row of `incident`."""
    return {
        "id": case.id,
        "number": case.number,
        "version": case.version,
        "revision": revision,
        "state": case.state,
        "state_since": _text(case.state_since),
        "updated_at": _text(case.updated_at),
        "ended_as": case.state if case.closed_at else "",
        "task_type": case.task_type,
        "task_type_version": case.task_type_version,
        "emergency": case.emergency,
        "filing_condition": case.filing_condition,
        "closing_condition": case.closing_condition,
        "closing_condition_en": case.closing_condition_en,
        "limit_value": str(case.limit.value) if case.limit else None,
        "limit_unit": case.limit.unit if case.limit else None,
        "longitude_deg": case.point.longitude_deg,
        "latitude_deg": case.point.latitude_deg,
        "accuracy_m": case.point.accuracy_m,
        "grid_code": case.grid_code,
        "area_path": case.area_path,
        "source": case.source,
        "department_code": case.department_code,
        "reporter": case.reporter,
        "handler": case.handler,
        "solver": case.solver,
        "checker": case.checker,
        "reported_at": _text(case.reported_at),
        "registered_at": _text(case.registered_at),
        "dispatched_at": _text(case.dispatched_at),
        "signed_at": _text(case.signed_at),
        "disposed_at": _text(case.disposed_at),
        "closed_at": _text(case.closed_at),
        **_countdown_columns(case.countdown),
        "signal": case.signal,
        "overdue": case.overdue,
        "stage_due_at": _text(case.stage_due_at),
        "sign_due_at": _text(case.sign_due_at),
        "sign_missed_count": case.sign_missed_count,
        "leg_sequence": case.leg.sequence,
        "loop_level": case.leg.loop_level,
        "leg_receiver": case.leg.receiver,
        "leg_received_at": _text(case.leg.received_at),
        "leg_replied_at": _text(case.leg.replied_at),
        "leg_reply": case.leg.reply,
        "leg_cause": case.leg.cause,
        "loop_due_at": _text(case.loop_due_at),
        "return_count": case.return_count,
        "rework_count": case.rework_count,
        "rating": case.rating,
        "rating_comment": case.rating_comment,
        "rated_at": _text(case.rated_at),
        "ending": case.ending,
        "parent_id": case.parent_id or None,
        "blocking": case.blocking,
        "dealings": dealings_columns(case.dealings, case.countdown.runs if case.countdown else ()),
    }


#: What never changes while a case goes its way.
FIXED: Final = frozenset(
    {
        "number",
        "longitude_deg",
        "latitude_deg",
        "accuracy_m",
        "grid_code",
        "area_path",
        "source",
        "reporter",
        "reported_at",
    }
)


def moved_columns(case: Case, *, revision: int) -> Columns:
    """What a step can change of a row of `incident`."""
    return {
        name: value
        for name, value in columns_of(case, revision=revision).items()
        if value is not None and name not in FIXED
    }


def case_of(row: Row) -> Case:
    """A row of `incident` with its dossier as a case."""
    return Case(
        id=str(row["id"]),
        number=row["number"],
        version=row["version"],
        state=State(row["state"]),
        state_since=row["state_since"],
        updated_at=row["updated_at"],
        task_type=row["task_type"],
        task_type_version=row["task_type_version"],
        emergency=row["emergency"],
        filing_condition=row["filing_condition"],
        closing_condition=row["closing_condition"],
        closing_condition_en=row["closing_condition_en"],
        limit=Limit.of(row["limit_value"], row["limit_unit"]) if row["limit_unit"] else None,
        description=row["description"],
        place=row["place"],
        point=Point(longitude_deg=row["longitude_deg"], latitude_deg=row["latitude_deg"], accuracy_m=row["accuracy_m"]),
        grid_code=row["grid_code"],
        area_path=row["area_path"],
        source=Source(row["source"]),
        form_answers=row["form_answers"],
        department_code=row["department_code"],
        reporter=row["reporter"],
        handler=row["handler"],
        solver=row["solver"],
        checker=row["checker"],
        reported_at=row["reported_at"],
        registered_at=row["registered_at"],
        dispatched_at=row["dispatched_at"],
        signed_at=row["signed_at"],
        disposed_at=row["disposed_at"],
        closed_at=row["closed_at"],
        countdown=countdown_of(row),
        signal=Signal(row["signal"]),
        overdue=row["overdue"],
        stage_due_at=row["stage_due_at"],
        sign_due_at=row["sign_due_at"],
        sign_missed_count=row["sign_missed_count"],
        leg=Leg(
            sequence=row["leg_sequence"],
            loop_level=row["loop_level"],
            receiver=row["leg_receiver"],
            received_at=row["leg_received_at"],
            replied_at=row["leg_replied_at"],
            reply=row["leg_reply"],
            cause=row["leg_cause"],
        ),
        loop_due_at=row["loop_due_at"],
        return_count=row["return_count"],
        rework_count=row["rework_count"],
        rating=row["rating"],
        rating_comment=row["rating_comment"],
        rated_at=row["rated_at"],
        ending=Ending(row["ending"]),
        parent_id=str(row["parent_id"] or ""),
        blocking=row["blocking"],
        open_children=tuple(row["open_children"] or ()),
        dealings=dealings_of(row["dealings"]),
        parts=tuple(part_of(part) for part in row["parts"] or ()),
    )


def entry_columns(case_id: str, entry: HistoryEntry) -> Columns:
    """A line of history as a row of `history`."""
    return {
        "incident_id": case_id,
        "sequence": entry.sequence,
        "event": entry.event,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "actor": entry.actor,
        "role": entry.role,
        "receiver": entry.receiver,
        "opinion": entry.opinion,
        "opinion_en": entry.opinion_en,
        "at": _text(entry.at),
        "elapsed_s": entry.elapsed_s,
        "overdue": entry.overdue,
        "evidence": [evidence_columns(item) for item in entry.evidence],
        "deadline_at": _text(entry.deadline_at),
    }


def entry_of(line: Mapping[str, Any]) -> HistoryEntry:
    """A row of `history`, as JSON, as a line of history."""
    return HistoryEntry(
        sequence=line["sequence"],
        event=Event(line["event"]),
        from_state=State(line["from_state"]) if line["from_state"] else None,
        to_state=State(line["to_state"]),
        actor=line["actor"],
        role=line["role"],
        receiver=line["receiver"],
        opinion=line["opinion"],
        opinion_en=line["opinion_en"],
        at=datetime.fromisoformat(line["at"]),
        elapsed_s=line["elapsed_s"],
        overdue=line["overdue"],
        evidence=tuple(evidence_of(item) for item in line["evidence"]),
        deadline_at=_moment(line["deadline_at"]),
    )


def leg_columns(case_id: str, leg: Leg) -> Columns:
    """A leg as a row of `leg`."""
    return {
        "incident_id": case_id,
        "sequence": leg.sequence,
        "loop_level": leg.loop_level,
        "receiver": leg.receiver,
        "received_at": _text(leg.received_at),
        "replied_at": _text(leg.replied_at),
        "reply": leg.reply,
        "cause": leg.cause,
    }


def leg_of(line: Mapping[str, Any]) -> Leg:
    """A row of `leg`, as JSON, as a leg."""
    return Leg(
        sequence=line["sequence"],
        loop_level=line["loop_level"],
        receiver=line["receiver"],
        received_at=datetime.fromisoformat(line["received_at"]),
        replied_at=_moment(line["replied_at"]),
        reply=line["reply"],
        cause=line["cause"],
    )


def evidence_columns(item: Evidence) -> Columns:
    """A piece of evidence as JSON."""
    where = item.taken_where
    return {
        "kind": item.kind,
        "object_key": item.object_key,
        "sha256": item.sha256,
        "content_type": item.content_type,
        "size_bytes": item.size_bytes,
        "taken_at": _text(item.taken_at),
        "taken_where": [where.longitude_deg, where.latitude_deg, where.accuracy_m] if where else None,
        "camera_id": item.camera_id,
    }


def evidence_of(value: Mapping[str, Any]) -> Evidence:
    """A piece of evidence from JSON."""
    where = value["taken_where"]
    return Evidence(
        kind=EvidenceKind(value["kind"]),
        object_key=value["object_key"],
        sha256=value["sha256"],
        content_type=value["content_type"],
        size_bytes=value["size_bytes"],
        taken_at=_moment(value["taken_at"]),
        taken_where=Point(longitude_deg=where[0], latitude_deg=where[1], accuracy_m=where[2]) if where else None,
        camera_id=value["camera_id"],
    )


def route_columns(route: Route) -> Columns:
    """A route with the reasons for it, as JSON."""
    return {
        "department_code": route.department_code,
        "co_department_codes": list(route.co_department_codes),
        "owner_unit": route.owner_unit,
        "worker_post": route.worker_post,
        "worker": route.worker,
        "worker_area": route.worker_area,
        "loop_level": route.loop_level,
        "desk": route.desk,
        "receiver": route.receiver,
        "explanation": [
            {"rule": trace.rule, "matched": trace.matched, "reason": trace.reason, "details": dict(trace.details)}
            for trace in route.explanation
        ],
    }


def route_of(value: Mapping[str, Any]) -> Route:
    """A route from JSON."""
    explanation = tuple(
        RuleTrace(rule=Rule(line["rule"]), matched=line["matched"], reason=line["reason"], details=line["details"])
        for line in value["explanation"]
    )
    plain = {key: value[key] for key in value if key not in {"explanation", "co_department_codes"}}
    return Route(co_department_codes=tuple(value["co_department_codes"]), explanation=explanation, **plain)


def _countdown_columns(countdown: Countdown | None) -> Columns:
    if countdown is None:
        return {"provisional": False}
    return {
        "time_value": str(countdown.limit.value),
        "time_unit": countdown.limit.unit,
        "started_at": _text(countdown.started_at),
        "yellow_at": _text(countdown.moments.yellow_at),
        "deadline_at": _text(countdown.moments.deadline_at),
        "red_at": _text(countdown.moments.red_at),
        "provisional": countdown.provisional,
        "paused_at": _text(countdown.paused_at),
        "stopped_at": _text(countdown.stopped_at),
        "remaining_us": None if countdown.remaining is None else countdown.remaining // _MICROSECOND,
    }


def countdown_of(row: Row) -> Countdown | None:
    """The disposal time of a case from its row; None before it began."""
    if row["started_at"] is None:
        return None
    return Countdown(
        limit=Limit.of(row["time_value"], row["time_unit"]),
        started_at=row["started_at"],
        moments=Moments(yellow_at=row["yellow_at"], deadline_at=row["deadline_at"], red_at=row["red_at"]),
        provisional=row["provisional"],
        paused_at=row["paused_at"],
        stopped_at=row["stopped_at"],
        remaining=None if row["remaining_us"] is None else row["remaining_us"] * _MICROSECOND,
        runs=runs_of(row["dealings"]),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
