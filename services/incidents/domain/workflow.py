"""Takes steps with a case by the table: refuses what is not allowed, and tells everything that an allowed step does."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.incidents.domain import proofs
from services.incidents.domain.actors import Actor, acting_role
from services.incidents.domain.case import Case, Event, HistoryEntry
from services.incidents.domain.effects.clock import refresh_light
from services.incidents.domain.errors import StepForbidden, StepNotLegal
from services.incidents.domain.procedure import NO_PROOF, USUAL, Move, MoveBy, Procedure, Proof
from services.incidents.domain.rulebook import HELD_STAGES, Rulebook, Stage
from services.incidents.domain.step import Draft, Occasion, Outcome, Setting, Step
from services.incidents.domain.step_form import form_for
from services.incidents.domain.table import ROWS, Receiver, Transition, legal_events
from services.incidents.domain.table.row import DEPARTMENT
from services.incidents.domain.tasktypes import EvidenceKind, TaskType
from services.incidents.domain.timers import plan
from services.incidents.domain.urging import with_next_rung
from services.platform.errors import FieldInvalid, GridwardError


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalStep:
    """A step somebody may take now, with what it asks for; a button on a screen.

    `form` is a JSON schema of the inputs beside words and files. A step between a task type's own states names its
    `move`, with the words of the department that made it.
    """

    event: Event
    opinion_required: bool = False
    evidence_required: int = 0
    evidence_kind: EvidenceKind | None = None
    fields_required: tuple[str, ...] = ()
    proof: Proof = NO_PROOF
    form: str = ""
    #: Beside the way: it moves the case nowhere, or out of the way.
    aside: bool = False
    move: str = ""
    title: str = ""
    title_en: str = ""


def apply(
    case: Case,
    step: Step,
    *,
    actor: Actor,
    at: datetime,
    task_type: TaskType,
    rulebook: Rulebook,
    procedure: Procedure = USUAL,
) -> Outcome:
    """Take one step.

    `task_type` is the version the case lives by, or the newest of the one that the step corrects it to, and
    `procedure` is how that one is worked. A moment before the case's last change counts as that change, so that
    history never runs backwards.
    """
    row = _row(case, step.event)
    role = _role(row, case, actor)
    occasion = Occasion(
        step=step,
        actor=actor,
        role=role,
        at=max(at, case.updated_at),
        task_type=task_type,
        procedure=procedure,
        rulebook=rulebook.at_place(case.area_path),
        desk_due_at=case.stage_due_at,
    )
    _check(row, case, occasion)
    draft = _carry_out(row, case, occasion)
    return Outcome(
        case=draft.case,
        entry=_entry(row, case, draft.case, occasion),
        legs=draft.legs,
        timers=plan(case, draft.case, occasion.at),
        effects=draft.effects,
        parts=tuple(part for part in draft.case.parts if part not in case.parts),
    )


def legal_steps(
    case: Case,
    actor: Actor,
    *,
    at: datetime,
    task_type: TaskType,
    rulebook: Rulebook,
    procedure: Procedure = USUAL,
    among: Collection[Event] = frozenset(Event),
) -> tuple[LegalStep, ...]:
    """The steps this actor may take now: those that carry the case on first, in the order of the way."""
    setting = Setting(
        actor=actor,
        at=max(at, case.updated_at),
        task_type=task_type,
        procedure=procedure,
        rulebook=rulebook.at_place(case.area_path),
    )
    return tuple(sorted(_legal_steps(case, setting, among), key=lambda step: step.aside))


def required_proof(row: Transition, task_type: TaskType, procedure: Procedure, move: Move | None = None) -> Proof:
    """What must be brought along: as the task type says, as the row says, as the procedure says."""
    proof = proofs.usual(row.proof, task_type.evidence).also(procedure.proof(row.event))
    return proof.also(move.proof) if move else proof


def _legal_steps(case: Case, setting: Setting, among: Collection[Event]) -> Iterator[LegalStep]:
    for event in legal_events(case.state):
        if event not in among:
            continue
        row = ROWS[case.state, event]
        role = acting_role(setting.actor, case, row.roles)
        if role is None or not row.by_itself or not _holds(row, case, setting):
            continue
        if event is Event.MOVE:
            yield from (
                _offer(row, case, setting, move)
                for move in setting.procedure.moves_from(case.dealings.own_state)
                if may_move(move, role)
            )
        else:
            yield _offer(row, case, setting, None)


def may_move(move: Move, role: str) -> bool:
    """Whether a move between a task type's own states is this role's."""
    return move.by is MoveBy.HANDLER or role in DEPARTMENT


def _offer(row: Transition, case: Case, setting: Setting, move: Move | None) -> LegalStep:
    routed = row.event is Event.DISPATCH and case.department_code in setting.rulebook.department_codes
    fields = tuple(name for name in row.fields if not (name == "department_code" and routed))
    proof = required_proof(row, setting.task_type, setting.procedure, move)
    kind, count = next(iter(proof.kinds), (None, 0))
    return LegalStep(
        event=row.event,
        opinion_required=row.reason_required or proof.words_min > 0,
        evidence_required=count,
        evidence_kind=kind,
        fields_required=fields,
        proof=proof,
        form=form_for(fields, row.choices + (("department_code",) if routed else ()), proof),
        aside=row.aside,
        move=move.code if move else "",
        title=move.title if move else "",
        title_en=move.title_en if move else "",
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
        raise _forbidden(row, actor)
    return role


def _forbidden(row: Transition, actor: Actor) -> StepForbidden:
    held = ", ".join(dict.fromkeys(grant.role for grant in actor.grants))
    return StepForbidden(event=row.event, permitted=", ".join(sorted(row.roles)), role=held or "-")


def _holds(row: Transition, case: Case, setting: Setting) -> bool:
    try:
        for condition in row.conditions:
            condition(case, setting)
    except GridwardError:
        return False
    return True


#: Inputs that name somebody or something and cannot be left empty; the others are judged by a guard of their own.
_NAMED = {
    "assignee": "somebody must be named",
    "addressees": "somebody must be named",
    "child": "a case must be named",
    "priority": "must be given",
}


def _check(row: Transition, case: Case, occasion: Occasion) -> None:
    step = occasion.step
    for condition in row.conditions:
        condition(case, occasion)
    if row.reason_required:
        proofs.require_words(step)
    for name in row.fields:
        if name in _NAMED and not getattr(step, name):
            raise FieldInvalid(field=name, problem=_NAMED[name])
    for guard in row.guards:
        guard(case, occasion)
    move = occasion.procedure.move(step.move) if step.event is Event.MOVE else None
    if move and not may_move(move, occasion.role):
        raise _forbidden(row, occasion.actor)
    proofs.require(case, step, required_proof(row, occasion.task_type, occasion.procedure, move))


def _carry_out(row: Transition, case: Case, occasion: Occasion) -> Draft:
    moved = replace(case, version=case.version + 1, updated_at=occasion.at)
    if row.target is not None and row.target is not case.state:
        due = occasion.rulebook.stage_due(row.target, occasion.at)
        moved = replace(moved, state=row.target, state_since=occasion.at, stage_due_at=due)
    draft = Draft(moved)
    for effect in row.effects:
        draft = effect(draft, occasion)
    draft = refresh_light(draft, occasion)
    return draft.to(with_next_rung(draft.case, occasion.procedure.ladder, occasion.rulebook.calendar))


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
        deadline_at=after.deadline_at,
    )


def _stage_overdue(row: Transition, case: Case, occasion: Occasion) -> bool:
    if row.stage is None:
        return False
    if row.stage is Stage.DISPOSAL:
        return case.countdown is not None and case.countdown.late(occasion.at)
    if case.stage_due_at is not None and HELD_STAGES.get(case.state) is row.stage:
        return occasion.at > case.stage_due_at
    return occasion.at > occasion.rulebook.calendar.deadline(
        case.state_since, occasion.rulebook.stage_limits[row.stage]
    )


def _receiver(row: Transition, after: Case, occasion: Occasion) -> str:
    step = occasion.step
    names = {
        Receiver.NOBODY: "",
        Receiver.DEPARTMENT: after.department_code,
        Receiver.ASSIGNEE: step.assignee or after.handler,
        Receiver.LEG: after.leg.receiver,
        Receiver.DESK: occasion.rulebook.dispatch_desk,
        Receiver.REPORTER: after.reporter,
        Receiver.ADDRESSEES: ", ".join(addressee.receiver for addressee in step.addressees),
        Receiver.CHILD: step.child,
    }
    return names[row.receiver]
