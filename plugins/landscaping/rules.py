"""Decides what blocks the way and what must wait for the season."""

from typing import Final

from plugins.sdk import Case

#: Under this the notebook holds the contractor's numbers of what is still open, by case.
OPEN: Final = "open311/"
#: Requests asked about in one hour.
AN_HOUR_MAX: Final = 80
BLOCKING: Final = frozenset({"tree_fallen", "branch"})
#: Trees are planted from November to March.
PLANTING_MONTHS: Final = frozenset({11, 12, 1, 2, 3})


def blocks_the_way(case: Case) -> bool:
    """Whether something lies across the way."""
    return case.says_yes("blocking_traffic") and case.answer("damage") in BLOCKING


def waits_for_season(case: Case) -> bool:
    """Whether what withered can only be replaced later in the year."""
    return case.answer("damage") == "withered" and case.reported_at.month not in PLANTING_MONTHS
