"""Adds and stops other systems that are told of events, shows what they were told, and tells again what was given up."""

import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gridward.incidents.v1 import notices_pb2

from services.incidents.cityview.city import City
from services.incidents.notices import store
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.domain import WebhookRefused, WebhookStopped, WebhookUnknown
from services.incidents.notices.messages import webhook_message
from services.incidents.notices.planning import TYPES
from services.incidents.notices.sending import WEBHOOK_SECRET
from services.incidents.notices.store import Notice, Webhook
from services.incidents.once import once
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import FieldInvalid
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7

SECRET_BYTES: Final = 32
DELIVERIES_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A webhook somebody wants to add."""

    url: str
    event_types: frozenset[str]
    area_code: str
    department_code: str


class Webhooks:
    """One verb for each thing that is done with webhooks."""

    def __init__(self, database: Database, city: City, contacts: Contacts, *, clock: Clock) -> None:
        self._database = database
        self._city = city
        self._contacts = contacts
        self._clock = clock

    async def add(self, key: RequestKey, wanted: Wanted, caller: Caller) -> bytes:
        """Add a webhook; fails with WEBHOOK_REFUSED."""
        _check_url(wanted.url)
        unknown = sorted(wanted.event_types - set(TYPES))
        if unknown:
            raise WebhookRefused(problem=f"there is no event {unknown[0]}")
        if wanted.area_code and self._city.view.path_of(wanted.area_code) is None:
            raise FieldInvalid(field="area_code", problem="is not known")
        webhook_id, secret = str(uuid7()), secrets.token_urlsafe(SECRET_BYTES)
        webhook = Webhook(
            id=webhook_id,
            url=wanted.url,
            secret=self._contacts.sealer.seal(secret, place=f"{WEBHOOK_SECRET}:{webhook_id}"),
            event_types=wanted.event_types,
            area_code=wanted.area_code,
            department_code=wanted.department_code,
            added_by=caller.subject,
            stopped=False,
        )

        async def work(transaction: Transaction) -> notices_pb2.AddWebhookResponse:
            await store.insert_webhook(transaction, webhook, at=self._clock.now())
            # What is kept for a repeated request does not hold the secret.
            return notices_pb2.AddWebhookResponse(webhook=webhook_message(webhook))

        answer = notices_pb2.AddWebhookResponse.FromString(await once(self._database, key, work))
        if answer.webhook.id == webhook_id:
            answer.secret = secret
        return answer.SerializeToString()

    async def all(self) -> list[Webhook]:
        """All webhooks."""
        async with self._database.connection() as connection:
            return await store.list_webhooks(connection)

    async def stop(self, webhook_id: str) -> Webhook:
        """Stop one; fails with WEBHOOK_UNKNOWN."""
        async with self._database.transaction() as transaction:
            await store.stop_webhook(transaction, webhook_id, now=self._clock.now())
            return await self._found(transaction, webhook_id)

    async def deliveries(self, webhook_id: str, *, failed_only: bool, size: int) -> list[Notice]:
        """What one was told last; fails with WEBHOOK_UNKNOWN."""
        async with self._database.connection() as connection:
            await self._found(connection, webhook_id)
            return await store.list_deliveries(
                connection, webhook_id, failed_only=failed_only, size=size or DELIVERIES_SHOWN
            )

    async def retry(self, key: RequestKey, webhook_id: str) -> bytes:
        """Send again what was given up; fails with WEBHOOK_UNKNOWN, WEBHOOK_STOPPED."""

        async def work(transaction: Transaction) -> notices_pb2.RetryWebhookResponse:
            if (await self._found(transaction, webhook_id)).stopped:
                raise WebhookStopped
            count = await store.retry_failed(transaction, webhook_id, now=self._clock.now())
            webhook = await self._found(transaction, webhook_id)
            return notices_pb2.RetryWebhookResponse(webhook=webhook_message(webhook), retried_count=count)

        return await once(self._database, key, work)

    @staticmethod
    async def _found(connection: Transaction, webhook_id: str) -> Webhook:
        webhook = await store.find_webhook(connection, webhook_id)
        if webhook is None:
            raise WebhookUnknown(webhook_id=webhook_id)
        return webhook


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise WebhookRefused(problem="the address cannot be read") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or port == 0:
        raise WebhookRefused(problem="the address must be http or https, without a login")
