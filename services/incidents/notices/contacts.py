"""Keeps how people are reached, with every number sealed."""

from services.incidents.notices import store
from services.incidents.notices.domain import ContactsNotSealed, masked_phone, plain_phone
from services.platform.clock import Clock
from services.platform.database import Transaction
from services.platform.seal import Sealer

KIND = "contact.phone"


class Contacts:
    """Numbers go in plain and come out only for sending."""

    def __init__(self, sealer: Sealer | None, *, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    @property
    def sealer(self) -> Sealer:
        """The keys; fails with CONTACTS_NOT_SEALED where there are none."""
        if self._sealer is None:
            raise ContactsNotSealed
        return self._sealer

    async def keep(self, transaction: Transaction, *, subject: str, phone: str, sms: bool, language: str) -> str:
        """Set how somebody is reached; the number as it may be shown. An empty one keeps the one that is known."""
        known = await self.known(transaction, subject)
        digits = plain_phone(phone) if phone else self.phone_of(known) if known else ""
        contact = store.Contact(
            subject=subject,
            phone=self.sealer.seal(digits, place=f"{KIND}:{subject}"),
            sms=sms and bool(digits),
            language=language or (known.language if known else "zh"),
        )
        index = self.sealer.blind_index(digits, kind=KIND) if digits else b""
        await store.set_contact(transaction, contact, phone_index=index, at=self._clock.now())
        return masked_phone(digits)

    async def known(self, connection: Transaction, subject: str) -> store.Contact | None:
        """How somebody is reached; None while nothing was said."""
        return (await store.read_contacts(connection, [subject])).get(subject)

    def phone_of(self, contact: store.Contact) -> str:
        """The number."""
        return self.sealer.open(contact.phone, place=f"{KIND}:{contact.subject}")

    async def whose(self, transaction: Transaction, phone: str) -> str:
        """The subject with this number; empty when nobody has it."""
        found = await store.find_contact(transaction, self.sealer.blind_indexes(phone, kind=KIND))
        return found.subject if found else ""
