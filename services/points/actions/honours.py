"""Rates buildings, writes letters and lists allowances, each from rows that can be shown."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from services.platform import audit
from services.platform.audit import Deed
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.identity import Caller
from services.platform.wall import Wall
from services.points.domain import honours
from services.points.domain.errors import LetterUnknown, VolunteerUnknown
from services.points.domain.honours import Allowance, Letter, Merits, RatedBuilding
from services.points.domain.rules import in_force
from services.points.domain.validity import CITY_TIME, today_in_city
from services.points.domain.volunteers import Volunteer
from services.points.neighbours import Buildings
from services.points.paper import letter_pdf
from services.points.store import honours as store
from services.points.store import rules as rule_rows
from services.points.store import statements as services_rows
from services.points.store import volunteers as people
from services.points.store.names import Names

READ: Final = "points.volunteers.read"


def month_of(month: str) -> tuple[date, date]:
    """The first day of a month such as 2026-03, and of the one after."""
    begin = date.fromisoformat(f"{month}-01")
    return begin, (begin + timedelta(days=31)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CITY_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class HonourActions:
    """What can be given back to those who give."""

    database: Database
    clock: Clock
    names: Names
    buildings: Buildings
    wall: Wall
    secret: bytes
    check_address: str

    async def rate_buildings(self, caller: Caller, area_path: str, month: str) -> tuple[list[RatedBuilding], int]:
        """Best first, and the version of the rules that says so; 0 for those the city begins with."""
        begin, end = month_of(month)
        visits = await self.buildings.visits_of(area_path.rsplit(".", 1)[-1], month)
        now = self.clock.now()
        async with self.database.connection() as connection:
            version = in_force(await rule_rows.versions(connection), now)
            rules = await rule_rows.rules_at(connection, now)
            async with self.wall.behind(connection, caller.scope(READ).by_area):
                answers = await store.answers(
                    connection,
                    sorted({building.grid_code for building in visits}),
                    begin=_midnight(begin),
                    end=_midnight(end),
                    hours=rules.response_hours,
                    now=now,
                )
        return honours.rate_buildings(rules, visits, answers), version.number if version else 0

    async def find(self, subject: str, caller: Caller) -> Volunteer:
        """A volunteer, with the name masked. Fails with VOLUNTEER_UNKNOWN."""
        async with self.database.connection() as connection:
            person = await people.volunteer(connection, subject)
            if person is None or not await self.wall.shown(connection, [subject], caller=caller, permission=READ):
                raise VolunteerUnknown(subject=subject)
        return person

    async def issue_letter(
        self, person: Volunteer, kind: str, *, year: int, caller: Caller
    ) -> tuple[Letter, str, bytes]:
        """A letter, the whole name on it, and the paper; that the name was used is kept."""
        now = self.clock.now()
        year = year or today_in_city(now).year
        async with self.database.transaction() as transaction:
            minutes, services, _ = await services_rows.services_of(
                transaction, person.subject, from_day=date(year, 1, 1), until_day=date(year, 12, 31)
            )
            merits = Merits(
                unit=person.unit,
                teams=await people.teams_of(transaction, person.subject),
                posts=await people.list_posts(transaction, subject=person.subject, held=True),
                minutes=minutes,
                services=services,
            )
            sealed = await people.sealed_name(transaction, person.subject)
            name = self.names.open(person.subject, sealed or b"")
            written = honours.write_letter(
                self.secret, kind=kind, owner=person.subject, name=name, merits=merits, year=year,
                issuer=caller.subject, at=now,
            )  # fmt: skip
            letter = await store.keep_letter(transaction, written, issued_by=caller.subject)
            deed = Deed(
                action="volunteer_letter_issued", target=person.subject, area_path=person.area_path, purpose=kind,
                fields=("name",), row_count=1, masked=False, details={"number": letter.number},
            )  # fmt: skip
            await audit.write(transaction, deed, caller=caller, at=now)
        address = f"{self.check_address}{letter.number}"
        return letter, name, await asyncio.to_thread(letter_pdf, letter, name=name, check_address=address)

    async def check_letter(self, number: str) -> Letter:
        """Whether a letter is ours. Fails with LETTER_UNKNOWN."""
        async with self.database.connection() as connection:
            found = await store.letter(connection, number)
        if found is None:
            raise LetterUnknown
        return found

    async def allowances(self, caller: Caller, *, area: str, month: str) -> list[Allowance]:
        """What the people of building teams are due, of those who served."""
        begin, end = month_of(month)
        async with self.database.connection() as connection:
            rules = await rule_rows.rules_at(connection, self.clock.now())
            scope = caller.scope(READ)
            async with self.wall.behind(connection, scope.by_area):
                rows = await store.served(
                    connection, scope_areas=scope.area_paths, area=area, from_day=begin, until_day=end
                )
        return [
            honours.allowance(rules, subject=row["subject"], teams=row["teams"], orders=row["orders"])
            for row in rows
            if row["orders"]
        ]
