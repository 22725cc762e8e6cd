"""Takes steps with a case by the table: refuses what is not allowed, and tells everything that an allowed step does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.incidents.domain import guards
from services.incidents.domain.actors import Actor, acting_role
from services.incidents.domain.case import Case, Event, HistoryEntry
from services.incidents.domain.effects import refresh_light
from services.incidents.domain.errors import ReasonRequired, StepForbidden, StepNotLegal
from services.incidents.domain.rulebook import Rulebook, Stage
from services.incidents.domain.step import Draft, Occasion, Outcome, Step
from services.incidents.domain.table import ROWS, Receiver, Transition, legal_events
from services.incidents.domain.tasktypes import EvidenceKind, TaskType
from services.incidents.domain.timers import plan
from services.platform.errors import FieldInvalid, GridwardError


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalStep:
    """A step somebody may take now, with what it asks for; a button on a screen."""

    event: Event
    opinion_required: bool = False
    evidence_required: int = 0
    evidence_kind: EvidenceKind | None = None
    fields_required: tuple[str, ...] = ()


def apply(case: Case, step: Step, *, actor: Actor, at: datetime, task_type: TaskType, rulebook: Rulebook) -> Outcome:
    """Take one step.

    `task_type` is the version the case lives by, or the newest of the one that the step corrects it to. A moment
    before the case's last change counts as that change, so that history never runs backwards.
    """
    row = _row(case, step.event)
    role = _role(row, case, actor)
    occasion = Occasion(
        step=step, actor=actor, role=role, at=max(at, case.updated_at), task_type=task_type, rulebook=rulebook
    )
    _check(row, case, occasion)
    draft = _carry_out(row, case, occasion)
    return Outcome(
        case=draft.case,
        entry=_entry(row, case, draft.case, occasion),
        legs=draft.legs,
        timers=plan(case, draft.case, occasion.at),
        effects=draft.effects,
    )


def legal_steps(case: Case, actor: Actor, *, task_type: TaskType, rulebook: Rulebook) -> tuple[LegalStep, ...]:
    """The steps this actor may take now, in the order of the way."""
    return tuple(_legal_steps(case, actor, task_type, rulebook))


def _legal_steps(case: Case, actor: Actor, task_type: TaskType, rulebook: Rulebook) -> Iterator[LegalStep]:
    for event in legal_events(case.state):
        row = ROWS[case.state, event]
        if acting_role(actor, case, row.roles) is None or not _holds(row, case):
            continue
        routed = case.department_code in rulebook.department_codes
        count = task_type.evidence.needed(row.evidence) if row.evidence else 0
        yield LegalStep(
            event=event,
            opinion_required=row.reason_required,
            evidence_required=count,
            evidence_kind=row.evidence if count else None,
            fields_required=tuple(name for name in row.fields if not (name == "department_code" and routed)),
        )


def _row(case: Case, event: Event) -> Transition:
    row = ROWS.get((case.state, event))
    if row is None:
        allowed = ", ".join(legal_events(case.state))
        raise StepNotLegal(state=case.state, event=event, allowed=allowed or "-")
    return row


def _role(row: Transition, case: Case, actor: Actor) -> str:
    role = acting_role(actor, case, row.roles)
    if role is None:
        held = ", ".join(dict.fromkeys(grant.role for grant in actor.grants))
        raise StepForbidden(event=row.event, permitted=", ".join(sorted(row.roles)), role=held or "-")
    return role


def _holds(row: Transition, case: Case) -> bool:
    try:
        for condition in row.conditions:
            condition(case)
    except GridwardError:
        return False
    return True


def _check(row: Transition, case: Case, occasion: Occasion) -> None:
    step = occasion.step
    for condition in row.conditions:
        condition(case)
    if row.reason_required and not step.opinion.strip():
        raise ReasonRequired(event=step.event)
    if "assignee" in row.fields and not step.assignee:
        raise FieldInvalid(field="assignee", problem="somebody must be named")
    for guard in row.guards:
        guard(case, occasion)
    if row.evidence:
        guards.require_evidence(step, row.evidence, occasion.task_type.evidence.needed(row.evidence))


def _carry_out(row: Transition, case: Case, occasion: Occasion) -> Draft:
    moved = replace(case, version=case.version + 1, updated_at=occasion.at)
    if row.target is not None and row.target is not case.state:
        due = occasion.rulebook.stage_due(row.target, occasion.at)
        moved = replace(moved, state=row.target, state_since=occasion.at, stage_due_at=due)
    draft = Draft(moved)
    for effect in row.effects:
        draft = effect(draft, occasion)
    return refresh_light(draft, occasion)


def _entry(row: Transition, before: Case, after: Case, occasion: Occasion) -> HistoryEntry:
    step = occasion.step
    closing_words = step.event is Event.CLOSE and not step.opinion
    return HistoryEntry(
        sequence=after.version,
        event=step.event,
        from_state=before.state,
        to_state=after.state,
        actor=occasion.actor.id,
        role=occasion.role,
        receiver=_receiver(row, after, occasion),
        opinion=step.opinion or (after.closing_condition if closing_words else ""),
        opinion_en=step.opinion_en or (after.closing_condition_en if closing_words else ""),
        at=occasion.at,
        elapsed_s=int((occasion.at - before.updated_at).total_seconds()),
        overdue=_stage_overdue(row, before, occasion),
        evidence=step.evidence,
    )


def _stage_overdue(row: Transition, case: Case, occasion: Occasion) -> bool:
    if row.stage is None:
        return False
    if row.stage is Stage.DISPOSAL:
        return case.countdown is not None and case.countdown.late(occasion.at)
    limit = occasion.rulebook.stage_limits[row.stage]
    return occasion.at > occasion.rulebook.calendar.deadline(case.state_since, limit)


def _receiver(row: Transition, after: Case, occasion: Occasion) -> str:
    names = {
        Receiver.NOBODY: "",
        Receiver.DEPARTMENT: after.department_code,
        Receiver.ASSIGNEE: occasion.step.assignee,
        Receiver.LEG: after.leg.receiver,
        Receiver.DESK: occasion.rulebook.dispatch_desk,
        Receiver.REPORTER: after.reporter,
    }
    return names[row.receiver]
