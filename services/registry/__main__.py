"""Starts registry."""

import sys

import uvloop
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc, staff_pb2, staff_pb2_grpc, tasks_pb2, tasks_pb2_grpc

from services.platform import log as logs
from services.platform.clock import Clock, SystemClock
from services.platform.database import Database, open_database
from services.platform.grpc_server import Offer, Process
from services.platform.lifecycle import Drain
from services.platform.migrate import migrate
from services.registry.actions.areas import AreaActions
from services.registry.actions.duty import DutyActions
from services.registry.actions.office import Office
from services.registry.actions.staff import StaffActions
from services.registry.actions.tasks import TaskActions
from services.registry.actions.terminals import TerminalActions
from services.registry.servicer import AreasServicer, StaffServicer, TasksServicer
from services.registry.settings import RegistrySettings

NAME = "registry"


def wire(database: Database, settings: RegistrySettings, clock: Clock) -> Process:
    """The process with everything in it."""
    office = Office.open(database, clock=clock, settings=settings)
    drain = Drain()
    areas = AreasServicer(AreaActions(office), import_bytes_max=settings.import_bytes_max, drain=drain)
    staff = StaffServicer(StaffActions(office), DutyActions(office), TerminalActions(office), drain=drain)
    tasks = TasksServicer(TaskActions(office), lease_s=settings.lease_s, drain=drain)
    offers = [
        Offer(
            descriptor=areas_pb2.DESCRIPTOR.services_by_name["AreasService"],
            add=lambda server: areas_pb2_grpc.add_AreasServiceServicer_to_server(areas, server),
        ),
        Offer(
            descriptor=staff_pb2.DESCRIPTOR.services_by_name["StaffService"],
            add=lambda server: staff_pb2_grpc.add_StaffServiceServicer_to_server(staff, server),
        ),
        Offer(
            descriptor=tasks_pb2.DESCRIPTOR.services_by_name["TasksService"],
            add=lambda server: tasks_pb2_grpc.add_TasksServiceServicer_to_server(tasks, server),
        ),
    ]
    return Process(
        name=NAME, settings=settings, offers=offers, database=database, background=[office.heads.run], drain=drain
    )


async def serve(settings: RegistrySettings) -> None:
    """Serve until told to stop."""
    dsn = settings.database_url.get_secret_value()
    migrate(dsn, "services.platform", "services.registry")
    database = await open_database(dsn, service=NAME, connections_max=settings.database_connections_max)
    await wire(database, settings, SystemClock()).run()


def main() -> int:
    """The process."""
    settings = RegistrySettings()
    logs.configure(NAME, settings.log_level)
    uvloop.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
