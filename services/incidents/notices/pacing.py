"""Keeps one telephone from being sent too many text messages: one a minute, ten a day; the rest waits its turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.incidents.notices.contacts import Contacts
from services.incidents.notices.domain import STAFF_SMS, Channel, Occasion, QuietHours
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database

queries = sql.load(__package__, "pacing.sql")

#: What the blind index of a telephone is made for here; it does not tell whose contact that is.
KIND: Final = "text_sent.phone"
DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often one telephone may be sent a text message; a most of 0 is no limit."""

    gap: timedelta = timedelta(minutes=1)
    day_max: int = 10

    def free_at(self, sent_at: Sequence[datetime], counted_at: Sequence[datetime], *, now: datetime) -> datetime:
        """When the next may go, after those of the last day; `counted_at` are those that count for the day."""
        free = max(now, sent_at[-1] + self.gap) if sent_at else now
        if self.day_max and len(counted_at) >= self.day_max:
            free = max(free, counted_at[-self.day_max] + DAY)
        return free


class Paces:
    """Takes a turn for each text before it is handed over. Any number of replicas keep to the same pace."""

    def __init__(
        self, database: Database, contacts: Contacts, quiet_hours: QuietHours, pace: Pace, *, clock: Clock
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._quiet_hours = quiet_hours
        self._pace = pace
        self._clock = clock

    async def turn(self, notice_id: str, *, phone: str, occasion: Occasion) -> datetime | None:
        """None when the text may go now, and then it counts; otherwise when to ask again.

        What wakes people on duty is not held back by the day's number, nor does it use that up.
        """
        now = self._clock.now()
        index = self._contacts.sealer.blind_index(phone, kind=KIND)
        pressing = occasion in STAFF_SMS
        async with self._database.transaction() as transaction:
            await transaction.execute(queries.hold_telephone, {"phone_index": index})
            await transaction.execute(queries.forget_texts, {"before": now - DAY})
            values = {"phone_index": index, "since": now - DAY, "notice_id": UUID(notice_id)}
            rows = await (await transaction.execute(queries.list_texts, values)).fetchall()
            sent_at = [row["at"] for row in rows]
            counted_at = [] if pressing else [row["at"] for row in rows if not row["pressing"]]
            free = self._pace.free_at(sent_at, counted_at, now=now)
            if free > now:
                return self._quiet_hours.due(free, occasion=occasion, channel=Channel.SMS, on_duty=pressing)
            await transaction.execute(queries.note_text, {**values, "at": now, "pressing": pressing})
        return None

    async def give_back(self, notice_id: str) -> None:
        """It did not go after all."""
        async with self._database.connection() as connection:
            await connection.execute(queries.give_back, {"notice_id": UUID(notice_id)})
