"""Starts the points service, or with the word `verify` recomputes its books and says what is wrong."""

import sys

import structlog
import uvloop

from services.platform import log as logs
from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.grpc_client import connect
from services.platform.grpc_server import Process
from services.platform.identity import TokenSigner, service_caller
from services.platform.migrate import migrate, prepare
from services.points.consumer import follow_incidents
from services.points.settings import PointsSettings
from services.points.wiring import Points, offers

NAME = "points"
log = structlog.get_logger()


def bring_up_to_date(settings: PointsSettings) -> None:
    """The books by their owner, everything else by the service's own role."""
    if settings.ledger_owner_url is not None:
        migrate(settings.ledger_owner_url.get_secret_value(), "services.points.books")
    prepare(settings, "services.platform", "services.points")


async def serve(settings: PointsSettings) -> None:
    """Serve until told to stop."""
    bring_up_to_date(settings)
    database = await open_database(
        settings.database_url.get_secret_value(), service=NAME, connections_max=settings.database_connections_max
    )
    points = Points.over(database, SystemClock(), check_s=settings.ledger_check_s)
    signer = TokenSigner.from_file(settings.signing_key_file)
    incidents = connect(settings.incidents_address, signer=signer, caller=service_caller(NAME))
    process = Process(
        name=NAME,
        settings=settings,
        offers=offers(points),
        database=database,
        background=[*points.background(), lambda: follow_incidents(incidents, points.ledger)],
    )
    await process.run()
    await incidents.close()


async def verify(settings: PointsSettings) -> int:
    """Recompute everything; 0 when all is right, 1 when anything is wrong."""
    database = await open_database(settings.database_url.get_secret_value(), service=NAME, connections_max=1)
    audit = await Points.over(database, SystemClock()).ledger.verify()
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
