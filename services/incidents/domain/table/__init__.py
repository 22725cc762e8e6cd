"""The one table of what may be done with a case: from where to where, by whom, on what terms, with what effect.

A new step is a new row; a new kind of guard or effect is one small function in `guards` or `effects`. The rows are
kept by the part of the way they belong to; code, API, screens and documentation all read this one table.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.incidents.domain.case import Event, State
from services.incidents.domain.table.anytime import ANYTIME
from services.incidents.domain.table.department import DEPARTMENT_WAY
from services.incidents.domain.table.desk import DESK_WAY
from services.incidents.domain.table.result import RESULT_WAY
from services.incidents.domain.table.row import UNSOLVED, Receiver, Transition
from services.incidents.domain.table.together import TOGETHER

__all__ = ["ROWS", "TABLE", "UNSOLVED", "Receiver", "Transition", "legal_events"]

TABLE: Final[tuple[Transition, ...]] = (*DESK_WAY, *DEPARTMENT_WAY, *RESULT_WAY, *TOGETHER, *ANYTIME)

ROWS: Final[Mapping[tuple[State, Event], Transition]] = MappingProxyType(
    {(source, row.event): row for row in TABLE for source in sorted(row.sources)}
)


def legal_events(state: State) -> tuple[Event, ...]:
    """What the table allows from a state, whoever asks."""
    return _LEGAL[state]


_LEGAL: Final = {state: tuple(event for event in Event if (state, event) in ROWS) for state in State}
