"""Decides who chairs a mediation, who shares it, and what the agreement says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from plugins.sdk import Case, CaseState, Json

LAWYER: Final = "duty_lawyer"
#: Words by which a question of law is known (12348); a dispute that mentions none of them needs no lawyer.
LEGAL: Final = re.compile(
    r"12348|法律|律师|起诉|诉讼|打官司|合同|继承|遗嘱|赔偿责任|违约|\b(law|legal|lawyer|sue|contract|inherit)",
    re.IGNORECASE,
)
ROSTER: Final = "lawyers.roster"
PARTIES_MIN: Final = 2
#: The mediator calls both sides again after this many days (回访).
VISIT_AFTER_DAYS: Final = 30
BEFORE_HANDLING: Final = frozenset({"accepted", "transferred"})
BEFORE_ANSWER: Final = frozenset({"handling", "co_handling"})

#: Who chairs by how hard it is (一般、复杂、疑难).
CHAIRS: Final[Mapping[str, str]] = {"simple": "community", "complex": "subdistrict", "hard": "district"}
#: Which department shares which kind of dispute.
PARTNERS: Final[Mapping[str, str]] = {
    "labour": "D04",
    "property_service": "D05",
    "land_demolition": "D05",
    "medical": "D16",
    "consumer": "D15",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What stands on the paper."""

    number: str
    date: str
    place: str
    subject: str
    mediator: str


def has_two_sides(case: Case) -> bool:
    """Whether enough people are concerned for a mediation."""
    people = case.amount("party_count")
    return people is None or people >= PARTIES_MIN


def chair(case: Case) -> str:
    """Who leads the mediation; a case nobody graded begins in the community."""
    return CHAIRS.get(case.answer("level"), "community")


def partner(case: Case) -> str:
    """The department that shares the matter; empty when there is none."""
    return PARTNERS.get(case.answer("dispute_type"), "")


def asks_about_law(case: Case) -> bool:
    """Whether it is a question of law, which the duty lawyer of the grid's station answers."""
    return LEGAL.search(case.description) is not None


def lawyer_key(case: Case) -> str:
    """Where the duty lawyer of the case's station is noted."""
    return f"lawyer/{case.grid_code}"


def is_unsigned(case: Case) -> bool:
    """Whether it was sent to a department that has not signed."""
    return case.state is CaseState.DISPATCHED


def duty_of(content: Mapping[str, Json]) -> dict[str, str]:
    """Duty lawyer by grid, out of what the roster sent; anything else in it is passed over."""
    grids = content.get("grids")
    rows = grids if isinstance(grids, dict) else {}
    return {grid: lawyer for grid, lawyer in rows.items() if isinstance(lawyer, str) and lawyer}


def terms(case: Case, reported: datetime) -> Terms:
    """What is known for the agreement; the parties add their names and terms by hand."""
    return Terms(
        number=case.number,
        date=f"{reported:%Y-%m-%d}",
        place=case.place,
        subject=case.description,
        mediator=case.solver or case.handler,
    )
