"""What becomes of a result: checked by somebody else, done again, closed, rated, contested, opened again."""

from typing import Final

from services.incidents.domain import guards, requests
from services.incidents.domain.actors import Relation
from services.incidents.domain.case import Event, State
from services.incidents.domain.dealings import Ending, PetitionKind
from services.incidents.domain.effects import asking, disposal
from services.incidents.domain.effects.desk import await_signature, name_checker
from services.incidents.domain.effects.ending import EndAs, open_again, record_rating, tell_reporter
from services.incidents.domain.proofs import CHECK
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.table.row import CENTRE, DEPARTMENT, DISPATCH, INTAKE, Receiver, Transition

CHECKER: Final[frozenset[str]] = frozenset({Relation.CHECKER})
REPORTER: Final[frozenset[str]] = frozenset({Relation.REPORTER})

RESULT_WAY: Final = (
    Transition(
        event=Event.SEND_CHECK,
        sources=frozenset({State.FEEDBACK}),
        target=State.CHECKING,
        roles=CENTRE,
        stage=Stage.CHECK_TASK,
        fields=("assignee",),
        guards=(guards.checker_is_not_solver,),
        effects=(name_checker,),
        receiver=Receiver.ASSIGNEE,
    ),
    Transition(
        event=Event.CHECK_PASS,
        sources=frozenset({State.CHECKING}),
        target=State.CHECKED,
        roles=CHECKER,
        stage=Stage.CHECK_TASK,
        proof=CHECK,
        conditions=(guards.judge_is_not_solver,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.CHECK_FAIL,
        sources=frozenset({State.CHECKING}),
        target=State.CHECK_FAILED,
        roles=CHECKER,
        stage=Stage.CHECK_TASK,
        reason_required=True,
        proof=CHECK,
        conditions=(guards.judge_is_not_solver,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.CHECK_UNABLE,
        sources=frozenset({State.CHECKING}),
        target=State.FEEDBACK,
        roles=CHECKER,
        stage=Stage.CHECK_TASK,
        reason_required=True,
        effects=(disposal.count_unable,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.REWORK,
        sources=frozenset({State.CHECK_FAILED, State.REOPENED}),
        target=State.DISPATCHED,
        roles=DISPATCH,
        stage=Stage.DISPATCH,
        conditions=(guards.has_a_department,),
        effects=(disposal.send_again, await_signature, disposal.note_problem_order),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.CLOSE,
        sources=frozenset({State.CHECKED}),
        target=State.CLOSED,
        roles=CENTRE,
        stage=Stage.CLOSE,
        conditions=(guards.children_have_ended,),
        effects=(EndAs(Ending.SOLVED), tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.CLOSE,
        sources=frozenset({State.SELF_DONE}),
        target=State.CLOSED,
        roles=INTAKE,
        stage=Stage.CLOSE,
        conditions=(guards.closer_is_not_solver, guards.children_have_ended),
        effects=(disposal.answer_leg_on_the_spot, EndAs(Ending.SELF_SOLVED), tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.RATE,
        sources=frozenset({State.CLOSED}),
        target=None,
        roles=REPORTER,
        fields=("rating",),
        conditions=(guards.not_rated_yet,),
        guards=(guards.rating_is_in_range,),
        effects=(record_rating,),
    ),
    Transition(
        event=Event.REOPEN,
        sources=frozenset({State.CLOSED}),
        target=State.REOPENED,
        roles=REPORTER,
        reason_required=True,
        conditions=(guards.is_open_for_reopening,),
        effects=(open_again, tell_reporter),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.APPEAL,
        sources=frozenset({State.CLOSED}),
        target=None,
        roles=DEPARTMENT,
        reason_required=True,
        conditions=(requests.none_is_pending, requests.it_was_late),
        effects=(asking.note_appeal, asking.Ask(PetitionKind.APPEAL)),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.ENDORSE_REQUEST,
        sources=frozenset({State.CLOSED}),
        target=None,
        roles=DISPATCH,
        conditions=(requests.the_first_approval_is_missing,),
        effects=(asking.endorse,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.GRANT_APPEAL,
        sources=frozenset({State.CLOSED}),
        target=None,
        roles=CENTRE,
        conditions=(requests.an_appeal_is_endorsed,),
        effects=(asking.exempt, asking.drop_request),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.REFUSE_REQUEST,
        sources=frozenset({State.CLOSED}),
        target=None,
        roles=DISPATCH | CENTRE,
        reason_required=True,
        conditions=(requests.one_is_pending,),
        effects=(asking.drop_request,),
        receiver=Receiver.DEPARTMENT,
    ),
)
