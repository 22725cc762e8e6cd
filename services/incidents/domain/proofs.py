"""Demands what must be brought along for a step: photos, files, signatures, words, and to stand at the place."""

from typing import Final

from services.incidents.domain.case import Case, Event
from services.incidents.domain.distance import distance_between_m
from services.incidents.domain.errors import (
    EvidenceRequired,
    NotAtThePlace,
    PlaceNotShown,
    ReasonRequired,
    WordsTooFew,
)
from services.incidents.domain.procedure import NO_PROOF, Proof
from services.incidents.domain.step import Step
from services.incidents.domain.tasktypes import FOUND_KINDS, EvidenceKind, EvidenceRules

#: What every task type asks for at some steps, by its own words about photos.
AFTER: Final = (EvidenceKind.AFTER,)
CHECK: Final = (EvidenceKind.CHECK,)
BEFORE_AND_AFTER: Final = (EvidenceKind.BEFORE, EvidenceKind.AFTER)


def usual(kinds: tuple[EvidenceKind, ...], rules: EvidenceRules) -> Proof:
    """The proof that follows from a task type's own words; what is shown after is then shown before, too."""
    if not kinds:
        return NO_PROOF
    counts = {kind: rules.needed(kind) for kind in kinds}
    if EvidenceKind.BEFORE in counts:
        counts[EvidenceKind.BEFORE] = min(1, counts[EvidenceKind.AFTER])
    return Proof(pieces=counts)


def require(case: Case, step: Step, proof: Proof) -> None:
    """Fails unless everything was brought along."""
    for kind, count in proof.kinds:
        require_evidence(step, kind, count)
    words = len(step.opinion.strip())
    if words < proof.words_min:
        raise WordsTooFew(event=step.event, count=proof.words_min, given=words)
    if proof.within_m:
        _require_presence(case, step, proof.within_m)


def require_words(step: Step) -> None:
    """Fails with REASON_REQUIRED unless something was said."""
    if not step.opinion.strip():
        raise ReasonRequired(event=step.event)


def require_evidence(step: Step, kind: EvidenceKind, count: int) -> None:
    """Fails with EVIDENCE_REQUIRED unless enough of the kind is shown; a report may show the place by any picture."""
    reported = kind in FOUND_KINDS and step.event is Event.REPORT
    accepted = FOUND_KINDS if reported else frozenset({kind})
    given = sum(1 for item in step.evidence if item.kind in accepted)
    if given < count:
        raise EvidenceRequired(event=step.event, kind=kind, count=count, given=given)


def _require_presence(case: Case, step: Step, within_m: int) -> None:
    """Where somebody stands is told by the phone, or by the picture taken there; the nearest counts."""
    places = [place for place in (step.point, *(item.taken_where for item in step.evidence)) if place]
    if not places:
        raise PlaceNotShown(event=step.event, within_m=within_m)
    nearest = min(distance_between_m(case.point, place) for place in places)
    if nearest > within_m:
        raise NotAtThePlace(event=step.event, within_m=within_m, distance_m=round(nearest))
