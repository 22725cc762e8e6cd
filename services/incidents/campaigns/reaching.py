"""Carries campaigns on by themselves: gathers who is meant, texts them, and goes to the next way where a text failed."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from services.incidents.campaigns import store
from services.incidents.campaigns.domain import Campaign, Lent, Person, Way, tried, ways_to
from services.incidents.campaigns.lending import Lending
from services.incidents.campaigns.texting import phone_place, text_them
from services.incidents.cityview.city import City
from services.incidents.domain.actors import Role
from services.incidents.notices import store as notices
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.directory import Directory
from services.incidents.notices.domain import Channel, Occasion, PhoneRefused, QuietHours, plain_phone
from services.incidents.notices.store import NewNotice
from services.platform.clock import Clock
from services.platform.database import Database, Transaction
from services.platform.errors import GridwardError

log = structlog.get_logger()

BATCH_SIZE: Final = 200
IDLE_S: Final = 2.0
AWAY_S: Final = 5.0
WORKERS: Final = (Role.GRID_WORKER, Role.GRID_LEADER)


class Reaching:
    """Any number of replicas may run one; a campaign is gathered by one of them at a time."""

    def __init__(
        self,
        database: Database,
        city: City,
        lending: Lending,
        *,
        contacts: Contacts,
        directory: Directory,
        quiet_hours: QuietHours,
        clock: Clock,
    ) -> None:
        self._database = database
        self._city = city
        self._lending = lending
        self._contacts = contacts
        self._directory = directory
        self._quiet_hours = quiet_hours
        self._clock = clock

    async def run(self) -> None:
        """Carry on until cancelled."""
        while True:
            try:
                done = await self.gather() + await self.settle()
                await asyncio.sleep(0 if done else IDLE_S)
            except GridwardError as error:
                log.warning("campaigns_wait", reason=error.reason)
                await asyncio.sleep(AWAY_S)

    async def gather(self) -> int:
        """Take in one page of who is meant; how many campaigns were looked at."""
        async with self._database.transaction() as transaction:
            claimed = await store.claim_to_gather(transaction)
            if claimed is None:
                return 0
            campaign, token = claimed
            lent, following = await self._lending.page(
                tag=campaign.tag, area_code=campaign.area_code, purpose=campaign.title, token=token
            )
            await self._take_in(transaction, campaign, lent)
            gathered_at = None if following else self._clock.now()
            await store.note_gathered(transaction, campaign.id, page_token=following, gathered_at=gathered_at)
        return 1

    async def settle(self) -> int:
        """See whom texts reached; whom they did not is tried by the next way. How many there were."""
        async with self._database.transaction() as transaction:
            texted = await store.claim_texted(transaction, size=BATCH_SIZE)
            after = [tried(person, reached=arrived) for person, arrived in texted]
            if after:
                await store.save_persons(transaction, after)
                await self._ask_workers(transaction, [person for person in after if person.way is not Way.SMS])
        return len(texted)

    async def _take_in(self, transaction: Transaction, campaign: Campaign, lent: Sequence[Lent]) -> None:
        usable = [_with_plain_phone(each) for each in lent]
        persons = [self._person(campaign, each) for each in usable]
        phones = {
            each.person_id: self._contacts.sealer.seal(each.phone, place=phone_place(campaign.id, each.person_id))
            for each in usable
            if each.phone
        }
        new = await store.insert_persons(transaction, campaign.id, persons, phones)
        first = [person for person in persons if person.person_id in new]
        now = self._clock.now()
        await text_them(
            transaction, campaign, [person for person in first if person.way is Way.SMS], self._quiet_hours, now
        )
        await self._ask_workers(transaction, [person for person in first if person.way is not Way.SMS])

    def _person(self, campaign: Campaign, lent: Lent) -> Person:
        ways = ways_to(lent)
        return Person(
            campaign_id=campaign.id,
            person_id=lent.person_id,
            grid_code=lent.grid_code,
            area_path=self._city.view.path_of(lent.grid_code) or campaign.area_path,
            ways=ways,
            way=ways[0],
        )

    async def _ask_workers(self, transaction: Transaction, persons: Sequence[Person]) -> None:
        """Tell the workers of each grid, once for each campaign, that somebody there is to be called or visited."""
        now = self._clock.now()
        asked = [
            NewNotice(
                case_id="",
                occasion=Occasion.CAMPAIGN,
                mark=f"{campaign_id} {grid_code}",
                recipient=worker.subject,
                channel=Channel.APP,
                text=f"有人需要您电话或上门告知,请看名单。Somebody in grid {grid_code} is to be called or visited.",
                created_at=now,
                due_at=now,
            )
            for campaign_id, grid_code in sorted({(each.campaign_id, each.grid_code) for each in persons})
            for worker in self._directory.of_area(grid_code, WORKERS, now)
        ]
        if asked:
            await notices.insert_notices(transaction, asked)


def _with_plain_phone(lent: Lent) -> Lent:
    try:
        phone = plain_phone(lent.phone) if lent.phone else ""
    except PhoneRefused:
        phone = ""
    return Lent(person_id=lent.person_id, grid_code=lent.grid_code, phone=phone, preferred=lent.preferred)
