"""Takes in text messages: the daily word of a grid, a rating, or something that is answered with help."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

import structlog

from services.incidents.domain.actors import Role
from services.incidents.domain.responsibility import AreaLevel
from services.incidents.notices import store
from services.incidents.notices.carriers import Incoming
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.directory import Directory, Person
from services.incidents.notices.domain import Channel, Occasion, QuietHours, plain_phone, rating_of
from services.incidents.notices.store import NewNotice
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import GridwardError
from services.platform.ids import uuid7

log = structlog.get_logger()

#: Recipients that begin so are whoever sent that message.
REPLY_TO: Final = "sms:"
PHONE_PLACE: Final = "sms_received.phone"
RATED_WITHIN: Final = timedelta(days=30)
#: Who is told when a grid tells of trouble, from its community upwards.
ALERTED: Final = (
    (AreaLevel.COMMUNITY, (Role.COMMUNITY_ADMIN,)),
    (AreaLevel.SUBDISTRICT, (Role.SUBDISTRICT_ADMIN,)),
)

HELP_ZH: Final = "未能识别。平安请发：07号网格平安；有情况请发：07号网格＋情况说明。"
HELP_EN: Final = "Not understood. All quiet: send 07号网格平安. Trouble: send 07号网格 and what it is."
UNKNOWN_NUMBER: Final = "此号码未登记，请联系社区登记。This number is not registered; please ask your community."
RATED: Final = "感谢您的评价。Thank you for your rating."
NOTHING_TO_RATE: Final = "没有待评价的事项。There is nothing for you to rate."


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the keeper of daily words made of a text: the answer, the grid, and whether it tells of trouble."""

    understood: bool
    reply: str
    grid_code: str = ""
    trouble: bool = False


class WordKeeper(Protocol):
    """Whoever keeps the daily word of each grid."""

    async def receive(self, *, message_id: str, area_code: str, text: str) -> Word:
        """Understand a text from somebody of an area."""
        ...


class Rater(Protocol):
    """Whoever carries a rating to its case."""

    async def rate(self, *, subject: str, case_id: str, version: int, rating: int, message_id: str) -> None:
        """Rate a case as its reporter."""
        ...


class Grids(Protocol):
    """Whatever knows which areas hold a grid."""

    def ancestor(self, grid_code: str, level: AreaLevel) -> str | None:
        """The area of a level that holds a grid."""
        ...


class Incomings:
    """Each message once, each answered."""

    def __init__(
        self,
        database: Database,
        *,
        contacts: Contacts,
        directory: Directory,
        grids: Grids,
        quiet_hours: QuietHours,
        words: WordKeeper | None,
        rater: Rater,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._directory = directory
        self._grids = grids
        self._quiet_hours = quiet_hours
        self._words = words
        self._rater = rater
        self._clock = clock

    async def take(self, message: Incoming) -> str:
        """Take a message in; what is answered. One that came before gets the same answer and does nothing."""
        phone = plain_phone(message.phone)
        async with self._database.connection() as connection:
            before = await store.find_received(connection, message.message_id)
            if before is not None:
                return before[1]
            subject = await self._contacts.whose(connection, phone)
        reply, alerted = await self._answer(message, subject)
        async with self._database.transaction() as transaction:
            new = await store.insert_received(
                transaction,
                message_id=message.message_id,
                phone=self._contacts.sealer.seal(phone, place=f"{PHONE_PLACE}:{message.message_id}"),
                subject=subject,
                text=message.text,
                reply=reply,
                at=self._clock.now(),
            )
            if new:
                await self._tell(transaction, message, reply, alerted)
        return reply

    def phone_of(self, message_id: str, sealed: bytes) -> str:
        """The number a message came from."""
        return self._contacts.sealer.open(sealed, place=f"{PHONE_PLACE}:{message_id}")

    async def _answer(self, message: Incoming, subject: str) -> tuple[str, list[Person]]:
        if not subject:
            return UNKNOWN_NUMBER, []
        rating = rating_of(message.text)
        if rating:
            return await self._rate(message, subject, rating), []
        areas = self._directory.areas_of(subject)
        if self._words is None or not areas:
            return f"{HELP_ZH} {HELP_EN}", []
        word = await self._words.receive(message_id=message.message_id, area_code=areas[0], text=message.text)
        if not word.understood:
            return word.reply or f"{HELP_ZH} {HELP_EN}", []
        return word.reply, self._alerted(word.grid_code) if word.trouble else []

    async def _rate(self, message: Incoming, subject: str, rating: int) -> str:
        since = self._clock.now() - RATED_WITHIN
        async with self._database.connection() as connection:
            found = await store.find_last_closed(connection, subject, since=since)
        if found is None:
            return NOTHING_TO_RATE
        case_id, version = found
        try:
            await self._rater.rate(
                subject=subject, case_id=case_id, version=version, rating=rating, message_id=message.message_id
            )
        except GridwardError as error:
            log.info("sms_rating_refused", reason=error.reason)
            return NOTHING_TO_RATE
        return RATED

    def _alerted(self, grid_code: str) -> list[Person]:
        now = self._clock.now()
        people: dict[str, Person] = {}
        for level, roles in ALERTED:
            area = self._grids.ancestor(grid_code, level)
            for person in self._directory.of_area(area, roles, now) if area else ():
                people[person.subject] = person
        return list(people.values())

    async def _tell(self, transaction: Transaction, message: Incoming, reply: str, alerted: list[Person]) -> None:
        now = self._clock.now()
        answer = NewNotice(
            case_id="",
            occasion=Occasion.REPLY,
            mark=message.message_id,
            recipient=f"{REPLY_TO}{message.message_id}",
            channel=Channel.SMS,
            text=reply,
            created_at=now,
            due_at=now,
        )
        notices = [answer]
        contacts = await store.read_contacts(transaction, [person.subject for person in alerted])
        for person in alerted:
            alert = replace(
                answer,
                id=str(uuid7()),
                occasion=Occasion.ALERT,
                recipient=person.subject,
                channel=Channel.APP,
                text=f"网格告警 grid alert: {message.text}",
            )
            notices.append(alert)
            contact = contacts.get(person.subject)
            if contact is not None and contact.sms:
                due_at = self._quiet_hours.due(
                    now, occasion=Occasion.ALERT, channel=Channel.SMS, on_duty=person.on_duty
                )
                notices.append(replace(alert, id=str(uuid7()), channel=Channel.SMS, due_at=due_at))
        await store.insert_notices(transaction, notices)
