"""Sends what waits, over and over: each notice to one carrier, again after trouble, given up after many tries."""

import asyncio
from typing import Final

import httpx
import psycopg
import structlog
from prometheus_client import Counter

from services.incidents.campaigns.store import read_phone
from services.incidents.campaigns.texting import CAMPAIGN_TO, phone_place, recipient_of
from services.incidents.notices import store
from services.incidents.notices.carriers import CarrierFailed, SmsCarrier, post_signed
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.domain import Channel, retry_at
from services.incidents.notices.incoming import REPLY_TO, Incomings
from services.incidents.notices.pacing import Paces
from services.incidents.notices.store import DueNotice
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import Exhausted, GridwardError, Unavailable
from services.platform.seal import SealBroken

log = structlog.get_logger()

BATCH_SIZE: Final = 20
LEASE_S: Final = 60.0
IDLE_S: Final = 1.0
AWAY_S: Final = 2.0
WEBHOOK_SECRET: Final = "webhook.secret"  # noqa: S105 - the name of a place, not a secret

NOTICES_SENT = Counter("notice_sent_total", "Notices handed to a carrier", ["channel"])
TEXTS_POSTPONED = Counter("notice_text_postponed_total", "Times a text waited because its telephone had its share")
NOTICES_FAILED = Counter("notice_trouble_total", "Times a notice could not be handed over", ["channel"])


class Sending:
    """Any number of replicas may run one; a notice is in one hand at a time."""

    def __init__(
        self,
        database: Database,
        *,
        contacts: Contacts,
        carrier: SmsCarrier | None,
        client: httpx.AsyncClient,
        incomings: Incomings,
        paces: Paces,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._paces = paces
        self._carrier = carrier
        self._client = client
        self._incomings = incomings
        self._clock = clock

    async def run(self) -> None:
        """Send and collect until cancelled."""
        while True:
            try:
                sent = await self.send_due()
                await self.collect()
                if sent < BATCH_SIZE:
                    await asyncio.sleep(IDLE_S)
            except (Unavailable, Exhausted, psycopg.Error) as error:
                log.warning("notices_wait", problem=str(error)[:200])
                await asyncio.sleep(AWAY_S)

    async def send_due(self) -> int:
        """Send what is due now; how many were tried."""
        async with self._database.connection() as connection:
            due = await store.claim_due(connection, now=self._clock.now(), lease_s=LEASE_S, size=BATCH_SIZE)
        await asyncio.gather(*(self._send(notice) for notice in due))
        return len(due)

    async def collect(self) -> int:
        """Take in receipts and messages that the carrier brings; how many files were looked at."""
        if self._carrier is None:
            return 0
        post = await self._carrier.collect()
        if post.receipts:
            receipts = [(receipt.provider_id, receipt.delivered, receipt.problem) for receipt in post.receipts]
            async with self._database.connection() as connection:
                await store.note_receipts(connection, receipts, now=self._clock.now())
        for message in post.incoming:
            try:
                await self._incomings.take(message)
            except GridwardError as error:
                log.warning("sms_not_understood", message_id=message.message_id, reason=error.reason)
        await self._carrier.clear(post.names)
        return len(post.names)

    async def _send(self, notice: DueNotice) -> None:
        try:
            provider_id = await self._hand_over(notice)
        except (CarrierFailed, GridwardError, SealBroken) as error:
            NOTICES_FAILED.labels(notice.channel).inc()
            again_at = retry_at(self._clock.now(), try_count=notice.try_count)
            log.warning("notice_not_sent", notice_id=notice.id, channel=notice.channel, problem=str(error)[:100])
            async with self._database.connection() as connection:
                await store.note_trouble(connection, notice.id, again_at=again_at, problem=str(error))
            return
        if provider_id is None:
            return
        NOTICES_SENT.labels(notice.channel).inc()
        async with self._database.connection() as connection:
            if notice.channel is Channel.SMS:
                await store.note_sent(connection, notice.id, provider_id=provider_id, now=self._clock.now())
            else:
                await store.note_arrived(connection, notice.id, now=self._clock.now())

    async def _hand_over(self, notice: DueNotice) -> str | None:
        """Under which number the other side took it; None when its turn comes later."""
        if notice.channel is Channel.SMS:
            return await self._text(notice)
        async with self._database.connection() as connection:
            webhooks = {webhook.id: webhook for webhook in await store.list_live_webhooks(connection)}
        webhook = webhooks.get(notice.recipient)
        if webhook is None:
            raise CarrierFailed("the webhook was stopped")
        secret = self._contacts.sealer.open(webhook.secret, place=f"{WEBHOOK_SECRET}:{webhook.id}")
        await post_signed(
            self._client, webhook.url, secret=secret, key=notice.id, body=notice.text, at=self._clock.now()
        )
        return notice.id

    async def _text(self, notice: DueNotice) -> str | None:
        if self._carrier is None:
            raise CarrierFailed("no carrier is set")
        phone = await self._phone(notice)
        later = await self._paces.turn(notice.id, phone=phone, occasion=notice.occasion)
        if later is not None:
            TEXTS_POSTPONED.inc()
            async with self._database.connection() as connection:
                await store.postpone(connection, notice.id, due_at=later)
            return None
        try:
            return await self._carrier.send(id=notice.id, phone=phone, text=notice.text, at=self._clock.now())
        except CarrierFailed:
            await self._paces.give_back(notice.id)
            raise

    async def _phone(self, notice: DueNotice) -> str:
        async with self._database.connection() as connection:
            if notice.recipient.startswith(REPLY_TO):
                message_id = notice.recipient.removeprefix(REPLY_TO)
                received = await store.find_received(connection, message_id)
                return self._incomings.phone_of(message_id, received[0]) if received else ""
            if notice.recipient.startswith(CAMPAIGN_TO):
                return await self._campaign_phone(connection, notice.recipient)
            contact = (await store.read_contacts(connection, [notice.recipient])).get(notice.recipient)
        if contact is None or not contact.phone:
            raise CarrierFailed("no number is known")
        return self._contacts.phone_of(contact)

    async def _campaign_phone(self, connection: Transaction, recipient: str) -> str:
        campaign_id, person_id = recipient_of(recipient)
        sealed = await read_phone(connection, campaign_id, person_id)
        if not sealed:
            raise CarrierFailed("no number is known")
        return self._contacts.sealer.open(sealed, place=phone_place(campaign_id, person_id))
