"""Lists every moment at which a department is asked, and what it is told then: the whole contract on one page.

A department writes plain functions with these names, marks each with `hookimpl`, and takes only the arguments
it needs; see any department's `hooks.py`. The functions it writes are the events it gets, for its own task
types alone. A name or an argument that is not on this page is refused when the plugin is loaded.

| hook | when it is called | in order | time |
|---|---|---|---|
| incident_reported | a matter of yours was reported | for each case | 10 s |
| before_filing | somebody took it in and is about to open it officially | for each case | 10 s |
| case_dispatched, case_signed, case_returned, case_disposed | after that step | for each case | 10 s |
| case_overdue | the light turned yellow or red | for each case | 10 s |
| case_escalated | the case rose to the next loop | for each case | 10 s |
| case_closed, case_rated | after that step | for each case | 10 s |
| hour_struck | each hour, once; after a pause once for all hours missed | one at a time | 30 s |
| day_began | each day, once; after a pause once for all days missed | one at a time | 60 s |
| message_received | the department's own system said something | for each `about` | 10 s |

**At least once.** A hook may be called twice for the same event: after a crash, or when its answer was lost. What
it asks of `city` is done once all the same; whatever else it does is up to it.

**Failure.** A hook that raises, or takes longer than the time above (which the operator may change), is called
again after 1, 2, 4, 8 seconds; after five tries its event is put aside for a person, who looks at it and tells it
anew with `python -m services.host letters`. `Refused` ends the tries at once: asking again would not help. `Away`
is waited out and costs no try. Later events of the same case wait meanwhile; other cases and other departments
notice nothing. Nobody's report ever waits for a hook.

**Moderation.** A hook that computes without end is interrupted like one that waits without end. It may ask the city
a hundred things in one call. A department whose hooks keep failing is shown as degraded wherever health is shown.
"""

import difflib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType, ModuleType
from typing import Final

import pluggy

from plugins.sdk.case import Award, Case, HistoryEntry, Leg, Signal
from plugins.sdk.city import City, Json

PROJECT: Final = "gridward"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the department's own system said: `topic` says what it is, `about` names the case or other subject."""

    topic: str
    content: Mapping[str, Json]
    about: str = ""


@hookspec
def incident_reported(case: Case, city: City, at: datetime) -> None:
    """Somebody reported a matter of one of your task types (上报). Nobody has looked at it yet: advise those who will."""


@hookspec
def before_filing(case: Case, entry: HistoryEntry, city: City, at: datetime) -> None:
    """An acceptor took the case in (受理) and will open it next (立案): say which condition fits, what is missing."""


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


@hookspec
def hour_struck(city: City, at: datetime) -> None:
    """Another hour began on the city's clocks; `at` is its beginning."""


@hookspec
def day_began(day: date, city: City, at: datetime) -> None:
    """Another day began on the city's clocks: time to compare lists and to look back."""


@hookspec
def message_received(message: Message, city: City, at: datetime) -> None:
    """Your own system said something, or answered a letter of yours; it proved that it is yours."""


_SPECS: Final = (
    incident_reported,
    before_filing,
    case_dispatched,
    case_signed,
    case_returned,
    case_disposed,
    case_overdue,
    case_escalated,
    case_closed,
    case_rated,
    hour_struck,
    day_began,
    message_received,
)

#: Every hook with the arguments it offers.
HOOKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {hook.__name__: tuple(name for name in hook.__annotations__ if name != "return") for hook in _SPECS}
)

#: Hooks that may take a multiple of the time the operator gives, because they look at many cases at once.
PATIENCE: Final[Mapping[str, int]] = MappingProxyType({"hour_struck": 3, "day_began": 6})


class Hooks:
    """The hooks of one plugin, held against this page; fails with pluggy.PluginValidationError."""

    def __init__(self, name: str, plugin: ModuleType) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(sys.modules[__name__])
        self._manager.register(plugin, name=name)
        self._refuse_unknown(plugin)
        callers = self._manager.get_hookcallers(plugin) or []
        #: The hooks that the plugin implements: the events it gets.
        self.names = tuple(sorted(caller.name for caller in callers))

    def _refuse_unknown(self, plugin: ModuleType) -> None:
        for name in dir(plugin):
            if name not in HOOKS and self._manager.parse_hookimpl_opts(plugin, name) is not None:
                near = difflib.get_close_matches(name, HOOKS, 1)
                meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(HOOKS)}"
                raise pluggy.PluginValidationError(plugin, f"unknown hook {name!r}: {meant}")

    def call(self, hook: str, /, **arguments: object) -> None:
        """Call one hook; the plugin gets those of the arguments that it takes."""
        getattr(self._manager.hook, hook)(**arguments)
