"""Starts registry, or gives a new city its first areas and posts: `python -m services.registry [found …]`."""

import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TypeVar

import grpc
import uvloop
from google.protobuf.descriptor import FileDescriptor
from gridward.registry.v1 import (
    areas_pb2,
    areas_pb2_grpc,
    catalogue_pb2,
    catalogue_pb2_grpc,
    changes_pb2,
    changes_pb2_grpc,
    claims_pb2,
    claims_pb2_grpc,
    councils_pb2,
    councils_pb2_grpc,
    elements_pb2,
    elements_pb2_grpc,
    emergencies_pb2,
    emergencies_pb2_grpc,
    force_pb2,
    force_pb2_grpc,
    holders_pb2,
    holders_pb2_grpc,
    imports_pb2,
    imports_pb2_grpc,
    patrols_pb2,
    patrols_pb2_grpc,
    plugins_pb2,
    plugins_pb2_grpc,
    quiet_pb2,
    quiet_pb2_grpc,
    search_pb2,
    search_pb2_grpc,
    staff_pb2,
    staff_pb2_grpc,
    tasks_pb2,
    tasks_pb2_grpc,
    teams_pb2,
    teams_pb2_grpc,
    terminals_pb2,
    terminals_pb2_grpc,
    unmasking_pb2,
    unmasking_pb2_grpc,
    visits_pb2,
    visits_pb2_grpc,
)

from services.platform import log as logs
from services.platform.clock import Clock, SystemClock
from services.platform.database import Database, open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import TokenSigner, service_caller
from services.platform.lifecycle import Drain
from services.platform.migrate import prepare
from services.registry.actions.areachanges import AreaChangeActions
from services.registry.actions.areas import AreaActions
from services.registry.actions.catalogue import CatalogueActions
from services.registry.actions.claims import ClaimActions
from services.registry.actions.councils import CouncilActions
from services.registry.actions.duty import DutyActions
from services.registry.actions.elements import ElementActions
from services.registry.actions.emergencies import EmergencyActions
from services.registry.actions.force import ForceActions
from services.registry.actions.holders import Handovers, HolderActions
from services.registry.actions.importer import Importer
from services.registry.actions.imports import ImportActions
from services.registry.actions.layers import Layers
from services.registry.actions.office import Office
from services.registry.actions.patrols import PatrolActions
from services.registry.actions.plugins import PluginActions
from services.registry.actions.presence import Presence
from services.registry.actions.quiet import QuietActions
from services.registry.actions.resolutions import Resolutions
from services.registry.actions.retention import Retention
from services.registry.actions.revealing import Revealing
from services.registry.actions.rotation import Rotation
from services.registry.actions.search import SearchActions
from services.registry.actions.staff import StaffActions
from services.registry.actions.tasks import TaskActions
from services.registry.actions.teams import TeamActions
from services.registry.actions.terminals import TerminalActions
from services.registry.actions.unmasking import UnmaskingActions
from services.registry.actions.visits import VisitActions
from services.registry.domain import wording
from services.registry.neighbours import CallingNeighbours, Neighbours
from services.registry.servicer.areachanges import AreaChangesServicer
from services.registry.servicer.areas import AreasServicer
from services.registry.servicer.catalogue import CatalogueServicer
from services.registry.servicer.claims import ClaimsServicer
from services.registry.servicer.councils import CouncilsServicer
from services.registry.servicer.elements import ElementsServicer
from services.registry.servicer.emergencies import EmergenciesServicer
from services.registry.servicer.force import ForceServicer
from services.registry.servicer.holders import HoldersServicer
from services.registry.servicer.imports import ImportsServicer
from services.registry.servicer.patrols import PatrolsServicer
from services.registry.servicer.plugins import PluginsServicer
from services.registry.servicer.quiet import QuietServicer
from services.registry.servicer.search import SearchServicer
from services.registry.servicer.staff import StaffServicer
from services.registry.servicer.tasks import TasksServicer
from services.registry.servicer.teams import TeamsServicer
from services.registry.servicer.terminals import TerminalsServicer
from services.registry.servicer.unmasking import UnmaskingServicer
from services.registry.servicer.visits import VisitsServicer
from services.registry.settings import RegistrySettings

NAME = "registry"

Servicer = TypeVar("Servicer")


def wire(database: Database, settings: RegistrySettings, clock: Clock, neighbours: Neighbours) -> Process:
    """The process with everything in it."""
    office = Office.open(database, clock=clock, settings=settings)
    drain = Drain()
    importer, area_changes, emergencies = (
        Importer(office),
        AreaChangeActions(office, neighbours),
        EmergencyActions(office),
    )
    return Process(
        name=NAME,
        settings=settings,
        offers=[
            *city_offers(office, settings, drain, area_changes),
            *element_offers(office, importer, neighbours),
            *field_offers(office),
            *office_offers(office, emergencies),
        ],
        database=database,
        background=[
            office.heads.run,
            Rotation(office).run,
            importer.run,
            Retention(office).run,
            area_changes.run,
            emergencies.run,
            Resolutions(office, neighbours).run,
            Presence(office).run,
            Handovers(office).run,
        ],
        drain=drain,
        later=[wording.learn],
    )


