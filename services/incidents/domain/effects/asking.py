"""What requests and pressure do: more time, a pause, a mark contested, an answer owed and given."""

from dataclasses import replace

from services.incidents.domain.dealings import Dealings, Debt, Petition, PetitionKind
from services.incidents.domain.effects.clock import paused, recounted, resumed
from services.incidents.domain.effects.disposal import owe_reply
from services.incidents.domain.step import Draft, Effect, Occasion


class Ask:
    """Writes down that somebody asks for something."""

    def __init__(self, kind: PetitionKind) -> None:
        self._kind = kind

    def __call__(self, draft: Draft, occasion: Occasion) -> Draft:
        petition = Petition(
            kind=self._kind,
            asked_by=occasion.actor.id,
            asked_at=occasion.at,
            reason=occasion.step.opinion,
            until=occasion.step.until,
        )
        return _with(draft, replace(draft.case.dealings, petition=petition))


def endorse(draft: Draft, occasion: Occasion) -> Draft:
    """The first of two approvals."""
    petition = draft.case.dealings.petition
    if petition is None:
        return draft
    return _with(draft, replace(draft.case.dealings, petition=replace(petition, endorsed_by=occasion.actor.id)))


def drop_request(draft: Draft, _occasion: Occasion) -> Draft:
    """The request is settled, one way or the other."""
    return _with(draft, replace(draft.case.dealings, petition=None))


def give_more_time(draft: Draft, occasion: Occasion) -> Draft:
    """The limit once more; the time counted so far stays counted."""
    dealings = draft.case.dealings
    counted = _with(draft, replace(dealings, extension_count=dealings.extension_count + 1))
    longer = recounted(counted, occasion)
    return longer.to(longer.case, Effect.COUNTDOWN_EXTENDED)


def let_it_rest(draft: Draft, occasion: Occasion) -> Draft:
    """Time stands still until the day that was asked for."""
    dealings = draft.case.dealings
    until = dealings.petition.until if dealings.petition else None
    resting = replace(dealings, suspension_count=dealings.suspension_count + 1, suspended_until=until)
    return paused(_with(draft, resting), occasion)


def go_on(draft: Draft, occasion: Occasion) -> Draft:
    """Time goes on."""
    return resumed(_with(draft, replace(draft.case.dealings, suspended_until=None)), occasion)


def exempt(draft: Draft, _occasion: Occasion) -> Draft:
    """The case stays marked as late, and statistics leave it out."""
    return _with(draft, replace(draft.case.dealings, exempt=True))


def note_appeal(draft: Draft, _occasion: Occasion) -> Draft:
    """A mark is contested once."""
    return _with(draft, replace(draft.case.dealings, appealed=True))


def supervise(draft: Draft, occasion: Occasion) -> Draft:
    """Formal pressure, which must be answered."""
    dealings = draft.case.dealings
    pressed = _with(draft, replace(dealings, supervise_count=dealings.supervise_count + 1))
    return owe_reply(pressed, occasion, asked_by=occasion.actor.id)


def urge(draft: Draft, _occasion: Occasion) -> Draft:
    """A reminder; it is counted and needs no answer of its own."""
    dealings = draft.case.dealings
    return _with(draft, replace(dealings, urge_count=dealings.urge_count + 1))


def reply(draft: Draft, _occasion: Occasion) -> Draft:
    """Whoever supervises has an answer."""
    return _answered(draft, Debt.SUPERVISION)


def explain(draft: Draft, _occasion: Occasion) -> Draft:
    """It is said why the light is red."""
    answered = _answered(draft, Debt.EXPLANATION)
    return _with(answered, replace(answered.case.dealings, explained=True))


def list_for_interview(draft: Draft, _occasion: Occasion) -> Draft:
    """Whoever did not answer in time is asked to come."""
    return _with(draft, replace(draft.case.dealings, interview=True))


def _answered(draft: Draft, kind: Debt) -> Draft:
    dealings = draft.case.dealings
    open_debts = tuple(owed for owed in dealings.owed if owed.kind is not kind)
    return _with(draft, replace(dealings, owed=open_debts)).to_effects(Effect.ANSWER_GIVEN)


def _with(draft: Draft, dealings: Dealings) -> Draft:
    return draft.to(replace(draft.case, dealings=dealings))
