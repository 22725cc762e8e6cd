"""Keeps procedures and calendars as JSON documents: what a version of each says."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.incidents.domain.areacalendar import AreaCalendar
from services.incidents.domain.arealimits import AreaLimits
from services.incidents.domain.calendar import Slot
from services.incidents.domain.dealings import Priority
from services.incidents.domain.holiday_table import DayOverride
from services.incidents.domain.procedure import Move, MoveBy, OrderedStep, OwnState, Procedure, Proof
from services.incidents.domain.tasktypes import EvidenceKind
from services.incidents.domain.urging import UrgeAction, UrgeBase, UrgeRung
from services.incidents.store.beside import limit_columns, limit_of

Document = dict[str, Any]  # goes through JSON
Told = Mapping[str, Any]  # came through JSON


def procedure_document(procedure: Procedure) -> Document:
    """A procedure as JSON; its version stands beside it."""
    return {
        "proofs": {step: _proof_document(proof) for step, proof in procedure.proofs.items()},
        "own_states": [
            {"code": state.code, "title": state.title, "title_en": state.title_en, "may_submit": state.may_submit}
            for state in procedure.own_states
        ],
        "moves": [
            {
                "code": move.code,
                "title": move.title,
                "title_en": move.title_en,
                "source": move.source,
                "target": move.target,
                "by": move.by,
                "proof": _proof_document(move.proof),
            }
            for move in procedure.moves
        ],
        "loop_limits": {str(level): limit_columns(limit) for level, limit in procedure.loop_limits.items()},
        "whole_limit": limit_columns(procedure.whole_limit),
        "verify_first": sorted(procedure.verify_first),
        "ordered_steps": [
            {
                "department_code": step.department_code,
                "limit": limit_columns(step.limit),
                "title": step.title,
                "title_en": step.title_en,
            }
            for step in procedure.ordered_steps
        ],
        "ladder": [
            {
                "code": rung.code,
                "base": rung.base,
                "after": limit_columns(rung.after),
                "action": rung.action,
                "words": rung.words,
                "words_en": rung.words_en,
            }
            for rung in procedure.ladder
        ],
    }


def procedure_of(document: Told, version: int) -> Procedure:
    """A procedure from JSON."""
    loops = {int(level): limit_of(limit) for level, limit in document["loop_limits"].items()}
    return Procedure(
        version=version,
        proofs={step: _proof_of(proof) for step, proof in document["proofs"].items()},
        own_states=tuple(OwnState(**state) for state in document["own_states"]),
        moves=tuple(
            Move(**{**move, "by": MoveBy(move["by"]), "proof": _proof_of(move["proof"])}) for move in document["moves"]
        ),
        loop_limits={level: limit for level, limit in loops.items() if limit},
        whole_limit=limit_of(document["whole_limit"]),
        verify_first=frozenset(document["verify_first"]),
        ordered_steps=tuple(_ordered_of(step) for step in document["ordered_steps"]),
        ladder=tuple(_rung_of(rung) for rung in document.get("ladder", ())),
    )


def calendar_document(calendar: AreaCalendar) -> Document:
    """A calendar as JSON."""
    return {
        "slots": [[slot.start_s, slot.end_s] for slot in calendar.slots],
        "weekend": sorted(calendar.weekend),
        "days": [[day.day.isoformat(), day.worked, day.name] for day in calendar.days],
        "final_years": sorted(calendar.final_years),
    }


def calendar_of(document: Told, zone: ZoneInfo) -> AreaCalendar:
    """A calendar from JSON."""
    return AreaCalendar(
        zone=zone,
        slots=tuple(Slot(start_s, end_s) for start_s, end_s in document["slots"]),
        weekend=frozenset(document["weekend"]),
        days=tuple(
            DayOverride(day=date.fromisoformat(day), worked=worked, name=name) for day, worked, name in document["days"]
        ),
        final_years=frozenset(document["final_years"]),
    )


def limits_document(limits: AreaLimits) -> Document:
    """Times of an area as JSON."""
    return {
        "stages": {stage: limit_columns(limit) for stage, limit in limits.stages.items()},
        "loops": {str(level): limit_columns(limit) for level, limit in limits.loops.items()},
        "shares": {priority: str(share) for priority, share in limits.shares.items()},
    }


def limits_of(document: Told) -> AreaLimits:
    """Times of an area from JSON."""
    stages = {stage: limit_of(limit) for stage, limit in document["stages"].items()}
    loops = {int(level): limit_of(limit) for level, limit in document["loops"].items()}
    return AreaLimits(
        stages={stage: limit for stage, limit in stages.items() if limit},
        loops={level: limit for level, limit in loops.items() if limit},
        shares={Priority(priority): Decimal(share) for priority, share in document["shares"].items()},
    )


def _proof_document(proof: Proof) -> Document:
    return {"pieces": dict(proof.kinds), "words_min": proof.words_min, "within_m": proof.within_m}


def _proof_of(document: Told) -> Proof:
    return Proof(
        pieces={EvidenceKind(kind): count for kind, count in document["pieces"].items()},
        words_min=document["words_min"],
        within_m=document["within_m"],
    )


def _rung_of(document: Told) -> UrgeRung:
    return UrgeRung(
        code=document["code"],
        base=UrgeBase(document["base"]),
        after=limit_of(document["after"]),
        action=UrgeAction(document["action"]),
        words=document["words"],
        words_en=document["words_en"],
    )


def _ordered_of(document: Told) -> OrderedStep:
    limit = limit_of(document["limit"])
    if limit is None:
        raise ValueError("limit")
    return OrderedStep(
        department_code=document["department_code"],
        limit=limit,
        title=document["title"],
        title_en=document["title_en"],
    )
