"""Starts the gateway, or looks after accounts: `python -m services.gateway [accounts|keys]`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import uvloop
from prometheus_client import start_http_server

from services.gateway.actions import close_account, import_accounts
from services.gateway.gate import open_gate
from services.gateway.open311.filing import grant_key, revoke_key
from services.gateway.passwords import Passwords
from services.gateway.routes import application
from services.gateway.second_factor.actions import unbind
from services.gateway.server import Server, beside
from services.gateway.settings import AccountSettings, GatewaySettings
from services.gateway.strictness import STRICTNESS
from services.platform import log, transport
from services.platform.clock import SystemClock
from services.platform.database import Database, open_database
from services.platform.errors import GridwardError
from services.platform.migrate import migrate, prepare
from services.platform.tracing import tracing

Done = TypeVar("Done")
PACKAGES = ("services.platform", "services.gateway")


async def serve() -> None:
    """Serve until told to stop."""
    settings = GatewaySettings()
    log.configure("gateway", settings.log_level)
    dsn = settings.database_url.get_secret_value()
    await asyncio.to_thread(prepare, settings, *PACKAGES)
    database = await open_database(dsn, service="gateway", connections_max=settings.database_connections_max)
    gate = open_gate(settings, database)
    start_http_server(settings.metrics_port, settings.metrics_host)
    transport.end_when_renewed(settings)
    tracing.begin("gateway", endpoint=settings.otlp_endpoint, share=settings.trace_share)
    await Server.around(application(gate, life=beside), gate).serve()
    await asyncio.to_thread(tracing.end)


async def keep_accounts(act: Callable[[Database], Awaitable[Done]]) -> Done:
    """Do something with the accounts or keys and nothing else."""
    settings = AccountSettings()
    log.configure("gateway", settings.log_level, sys.stderr)
    dsn = settings.database_url.get_secret_value()
    await asyncio.to_thread(migrate, dsn, *PACKAGES)
    database = await open_database(dsn, service="gateway")
    try:
        return await act(database)
    finally:
        await database.close()


def accounts(what: str, name: str) -> None:
    """Take in a file of accounts (`-` is standard input), close one, open it again, or forget its telephone."""
    if what == "import":
        text = sys.stdin.read() if name == "-" else Path(name).read_text()
        strictness, now = STRICTNESS[AccountSettings().security_profile], SystemClock().now()
        rows = json.loads(text)
        asyncio.run(
            keep_accounts(lambda database: import_accounts(database, Passwords(), rows, strictness=strictness, now=now))
        )
    elif what == "unbind":
        asyncio.run(keep_accounts(lambda database: unbind(database, name)))
    else:
        asyncio.run(keep_accounts(lambda database: close_account(database, name, closed=what == "close")))


def keys_of_systems(what: str, name: str, contact: str) -> None:
    """Let another system file, and show its key this once; or end it."""
    if what == "add":
        key = asyncio.run(keep_accounts(lambda database: grant_key(database, name, contact, now=SystemClock().now())))
        sys.stdout.write(f"{key}\n")
    else:
        asyncio.run(keep_accounts(lambda database: revoke_key(database, name, now=SystemClock().now())))


def main() -> None:
    """Choose what to do."""
    parser = argparse.ArgumentParser(prog="python -m services.gateway", description=__doc__)
    verbs = parser.add_subparsers(dest="verb")
    verb = verbs.add_parser("accounts", help="who may sign in with a password")
    verb.add_argument("what", choices=["import", "close", "open", "unbind"])
    verb.add_argument("name", help="the file, or the login")
    keys = verbs.add_parser("keys", help="which other systems may file by Open311")
    keys.add_argument("what", choices=["add", "revoke"])
    keys.add_argument("name", help="letters, digits and dashes")
    keys.add_argument("--contact", default="", help="whom to ask about it")
    chosen = parser.parse_args()
    try:
        if chosen.verb == "accounts":
            accounts(chosen.what, chosen.name)
        elif chosen.verb == "keys":
            keys_of_systems(chosen.what, chosen.name, chosen.contact)
        else:
            uvloop.run(serve())
    except (GridwardError, ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
