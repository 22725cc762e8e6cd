"""The one table of what may be done with a case: from where to where, by whom, on what terms, with what effect.

A new step is a new row; a new kind of guard or effect is one small function in `guards` or `effects`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from services.incidents.domain import effects as do
from services.incidents.domain import guards
from services.incidents.domain.actors import Relation, Role
from services.incidents.domain.case import OPEN, Case, Event, State
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.step import Draft, Occasion
from services.incidents.domain.tasktypes import EvidenceKind


class Receiver(StrEnum):
    """To whom a step passes the case, for the history."""

    NOBODY = "nobody"
    DEPARTMENT = "department"
    ASSIGNEE = "assignee"
    LEG = "leg"
    DESK = "desk"
    REPORTER = "reporter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row. `target` None keeps the state; `conditions` look at the case alone, `guards` at the step too.

    `stage` names the time this step had: its line in the history is overdue when that was used up.
    """

    event: Event
    sources: frozenset[State]
    target: State | None
    roles: frozenset[str]
    stage: Stage | None = None
    reason_required: bool = False
    fields: tuple[str, ...] = ()
    evidence: EvidenceKind | None = None
    conditions: tuple[Callable[[Case], None], ...] = ()
    guards: tuple[Callable[[Case, Occasion], None], ...] = ()
    effects: tuple[Callable[[Draft, Occasion], Draft], ...] = ()
    receiver: Receiver = Receiver.NOBODY


CENTRE: Final[frozenset[str]] = frozenset({Role.ACCEPTOR, Role.DUTY_CHIEF})
INTAKE: Final = CENTRE | {Role.COMMUNITY_ADMIN}
DISPATCH: Final[frozenset[str]] = frozenset({Role.DISPATCHER, Role.DUTY_CHIEF})
DEPARTMENT: Final[frozenset[str]] = frozenset({Role.DEPARTMENT_SPECIALIST, Role.DEPARTMENT_LEADER, Role.PLUGIN})
FIELD: Final[frozenset[str]] = frozenset(
    {Role.GRID_WORKER, Role.GRID_LEADER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN}
)

INVOLVED: Final = CENTRE | DISPATCH | DEPARTMENT | FIELD | {Role.HANDLER} | frozenset(Relation)

#: States in which somebody still has to solve it, so that the time of its loop runs.
UNSOLVED: Final = OPEN - {State.FEEDBACK, State.CHECKING, State.CHECKED, State.CHECK_FAILED}

