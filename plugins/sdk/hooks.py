"""Lists every moment at which a department is asked, and what it is told then: the whole contract on one page.

A department writes plain functions with these names, marks each with `hookimpl`, and takes only the arguments
it needs; see any department's `hooks.py`. The functions it writes are the events it gets, for its own task
types alone. A name or an argument that is not on this page is refused when the plugin is loaded.

Each event is told at least once and, for one case, in order. A hook that raises is called again after a
growing pause, and at last the event is put aside for a person; other departments notice nothing of it. So a
hook must not mind being called twice: what it asks of `city` is done once, whatever else it does is up to it.
A hook has ten seconds unless the operator allows more, and must not compute for long: all hooks take turns.
"""

import sys
from collections.abc import Mapping
from datetime import datetime
from types import ModuleType
from typing import Final

import pluggy

from plugins.sdk.case import Award, Case, HistoryEntry, Leg, Signal
from plugins.sdk.city import City

PROJECT: Final = "gridward"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def incident_reported(case: Case, city: City, at: datetime) -> None:
    """Somebody reported a matter of one of your task types (上报). Nobody has looked at it yet: advise those who will."""


@hookspec
def case_dispatched(case: Case, entry: HistoryEntry, city: City, at: datetime) -> None:
    """The case was sent to its department (派遣), for the first time or again; `entry.receiver` says which."""


@hookspec
def case_signed(case: Case, entry: HistoryEntry, city: City, at: datetime) -> None:
    """Your department answers for the case now (签收)."""


@hookspec
def case_returned(case: Case, entry: HistoryEntry, city: City, at: datetime) -> None:
    """The department sent the case back (退回); `entry.opinion` says why, and its clock stands still."""


@hookspec
def case_disposed(case: Case, entry: HistoryEntry, city: City, at: datetime) -> None:
    """The handler says that it is done (处置完成); `entry.evidence` shows it, and a check comes next."""


@hookspec
def case_overdue(case: Case, before: Signal, city: City, at: datetime) -> None:
    """Time went by and the light changed: `case.signal` is YELLOW or RED now, `before` is what it was."""


@hookspec
def case_escalated(case: Case, leg: Leg, city: City, at: datetime) -> None:
    """The case rose to the next loop (升级): `leg` is the stay that begins."""


@hookspec
def case_closed(case: Case, entry: HistoryEntry, city: City, at: datetime) -> None:
    """The case ended, solved (结案)."""


@hookspec
def case_rated(case: Case, award: Award, city: City, at: datetime) -> None:
    """The reporter judged (评价): `case.rating` is 1 to 5, and `award` says who earned what by it."""


#: Every hook with the arguments it offers.
HOOKS: Final[Mapping[str, tuple[str, ...]]] = {
    hook.__name__: tuple(name for name in hook.__annotations__ if name != "return")
    for hook in (
        incident_reported,
        case_dispatched,
        case_signed,
        case_returned,
        case_disposed,
        case_overdue,
        case_escalated,
        case_closed,
        case_rated,
    )
}


class Hooks:
    """The hooks of one plugin, held against this page; fails with pluggy.PluginValidationError."""

    def __init__(self, name: str, plugin: ModuleType) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(sys.modules[__name__])
        self._manager.register(plugin, name=name)
        self._manager.check_pending()
        callers = self._manager.get_hookcallers(plugin) or []
        #: The hooks that the plugin implements: the events it gets.
        self.names = tuple(sorted(caller.name for caller in callers))

    def call(self, hook: str, /, **arguments: object) -> None:
        """Call one hook; the plugin gets those of the arguments that it takes."""
        getattr(self._manager.hook, hook)(**arguments)
