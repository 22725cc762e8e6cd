"""Names what may come back when a department acts on a case, so that a hook can decide what to do about it.

CityError
├── Refused    the city said no for a stated reason; asking the same again will not help
├── Moved      somebody else was faster; look at the fresh case and think again
└── Away       a part of the city cannot be reached now; nothing happened

A hook need not catch any of them. Away is waited out and the hook called again; Moved counts as a failed
try and the hook is called again; Refused ends the tries at once and the event is put aside for a person.
"""

from collections.abc import Mapping
from types import MappingProxyType

from plugins.sdk.case import Case


class CityError(Exception):
    """The city did not do what the department asked."""


class Refused(CityError):
    """The city refused, and says why by a key such as STEP_NOT_LEGAL."""

    def __init__(self, *, reason: str, message: str, details: Mapping[str, str] = MappingProxyType({})) -> None:
        self.reason = reason
        self.message = message
        self.details = details
        super().__init__(f"{reason}: {message}")


class Moved(CityError):
    """The case changed since it was looked at; `fresh` is the case as it is now."""

    def __init__(self, fresh: Case) -> None:
        self.fresh = fresh
        super().__init__(f"case {fresh.number} is at version {fresh.version} now")


class Away(CityError):
    """The part of the city that would have to answer cannot be reached."""

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(f"{part} cannot be reached")
