"""What the steps of several do: give parts out, sign, arrive, finish or decline them, take a case, leave it again."""

from dataclasses import replace
from datetime import datetime

from services.incidents.domain import guards
from services.incidents.domain.actors import DEPARTMENT_ROLES, covers_area
from services.incidents.domain.case import Case
from services.incidents.domain.effects.clock import resumed, started
from services.incidents.domain.errors import PartUnknown
from services.incidents.domain.parts import Part, PartKind, PartState, changed, ended, next_sequence
from services.incidents.domain.rulebook import Stage
from services.incidents.domain.step import Addressee, Draft, Effect, Occasion


class Give:
    """Gives each addressee a part; the first place begins at once, later ones wait for those before."""

    def __init__(self, kind: PartKind, stage: Stage) -> None:
        self._kind = kind
        self._stage = stage

    def __call__(self, draft: Draft, occasion: Occasion) -> Draft:
        number = next_sequence(draft.case.parts)
        addressees = occasion.step.addressees
        first = min((addressee.place for addressee in addressees), default=1)
        given = tuple(
            self._part(number + index, addressee, occasion, begins=addressee.place == first)
            for index, addressee in enumerate(addressees)
        )
        return draft.to(replace(draft.case, parts=draft.case.parts + given), Effect.PARTS_GIVEN)

    def _part(self, sequence: int, addressee: Addressee, occasion: Occasion, *, begins: bool) -> Part:
        limit = addressee.limit or occasion.rulebook.stage_limits[self._stage]
        ordered = self._kind is PartKind.ASSIST and any(other.place > 1 for other in occasion.step.addressees)
        runs = begins or not ordered
        part = Part(
            sequence=sequence,
            kind=PartKind.STEP if ordered else self._kind,
            receiver=addressee.receiver,
            holder=addressee.holder,
            place=addressee.place,
            limit=limit,
            given_by=occasion.actor.id,
            given_at=occasion.at,
            state=PartState.OPEN if runs else PartState.WAITING,
        )
        timed = runs and self._kind is not PartKind.DIRECT
        return replace(part, due_at=occasion.rulebook.calendar.deadline(occasion.at, limit)) if timed else part


def await_claim(draft: Draft, occasion: Occasion) -> Draft:
    """Somebody should take it in time, else the desk says who."""
    due = occasion.rulebook.due(Stage.CLAIM, occasion.at)
    return draft.to(replace(draft.case, dealings=replace(draft.case.dealings, claim_due_at=due)))


def take(draft: Draft, occasion: Occasion) -> Draft:
    """The first to sign owns it; the others see who. Their time began when they were told."""
    before = draft.case
    mine = guards.open_parts(before, occasion, PartKind.DIRECT, PartState.OPEN)[0]
    department = _department_of(before, mine, occasion)
    parts = tuple(_after_taking(part, mine, occasion) for part in before.parts)
    case = replace(
        before,
        parts=parts,
        department_code=department,
        handler=occasion.actor.id,
        signed_at=occasion.at,
        dispatched_at=before.dispatched_at or mine.given_at,
        sign_due_at=None,
        stage_due_at=None,
        dealings=replace(
            before.dealings, owner=occasion.actor.id, answerable=department or occasion.actor.id, claim_due_at=None
        ),
    )
    taken = draft.to(case, Effect.TAKEN)
    if before.countdown is not None:
        return resumed(taken, occasion)
    return started(taken, replace(occasion, at=mine.given_at), Effect.COUNTDOWN_STARTED)


def settle_direct(draft: Draft, occasion: Occasion) -> Draft:
    """A department has signed, so nobody else is asked to take it any more."""
    case = draft.case
    parts = tuple(
        ended(part, PartState.TAKEN, by=occasion.actor.id, at=occasion.at)
        if part.kind is PartKind.DIRECT and part.unfinished
        else part
        for part in case.parts
    )
    dealings = replace(case.dealings, claim_due_at=None, owner="")
    return draft.to(replace(case, parts=parts, dealings=dealings))


def release(draft: Draft, occasion: Occasion) -> Draft:
    """It is on the list again for all who were told."""
    before = draft.case
    parts = tuple(
        replace(part, state=PartState.OPEN, signed_by="", signed_at=None, done_by="", ended_at=None, reply="")
        if part.kind is PartKind.DIRECT and part.state in {PartState.TAKEN, PartState.SIGNED}
        else part
        for part in before.parts
    )
    dealings = replace(before.dealings, owner="", petition=None, own_state="")
    released = draft.to(replace(before, parts=parts, handler="", signed_at=None, dealings=dealings))
    return await_claim(released, occasion)


