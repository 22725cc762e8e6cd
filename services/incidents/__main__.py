"""Starts incidents."""

import asyncio
import sys
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import grpc
import uvloop
from gridward.incidents.v1 import incidents_pb2, incidents_pb2_grpc

from services.incidents import worker
from services.incidents.absence.assembly import assemble_absences
from services.incidents.actions.advance import Advancing
from services.incidents.actions.fire import FiringDue
from services.incidents.actions.look import Looking
from services.incidents.actions.report import Reporting
from services.incidents.campaigns.lending import Lending, RegistryLending
from services.incidents.capabilities import assemble_capabilities
from services.incidents.cityview.city import City
from services.incidents.cityview.follower import follow
from services.incidents.cityview.picture import CityView
from services.incidents.components import Components, NoComponents, RegistryComponents
from services.incidents.duplicates.measures import Measures
from services.incidents.notices.beyond import RegistryWords
from services.incidents.notices.incoming import WordKeeper
from services.incidents.resettling import moving
from services.incidents.resettling.moving import Resettling
from services.incidents.rules.owners import follow_owner_units
from services.incidents.servicer import IncidentsServicer
from services.incidents.settings import IncidentsSettings
from services.incidents.stations.households import Households, NoRegister, RegistryHouseholds
from services.incidents.terminals import RegistryTerminals, Terminals
from services.incidents.verifying import command
from services.incidents.writer import Writer
from services.platform import consume, log
from services.platform.clock import Clock, SystemClock
from services.platform.database import Database, open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Background, Offer, Process
from services.platform.identity import TokenSigner, service_caller
from services.platform.migrate import prepare

NAME = "incidents"
PACKAGES = ("services.platform", "services.incidents")
NO_COMPONENTS, NO_REGISTER = NoComponents(), NoRegister()


async def assemble(
    settings: IncidentsSettings,
    database: Database,
    view: CityView,
    *,
    terminals: Terminals,
    clock: Clock,
    components: Components = NO_COMPONENTS,
    words: WordKeeper | None = None,
    lending: Lending | None = None,
    households: Households = NO_REGISTER,
    registry: grpc.aio.Channel | None = None,
) -> Process:
    """The process with all its parts, not yet started; whoever assembles it fills the view."""
    city = await City.open(database, view, zone=ZoneInfo(settings.timezone), desk=settings.dispatch_desk)
    measures = Measures(city)
    writer = Writer(database, city, measures, waiting_max=settings.reports_waiting_max)
    firing = FiringDue(database, city, clock=clock)
    advancing = Advancing(database, city, clock=clock, waiting_max=settings.steps_waiting_max)
    reporting = Reporting(
        database, city, writer, measures=measures, components=components, terminals=terminals, clock=clock
    )
    servicer = IncidentsServicer(
        city,
        reporting=reporting,
        advancing=advancing,
        looking=Looking(database, city, clock=clock),
        clock=clock,
    )

    capabilities = assemble_capabilities(
        settings,
        database,
        city,
        advancing=advancing,
        reporting=reporting,
        writer=writer,
        measures=measures,
        words=words,
        lending=lending,
        households=households,
        clock=clock,
    )

    async def ready() -> bool:
        return view.complete

    async def fire_timers() -> None:
        await worker.run(firing, view, clock)

    async def follow_settlement() -> None:
        await city.follow_settlement(database)

    absences = assemble_absences(settings, database, city, clock=clock, registry=registry)
    beside = [writer.run, advancing.run, fire_timers, follow_settlement, *capabilities.background, *absences.background]
    if registry is not None:
        beside.append(_resettling(registry, Resettling(database, city, clock=clock)))
    offer = Offer(
        descriptor=incidents_pb2.DESCRIPTOR.services_by_name["IncidentsService"],
        add=lambda server: incidents_pb2_grpc.add_IncidentsServiceServicer_to_server(servicer, server),
    )
    return Process(
        name=NAME,
        settings=settings,
        offers=[offer, absences.offer, *capabilities.offers],
        database=database,
        background=beside,
        ready=ready,
    )


def _resettling(registry: grpc.aio.Channel, resettling: Resettling) -> Background:
    async def follow_areas() -> None:
        await consume.follow(registry, group=moving.GROUP, types=moving.TYPES, handle=resettling.handle)

    return follow_areas


async def serve() -> None:
    """Serve until told to stop."""
    settings = IncidentsSettings()
    log.configure(NAME, settings.log_level)
    dsn = settings.database_url.get_secret_value()
    await asyncio.to_thread(prepare, settings, *PACKAGES)
    database = await open_database(dsn, service=NAME, connections_max=settings.database_connections_max)
    view, signer = CityView(), TokenSigner.from_file(settings.signing_key_file)
    registry = connect(settings.registry_address, signer=signer, caller=service_caller(NAME))
    process = await assemble(
        settings,
        database,
        view,
        terminals=RegistryTerminals(registry),
        components=RegistryComponents(registry, grids_around=view.grids_around, clock=SystemClock()),
        clock=SystemClock(),
        words=RegistryWords(registry),
        lending=RegistryLending(registry),
        households=RegistryHouseholds(registry, clock=SystemClock()),
        registry=registry,
    )

    async def follow_registry() -> None:
        await follow(view, registry)

    async def follow_owners() -> None:
        await follow_owner_units(view, registry)

    process.background = [*process.background, follow_registry, follow_owners]
    await process.run()
    await registry.close()


async def check(words: Sequence[str]) -> int:
    """Verify the histories of all cases."""
    settings = IncidentsSettings()
    database = await open_database(settings.database_url.get_secret_value(), service=NAME, connections_max=2)
    try:
        return await command.run(database, words)
    finally:
        await database.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["verify"]:
        sys.exit(uvloop.run(check(sys.argv[2:])))
    uvloop.run(serve())
