"""Decides what is sealed, who comes along, and who was found out before."""

from collections.abc import Iterable, Mapping
from typing import Final

from plugins.sdk import Case, Source

VIOLATION: Final = "market_violation"
SEALED: Final = frozenset({"food", "drug", "counterfeit", "equipment"})
RATING_POOR: Final = 2
#: Who joins an inspection for which problem.
PARTNERS: Final[Mapping[str, tuple[str, ...]]] = {
    "food": ("D16", "D06"),
    "drug": ("D16",),
    "equipment": ("D13",),
    "licence": ("D06",),
    "counterfeit": ("D01",),
}


def is_food(case: Case) -> bool:
    """Whether somebody may fall ill."""
    return case.answer("problem") == "food"


def must_seal(case: Case) -> bool:
    """Whether the goods must not be sold while they are looked at."""
    return case.answer("problem") in SEALED and not case.says_yes("sealed")


def shop_of(case: Case) -> str:
    """Name of the shop as the form has it."""
    return case.answer("shop_name").strip()


def earlier(case: Case, others: Iterable[Case]) -> list[Case]:
    """The shop's cases before this one, newest first."""
    return [other for other in others if other.id != case.id and other.reported_at <= case.reported_at]


def partners(case: Case) -> tuple[str, ...]:
    """Departments that come along."""
    return PARTNERS.get(case.answer("problem"), ())


def needs_second_round(case: Case) -> bool:
    """Whether the shop is visited once more; a second round makes no third."""
    return 0 < case.rating <= RATING_POOR and case.source is not Source.SYSTEM
