"""Measures the registry alone, each figure beside a reference taken in the same run.

`python -m tests.bench.registry [locate] [import] [layers] [preview] [million] [search] [--people 1000000] [--rows 1000000] [--share 1.0] [--seconds 3]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import psycopg
import shapely
from gridward.registry.v1 import (
    areas_pb2,
    areas_pb2_grpc,
    changes_pb2,
    changes_pb2_grpc,
    elements_pb2,
    elements_pb2_grpc,
    imports_pb2,
    imports_pb2_grpc,
    search_pb2,
    search_pb2_grpc,
)
from pydantic import SecretStr

from services.demo import city
from services.demo.population import GIVEN, STREETS, SURNAMES, Population, Sheet, roads
from services.demo.residents import bring
from services.platform import log as logs
from services.platform.areaindex import AreaIndex
from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from services.platform.migrate import migrate
from services.platform.seal import Sealer
from services.registry.__main__ import wire
from services.registry.domain.areachange import ChangeKind, Wanted, WantedArea, file_of
from services.registry.domain.areaimport import plan_import
from services.registry.domain.areas import AreaRules
from services.registry.domain.schema import ElementKind
from services.registry.domain.wording import initials
from services.registry.neighbours import CallingNeighbours
from services.registry.settings import RegistrySettings
from services.registry.store.elements import ElementStore
from services.registry.store.imports import COPIED
from tests.bench.made_up import lamps, made_up, resident_mb
from tests.bench.timing import closed_loop
from tests.conftest import _prepare_schema, _role_dsn
from tests.support import servers
from tests.support.tokens import TestTokens
from tests.unit.registry.builders import feature, square, standing

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
        self.seal_file = Path()
        self.names: list[str] = []

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
                process = wire(database, settings, SystemClock(), CallingNeighbours(incidents=None, video=None))
                port = await process.start()
                async with connect(
                    f"127.0.0.1:{port}", signer=tokens.signer("demo"), caller=service_caller("demo")
                ) as channel:
                    bench = cls(channel, dsn, arguments, database)
                    bench.seal_file = settings.seal_file
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

    async def million(self) -> None:
        """One long file, made piece by piece while it is sent: how fast it comes in, and how little memory that takes."""
        rows = self.arguments.rows
        grids = [(grid["centroid"][0], grid["centroid"][1]) for grid in city.data()["grids"]]
        stub = imports_pb2_grpc.ImportsServiceStub(self.channel)
        opened = await stub.CreateImport(  # type: ignore[misc]
            imports_pb2.CreateImportRequest(
                request_id="bench-million", kind=elements_pb2.ELEMENT_KIND_COMPONENT, crs="EPSG:4326",
                format=imports_pb2.IMPORT_FORMAT_CSV,
            )
        )  # fmt: skip
        before_mb, began = resident_mb(), time.perf_counter()
        for number, piece in enumerate(lamps(rows, grids), start=1):
            await stub.AddImportPiece(  # type: ignore[misc]
                imports_pb2.AddImportPieceRequest(id=_id_of(opened), number=number, content=piece),
                timeout=30,
            )
        await stub.RunImport(imports_pb2.RunImportRequest(id=_id_of(opened)))  # type: ignore[misc]
        most_mb = before_mb
        while True:
            job = getattr(await stub.GetImport(imports_pb2.GetImportRequest(id=_id_of(opened))), "import")  # type: ignore[misc]
            most_mb = max(most_mb, resident_mb())
            if job.state not in {imports_pb2.IMPORT_STATE_WAITING, imports_pb2.IMPORT_STATE_RUNNING}:
                break
            await asyncio.sleep(0.5)
        took = time.perf_counter() - began
        assert (job.state, job.created_count) == (imports_pb2.IMPORT_STATE_DONE, rows), job
        report(f"one file of {rows:,} components, sent and stored", f"{per_second(rows, took)}  ({took:.0f} s)")
        report("  memory of registry before, and at most", f"{before_mb:>8,.0f} MB {most_mb:>8,.0f} MB")
        bare = await asyncio.to_thread(self.copy_bare, "lamps", 6, lamps(rows, grids))
        report("  COPY of the same file into a bare table", per_second(rows, bare))
        report("  import ÷ COPY", f"{bare / took:>12.4f}")

    async def search(self) -> None:
        """Search among a million people and a million components, written straight into the table."""
        wanted = self.arguments.people
        await asyncio.to_thread(self.fill, wanted)
        stub = search_pb2_grpc.SearchServiceStub(self.channel)
        chance = random.Random(3)
        grids = [grid["code"] for grid in city.data()["grids"]]
        queries: Mapping[str, Callable[[], search_pb2.SearchRequest]] = {
            "name, city-wide": lambda: search_pb2.SearchRequest(query=chance.choice(self.names)),
            "initials, city-wide": lambda: search_pb2.SearchRequest(query=initials(chance.choice(self.names))),
            "name within a grid": lambda: search_pb2.SearchRequest(
                query=chance.choice(self.names), area_code=chance.choice(grids)
            ),
            "phone": lambda: search_pb2.SearchRequest(query=f"100{chance.randrange(wanted):08}"),
            "component id": lambda: search_pb2.SearchRequest(
                query=f"9991020137{chance.randrange(min(wanted, 999_999)):06}"
            ),
            "address": lambda: search_pb2.SearchRequest(query=f"{chance.choice(STREETS)}{chance.randrange(1, 5000)}号"),
        }
        for name, make in queries.items():
            timing = await closed_loop(
                f"search {wanted:,} + {wanted:,}, {name}",
                lambda _, make=make: stub.Search(make(), timeout=10),
                callers=2,
                seconds=self.arguments.seconds,
            )
            print(timing.line(), flush=True)
        elements = elements_pb2_grpc.ElementsServiceStub(self.channel)

        def of_grid() -> elements_pb2.ListElementsRequest:
            return elements_pb2.ListElementsRequest(
                kind=elements_pb2.ELEMENT_KIND_PERSON, area_code=chance.choice(grids)
            )

        timing = await closed_loop(
            f"list among {wanted:,}, people of a grid",
            lambda _: elements.ListElements(of_grid(), timeout=10),
            callers=2,
            seconds=self.arguments.seconds,
        )
        print(timing.line(), flush=True)

    def fill(self, wanted: int) -> None:
        """People with sealed names and blind indexes, and components, by COPY."""
        store = ElementStore(Sealer.from_file(self.seal_file))
        chance = random.Random(5)
        self.names = [
            "".join((chance.choice(SURNAMES), *chance.sample(GIVEN, chance.choice((1, 2))))) for _ in range(20_000)
        ]
        grids = [grid["code"] for grid in city.data()["grids"]]
        now = datetime.now(UTC)
        began = time.perf_counter()
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("SET statement_timeout = 0")
            for kind in (ElementKind.PERSON, ElementKind.COMPONENT):
                columns = ", ".join(COPIED)
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY element ({columns}, updated_at, updated_by) FROM STDIN") as copy,
                ):
                    for number in range(wanted):
                        row = store.row(made_up(kind, number, chance.choice(grids), self.names))
                        copy.write_row([*(row[name] for name in COPIED), now, "bench"])
            report(f"filled with {2 * wanted:,} elements", f"{time.perf_counter() - began:>12.0f} s")
            connection.execute("VACUUM ANALYZE element")

    async def layers(self) -> None:
        """Bytes and time of each layer, first and again."""
        stub = changes_pb2_grpc.AreaChangesServiceStub(self.channel)
        for level, zooms in (("GRID", (10, 12, 14, 16)), ("COMMUNITY", (10, 14)), ("SUBDISTRICT", (10,))):
            for zoom in zooms:
                ask = changes_pb2.GetMapLayerRequest(level=areas_pb2.AreaLevel.Value(f"AREA_LEVEL_{level}"), zoom=zoom)
                began = time.perf_counter()
                layer = await stub.GetMapLayer(ask, timeout=60)  # type: ignore[misc]
                first = time.perf_counter() - began
                began = time.perf_counter()
                await stub.GetMapLayer(ask, timeout=60)  # type: ignore[misc]
                again = time.perf_counter() - began
                size = len(layer.geojson_gzip)
                report(
                    f"layer {level.lower()}, zoom {zoom}",
                    f"{size:>12,} bytes   first {first * 1000:.0f} ms, again {again * 1000:.1f} ms",
                )

    async def preview(self) -> None:
        """Look ahead at a split among 10,000 grids: the rules alone, without a database."""
        side = round(GRIDS**0.5)
        features = [
            feature("430800", "city"),
            feature("430811", "district", parent="430800", geometry=square(0, 0, columns=side, rows=side)),
            *(feature(f"430811{n + 1:03}", "subdistrict", parent="430811") for n in range(20)),
        ]
        per = GRIDS // 20 // 10
        for community in range(200):
            street = f"430811{community // 10 + 1:03}"
            features.append(feature(f"{street}{community % 10 + 1:03}", "community", parent=street))
            for number in range(per):
                place = community * per + number
                features.append(
                    feature(f"{street}{community % 10 + 1:03}{number + 1:03}", "grid",
                            parent=f"{street}{community % 10 + 1:03}", households=300,
                            geometry=square(place % side, place // side))
                )  # fmt: skip
        began = time.perf_counter()
        present = standing(features)
        report("import planned, 10,000 grids", f"{time.perf_counter() - began:>12.2f} s")
        wanted = Wanted(
            kind=ChangeKind.SPLIT,
            from_codes=("430811001001001",),
            to=tuple(
                WantedArea(code=f"4308110010010{n}", outline=json.dumps(square(column, 0, columns=0.5)))
                for n, column in ((98, 0), (99, 0.5))
            ),
        )
        began = time.perf_counter()
        plan = plan_import(file_of(wanted, present), present, AreaRules())
        report(
            "area change looked at ahead, 10,000 grids",
            f"{time.perf_counter() - began:>12.2f} s   ({len(plan.changed)} areas change)",
        )

    def copy(self, sheets: list[Sheet]) -> float:
        """Seconds for all files together."""
        return sum(self.copy_bare(sheet.kind, len(sheet.headings), [sheet.csv()]) for sheet in sheets)

    def copy_bare(self, name: str, columns: int, pieces: Iterable[bytes]) -> float:
        """Seconds that PostgreSQL alone takes for a file, as text and without an index; making the file not counted."""
        seconds = 0.0
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            named = ", ".join(f"c{number} text" for number in range(columns))
            connection.execute(f"CREATE TABLE bare_{name} ({named})")
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY bare_{name} FROM STDIN (FORMAT csv, HEADER)") as copy,
            ):
                for piece in pieces:
                    began = time.perf_counter()
                    copy.write(piece)
                    seconds += time.perf_counter() - began
                began = time.perf_counter()
            return seconds + time.perf_counter() - began


def _id_of(opened: Any) -> str:
    return str(getattr(opened, "import").id)


def main() -> None:
    """Measure what is asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["locate", "import", "layers", "preview", "million", "search"])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    logs.configure("bench", "WARNING")

    async def measure() -> None:
        async with Bench.open(arguments) as bench:
            parts: Mapping[str, Callable[[], Awaitable[None]]] = {
                "locate": bench.locate,
                "import": bench.import_,
                "layers": bench.layers,
                "preview": bench.preview,
                "million": bench.million,
                "search": bench.search,
            }
            for part in arguments.parts:
                await parts[part]()

    asyncio.run(measure())


if __name__ == "__main__":
    main()
