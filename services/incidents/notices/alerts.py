"""Tells those who answer for something that no case stands for, such as a shelf that runs empty, each once."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from services.incidents.notices.addressed import Saying, address
from services.incidents.notices.directory import Directory, Person
from services.incidents.notices.domain import Occasion, QuietHours
from services.platform.clock import Clock
from services.platform.database import Database

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is wrong, where, and who answers for it: people by name, and roles of the place."""

    occasion: Occasion
    mark: str
    area_path: str
    roles: tuple[str, ...]
    subjects: tuple[str, ...]
    title: str
    title_en: str
    place: str
    count: int

    def figures(self, language: str) -> dict[str, str]:
        """What the text says in a language."""
        title = self.title_en if language == "en" and self.title_en else self.title
        return {"title": title, "place": self.place, "number": str(self.count)}


class Alerts:
    """What is done with alerts of other services."""

    def __init__(self, database: Database, directory: Directory, quiet_hours: QuietHours, *, clock: Clock) -> None:
        self._database = database
        self._directory = directory
        self._quiet_hours = quiet_hours
        self._clock = clock

    async def tell(self, alert: Alert) -> int:
        """Tell everybody who answers for it; how many those are."""
        now = self._clock.now()
        people = {subject: self._directory.one(subject, now) for subject in alert.subjects}
        for role in alert.roles:
            people |= {person.subject: person for person in self._nearest(alert.area_path, role)}
        if not people:
            log.warning("alert_reaches_nobody", occasion=alert.occasion, mark=alert.mark, area_path=alert.area_path)
            return 0
        saying = Saying(occasion=alert.occasion, mark=alert.mark, figures=alert.figures)
        async with self._database.transaction() as transaction:
            await address(transaction, saying, people.values(), self._quiet_hours, now)
        return len(people)

    def _nearest(self, area_path: str, role: str) -> Iterable[Person]:
        """Whoever has a role in an area, or in the nearest one above that has somebody."""
        now = self._clock.now()
        upwards = (self._directory.of_area(code, (role,), now) for code in reversed(area_path.split(".")))
        return next((people for people in upwards if people), ())
