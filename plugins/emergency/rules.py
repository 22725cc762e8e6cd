"""Decides what a rectification plan must hold, and which hazards are looked at again."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from plugins.sdk import Case, Source, Text

HAZARD: Final = "safety_production_hazard"
#: Under this the notebook holds what is due for a second look, by day and case.
LOOK_AGAIN: Final = "look_again/"
#: Second looks filed on one day; the others come the day after.
A_DAY_MAX: Final = 40

#: The five parts of a plan (五落实), and how a plan speaks of each.
PARTS: Final[Mapping[str, str]] = {
    "measures": r"措施|方案|measure",
    "funds": r"资金|经费|万元|fund|yuan",
    "deadline": r"时限|期限|\d+\s*[天日月]|deadline|by \d",
    "person": r"责任人|负责人|responsible",
    "emergency": r"预案|应急|emergency",
}


def is_major(case: Case) -> bool:
    """Whether the hazard may cost lives."""
    return case.answer("hazard_level") == "major" or case.filing_condition == "major"


def missing_parts(case: Case) -> tuple[str, ...]:
    """The parts that the plan does not speak of."""
    plan = case.answer("rectify_plan")
    return tuple(part for part, spoken in PARTS.items() if not re.search(spoken, plan, re.IGNORECASE))


def both(zh: Sequence[str], en: Sequence[str]) -> Text:
    """A list in both languages."""
    return Text(zh="、".join(zh), en=", ".join(en))


def needs_second_look(case: Case) -> bool:
    """A major hazard is looked at again; a second look that was filed by us is not."""
    return is_major(case) and case.source is not Source.SYSTEM


def reminder(case: Case) -> str:
    """What must be known to file the second look."""
    return json.dumps(
        {
            "enterprise": case.answer("enterprise"),
            "place": case.place,
            "longitude_deg": case.point.longitude_deg,
            "latitude_deg": case.point.latitude_deg,
        },
        ensure_ascii=False,
    )
