"""Checks what a family says against what the registry lends, and keeps front desk and back office apart."""

from plugins.civil_affairs import rules
from plugins.sdk import Case, City, Loan, Refused, Words, hookimpl

words = Words(__package__)


@hookimpl
def before_filing(case: Case, city: City) -> None:
    """Say what a request for help still lacks."""
    for lack in rules.lacks(case):
        city.note(case, words(f"lack.{lack}"))


@hookimpl
def case_signed(case: Case, city: City) -> None:
    """Compare with the register before anybody goes there; act for somebody only with their consent."""
    if case.task_type == rules.SUBSISTENCE:
        _compare(case, city)
    elif city.stage_of(case) == "front_desk":
        key = "agency" if rules.acts_for_somebody(case) else "handed_over"
        city.stage(case, "back_office", words(f"visit.{key}"))


def _compare(case: Case, city: City) -> None:
    loan = Loan(
        dataset="low_income",
        fields=rules.LENT_FIELDS,
        purpose=rules.PURPOSE,
        case=case,
        subject=case.answer("applicant_ref"),
    )
    try:
        found = rules.findings(case, city.lend(loan), line_yuan=int(city.settings["line_yuan"]))
    except Refused as refused:
        city.note(case, words("compare.no_loan", reason=refused.reason))
        return
    if city.stage_of(case) == "asked":
        city.stage(case, "compared", words(f"compare.{found}"))


@hookimpl
def case_disposed(case: Case, city: City) -> None:
    """Only when the back office has finished does the front desk answer."""
    stage = city.stage_of(case)
    if case.task_type == rules.SUBSISTENCE and stage == "compared":
        city.stage(case, "reviewed", words("review.publish", days=rules.publicity_days(case)))
    elif case.task_type == rules.VISIT and stage == "back_office":
        city.stage(case, "replied", words("visit.need_help" if rules.needs_help(case) else "visit.replied"))


@hookimpl
def case_closed(case: Case, city: City) -> None:
    """A check that was publicised is done."""
    if case.task_type == rules.SUBSISTENCE and city.stage_of(case) == "reviewed":
        city.stage(case, "publicised", words("review.done"))
