"""Knows who looks at which case now, so that two people do not work on it unknowingly.

It is kept in memory and forgotten within half a minute; where several gateways run, each tells the others (`line`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from services.gateway.audiences import Happening
from services.gateway.hub import Hub, sse

FORGOTTEN_S: Final = 35.0
CASES_MAX: Final = 5000
PEOPLE_MAX: Final = 20
DOINGS: Final = frozenset({"looking", "writing", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at a case."""

    subject: str
    name: str
    name_en: str
    doing: str
    seen_s: float


@dataclass(slots=True)
class Presence:
    """Who is where."""

    hub: Hub
    clock_s: Callable[[], float] = time.monotonic
    _at: dict[str, dict[str, Person]] = field(default_factory=dict)
    _areas: dict[str, tuple[str, str]] = field(default_factory=dict)

    def known(self, case_id: str) -> bool:
        """Whether the place of a case is known, so that it need not be asked for."""
        return case_id in self._areas

    def place(self, case_id: str, *, area_path: str, department_code: str) -> None:
        """Where a case lies, which decides who is told."""
        if len(self._areas) >= CASES_MAX and case_id not in self._areas:
            self._areas.clear()
            self._at.clear()
        self._areas[case_id] = (area_path, department_code)

    def place_of(self, case_id: str) -> tuple[str, str]:
        """Area and department of a case whose place is known."""
        return self._areas[case_id]

    def tell(self, case_id: str, *, subject: str, name: str, name_en: str, doing: str) -> None:
        """Somebody is there, writes, or has left; everybody who may see the case is told when that is news."""
        now_s = self.clock_s()
        people = self._at.setdefault(case_id, {})
        before = self._doings(people)
        for gone in [each for each, person in people.items() if now_s - person.seen_s > FORGOTTEN_S]:
            del people[gone]
        if doing and (subject in people or len(people) < PEOPLE_MAX):
            people[subject] = Person(subject=subject, name=name, name_en=name_en, doing=doing, seen_s=now_s)
        elif not doing:
            people.pop(subject, None)
        if self._doings(people) != before or doing:
            self._pass_on(case_id, people)
        if not people:
            del self._at[case_id]

    @staticmethod
    def _doings(people: dict[str, Person]) -> list[tuple[str, str]]:
        return [(each.subject, each.doing) for each in people.values()]

    def _pass_on(self, case_id: str, people: dict[str, Person]) -> None:
        area_path, department_code = self._areas[case_id]
        told: list[dict[str, Any]] = [
            {"subject": each.subject, "name": each.name, "nameEn": each.name_en, "doing": each.doing}
            for each in people.values()
        ]
        self.hub.mention(
            Happening(
                position=0,
                area_path=area_path,
                department_code=department_code,
                people=frozenset(people),
                text=sse(name="presence", data={"caseId": case_id, "people": told}),
            )
        )
