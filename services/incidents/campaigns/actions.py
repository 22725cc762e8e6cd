"""Starts campaigns, says how far they have come, and writes down whom somebody called or visited."""

from typing import Final

from gridward.incidents.v1 import campaigns_pb2

from services.incidents.campaigns import store
from services.incidents.campaigns.domain import (
    Campaign,
    CampaignUnknown,
    Person,
    PersonNotMeant,
    Standing,
    Way,
    tried,
)
from services.incidents.campaigns.messages import WAYS, campaign_message
from services.incidents.campaigns.texting import text_them
from services.incidents.cityview.city import City
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.domain import QuietHours
from services.incidents.once import once
from services.incidents.reach import path_in, require_reach, scope_columns
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall

READ: Final = "campaigns.read"
WRITE: Final = "campaigns.write"
REACH: Final = "campaigns.reach"
PAGE_SIZE: Final = 200


class Campaigning:
    """One verb for each thing that is done with campaigns."""

    def __init__(
        self, database: Database, city: City, contacts: Contacts, quiet_hours: QuietHours, *, clock: Clock
    ) -> None:
        self._database = database
        self._city = city
        self._contacts = contacts
        self._quiet_hours = quiet_hours
        self._clock = clock
        self._wall = Wall("incidents", sql.load("services.incidents", "wall.sql").look_persons)

    async def start(self, key: RequestKey, asked: campaigns_pb2.StartCampaignRequest, caller: Caller) -> bytes:
        """Start one; fails with AREA_NOT_KNOWN, BEYOND_REACH, CONTACTS_NOT_SEALED."""
        path = path_in(self._city, asked.area_code)
        require_reach(caller, WRITE, path, code=asked.area_code)
        _ = self._contacts.sealer  # without keys nobody's number may be kept

        async def work(transaction: Transaction) -> campaigns_pb2.StartCampaignResponse:
            campaign = Campaign(
                id=str(uuid7()),
                title=asked.title,
                tag=asked.tag,
                area_code=asked.area_code,
                area_path=path,
                text=asked.text,
                started_by=caller.subject,
                started_at=self._clock.now(),
            )
            await store.insert_campaign(transaction, campaign)
            counted = store.Counted(campaign=campaign, counts={})
            return campaigns_pb2.StartCampaignResponse(campaign=campaign_message(counted))

        return await once(self._database, key, work)

    async def overview(self, caller: Caller) -> list[store.Counted]:
        """Campaigns within the caller's areas."""
        async with self._database.connection() as connection:
            return await store.list_campaigns(connection, scope_columns(caller, READ))

    async def to_reach(self, campaign_id: str, caller: Caller, *, size: int) -> list[Person]:
        """Whom to call or visit; fails with CAMPAIGN_UNKNOWN."""
        scope = scope_columns(caller, REACH)
        async with self._database.connection() as connection:
            if await store.find_campaign(connection, campaign_id, scope) is None:
                raise CampaignUnknown(campaign_id=campaign_id)
            found = await store.list_to_reach(connection, campaign_id, scope, size=size or PAGE_SIZE)
            return await self._wall.kept(connection, found, key=_key_of, caller=caller, permission=REACH)

    async def record(
        self, key: RequestKey, campaign_id: str, person_id: str, caller: Caller, *, way: Way, reached: bool
    ) -> bytes:
        """Somebody was tried; fails with CAMPAIGN_UNKNOWN, PERSON_NOT_MEANT."""
        scope = scope_columns(caller, REACH)

        async def work(transaction: Transaction) -> campaigns_pb2.RecordReachedResponse:
            campaign = await store.find_campaign(transaction, campaign_id, scope)
            if campaign is None:
                raise CampaignUnknown(campaign_id=campaign_id)
            person = await store.lock_person(transaction, campaign_id, person_id, scope)
            if person is not None and not await self._wall.shown(
                transaction, [_key_of(person)], caller=caller, permission=REACH
            ):
                person = None
            if person is None or person.state is not Standing.TRYING or person.way is not way:
                raise PersonNotMeant
            after = tried(person, reached=reached)
            await store.save_persons(transaction, [after])
            if after.state is Standing.TRYING and after.way is Way.SMS:
                await text_them(transaction, campaign, [after], self._quiet_hours, self._clock.now())
            return campaigns_pb2.RecordReachedResponse(
                next=WAYS[after.way] if after.state is Standing.TRYING else campaigns_pb2.REACH_BY_UNSPECIFIED
            )

        return await once(self._database, key, work)


def _key_of(person: Person) -> str:
    return f"{person.campaign_id}:{person.person_id}"
