"""Decides who missed a round: registered, less screened, less exempt; each is told once."""

import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Final

from plugins.sdk import Json, Message, Point

PROBLEM: Final = "public_health_problem"
MISSED: Final = "missed_screening_followup"
TOPIC: Final = "screening.round"
#: Under these the notebook holds the rounds, and who was told in each.
ROUND: Final = "round/"
TOLD: Final = "told/"
FIRST_STEPS: Final = frozenset({"disinfection", "waste", "water", "practice"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on the list, by file number; no name is needed to compare."""

    ref: str
    grid: str
    longitude_deg: float
    latitude_deg: float

    @property
    def point(self) -> Point:
        """Where the person lives."""
        return Point(longitude_deg=self.longitude_deg, latitude_deg=self.latitude_deg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of a screening."""

    code: str
    registered: tuple[Person, ...]
    done: frozenset[str]
    exempt: frozenset[str]

    def dumped(self) -> str:
        """As the notebook keeps it."""
        people = [asdict(person) for person in self.registered]
        return json.dumps(
            {"code": self.code, "registered": people, "done": sorted(self.done), "exempt": sorted(self.exempt)}
        )

    @classmethod
    def loaded(cls, kept: str) -> "Round":
        """As it was kept."""
        told = json.loads(kept)
        people = tuple(Person(**person) for person in told["registered"])
        return cls(code=told["code"], registered=people, done=frozenset(told["done"]), exempt=frozenset(told["exempt"]))


def missed(round_: Round) -> list[Person]:
    """Whoever is registered and neither screened nor exempt, by grid and file number."""
    settled = round_.done | round_.exempt
    absent = [person for person in round_.registered if person.ref not in settled]
    return sorted(absent, key=lambda person: (person.grid, person.ref))


def missed_by_grid(round_: Round) -> dict[str, list[str]]:
    """The missed list of each grid."""
    lists: dict[str, list[str]] = {}
    for person in missed(round_):
        lists.setdefault(person.grid, []).append(person.ref)
    return lists


def next_to_tell(round_: Round, told: AbstractSet[str], *, most: int) -> list[Person]:
    """Who is told next, each once a round."""
    return [person for person in missed(round_) if person.ref not in told][:most]


def round_of(message: Message) -> Round | None:
    """The round that a message brings; None when it is about something else or is not whole."""
    content = message.content
    code, rows = content.get("round"), content.get("registered")
    if message.topic != TOPIC or not isinstance(code, str) or not isinstance(rows, list):
        return None
    people = tuple(person for person in map(_person, rows) if person is not None)
    return Round(code=code, registered=people, done=_refs(content.get("done")), exempt=_refs(content.get("exempt")))


def _person(row: Json) -> Person | None:
    if not isinstance(row, dict):
        return None
    ref, grid, longitude, latitude = (row.get(key) for key in ("ref", "grid", "longitude_deg", "latitude_deg"))
    if not (isinstance(ref, str) and isinstance(grid, str)):
        return None
    if not (isinstance(longitude, int | float) and isinstance(latitude, int | float)):
        return None
    return Person(ref=ref, grid=grid, longitude_deg=longitude, latitude_deg=latitude)


def _refs(value: Json) -> frozenset[str]:
    rows: Iterable[Json] = value if isinstance(value, list) else ()
    return frozenset(row for row in rows if isinstance(row, str))
