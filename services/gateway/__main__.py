"""Starts the gateway, or looks after accounts: `python -m services.gateway [accounts import FILE|close LOGIN|open LOGIN]`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from prometheus_client import start_http_server

from services.gateway.actions import close_account, import_accounts
from services.gateway.gate import open_gate
from services.gateway.passwords import Passwords
from services.gateway.routes import application
from services.gateway.server import Server, beside
from services.gateway.settings import AccountSettings, GatewaySettings
from services.platform import log
from services.platform.database import Database, open_database
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


async def keep_accounts(act: Callable[[Database], Awaitable[object]]) -> None:
    """Do something with the accounts and nothing else."""
    settings = AccountSettings()
    log.configure("gateway", settings.log_level, sys.stderr)
    dsn = settings.database_url.get_secret_value()
    await asyncio.to_thread(migrate, dsn, *PACKAGES)
    database = await open_database(dsn, service="gateway")
    try:
        await act(database)
    finally:
        await database.close()


def accounts(what: str, name: str) -> None:
    """Take in a file of accounts (`-` is standard input), close an account or open it again."""
    if what == "import":
        text = sys.stdin.read() if name == "-" else Path(name).read_text()
        asyncio.run(keep_accounts(lambda database: import_accounts(database, Passwords(), json.loads(text))))
    else:
        asyncio.run(keep_accounts(lambda database: close_account(database, name, closed=what == "close")))


def main() -> None:
    """Choose what to do."""
    parser = argparse.ArgumentParser(prog="python -m services.gateway", description=__doc__)
    verb = parser.add_subparsers(dest="verb").add_parser("accounts", help="who may sign in with a password")
    verb.add_argument("what", choices=["import", "close", "open"])
    verb.add_argument("name", help="the file, or the login")
    chosen = parser.parse_args()
    try:
        if chosen.verb == "accounts":
            accounts(chosen.what, chosen.name)
        else:
            uvloop.run(serve())
    except (GridwardError, ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
