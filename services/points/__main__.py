"""Starts the points service, or with the word `verify` recomputes its books and says what is wrong."""

import sys

import structlog
import uvloop
from gridward.points.v1 import points_pb2, points_pb2_grpc

from services.platform import log as logs
from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import TokenSigner, service_caller
from services.platform.migrate import migrate
from services.points.actions import Actions
from services.points.consumer import follow_incidents
from services.points.servicer import PointsServicer
from services.points.settings import PointsSettings

NAME = "points"
log = structlog.get_logger()


async def serve(settings: PointsSettings) -> None:
    """Serve until told to stop."""
    dsn = settings.database_url.get_secret_value()
    migrate(dsn, "services.platform", "services.points")
    database = await open_database(dsn, service=NAME, connections_max=settings.database_connections_max)
    actions = Actions(database=database, clock=SystemClock())
    signer = TokenSigner.from_file(settings.signing_key_file)
    incidents = connect(settings.incidents_address, signer=signer, caller=service_caller(NAME))
    servicer = PointsServicer(actions)
    process = Process(
        name=NAME,
        settings=settings,
        offers=[
            Offer(
                descriptor=points_pb2.DESCRIPTOR.services_by_name["PointsService"],
                add=lambda server: points_pb2_grpc.add_PointsServiceServicer_to_server(servicer, server),
            )
        ],
        database=database,
        background=[lambda: follow_incidents(incidents, actions)],
    )
    await process.run()
    await incidents.close()


async def verify(settings: PointsSettings) -> int:
    """Recompute everything; 0 when all is right, 1 when anything is wrong."""
    database = await open_database(settings.database_url.get_secret_value(), service=NAME, connections_max=1)
    audit = await Actions(database=database, clock=SystemClock()).verify()
    await database.close()
    for fault in audit.faults:
        log.error("ledger_fault", kind=fault.kind, subject=fault.subject, expected=fault.expected, found=fault.found)
    log.info("ledger_verified", accounts=audit.accounts, transfers=audit.transfers, faults=len(audit.faults))
    return 1 if audit.faults else 0


def main() -> int:
    """The process."""
    settings = PointsSettings()
    logs.configure(NAME, settings.log_level)
    if sys.argv[1:] == ["verify"]:
        return uvloop.run(verify(settings))
    uvloop.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
