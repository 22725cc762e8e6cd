"""One telephone is sent one text a minute and ten a day; what comes on top waits its turn, and what wakes does not."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.incidents.notices import store
from services.incidents.notices.carriers import CarrierFailed, Post
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.domain import Channel, Occasion, QuietHours
from services.incidents.notices.pacing import Pace, Paces
from services.incidents.notices.sending import Sending
from services.incidents.notices.store import NewNotice
from services.platform.clock import ManualClock
from services.platform.database import Database, open_database
from services.platform.seal import Sealer
from tests.conftest import MakeDatabase
from tests.support.tokens import TestTokens

ZONE = ZoneInfo("Asia/Shanghai")
PHONE, OTHER = "13800001111", "13800002222"
MINUTE = timedelta(minutes=1)


@dataclass
class Carrier:
    """Takes texts and remembers to whom and when; takes none while it is away."""

    taken: list[tuple[str, str, datetime]] = field(default_factory=list)
    away: bool = False

    async def send(self, *, id: str, phone: str, text: str, at: datetime) -> str:
        if self.away:
            raise CarrierFailed("away")
        self.taken.append((phone, text, at))
        return id

    async def collect(self) -> Post:
        return Post()

    async def clear(self, names: object) -> None:
        """Nothing lies about."""

    def texts(self, phone: str = PHONE) -> list[str]:
        return [text for to, text, _ in self.taken if to == phone]


@dataclass
class Office:
    """A sender of notices by itself, twice, as two replicas would run it."""

    database: Database
    clock: ManualClock
    carrier: Carrier
    senders: list[Sending]

    async def due(self) -> None:
        """Both look at once for what is due."""
        await asyncio.gather(*(sender.send_due() for sender in self.senders))

    async def tell(self, *marks: str, occasion: Occasion = Occasion.CLOSED, to: str = "resident") -> None:
        now = self.clock.now()
        notices = [
            NewNotice(
                case_id="",
                occasion=occasion,
                mark=mark,
                recipient=to,
                channel=Channel.SMS,
                text=mark,
                created_at=now,
                due_at=now,
            )
            for mark in marks
        ]
        async with self.database.transaction() as transaction:
            await store.insert_notices(transaction, notices)


@pytest.fixture
async def office(make_database: MakeDatabase, tokens: TestTokens) -> AsyncIterator[Office]:
    database = await open_database(make_database("incidents"), service="incidents")
    clock = ManualClock(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))  # ten in the morning there
    contacts, carrier = Contacts(Sealer.from_file(tokens.seal_file("incidents")), clock=clock), Carrier()
    async with database.transaction() as transaction:
        for subject, phone in (("resident", PHONE), ("neighbour", OTHER), ("twin", PHONE)):
            await contacts.keep(transaction, subject=subject, phone=phone, sms=True, language="zh")
    nothing: object = None
    async with httpx.AsyncClient() as client:
        senders = [
            Sending(
                database,
                contacts=contacts,
                carrier=carrier,
                client=client,
                incomings=nothing,  # type: ignore[arg-type] # nothing comes in
                paces=Paces(database, contacts, QuietHours(zone=ZONE), Pace(), clock=clock),
                clock=clock,
            )
            for _ in range(2)
        ]
        yield Office(database, clock, carrier, senders)
    await database.close()


async def test_a_telephone_is_sent_one_text_a_minute_whoever_it_is_for_and_others_need_not_wait(office: Office) -> None:
    await office.tell("a", "b", "c")
    await office.tell("d", to="twin")
    await office.tell("n", to="neighbour")
    await office.due()
    assert len(office.carrier.texts()) == 1
    assert office.carrier.texts(OTHER) == ["n"]
    office.clock.advance(MINUTE / 2)
    await office.due()
    assert len(office.carrier.texts()) == 1
    for count in (2, 3, 4):
        office.clock.advance(MINUTE)
        await office.due()
        assert len(office.carrier.texts()) == count
    assert sorted(office.carrier.texts()) == ["a", "b", "c", "d"]
    moments = [at for phone, _, at in office.carrier.taken if phone == PHONE]
    assert min(later - earlier for earlier, later in itertools.pairwise(moments)) >= MINUTE


async def test_ten_a_day_and_what_comes_on_top_goes_when_the_first_is_a_day_old(office: Office) -> None:
    await office.tell(*"abcdefghijkl")
    for _ in range(14):
        await office.due()
        office.clock.advance(MINUTE)
    assert len(office.carrier.texts()) == 10
    await office.tell("wake", occasion=Occasion.ALERT)
    await office.due()
    assert office.carrier.texts()[-1] == "wake", "an alarm is not held back by the day's number"
    office.clock.advance(timedelta(hours=23))
    await office.due()
    assert len(office.carrier.texts()) == 11
    for _ in range(12):
        office.clock.advance(5 * MINUTE)
        await office.due()
    assert sorted(office.carrier.texts()) == sorted([*"abcdefghijkl", "wake"])
    async with office.database.connection() as connection:
        rows = await (await connection.execute("SELECT state, try_count FROM notice")).fetchall()
        kept = await (await connection.execute("SELECT count(*) AS count FROM text_sent")).fetchall()
    assert {(row["state"], row["try_count"]) for row in rows} == {("sent", 1)}, "waiting is no try"
    assert kept[0]["count"] <= 10, "what no longer counts is not kept"


async def test_a_text_that_did_not_go_uses_nothing_up(office: Office) -> None:
    office.carrier.away = True
    await office.tell("a")
    await office.due()
    office.carrier.away = False
    await office.tell("b", to="twin")
    await office.due()
    assert office.carrier.texts() == ["b"]


async def test_what_has_to_wait_into_the_night_waits_for_the_morning(office: Office) -> None:
    office.clock.advance(timedelta(hours=11, minutes=59, seconds=30))  # half a minute before the night
    await office.tell("a", "b")
    await office.due()
    office.clock.advance(timedelta(hours=1))
    await office.due()
    assert len(office.carrier.texts()) == 1
    office.clock.advance(timedelta(hours=8, minutes=1))
    await office.due()
    assert sorted(office.carrier.texts()) == ["a", "b"]


@pytest.mark.parametrize("day_max", [0, 3])
def test_no_number_for_the_day_is_no_limit(day_max: int) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    sent = [now - timedelta(hours=hours) for hours in (20, 10, 5)]
    free = Pace(day_max=day_max).free_at(sent, sent, now=now)
    assert free == (now if day_max == 0 else sent[0] + timedelta(hours=24))
