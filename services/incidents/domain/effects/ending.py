"""What the end of a case does, what comes after it, and who is told."""

from dataclasses import replace

from services.incidents.domain.case import State
from services.incidents.domain.dealings import Ending
from services.incidents.domain.parts import PartState, ended
from services.incidents.domain.step import Draft, Effect, Occasion


class EndAs:
    """Nothing is due any more."""

    def __init__(self, ending: Ending) -> None:
        self._ending = ending

    def __call__(self, draft: Draft, occasion: Occasion) -> Draft:
        before = draft.case
        parts = tuple(
            ended(part, PartState.DECLINED, by=occasion.actor.id, at=occasion.at, reply="CASE_ENDED")
            if part.unfinished
            else part
            for part in before.parts
        )
        dealings = replace(
            before.dealings,
            petition=None,
            owed=(),
            suspended_until=None,
            whole_due_at=None,
            claim_due_at=None,
            desk_left=None,
        )
        case = replace(
            before,
            ending=self._ending,
            closed_at=occasion.at,
            stage_due_at=None,
            sign_due_at=None,
            loop_due_at=None,
            parts=parts,
            dealings=dealings,
        )
        return draft.to(case, Effect.CASE_ENDED)


def record_rating(draft: Draft, occasion: Occasion) -> Draft:
    """The reporter's judgement."""
    step = occasion.step
    case = replace(draft.case, rating=step.rating, rating_comment=step.opinion, rated_at=occasion.at)
    return draft.to(case, Effect.CASE_RATED)


def open_again(draft: Draft, _occasion: Occasion) -> Draft:
    """It is open as if it had not ended; what was rated before is rated anew, and rewarded no second time."""
    before = draft.case
    dealings = replace(
        before.dealings,
        reopen_count=before.dealings.reopen_count + 1,
        rewarded=before.dealings.rewarded or before.rating > 0,
        explained=False,
        interview=False,
        exempt=False,
        appealed=False,
        urged=(),
    )
    case = replace(
        before,
        ending=Ending.OPEN,
        closed_at=None,
        rating=0,
        rating_comment="",
        rated_at=None,
        checker="",
        dealings=dealings,
    )
    return draft.to(case, Effect.CASE_REOPENED)


def tell_reporter(draft: Draft, _occasion: Occasion) -> Draft:
    """The reporter is told of this stage."""
    return draft.to(draft.case, Effect.REPORTER_TOLD)


#: In these the disposal time must be running, in all others it must not.
TIME_RUNS = frozenset({State.DISPATCHED, State.SIGNED, State.DISPOSING, State.DISPOSED})
