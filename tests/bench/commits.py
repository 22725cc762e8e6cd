"""Measures the time from the commit of an event in PostgreSQL to its hook, by stream and by broker.

A real outbox, sequencer, event service and relay tell it, and a real host hears it. The clock starts when the
transaction's commit has returned, and stops in the hook; both processes read the clock of one machine.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gridward.incidents.v1 import cases_pb2
from pydantic import SecretStr

from services.platform import outbox
from services.platform.database import Database, open_database
from services.platform.grpc_server import Process
from services.platform.migrate import migrate
from services.platform.settings import ServiceSettings
from tests.conftest import _prepare_schema, _role_dsn
from tests.support.core_double import a_case_message
from tests.support.servers import Broker, PostgresServer, start_postgres
from tests.support.tokens import TestTokens

#: Says of which case it heard, and when.
HOOK = """
import time
from pathlib import Path
from plugins.sdk import Case, hookimpl
OUT = Path({out!r}).open("a", buffering=1)
@hookimpl
def incident_reported(case: Case) -> None:
    OUT.write(f"{{case.id}} {{time.time():.6f}}\\n")
"""
TASK_TYPE = "old_wall_damage"
WARMING = 20
HEARD_S_MAX = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long events took from their commit to their hook."""

    name: str
    seconds: list[float]

    def __str__(self) -> str:
        """One row of the table."""
        ordered = sorted(self.seconds)
        p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1]
        return f"| {self.name} | {len(ordered)} | {p50 * 1000:,.0f} / {p99 * 1000:,.0f} | {ordered[-1] * 1000:,.0f} |"


@asynccontextmanager
async def telling(folder: Path, tokens: TestTokens, broker: Broker | None) -> AsyncIterator[tuple[Database, str]]:
    """A service with an empty outbox that tells its events; its database and its address."""
    server = start_postgres(folder)
    try:
        dsn = _prepared(server)
        settings = ServiceSettings(
            trust_file=tokens.trust_file,
            signing_key_file=tokens.key_file("incidents"),
            amqp_url=SecretStr(broker.amqp_url) if broker else None,
            drain_s=1,
        )
        database = await open_database(dsn, service="incidents")
        process = Process(name="incidents", settings=settings, offers=[], database=database)
        yield database, f"127.0.0.1:{await process.start()}"
        await process.stop()
        await database.close()
    finally:
        server.stop()


def _prepared(server: PostgresServer) -> str:
    server.create_database("bench")
    _prepare_schema(server.dsn("bench"), "incidents")
    dsn = _role_dsn(server, "bench", "incidents")
    migrate(dsn, "services.platform", "services.incidents")
    return dsn


async def waits(name: str, database: Database, out: Path, *, count: int, rate: int) -> Waits:
    """Commit one event at a time at a steady rate, and see when each is heard; the first few warm everything up."""
    committed: dict[str, float] = {}
    began_s = time.monotonic()
    for number in range(count + WARMING):
        case = a_case_message()
        async with database.transaction() as transaction:
            await outbox.publish(
                transaction,
                type="incident_reported",
                subject=case.id,
                payload=cases_pb2.IncidentReported(case=case),
                at=datetime.now(UTC),
                task_type=TASK_TYPE,
            )
        committed[case.id] = time.time()
        await asyncio.sleep(max(0.0, began_s + number / rate - time.monotonic()))
    heard = await _heard(out, len(committed))
    measured = list(committed)[WARMING:]
    return Waits(name=name, seconds=[heard[case_id] - committed[case_id] for case_id in measured])


async def _heard(out: Path, count: int) -> dict[str, float]:
    until_s = time.monotonic() + HEARD_S_MAX
    while True:
        told = _told(out)
        if len(told) >= count:
            return told
        if time.monotonic() > until_s:
            raise TimeoutError(f"{len(told)} of {count} events were heard")
        await asyncio.sleep(0.1)


def _told(out: Path) -> dict[str, float]:
    lines = out.read_text().splitlines() if out.exists() else []
    return {case_id: float(at_s) for case_id, _, at_s in (line.partition(" ") for line in lines)}


def table(rows: list[Waits]) -> None:
    """Print them."""
    sys.stdout.write("\n| commit to hook | events | p50 / p99 ms | longest ms |\n|---|---|---|---|\n")
    for row in rows:
        sys.stdout.write(f"{row}\n")
