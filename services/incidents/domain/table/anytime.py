"""What may happen to a case wherever it stands: ended by a leader, raised, pressed for, answered, noted."""

from typing import Final

from services.incidents.domain import guards
from services.incidents.domain.actors import Role
from services.incidents.domain.case import OPEN, Event, State
from services.incidents.domain.dealings import Ending
from services.incidents.domain.effects import asking, clock, desk, disposal
from services.incidents.domain.effects.ending import EndAs, tell_reporter
from services.incidents.domain.table.row import (
    CENTRE,
    DEPARTMENT,
    DISPATCH,
    FIELD,
    HANDLING,
    INVOLVED,
    LEADERS,
    SYSTEM,
    UNSOLVED,
    UPPER,
    Receiver,
    Transition,
)

ANYTIME: Final = (
    Transition(
        event=Event.CANCEL,
        sources=OPEN,
        target=State.CANCELLED,
        roles=LEADERS,
        reason_required=True,
        conditions=(guards.children_have_ended,),
        effects=(clock.stop_countdown, disposal.answer_leg, EndAs(Ending.CANCELLED), tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.FORCE_CLOSE,
        sources=OPEN - {State.RETURNED},
        target=State.CLOSED,
        roles=frozenset({Role.DUTY_CHIEF}),
        reason_required=True,
        conditions=(guards.children_have_ended,),
        effects=(clock.stop_countdown, disposal.answer_leg, EndAs(Ending.UNSOLVED), tell_reporter),
        receiver=Receiver.REPORTER,
    ),
    Transition(
        event=Event.PRIORITIZE,
        sources=OPEN,
        target=None,
        roles=CENTRE | DISPATCH,
        reason_required=True,
        fields=("priority",),
        effects=(desk.set_priority,),
    ),
    Transition(
        event=Event.ESCALATE,
        sources=UNSOLVED - {State.SUSPENDED},
        target=None,
        roles=DISPATCH | FIELD | SYSTEM,
        reason_required=True,
        choices=("cause",),
        conditions=(guards.below_the_top_loop,),
        effects=(disposal.raise_loop,),
        receiver=Receiver.LEG,
    ),
    Transition(
        event=Event.PUSH_DOWN,
        sources=UNSOLVED - {State.SUSPENDED},
        target=None,
        roles=UPPER,
        reason_required=True,
        conditions=(guards.above_the_first_loop,),
        effects=(disposal.lower_loop,),
        receiver=Receiver.LEG,
    ),
    Transition(
        event=Event.SUPERVISE,
        sources=OPEN,
        target=None,
        roles=frozenset({Role.DUTY_CHIEF, Role.SUBDISTRICT_ADMIN}) | SYSTEM,
        reason_required=True,
        effects=(asking.supervise,),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.URGE,
        sources=OPEN,
        target=None,
        roles=CENTRE | UPPER | SYSTEM,
        reason_required=True,
        effects=(asking.urge,),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.REPLY,
        sources=OPEN,
        target=None,
        roles=DEPARTMENT | HANDLING | DISPATCH,
        reason_required=True,
        conditions=(guards.a_reply_is_owed,),
        effects=(asking.reply,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.EXPLAIN,
        sources=OPEN,
        target=None,
        roles=DEPARTMENT | HANDLING | DISPATCH,
        reason_required=True,
        conditions=(guards.an_explanation_is_owed,),
        effects=(asking.explain,),
        receiver=Receiver.DESK,
    ),
    Transition(
        event=Event.LIST_FOR_INTERVIEW,
        sources=OPEN,
        target=None,
        roles=frozenset({Role.DUTY_CHIEF}) | SYSTEM,
        reason_required=True,
        conditions=(guards.an_answer_was_missed,),
        effects=(asking.list_for_interview,),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.RECOUNT,
        sources=OPEN,
        target=None,
        roles=SYSTEM,
        reason_required=True,
        effects=(clock.recounted,),
    ),
    Transition(
        event=Event.NOTE,
        sources=OPEN,
        target=None,
        roles=INVOLVED | FIELD | SYSTEM,
        reason_required=True,
    ),
    # What a department's program finds out by the end itself, such as that it was the third time, is said after it.
    Transition(
        event=Event.NOTE,
        sources=frozenset({State.CLOSED}),
        target=None,
        roles=frozenset({Role.PLUGIN}),
        reason_required=True,
    ),
)
