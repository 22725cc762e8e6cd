"""Writes the table of steps down for people, so that the page in the documentation is the table itself."""

from typing import Final

from services.incidents.domain.case import OPEN, State
from services.incidents.domain.rulebook import STAGE_LIMITS
from services.incidents.domain.table import TABLE, UNSOLVED
from services.incidents.domain.table.row import Transition

HEAD: Final = """# Every step of a case

Written by `python -m services.incidents.domain.table` from the table that the program itself goes by; a test sees that
this page says the same. `open` are all states in which a case has not ended, `unsolved` those in which somebody still
has to solve it. Conditions and effects go by their names in `guards` and `effects`.

| step | from | to | by | needs | time | conditions | effects |
|---|---|---|---|---|---|---|---|
"""


def written() -> str:
    """The whole page."""
    return HEAD + "".join(f"{_line(row)}\n" for row in TABLE)


def _line(row: Transition) -> str:
    limit = STAGE_LIMITS.get(row.stage) if row.stage else None
    needs = [
        *(["reason"] if row.reason_required else []),
        *row.fields,
        *(f"{kind.value} photo" for kind in row.proof),
        *(f"({name})" for name in row.choices),
    ]
    cells = (
        f"`{row.event}`",
        _states(row.sources),
        row.target or "as it is",
        ", ".join(sorted(row.roles)),
        ", ".join(needs),
        f"{row.stage}: {limit.value} {limit.unit}" if limit else (row.stage or ""),
        ", ".join(_name(each) for each in (*row.conditions, *row.guards)),
        ", ".join(_name(each) for each in row.effects),
    )
    return f"| {' | '.join(cells)} |"


def _states(states: frozenset[State]) -> str:
    """The states by name, or what all of them are called together."""
    for name, group in (("open", OPEN), ("unsolved", UNSOLVED)):
        left = group - states
        if states <= group and len(left) <= 2 < len(states):
            return name + "".join(f", not {state}" for state in sorted(left))
    return ", ".join(sorted(states))


def _name(rule: object) -> str:
    return str(getattr(rule, "__name__", None) or type(rule).__name__)
