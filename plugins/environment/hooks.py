"""Secures the proof before it flows away or is blown off, and asks the neighbours upstream."""

from plugins.environment import rules
from plugins.sdk import Case, City, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """Proof of pollution does not wait: say by when and how it is taken."""
    proof = rules.proof(case)
    if proof is not None:
        city.note(case, words(f"proof.{proof.kind}", minutes=proof.within_min))


@hookimpl
def case_dispatched(case: Case, city: City) -> None:
    """An outfall with a code has an owner who can be asked."""
    outfall = case.answer("outfall_code")
    if outfall:
        city.note(case, words("outfall", code=outfall))


@hookimpl
def case_escalated(case: Case, city: City) -> None:
    """What flows or blows comes from somewhere: ask whoever lies upstream or upwind."""
    if rules.travels(case):
        city.note(case, words(f"travels.{case.answer('medium')}"))


@hookimpl
def case_disposed(case: Case, city: City) -> None:
    """Whatever was carried off must have arrived somewhere."""
    if rules.leaves_waste(case):
        city.note(case, words("waybill"))
