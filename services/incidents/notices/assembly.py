"""Puts notices together: what is served, what follows events, and what sends."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import httpx
from gridward.incidents.v1 import (
    campaigns_pb2,
    campaigns_pb2_grpc,
    needs_pb2,
    needs_pb2_grpc,
    notices_pb2,
    notices_pb2_grpc,
)

from services.incidents.actions.advance import Advancing
from services.incidents.aftermath import Follower
from services.incidents.campaigns.actions import Campaigning
from services.incidents.campaigns.lending import Lending
from services.incidents.campaigns.reaching import Reaching
from services.incidents.campaigns.servicer import CampaignsServicer
from services.incidents.cityview.city import City
from services.incidents.notices import planning
from services.incidents.notices.actions import Telling
from services.incidents.notices.alerts import Alerts
from services.incidents.notices.beyond import CaseRater
from services.incidents.notices.carriers import BridgeCarrier, FolderCarrier, SmsCarrier
from services.incidents.notices.contacts import Contacts
from services.incidents.notices.directory import Directory
from services.incidents.notices.domain import QuietHours
from services.incidents.notices.incoming import Incomings, WordKeeper
from services.incidents.notices.needs import Needs
from services.incidents.notices.outward import OutwardTransport
from services.incidents.notices.pacing import Pace, Paces
from services.incidents.notices.sending import Sending
from services.incidents.notices.servicer import NeedsServicer, NoticesServicer
from services.incidents.notices.webhooks import Webhooks
from services.incidents.sealed import SHELVES
from services.incidents.settings import IncidentsSettings
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.grpc_server import Background, Offer
from services.platform.reseal import Resealing
from services.platform.seal import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Notices with all their parts."""

    offers: list[Offer]
    follower: Follower
    background: list[Background]


def assemble_notices(
    settings: IncidentsSettings,
    database: Database,
    city: City,
    *,
    advancing: Advancing,
    words: WordKeeper | None,
    lending: Lending | None,
    clock: Clock,
) -> Notices:
    """Notices as the operator set them."""
    sealer = Sealer.from_file(settings.seal_file) if settings.seal_file else None
    contacts = Contacts(sealer, clock=clock)
    directory = Directory(city)
    quiet_hours = QuietHours(
        start=settings.sms_quiet_from, end=settings.sms_quiet_until, zone=ZoneInfo(settings.timezone)
    )
    incomings = Incomings(
        database,
        contacts=contacts,
        directory=directory,
        grids=city.view,
        quiet_hours=quiet_hours,
        words=words,
        rater=CaseRater(advancing),
        clock=clock,
    )
    servicer = NoticesServicer(
        Telling(database, city, contacts, clock=clock), Webhooks(database, city, contacts, clock=clock), incomings
    )
    campaigns = CampaignsServicer(Campaigning(database, city, contacts, quiet_hours, clock=clock))

    pace = Pace(gap=timedelta(seconds=settings.sms_gap_s), day_max=settings.sms_day_max)
    paces = Paces(database, contacts, quiet_hours, pace, clock=clock)
    needs = NeedsServicer(
        Needs(database, directory, quiet_hours, clock=clock), Alerts(database, directory, quiet_hours, clock=clock)
    )

    async def send_notices() -> None:
        async with _client(settings) as client:
            sending = Sending(
                database,
                contacts=contacts,
                carrier=_carrier(settings, client),
                client=client,
                incomings=incomings,
                paces=paces,
                clock=clock,
            )
            await sending.run()

    background: list[Background] = [send_notices]
    if sealer is not None:
        background.append(Resealing(database, sealer, SHELVES).run)
    if lending is not None:
        reaching = Reaching(
            database, city, lending, contacts=contacts, directory=directory, quiet_hours=quiet_hours, clock=clock
        )
        background.append(reaching.run)
    handle = planning.Planning(city, directory, quiet_hours).handle
    return Notices(
        offers=_offers(servicer, campaigns, needs),
        follower=Follower(group=planning.GROUP, types=planning.TYPES, handle=handle),
        background=background,
    )


def _offers(notices: NoticesServicer, campaigns: CampaignsServicer, needs: NeedsServicer) -> list[Offer]:
    return [
        Offer(
            descriptor=notices_pb2.DESCRIPTOR.services_by_name["NoticesService"],
            add=lambda server: notices_pb2_grpc.add_NoticesServiceServicer_to_server(notices, server),
        ),
        Offer(
            descriptor=campaigns_pb2.DESCRIPTOR.services_by_name["CampaignsService"],
            add=lambda server: campaigns_pb2_grpc.add_CampaignsServiceServicer_to_server(campaigns, server),
        ),
        Offer(
            descriptor=needs_pb2.DESCRIPTOR.services_by_name["NeedsService"],
            add=lambda server: needs_pb2_grpc.add_NeedsServiceServicer_to_server(needs, server),
        ),
    ]


@contextlib.asynccontextmanager
async def _client(settings: IncidentsSettings) -> AsyncIterator[httpx.AsyncClient]:
    """Never follows a redirect, reads no proxy from its surroundings, and calls nothing inside that was not listed."""
    listed = [*settings.webhook_hosts.split(","), httpx.URL(settings.sms_url).host]
    transport = OutwardTransport(listed)
    async with httpx.AsyncClient(transport=transport, follow_redirects=False, trust_env=False) as client:
        yield client


def _carrier(settings: IncidentsSettings, client: httpx.AsyncClient) -> SmsCarrier | None:
    if settings.sms_url and settings.sms_secret:
        return BridgeCarrier(settings.sms_url, settings.sms_secret.get_secret_value(), client)
    return FolderCarrier(settings.sms_folder) if settings.sms_folder else None
