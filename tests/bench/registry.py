"""Measures the registry alone, each figure beside a reference taken in the same run.

`python -m tests.bench.registry [locate] [import] [search] [--people 1000000] [--share 1.0] [--seconds 3]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import psycopg
import shapely
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc
from pydantic import SecretStr

from services.demo import city
from services.demo.population import Population, Sheet, roads
from services.demo.residents import bring
from services.platform import log as logs
from services.platform.areaindex import AreaIndex
from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from services.registry.__main__ import wire
from services.registry.settings import RegistrySettings
from tests.conftest import _prepare_schema, _role_dsn
from tests.support import servers
from tests.support.tokens import TestTokens

CHUNK: Final = 60_000
GRIDS: Final = 10_000


def report(name: str, value: str) -> None:
    print(f"{name:<58} {value}", flush=True)


def per_second(count: int, seconds: float) -> str:
    return f"{count / seconds:>12,.0f}/s"


class Bench:
    """A registry with the demo city in it, in this process, on a PostgreSQL of its own."""

    def __init__(self, channel: Any, dsn: str, arguments: argparse.Namespace, database: Any) -> None:
        self.channel, self.dsn, self.arguments, self.database = channel, dsn, arguments, database

    @classmethod
    @asynccontextmanager
    async def open(cls, arguments: argparse.Namespace) -> AsyncIterator[Bench]:
        with tempfile.TemporaryDirectory(prefix="gridward-bench-") as folder:
            Path(folder).chmod(0o755)  # noqa: ASYNC240 nothing else runs yet
            server = servers.start_postgres(Path(folder))
            try:
                server.create_database("bench")
                _prepare_schema(server.dsn("bench"), "registry")
                dsn = _role_dsn(server, "bench", "registry")
                from services.platform.migrate import migrate

                migrate(dsn, "services.platform", "services.registry")
                tokens = TestTokens(Path(tempfile.mkdtemp(dir=folder)))
                settings = RegistrySettings(
                    trust_file=tokens.trust_file,
                    signing_key_file=tokens.key_file("registry"),
                    seal_file=tokens.seal_file("registry"),
                    database_url=SecretStr(dsn),
                    drain_s=1,
                )
                database = await open_database(dsn, service="registry")
                process = wire(database, settings, SystemClock())
                port = await process.start()
                async with connect(
                    f"127.0.0.1:{port}", signer=tokens.signer("demo"), caller=service_caller("demo")
                ) as channel:
                    bench = cls(channel, dsn, arguments, database)
                    await bench.load_areas()
                    yield bench
                await process.stop()
            finally:
                server.stop()

    async def load_areas(self) -> None:
        content = json.dumps(city.area_collection(), ensure_ascii=False).encode()

        async def parts() -> AsyncIterator[areas_pb2.ImportAreasRequest]:
            header = areas_pb2.ImportAreasHeader(request_id="bench-areas", crs="EPSG:4326")
            yield areas_pb2.ImportAreasRequest(header=header)
            for start in range(0, len(content), CHUNK):
                yield areas_pb2.ImportAreasRequest(chunk=content[start : start + CHUNK])

        await areas_pb2_grpc.AreasServiceStub(self.channel).ImportAreas(parts(), timeout=60)  # type: ignore[misc]

    async def locate(self) -> None:
        """Points located in bulk against one call of the library for each, among 10,000 squares."""
        side = round(GRIDS**0.5)
        squares = [shapely.box(x, y, x + 1, y + 1) for x in range(side) for y in range(side)]
        index = AreaIndex((f"{number:05}", square) for number, square in enumerate(squares))
        chance = np.random.default_rng(1)
        points = [(float(x), float(y)) for x, y in chance.uniform(0, side, (200_000, 2))]
        index.locate_many(points[:1000])
        began = time.process_time()
        index.locate_many(points)
        bulk = time.process_time() - began
        tree = shapely.STRtree(squares)
        began = time.process_time()
        for point in points[:5000]:
            tree.query(shapely.Point(point), predicate="intersects")
        single = (time.process_time() - began) / 5000 * len(points)
        report("points located in bulk, 10,000 polygons (CPU)", per_second(len(points), bulk))
        report("points located one shapely call each (CPU)", per_second(len(points), single))
        report("  bulk ÷ single", f"{single / bulk:>12.1f}")

    async def import_(self) -> None:
        """The demo city's files by import, against COPY of the same rows into a bare table."""
        sheets = [roads(), *Population(share=self.arguments.share).grow()]
        from gridward.registry.v1 import imports_pb2_grpc

        stub = imports_pb2_grpc.ImportsServiceStub(self.channel)
        total, seconds = 0, 0.0
        for sheet in sheets:
            began, cpu = time.perf_counter(), time.process_time()
            await bring(stub, sheet)  # type: ignore[arg-type]
            took = time.perf_counter() - began
            report(
                f"import {sheet.kind}, {len(sheet.rows):,} rows",
                f"{per_second(len(sheet.rows), took)}  ({(time.process_time() - cpu) / took:.0%} of a core)",
            )
            total, seconds = total + len(sheet.rows), seconds + took
        report(f"import of all, {total:,} rows", f"{per_second(total, seconds)}  ({seconds:.1f} s)")
        bare = self.copy(sheets)
        report("COPY of the same files into bare tables", per_second(total, bare))
        report("  import ÷ COPY", f"{bare / seconds:>12.3f}")
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        report("peak memory of this process (registry and generator)", f"{peak_mb:>12,.0f} MB")

    def copy(self, sheets: list[Sheet]) -> float:
        seconds = 0.0
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for sheet in sheets:
                columns = ", ".join(f"c{number} text" for number in range(len(sheet.headings)))
                connection.execute(f"CREATE TABLE bare_{sheet.kind} ({columns})")
                content = sheet.csv()
                began = time.perf_counter()
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY bare_{sheet.kind} FROM STDIN (FORMAT csv, HEADER)") as copy,
                ):
                    copy.write(content)
                seconds += time.perf_counter() - began
        return seconds


def main() -> None:
    """Measure what is asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["locate", "import"])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    logs.configure("bench", "WARNING")

    async def measure() -> None:
        async with Bench.open(arguments) as bench:
            parts: Mapping[str, Callable[[], Awaitable[None]]] = {"locate": bench.locate, "import": bench.import_}
            for part in arguments.parts:
                await parts[part]()

    asyncio.run(measure())


if __name__ == "__main__":
    main()