TABLE: Final = (
    Transition(
        event=Event.ACCEPT,
        sources=frozenset({State.REPORTED}),
        target=State.ACCEPTED,
        roles=INTAKE,
        stage=Stage.ACCEPT,
        guards=(guards.correction_is_admitted,),
        effects=(do.correct_task_type, do.tell_reporter),
    ),
    Transition(
        event=Event.REJECT,
        sources=frozenset({State.REPORTED}),
        target=State.REJECTED,
        roles=CENTRE,
        stage=Stage.ACCEPT,
        reason_required=True,
        effects=(do.answer_leg, do.end_case, do.tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.REGISTER,
        sources=frozenset({State.ACCEPTED}),
        target=State.REGISTERED,
        roles=CENTRE,
        stage=Stage.REGISTER,
        fields=("filing_condition",),
        guards=(guards.correction_is_admitted, guards.condition_is_known),
        effects=(do.correct_task_type, do.fix_limit, do.tell_reporter),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.DISPATCH,
        sources=frozenset({State.REGISTERED, State.RETURNED}),
        target=State.DISPATCHED,
        roles=DISPATCH,
        stage=Stage.DISPATCH,
        fields=("department_code",),
        guards=(guards.department_is_known,),
        effects=(do.send_to_department, do.await_signature),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.SIGN,
        sources=frozenset({State.DISPATCHED}),
        target=State.SIGNED,
        roles=DEPARTMENT,
        stage=Stage.DEPARTMENT_SIGN,
        effects=(do.record_signature, do.tell_reporter),
    ),
    Transition(
        event=Event.RETURN_BACK,
        sources=frozenset({State.DISPATCHED, State.SIGNED}),
        target=State.RETURNED,
        roles=DEPARTMENT,
        stage=Stage.RETURN_REQUEST,
        reason_required=True,
        effects=(do.take_back,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.ASSIGN,
        sources=frozenset({State.SIGNED, State.DISPOSING}),
        target=State.DISPOSING,
        roles=DEPARTMENT,
        stage=Stage.DISPOSAL,
        fields=("assignee",),
        effects=(do.name_handler,),
        receiver=Receiver.ASSIGNEE,
    ),
    Transition(
        event=Event.DISPOSE,
        sources=frozenset({State.SIGNED}),
        target=State.DISPOSED,
        roles=DEPARTMENT | {Role.HANDLER},
        stage=Stage.DISPOSAL,
        evidence=EvidenceKind.AFTER,
        effects=(do.record_solver,),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.DISPOSE,
        sources=frozenset({State.DISPOSING}),
        target=State.DISPOSED,
        roles=DEPARTMENT | {Relation.ASSIGNEE},
        stage=Stage.DISPOSAL,
        evidence=EvidenceKind.AFTER,
        effects=(do.record_solver,),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.FEEDBACK,
        sources=frozenset({State.DISPOSED}),
        target=State.FEEDBACK,
        roles=DEPARTMENT,
        stage=Stage.DISPOSAL,
        reason_required=True,
        effects=(do.stop_countdown, do.answer_leg, do.tell_reporter),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.SEND_CHECK,
        sources=frozenset({State.FEEDBACK}),
        target=State.CHECKING,
        roles=CENTRE,
        stage=Stage.CHECK_TASK,
        fields=("assignee",),
        guards=(guards.checker_is_not_solver,),
        effects=(do.name_checker,),
        receiver=Receiver.ASSIGNEE,
    ),
    Transition(
        event=Event.CHECK_PASS,
        sources=frozenset({State.CHECKING}),
        target=State.CHECKED,
        roles=frozenset({Relation.CHECKER}),
        stage=Stage.CHECK_TASK,
        evidence=EvidenceKind.CHECK,
        guards=(guards.judge_is_not_solver,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.CHECK_FAIL,
        sources=frozenset({State.CHECKING}),
        target=State.CHECK_FAILED,
        roles=frozenset({Relation.CHECKER}),
        stage=Stage.CHECK_TASK,
        reason_required=True,
        evidence=EvidenceKind.CHECK,
        guards=(guards.judge_is_not_solver,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.REWORK,
        sources=frozenset({State.CHECK_FAILED}),
        target=State.DISPATCHED,
        roles=DISPATCH,
        stage=Stage.DISPATCH,
        effects=(do.send_again, do.await_signature),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.CLOSE,
        sources=frozenset({State.CHECKED}),
        target=State.CLOSED,
        roles=CENTRE,
        stage=Stage.CLOSE,
        effects=(do.end_case, do.tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.RATE,
        sources=frozenset({State.CLOSED}),
        target=None,
        roles=frozenset({Relation.REPORTER}),
        fields=("rating",),
        conditions=(guards.not_rated_yet,),
        guards=(guards.rating_is_in_range,),
        effects=(do.record_rating,),
    ),
    Transition(
        event=Event.CANCEL,
        sources=OPEN,
        target=State.CANCELLED,
        roles=frozenset({Role.DUTY_CHIEF, Role.DEPARTMENT_LEADER}),
        reason_required=True,
        effects=(do.stop_countdown, do.answer_leg, do.end_case, do.tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.ESCALATE,
        sources=UNSOLVED,
        target=None,
        roles=DISPATCH | FIELD | {Role.SYSTEM},
        reason_required=True,
        conditions=(guards.below_the_top_loop,),
        effects=(do.raise_loop,),
        receiver=Receiver.LEG,
    ),
    Transition(
        event=Event.NOTE,
        sources=OPEN,
        target=None,
        roles=INVOLVED,
        reason_required=True,
    ),
)

ROWS: Final[Mapping[tuple[State, Event], Transition]] = MappingProxyType(
    {(source, row.event): row for row in TABLE for source in sorted(row.sources)}
)


def legal_events(state: State) -> tuple[Event, ...]:
    """What the table allows from a state, whoever asks."""
    return tuple(event for event in Event if (state, event) in ROWS)
