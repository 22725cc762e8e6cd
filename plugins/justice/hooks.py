"""Carries a dispute through acceptance, handling, transfer, co-handling and answer (受理、办理、转办、协办、答复)."""

from plugins.justice import rules
from plugins.justice.agreement import paper_of
from plugins.sdk import Case, City, HistoryEntry, Message, Moved, Refused, Signal, Step, StepKind, Words, hookimpl

words = Words(__package__)


@hookimpl
def incident_reported(case: Case, city: City) -> None:
    """A question of law (12348) goes straight to the duty lawyer of the grid's station."""
    if not rules.asks_about_law(case):
        return
    post = city.on_duty(case, rules.LAWYER)
    if not post:
        return
    said = words("advice.to_lawyer")
    try:
        city.advance(case, Step(kind=StepKind.ADDRESS, opinion=said.zh, opinion_en=said.en, addressees=(post,)))
    except (Moved, Refused):
        # Somebody has taken it in already: they decide, and know whom to ask.
        city.note(case, words("advice.lawyer", lawyer=post))


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """A dispute needs two sides; a question of law goes to the duty lawyer of the grid's station."""
    if not rules.has_two_sides(case):
        city.note(case, words("advice.two_sides"))
    lawyer = city.memory.get(rules.lawyer_key(case))
    if lawyer:
        city.note(case, words("advice.lawyer", lawyer=lawyer))


@hookimpl
def case_signed(case: Case, city: City) -> None:
    """Whoever signs handles it: say who chairs, by how hard it is."""
    if city.stage_of(case) in rules.BEFORE_HANDLING:
        city.stage(case, "handling", words(f"chair.{rules.chair(case)}"))


@hookimpl
def case_returned(case: Case, entry: HistoryEntry, city: City) -> None:
    """A transfer states its reason, and the first to sign stays answerable until the next one signs."""
    if city.stage_of(case) == "handling":
        city.stage(case, "transferred", words("advice.transferred", reason=entry.opinion))


@hookimpl
def case_overdue(case: Case, before: Signal, city: City) -> None:
    """Nobody signed, or the parties wait too long: warn once for each light."""
    if before is not case.signal:
        city.note(case, words("overdue.unsigned" if rules.is_unsigned(case) else "overdue.handling"))


@hookimpl
def case_escalated(case: Case, city: City) -> None:
    """From the sub-district on, the departments that share the matter sit at the table."""
    partner = rules.partner(case)
    if partner and city.stage_of(case) == "handling":
        city.stage(case, "co_handling", words("advice.together", partner=partner))


@hookimpl
def case_disposed(case: Case, city: City) -> None:
    """Draw up the agreement as a paper that the parties sign."""
    paper = city.keep(paper_of(rules.terms(case, city.local(case.reported_at))))
    city.note(case, words("advice.agreement"), paper)


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """The parties have their answer."""
    if city.stage_of(case) in rules.BEFORE_ANSWER:
        city.stage(case, "replied", words("advice.answered", days=rules.VISIT_AFTER_DAYS))


@hookimpl
def message_received(message: Message, city: City) -> None:
    """The lawyers' roster says who is on duty at which station."""
    if message.topic == rules.ROSTER:
        for grid, lawyer in rules.duty_of(message.content).items():
            city.memory.put(f"lawyer/{grid}", lawyer)