def sign_part(draft: Draft, occasion: Occasion) -> Draft:
    """Somebody acknowledges their part."""
    part = _chosen(draft.case, occasion, PartState.OPEN)
    return _put(draft, replace(part, state=PartState.SIGNED, signed_by=occasion.actor.id, signed_at=occasion.at))


def arrive(draft: Draft, occasion: Occasion) -> Draft:
    """Somebody who was called stands at the place; in time or not is told by the part's own limit."""
    called = guards.open_parts(draft.case, occasion, PartKind.SUMMONS)
    waiting = [part for part in called if part.arrived_at is None and occasion.step.part in {0, part.sequence}]
    if not waiting:
        raise PartUnknown
    part = waiting[0]
    late = part.due_at is not None and occasion.at > part.due_at
    here = replace(
        part,
        state=PartState.SIGNED,
        signed_by=part.signed_by or occasion.actor.id,
        signed_at=part.signed_at or occasion.at,
        arrived_at=occasion.at,
        missed=late,
        due_at=part.due_at,
    )
    return _put(draft, here)


def finish_part(draft: Draft, occasion: Occasion) -> Draft:
    """A part is done; the next step begins when all of its place are."""
    part = _chosen(draft.case, occasion, PartState.SIGNED)
    done = ended(part, PartState.DONE, by=occasion.actor.id, at=occasion.at, reply=occasion.step.opinion)
    return _next_steps(_put(draft, done), occasion)


def decline_part(draft: Draft, occasion: Occasion) -> Draft:
    """Somebody says why it is not theirs; who that was stays written down."""
    part = _chosen(draft.case, occasion, PartState.OPEN, direct=True)
    gone = ended(part, PartState.DECLINED, by=occasion.actor.id, at=occasion.at, reply=occasion.step.opinion)
    return _next_steps(_put(draft, gone), occasion)


def _next_steps(draft: Draft, occasion: Occasion) -> Draft:
    steps = [part for part in draft.case.parts if part.kind is PartKind.STEP]
    if any(part.state in {PartState.OPEN, PartState.SIGNED} for part in steps):
        return draft
    waiting = [part for part in steps if part.state is PartState.WAITING]
    place = min((part.place for part in waiting), default=0)
    parts = draft.case.parts
    for part in waiting:
        if part.place == place:
            parts = changed(parts, _begun(part, occasion))
    return draft.to(replace(draft.case, parts=parts))


def _begun(part: Part, occasion: Occasion) -> Part:
    due: datetime | None = occasion.rulebook.calendar.deadline(occasion.at, part.limit) if part.limit else None
    return replace(part, state=PartState.OPEN, given_at=occasion.at, due_at=due)


def _chosen(case: Case, occasion: Occasion, state: PartState, *, direct: bool = False) -> Part:
    kinds = [kind for kind in PartKind if direct or kind is not PartKind.DIRECT]
    mine = [part for kind in kinds for part in guards.open_parts(case, occasion, kind, state)]
    wanted = [part for part in mine if occasion.step.part in {0, part.sequence}]
    if not wanted:
        raise PartUnknown
    return wanted[0]


def _put(draft: Draft, part: Part) -> Draft:
    return draft.to(replace(draft.case, parts=changed(draft.case.parts, part)), Effect.PART_CHANGED)


def _after_taking(part: Part, mine: Part, occasion: Occasion) -> Part:
    if part.sequence == mine.sequence:
        return replace(part, state=PartState.SIGNED, signed_by=occasion.actor.id, signed_at=occasion.at)
    if part.kind is PartKind.DIRECT and part.unfinished:
        return ended(part, PartState.TAKEN, by=occasion.actor.id, at=occasion.at)
    return part


def _department_of(case: Case, mine: Part, occasion: Occasion) -> str:
    if mine.receiver in occasion.rulebook.department_codes:
        return mine.receiver
    own = (
        grant.department_code
        for grant in occasion.actor.grants
        if grant.role in DEPARTMENT_ROLES and grant.department_code and covers_area(grant, case.area_path)
    )
    return next(own, case.department_code)
