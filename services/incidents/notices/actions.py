"""Sets texts and contacts, and shows what was told to whom."""

from collections.abc import Iterable, Mapping
from typing import Final

from gridward.incidents.v1 import notices_pb2

from services.incidents.cityview.city import City
from services.incidents.domain.errors import CaseUnknown
from services.incidents.notices import store
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.domain import (
    Channel,
    Occasion,
    Template,
    check_template,
    masked_phone,
)
from services.incidents.notices.messages import notice_message
from services.incidents.notices.store import Notice
from services.incidents.notices.supplied import SUPPLIED
from services.incidents.once import once
from services.incidents.store.reading import find_case
from services.platform import paging
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.paging import PageTokenInvalid

READ_CASES: Final = "incidents.read"
READ: Final = "notices.read"
PAGE_SIZE: Final = 50


class Telling:
    """One verb for each thing that is done with notices."""

    def __init__(self, database: Database, city: City, contacts: Contacts, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._contacts = contacts
        self._clock = clock

    async def mine(
        self, caller: Caller, *, unread_only: bool, size: int, token: str
    ) -> notices_pb2.ListMyNoticesResponse:
        """A page of the caller's own notices."""
        keys = paging.decode(token, keys=1)
        if keys and not keys[0].isdigit():
            raise PageTokenInvalid
        async with self._database.connection() as connection:
            found = await store.list_mine(
                connection,
                caller.subject,
                before=int(keys[0]) if keys else None,
                unread_only=unread_only,
                size=(size or PAGE_SIZE) + 1,
            )
            unread = await store.count_unread(connection, caller.subject)
        page = found[: size or PAGE_SIZE]
        return notices_pb2.ListMyNoticesResponse(
            notices=[notice_message(notice) for notice in page],
            next_page_token=paging.encode(str(page[-1].place)) if len(found) > len(page) else "",
            unread_count=unread,
        )

    async def mark_read(self, caller: Caller, notice_id: str) -> int:
        """The caller has read everything up to a notice; how many are left."""
        async with self._database.connection() as connection:
            await store.mark_read(connection, caller.subject, notice_id, now=self._clock.now())
            return await store.count_unread(connection, caller.subject)

    async def set_contact(self, caller: Caller, *, phone: str, sms: bool, language: str) -> str:
        """How the caller wants to be told; the number as it may be shown."""
        async with self._database.transaction() as transaction:
            return await self._contacts.keep(
                transaction, subject=caller.subject, phone=phone, sms=sms, language=language
            )

    async def my_contact(self, caller: Caller) -> tuple[str, bool, str]:
        """The caller's number as it may be shown, whether texts are wanted, and the language."""
        async with self._database.connection() as connection:
            known = await self._contacts.known(connection, caller.subject)
        if known is None:
            return "", False, "zh"
        return masked_phone(self._contacts.phone_of(known)), known.sms, known.language

    async def import_contacts(self, key: RequestKey, contacts: Iterable[notices_pb2.Contact]) -> bytes:
        """Set many contacts at once, all or none."""
        wanted = list(contacts)

        async def work(transaction: Transaction) -> notices_pb2.ImportContactsResponse:
            for contact in wanted:
                await self._contacts.keep(
                    transaction,
                    subject=contact.subject,
                    phone=contact.phone,
                    sms=contact.sms,
                    language=contact.language,
                )
            return notices_pb2.ImportContactsResponse(contact_count=len(wanted))

        return await once(self._database, key, work)

    async def of_case(self, name: str, caller: Caller) -> list[Notice]:
        """Everything told about a case; fails with CASE_UNKNOWN."""
        async with self._database.connection() as connection:
            stored = await find_case(connection, name, subject=caller.subject, scope=caller.scope(READ_CASES))
            if stored is None or not caller.scope(READ).area_paths:
                raise CaseUnknown(case_id=name)
            return await store.list_of_case(connection, stored.case.id)

    async def templates(self) -> tuple[list[Template], list[Template]]:
        """The city's own texts and those that come with the program."""
        async with self._database.connection() as connection:
            own = await store.read_templates(connection)
        return _templates_of(own), _templates_of(SUPPLIED)

    async def set_template(self, key: RequestKey, template: Template) -> bytes:
        """Set the city's own text; fails with TEMPLATE_INVALID, TASK_TYPE_UNKNOWN."""
        if template.task_type:
            self._city.view.newest_task_type(template.task_type)
        example = check_template(template.text)

        async def work(transaction: Transaction) -> notices_pb2.SetTemplateResponse:
            await store.set_template(transaction, template)
            return notices_pb2.SetTemplateResponse(example=example)

        return await once(self._database, key, work)

    async def record_receipts(self, receipts: list[tuple[str, bool, str]]) -> int:
        """What became of messages; how many changed something."""
        async with self._database.connection() as connection:
            return await store.note_receipts(connection, receipts, now=self._clock.now())


def _templates_of(texts: Mapping[tuple[str, str, str, str], str]) -> list[Template]:
    found = [
        Template(
            occasion=Occasion(occasion),
            task_type=task_type,
            channel=Channel(channel) if channel else None,
            language=language,
            text=text,
        )
        for (occasion, task_type, channel, language), text in texts.items()
    ]
    found.sort(key=lambda each: (each.occasion, not each.task_type, each.channel is None, each.language))
    return found
