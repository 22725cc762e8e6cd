"""Decides which clue cannot wait, how focus persons are shown, and when an absence is too many."""

from collections.abc import Iterable, Mapping
from typing import Final

from plugins.sdk import Case

CLUE: Final = "security_clue"
VISIT: Final = "key_population_visit"
RENTAL: Final = "rental_population_check"

#: What the office of justice lends for a visit, and no more than that, by its codes in the catalogue.
NAME: Final = "D03-FP-name"
TAGS: Final = "D03-FP-tags"
LENT_FIELDS: Final = (NAME, TAGS)
#: Whoever has one of these is visited by plan.
FOCUS: Final = ("community_correction", "released", "drug_rehab", "petitioner")
PURPOSE: Final = "重点人员到期走访"
NAMES_SHOWN_MAX: Final = 5
ABSENCES_MAX: Final = 3
TENANTS_MANY: Final = 6
#: Kinds of clue whose first step is always the same.
FIRST_STEPS: Final = frozenset({"fraud", "gathering", "lodging", "school"})


def is_urgent(case: Case) -> bool:
    """Whether somebody must go at once."""
    return case.task_type == CLUE and (case.says_yes("urgent") or case.filing_condition == "urgent")


def first_step(case: Case) -> str:
    """Key of the first step for the kind of clue; empty when there is no such rule."""
    kind = case.answer("clue")
    return kind if kind in FIRST_STEPS else ""


def people_of(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Masked names of the people due for a visit."""
    return sorted(masked(row[NAME]) for row in rows if row.get(NAME))


def masked(name: str) -> str:
    """The first character and nothing else, whatever the registry sent."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def shown(people: list[str]) -> str:
    """As many names as a note should hold."""
    return "、".join(people[:NAMES_SHOWN_MAX]) + ("…" if len(people) > NAMES_SHOWN_MAX else "")


def was_absent(case: Case) -> bool:
    """Whether nobody was met in person."""
    return case.answer("contact_result") in {"absent", "phone_only"}


def absence_key(case: Case) -> str:
    """Where the absences at a place are noted."""
    return f"absent/{case.grid_code}/{case.place}"


def with_absence(noted: str, case: Case) -> str:
    """The absences noted so far and this one, which counts once however often it is told."""
    numbers = [number for number in noted.split(",") if number]
    return ",".join(numbers if case.number in numbers else [*numbers, case.number])


def count_of(noted: str) -> int:
    """How many absences are noted."""
    return len([number for number in noted.split(",") if number])


def is_crowded(case: Case) -> bool:
    """Whether many live in a rental that is not registered."""
    tenants = case.amount("tenant_count") or 0
    return case.task_type == RENTAL and tenants >= TENANTS_MANY and not case.says_yes("registered")