def city_offers(
    office: Office, settings: RegistrySettings, drain: Drain, area_changes: AreaChangeActions
) -> list[Offer]:
    """Areas, staff and task types."""
    terminals = TerminalActions(office)
    areas = AreasServicer(AreaActions(office), import_bytes_max=settings.import_bytes_max, drain=drain)
    staff = StaffServicer(StaffActions(office), DutyActions(office), terminals, drain=drain)
    tasks = TasksServicer(TaskActions(office), lease_s=settings.lease_s, drain=drain)
    return [
        offer(areas_pb2.DESCRIPTOR, areas, areas_pb2_grpc.add_AreasServiceServicer_to_server),
        offer(
            changes_pb2.DESCRIPTOR,
            AreaChangesServicer(area_changes, Layers(office)),
            changes_pb2_grpc.add_AreaChangesServiceServicer_to_server,
        ),
        offer(staff_pb2.DESCRIPTOR, staff, staff_pb2_grpc.add_StaffServiceServicer_to_server),
        offer(
            holders_pb2.DESCRIPTOR,
            HoldersServicer(HolderActions(office)),
            holders_pb2_grpc.add_HoldersServiceServicer_to_server,
        ),
        offer(tasks_pb2.DESCRIPTOR, tasks, tasks_pb2_grpc.add_TasksServiceServicer_to_server),
        offer(
            plugins_pb2.DESCRIPTOR,
            PluginsServicer(PluginActions(office)),
            plugins_pb2_grpc.add_PluginsServiceServicer_to_server,
        ),
    ]


def element_offers(office: Office, importer: Importer, neighbours: Neighbours) -> list[Offer]:
    """What is in the grids, and the phones of those who keep the books."""
    terminals = TerminalActions(office)
    elements = ElementActions(office, terminals)
    return [
        offer(
            elements_pb2.DESCRIPTOR,
            ElementsServicer(elements, Revealing(elements, neighbours)),
            elements_pb2_grpc.add_ElementsServiceServicer_to_server,
        ),
        offer(
            unmasking_pb2.DESCRIPTOR,
            UnmaskingServicer(UnmaskingActions(office)),
            unmasking_pb2_grpc.add_UnmaskingServiceServicer_to_server,
        ),
        offer(
            terminals_pb2.DESCRIPTOR,
            TerminalsServicer(terminals),
            terminals_pb2_grpc.add_TerminalsServiceServicer_to_server,
        ),
        offer(
            search_pb2.DESCRIPTOR,
            SearchServicer(SearchActions(office, elements, terminals)),
            search_pb2_grpc.add_SearchServiceServicer_to_server,
        ),
        offer(
            claims_pb2.DESCRIPTOR,
            ClaimsServicer(ClaimActions(office, elements, terminals)),
            claims_pb2_grpc.add_ClaimsServiceServicer_to_server,
        ),
        offer(
            catalogue_pb2.DESCRIPTOR,
            CatalogueServicer(CatalogueActions(office)),
            catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server,
        ),
        offer(
            imports_pb2.DESCRIPTOR,
            ImportsServicer(ImportActions(office, importer)),
            imports_pb2_grpc.add_ImportsServiceServicer_to_server,
        ),
    ]


def field_offers(office: Office) -> list[Offer]:
    """What people in the field do."""
    terminals = TerminalActions(office)
    visits = VisitsServicer(VisitActions(office, ElementActions(office, terminals), terminals))
    return [
        offer(
            patrols_pb2.DESCRIPTOR,
            PatrolsServicer(PatrolActions(office)),
            patrols_pb2_grpc.add_PatrolsServiceServicer_to_server,
        ),
        offer(visits_pb2.DESCRIPTOR, visits, visits_pb2_grpc.add_VisitsServiceServicer_to_server),
        offer(
            quiet_pb2.DESCRIPTOR,
            QuietServicer(QuietActions(office)),
            quiet_pb2_grpc.add_QuietServiceServicer_to_server,
        ),
        offer(
            teams_pb2.DESCRIPTOR,
            TeamsServicer(TeamActions(office)),
            teams_pb2_grpc.add_TeamsServiceServicer_to_server,
        ),
    ]


def office_offers(office: Office, emergencies: EmergencyActions) -> list[Offer]:
    """What offices decide together with people."""
    return [
        offer(
            emergencies_pb2.DESCRIPTOR,
            EmergenciesServicer(emergencies),
            emergencies_pb2_grpc.add_EmergenciesServiceServicer_to_server,
        ),
        offer(
            councils_pb2.DESCRIPTOR,
            CouncilsServicer(CouncilActions(office)),
            councils_pb2_grpc.add_CouncilsServiceServicer_to_server,
        ),
        offer(
            force_pb2.DESCRIPTOR,
            ForceServicer(ForceActions(office, TeamActions(office))),
            force_pb2_grpc.add_ForceServiceServicer_to_server,
        ),
    ]


def offer(file: FileDescriptor, servicer: Servicer, add: Callable[[Servicer, grpc.aio.Server], None]) -> Offer:
    """The one service of a file, with what serves it."""
    (descriptor,) = file.services_by_name.values()
    return Offer(descriptor=descriptor, add=lambda server: add(servicer, server))


async def serve(settings: RegistrySettings) -> None:
    """Serve until told to stop."""
    dsn = settings.database_url.get_secret_value()
    prepare(settings, "services.platform", "services.registry")
    database = await open_database(dsn, service=NAME, connections_max=settings.database_connections_max)
    signer, own = TokenSigner.from_file(settings.signing_key_file), service_caller(NAME)
    async with AsyncExitStack() as channels:

        async def to(address: str) -> grpc.aio.Channel | None:
            return await channels.enter_async_context(connect(address, signer=signer, caller=own)) if address else None

        neighbours = CallingNeighbours(
            incidents=await to(settings.incidents_address), video=await to(settings.video_address)
        )
        await wire(database, settings, SystemClock(), neighbours).run()


def main() -> int:
    """The process, or a file taken in."""
    if sys.argv[1:2] == ["found"]:
        from services.registry import founding  # noqa: PLC0415 once in the life of a city

        return founding.main(sys.argv[2:], uvloop.run)
    settings = RegistrySettings()
    logs.configure(NAME, settings.log_level)
    uvloop.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
