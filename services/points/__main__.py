"""Starts the points service, or with the word `verify` recomputes its books and says what is wrong."""

import hmac
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
from services.platform.seal import Sealer
from services.points.consumer import Resettler
from services.points.neighbours import (
    IncidentsCases,
    IncidentsNeeds,
    RegistryBuildings,
    RegistryCity,
    RegistryOrganisations,
)
from services.points.settings import PointsSettings
from services.points.store import audit
from services.points.wiring import Points, offers

NAME = "points"
log = structlog.get_logger()


def bring_up_to_date(settings: PointsSettings) -> None:
    """The books by their owner, everything else by the service's own role."""
    if settings.ledger_owner_url is not None:
        migrate(settings.ledger_owner_url.get_secret_value(), "services.points.books")
    prepare(settings, "services.platform", "services.points")


def pickup_secret(settings: PointsSettings) -> bytes:
    """What pick-up codes are made from; it follows from the service's own private key, which nobody else holds."""
    return hmac.digest(settings.signing_key_file.read_bytes(), b"gridward pick-up codes", "sha256")


async def serve(settings: PointsSettings) -> None:
    """Serve until told to stop."""
    bring_up_to_date(settings)
    database = await open_database(
        settings.database_url.get_secret_value(), service=NAME, connections_max=settings.database_connections_max
    )
    signer = TokenSigner.from_file(settings.signing_key_file)
    registry = connect(settings.registry_address, signer=signer, caller=service_caller(NAME))
    incidents = connect(settings.incidents_address, signer=signer, caller=service_caller(NAME))
    points = Points.over(
        database,
        SystemClock(),
        city=RegistryCity(registry),
        buildings=RegistryBuildings(registry),
        needs=IncidentsNeeds(incidents),
        organisations=RegistryOrganisations(registry),
        cases=IncidentsCases(connect(settings.incidents_address, signer=signer)),
        secret=pickup_secret(settings),
        sealer=Sealer.from_file(settings.seal_file),
        public_url=settings.public_url,
        check_s=settings.ledger_check_s,
        reveal_shown_s=settings.reveal_shown_s,
    )
    await points.volunteers.seal_names()
    listener = points.listener(settings.order_task_types)
    resettler = Resettler(volunteers=points.volunteers)
    process = Process(
        name=NAME,
        settings=settings,
        offers=offers(points),
        database=database,
        background=[*points.background(), lambda: listener.follow(incidents), lambda: resettler.follow(registry)],
    )
    await process.run()
    await incidents.close()
    await registry.close()


async def verify(settings: PointsSettings) -> int:
    """Recompute everything; 0 when all is right, 1 when anything is wrong."""
    database = await open_database(settings.database_url.get_secret_value(), service=NAME, connections_max=1)
    async with database.transaction() as transaction:
        found = await audit.audit(transaction)
    await database.close()
    for fault in found.faults:
        log.error("ledger_fault", kind=fault.kind, subject=fault.subject, expected=fault.expected, found=fault.found)
    log.info("ledger_verified", accounts=found.accounts, transfers=found.transfers, faults=len(found.faults))
    return 1 if found.faults else 0


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
