"""Starts the gateway, or takes in accounts: `python -m services.gateway [accounts import FILE.json]`."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import uvloop
from prometheus_client import start_http_server

from services.gateway.actions import import_accounts
from services.gateway.gate import open_gate
from services.gateway.passwords import Passwords
from services.gateway.routes import application
from services.gateway.server import Server, beside
from services.gateway.settings import AccountSettings, GatewaySettings
from services.platform import log
from services.platform.database import open_database
from services.platform.errors import GridwardError
from services.platform.migrate import migrate

PACKAGES = ("services.platform", "services.gateway")


async def serve() -> None:
    """Serve until told to stop."""
    settings = GatewaySettings()
    log.configure("gateway", settings.log_level)
    dsn = settings.database_url.get_secret_value()
    await asyncio.to_thread(migrate, dsn, *PACKAGES)
    database = await open_database(dsn, service="gateway", connections_max=settings.database_connections_max)
    gate = open_gate(settings, database)
    start_http_server(settings.metrics_port, settings.metrics_host)
    await Server.around(application(gate, life=beside), gate).serve()


async def take_in(text: str) -> int:
    """Take in the accounts of a JSON file."""
    settings = AccountSettings()
    log.configure("gateway", settings.log_level, sys.stderr)
    dsn = settings.database_url.get_secret_value()
    await asyncio.to_thread(migrate, dsn, *PACKAGES)
    database = await open_database(dsn, service="gateway")
    try:
        return await import_accounts(database, Passwords(), json.loads(text))
    finally:
        await database.close()


def main() -> None:
    """Choose what to do."""
    parser = argparse.ArgumentParser(prog="python -m services.gateway", description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    accounts = verbs.add_parser("accounts").add_subparsers(dest="what", required=True)
    accounts.add_parser("import").add_argument("file")
    chosen = parser.parse_args()
    if chosen.verb == "accounts":
        text = sys.stdin.read() if chosen.file == "-" else Path(chosen.file).read_text()
        try:
            asyncio.run(take_in(text))
        except (GridwardError, ValueError) as error:
            sys.exit(str(error))
    else:
        uvloop.run(serve())


if __name__ == "__main__":
    main()
