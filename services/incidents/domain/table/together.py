"""What several do for one case: assist, take ordered steps, take a direct report, come to the place, hold children."""

from typing import Final

from services.incidents.domain import guards
from services.incidents.domain.actors import Role
from services.incidents.domain.case import OPEN, Event
from services.incidents.domain.effects import together
from services.incidents.domain.parts import PartKind
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.table.row import (
    CENTRE,
    DEPARTMENT,
    DISPATCH,
    FIELD,
    PARTNER,
    STREET,
    UNSOLVED,
    WITH_DEPARTMENT,
    Receiver,
    Transition,
)

TOGETHER: Final = (
    Transition(
        event=Event.CO_HANDLE,
        sources=WITH_DEPARTMENT,
        target=None,
        roles=DISPATCH | DEPARTMENT,
        reason_required=True,
        fields=("addressees",),
        guards=(
            guards.addressees_are_departments,
            guards.addressees_do_not_include_the_one_in_charge,
            guards.addressees_are_new,
        ),
        effects=(together.Give(PartKind.ASSIST, Stage.ASSIST),),
        receiver=Receiver.ADDRESSEES,
    ),
    Transition(
        event=Event.ADDRESS,
        sources=UNSOLVED,
        target=None,
        roles=FIELD | CENTRE | DISPATCH | {Role.PLUGIN},
        fields=("addressees",),
        conditions=(guards.nobody_holds_it,),
        guards=(guards.addressees_are_new,),
        effects=(together.Give(PartKind.DIRECT, Stage.CLAIM), together.await_claim),
        receiver=Receiver.ADDRESSEES,
    ),
    Transition(
        event=Event.WHISTLE,
        sources=UNSOLVED,
        target=None,
        roles=STREET,
        reason_required=True,
        fields=("addressees",),
        guards=(guards.addressees_are_departments, guards.addressees_are_new),
        effects=(together.Give(PartKind.SUMMONS, Stage.ARRIVE),),
        receiver=Receiver.ADDRESSEES,
    ),
    Transition(
        event=Event.PART_SIGN,
        sources=OPEN,
        target=None,
        roles=PARTNER,
        stage=None,
        choices=("part",),
        conditions=(guards.has_part_to_sign,),
        effects=(together.sign_part,),
    ),
    Transition(
        event=Event.ARRIVE,
        sources=OPEN,
        target=None,
        roles=PARTNER,
        fields=("point",),
        choices=("part",),
        conditions=(guards.has_part_to_arrive_for,),
        guards=(guards.stands_at_the_place,),
        effects=(together.arrive,),
    ),
    Transition(
        event=Event.PART_DONE,
        sources=OPEN,
        target=None,
        roles=PARTNER,
        reason_required=True,
        choices=("part",),
        conditions=(guards.has_part_to_finish,),
        effects=(together.finish_part,),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.PART_DECLINE,
        sources=OPEN,
        target=None,
        roles=PARTNER,
        reason_required=True,
        choices=("part",),
        conditions=(guards.has_part_to_decline,),
        effects=(together.decline_part,),
        receiver=Receiver.DEPARTMENT,
    ),
    Transition(
        event=Event.ADD_CHILD,
        sources=OPEN,
        target=None,
        roles=CENTRE | DISPATCH | DEPARTMENT | FIELD,
        fields=("child",),
        receiver=Receiver.CHILD,
        by_itself=False,
    ),
    Transition(
        event=Event.JOIN_PARENT,
        sources=OPEN,
        target=None,
        roles=CENTRE | DISPATCH | DEPARTMENT | FIELD,
        fields=("child",),
        receiver=Receiver.CHILD,
        by_itself=False,
    ),
)
