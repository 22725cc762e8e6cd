"""The way through the centre: taken in, looked at, opened or refused, sent to a department."""

from typing import Final

from services.incidents.domain import guards
from services.incidents.domain.actors import Relation, Role
from services.incidents.domain.case import Event, State
from services.incidents.domain.dealings import Ending, Finding
from services.incidents.domain.effects import clock, desk, disposal
from services.incidents.domain.effects.ending import EndAs, tell_reporter
from services.incidents.domain.proofs import BEFORE_AND_AFTER
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.table.row import CENTRE, DISPATCH, FIELD, INTAKE, Receiver, Transition

DESK_WAY: Final = (
    Transition(
        event=Event.ACCEPT,
        sources=frozenset({State.REPORTED}),
        target=State.ACCEPTED,
        roles=INTAKE,
        stage=Stage.ACCEPT,
        choices=("task_type",),
        guards=(guards.correction_is_admitted,),
        effects=(desk.correct_task_type, tell_reporter),
    ),
    Transition(
        event=Event.REJECT,
        sources=frozenset({State.REPORTED}),
        target=State.REJECTED,
        roles=CENTRE,
        stage=Stage.ACCEPT,
        reason_required=True,
        conditions=(guards.children_have_ended,),
        effects=(disposal.answer_leg, EndAs(Ending.REFUSED), tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.SELF_DISPOSE,
        sources=frozenset({State.REPORTED}),
        target=State.SELF_DONE,
        roles=FIELD | {Role.HANDLER},
        stage=Stage.ACCEPT,
        proof=BEFORE_AND_AFTER,
        effects=(disposal.solved_on_the_spot, disposal.let_loop_rest),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.REFUSE_SELF,
        sources=frozenset({State.SELF_DONE}),
        target=State.REPORTED,
        roles=INTAKE,
        stage=Stage.CLOSE,
        reason_required=True,
        effects=(disposal.not_solved_on_the_spot, disposal.let_loop_go_on),
    ),
    Transition(
        event=Event.SEND_VERIFY,
        sources=frozenset({State.ACCEPTED}),
        target=State.VERIFYING,
        roles=CENTRE,
        stage=Stage.REGISTER,
        fields=("assignee",),
        effects=(desk.hold_desk_time, desk.name_checker),
        receiver=Receiver.ASSIGNEE,
    ),
    *(
        Transition(
            event=event,
            sources=frozenset({State.VERIFYING}),
            target=State.ACCEPTED,
            roles=frozenset({Relation.CHECKER}),
            stage=Stage.VERIFY_TASK,
            reason_required=finding is not Finding.EXISTS,
            effects=(desk.found(finding), desk.resume_desk_time),
            receiver=Receiver.DESK,
        )
        for event, finding in (
            (Event.VERIFY_EXISTS, Finding.EXISTS),
            (Event.VERIFY_ABSENT, Finding.ABSENT),
            (Event.VERIFY_UNABLE, Finding.UNABLE),
        )
    ),
    Transition(
        event=Event.REGISTER,
        sources=frozenset({State.ACCEPTED}),
        target=State.REGISTERED,
        roles=CENTRE,
        stage=Stage.REGISTER,
        fields=("filing_condition",),
        choices=("task_type",),
        conditions=(guards.was_found_or_needs_no_look,),
        guards=(guards.correction_is_admitted, guards.condition_is_known),
        effects=(desk.correct_task_type, desk.fix_limit, tell_reporter),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.REFUSE_FILING,
        sources=frozenset({State.ACCEPTED}),
        target=State.NOT_REGISTERED,
        roles=CENTRE,
        stage=Stage.REGISTER,
        reason_required=True,
        conditions=(guards.children_have_ended,),
        effects=(clock.stop_countdown, disposal.answer_leg, EndAs(Ending.REFUSED), tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.CORRECT,
        sources=frozenset({State.REPORTED, State.ACCEPTED, State.REGISTERED, State.RETURNED}),
        target=None,
        roles=CENTRE | DISPATCH,
        reason_required=True,
        fields=("task_type", "filing_condition"),
        guards=(guards.correction_is_one, guards.correction_is_admitted, guards.condition_is_known),
        effects=(desk.correct_task_type, desk.fix_limit_anew),
    ),
    Transition(
        event=Event.CORRECT,
        sources=frozenset({State.DISPATCHED, State.SIGNED, State.DISPOSING}),
        target=None,
        roles=CENTRE | DISPATCH,
        reason_required=True,
        fields=("task_type", "filing_condition"),
        guards=(
            guards.correction_is_one,
            guards.correction_is_admitted,
            guards.condition_is_known,
            guards.correction_leaves_the_department,
        ),
        effects=(desk.correct_task_type, desk.fix_limit_anew),
    ),
    Transition(
        event=Event.DISPATCH,
        sources=frozenset({State.REGISTERED, State.RETURNED, State.REOPENED}),
        target=State.DISPATCHED,
        roles=DISPATCH,
        stage=Stage.DISPATCH,
        fields=("department_code",),
        guards=(guards.department_is_known,),
        effects=(desk.send_to_department, desk.await_signature, disposal.let_loop_go_on),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.BACK_TO_ACCEPTOR,
        sources=frozenset({State.REGISTERED, State.RETURNED}),
        target=State.ACCEPTED,
        roles=DISPATCH,
        stage=Stage.DISPATCH,
        reason_required=True,
        effects=(desk.forget_department,),
        receiver=Receiver.DESK,
    ),
)
