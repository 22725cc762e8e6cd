"""Tells people what they gave and have, on screen and on paper, and keeps the year's reviews."""

import asyncio
import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from services.platform import audit
from services.platform.audit import Deed
from services.platform.clock import Clock
from services.platform.database import Database, Row
from services.platform.identity import Caller
from services.points.domain import books, statements
from services.points.domain.errors import CertificateUnknown, NoHours, ReviewGiven, VolunteerUnknown
from services.points.domain.ledger import MINUTES, POINTS, Account, Entry
from services.points.domain.rules import Rules
from services.points.domain.statements import Certificate, Review, Year
from services.points.domain.validity import expires_after, today_in_city
from services.points.domain.volunteers import Volunteer
from services.points.paper import certificate_pdf
from services.points.store import ledger as book_rows
from services.points.store import rules as rule_rows
from services.points.store import statements as store
from services.points.store import volunteers as people
from services.points.store.names import Names

BEGINNING: Final = date(2000, 1, 1)
SOON_MONTHS: Final = 3
EXPORT_HEAD: Final = (
    "编号 subject",
    "姓名 name",
    "单位 unit",
    "社区 community",
    "时长(分钟) minutes",
    "次数 services",
    "积分 points",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All somebody has, and one page of how it came about."""

    owner: str
    points: int
    held: int
    owed: int
    minutes: int
    star: int
    to_next_star: int
    expiring: tuple[tuple[date, int], ...]
    entries: list[Entry]
    titles: dict[str, str]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementActions:
    """What can be told of points and hours. `check_address` begins the address under which certificates are checked."""

    database: Database
    clock: Clock
    secret: bytes
    check_address: str
    names: Names

    async def statement(self, account: Account, *, before: int | None, size: int) -> Statement:
        """One page of a book, with what its owner has in all."""
        today = today_in_city(self.clock.now())
        async with self.database.connection() as connection:
            purse = await book_rows.balances_of(connection, account.owner, POINTS)
            given = (await book_rows.balances_of(connection, account.owner, MINUTES)).get("done", 0)
            rules = await rule_rows.rules_at(connection, self.clock.now())
            validity = await book_rows.validity_of(connection, account.owner)
            entries = await book_rows.list_entries(connection, account, before=before, size=size + 1)
            titles = await store.titles(connection, [entry.cause for entry in entries])
        return Statement(
            owner=account.owner,
            points=purse.get("available", 0),
            held=purse.get("held", 0),
            owed=-purse.get("debt", 0),
            minutes=given,
            star=rules.star_of(given),
            to_next_star=rules.to_next_star(given),
            expiring=books.expiring_by(
                grants=validity.grants,
                used=validity.used,
                expired=validity.expired,
                until=expires_after(today, SOON_MONTHS),
            ),
            entries=entries[:size],
            titles=titles,
            more=len(entries) > size,
        )

    async def issue_certificate(
        self, owner: str, *, from_day: date | None, until_day: date | None
    ) -> tuple[Certificate, bytes]:
        """A certificate of the hours of a period. Fails with VOLUNTEER_UNKNOWN, NO_HOURS."""
        now = self.clock.now()
        until = min(until_day or today_in_city(now), today_in_city(now))
        async with self.database.transaction() as transaction:
            sealed = await people.sealed_name(transaction, owner)
            if sealed is None:
                raise VolunteerUnknown(subject=owner)
            minutes, services, first = await store.services_of(
                transaction, owner, from_day=from_day or BEGINNING, until_day=until
            )
            if not minutes or first is None:
                raise NoHours
            begin = from_day or first
            rules = await rule_rows.rules_at(transaction, now)
            total = (await book_rows.balances_of(transaction, owner, MINUTES)).get("done", 0)
            number = statements.certificate_number(
                self.secret, owner=owner, from_day=begin, until_day=until, minutes=minutes
            )
            certificate = await store.keep_certificate(
                transaction,
                Certificate(
                    number=number, owner=owner, name=self.names.open(owner, sealed),
                    minutes=minutes, services=services,
                    from_day=begin, until_day=until, star=rules.star_of(total), issued_at=now,
                ),
                self.names,
            )  # fmt: skip
        address = f"{self.check_address}{certificate.number}"
        return certificate, await asyncio.to_thread(certificate_pdf, certificate, check_address=address)

    async def check_certificate(self, number: str) -> Certificate:
        """Whether a certificate is ours. Fails with CERTIFICATE_UNKNOWN."""
        async with self.database.connection() as connection:
            found = await store.certificate(connection, number)
        if found is None:
            raise CertificateUnknown
        return found

    async def wall(self, *, area: str, size: int) -> tuple[list[Row], Rules]:
        """Who gave most, with the rules that make the stars."""
        async with self.database.connection() as connection:
            rules = await rule_rows.rules_at(connection, self.clock.now())
            rows = await store.wall(connection, area=area, size=size)
        for row in rows:
            row["name"] = self.names.open(row["subject"], bytes(row["sealed_name"])) or row["nickname"]
        return rows, rules

    async def communities(self, month: str) -> list[Row]:
        """Communities by time given in a month, or in all."""
        begin, until = _period(month)
        async with self.database.connection() as connection:
            return await store.communities(connection, from_day=begin, until_day=until)

    async def counted(
        self, community_code: str, month: str, *, before: tuple[date, UUID] | None, size: int
    ) -> list[Row]:
        """The services behind a community's place, newest first."""
        begin, until = _period(month)
        async with self.database.connection() as connection:
            return await store.counted(
                connection, community_code, from_day=begin, until_day=until, before=before, size=size
            )

    async def export(self, caller: Caller, *, area: str, unit: str, purpose: str) -> tuple[bytes, int]:
        """Hours and points as a table for spreadsheets, and how many rows; whole names for a purpose that is kept."""
        scope_areas = caller.scope("points.volunteers.read").area_paths
        async with self.database.transaction() as transaction:
            rows = await store.hours(transaction, scope_areas=scope_areas, area=area, unit=unit)
            deed = Deed(
                action="volunteer_hours_exported", target=unit, area_path=area, purpose=purpose,
                fields=("name", "minutes", "points"), row_count=len(rows), masked=not purpose,
            )  # fmt: skip
            await audit.write(transaction, deed, caller=caller, at=self.clock.now())
        text = io.StringIO()
        table = csv.writer(text)
        table.writerow(EXPORT_HEAD)
        for row in rows:
            name = self.names.open(row["subject"], bytes(row["sealed_name"])) if purpose else row["masked_name"]
            cells = (row["subject"], name, row["unit"], row["community_code"])
            table.writerow((*map(_harmless, cells), row["minutes"], row["services"], row["points"]))
        return text.getvalue().encode("utf-8-sig"), len(rows)

    async def volunteer(self, subject: str) -> Volunteer:
        """One volunteer. Fails with VOLUNTEER_UNKNOWN."""
        async with self.database.connection() as connection:
            person = await people.volunteer(connection, subject)
        if person is None:
            raise VolunteerUnknown(subject=subject)
        return person

    async def give_review(self, owner: str, year: int, review: Review) -> Year:
        """One of the three, once. Fails with REVIEW_GIVEN."""
        async with self.database.transaction() as transaction:
            if not await store.insert_review(transaction, owner, year, review):
                raise ReviewGiven
        return await self.reviews(owner, year)

    async def reviews(self, owner: str, year: int) -> Year:
        """Those given, with the grade when all are there."""
        async with self.database.connection() as connection:
            person = await people.volunteer(connection, owner)
            rules = await rule_rows.rules_at(connection, self.clock.now())
            given = await store.reviews(connection, owner, year)
        return Year(
            owner=owner, unit=person.unit if person else "", year=year, reviews=given, percent=rules.review_percent
        )


def _period(month: str) -> tuple[date, date]:
    """The first day of a month and that of the next; all time where none is named."""
    begin = date.fromisoformat(f"{month}-01") if month else BEGINNING
    return begin, (begin + timedelta(days=31)).replace(day=1) if month else date.max


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
