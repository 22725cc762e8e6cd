"""Measures what routing rules and the search for duplicates cost at many cases, beside plain SQL on the same rows.

`python -m tests.bench.rules [--cases 1000000] [--tried 100000]`: fills a fresh database with copies of real reports
all over the city, tries rules on the newest of them, and looks for duplicates at random places.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import duplicates_pb2, duplicates_pb2_grpc, rules_pb2, rules_pb2_grpc
from psycopg import sql

from services.platform.clock import SystemClock
from services.platform.migrate import migrate
from tests.bench.reports import points
from tests.conftest import _prepare_schema, _role_dsn
from tests.integration.incidents import town
from tests.integration.incidents.conftest import running_hall
from tests.integration.incidents.hall import Hall
from tests.support import servers
from tests.support.tokens import TestTokens

ORIGINALS = 200
SEARCHES = 400
FILL = """
CREATE TEMP TABLE copy AS
SELECT gen_random_uuid() AS id, o.id AS original, n AS number, p.lon, p.lat,
       now() - make_interval(secs => n * {pause}) AS at
  FROM generate_series(1, %(count)s) AS n
  JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM incident) AS o
    ON o.place = n %% (SELECT count(*) FROM incident)
  JOIN (SELECT lon, lat, row_number() OVER () - 1 AS place
          FROM unnest(%(lons)s::float8[], %(lats)s::float8[]) AS p(lon, lat)) AS p ON p.place = n %% %(points)s;
"""


#: What differs from copy to copy; everything else is as the service wrote it.
OWN = {
    "incident": {"id": "c.id", "number": "'B-' || c.number", "longitude_deg": "c.lon", "latitude_deg": "c.lat", "reported_at": "c.at"},
    "dossier": {"incident_id": "c.id"},
}  # fmt: skip


def copy_rows(connection: psycopg.Connection, table: str) -> None:
    """Insert the copies of a table's rows; its indexes are made after, which is faster by far."""
    found = connection.execute(
        """SELECT i.indexname, i.indexdef FROM pg_indexes AS i
            WHERE i.schemaname = current_schema() AND i.tablename = %s
              AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conname = i.indexname)""",
        (table,),
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    columns = connection.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'
            ORDER BY ordinal_position""",
        (table,),
    ).fetchall()
    own, key = OWN[table], next(iter(OWN[table]))
    names = [str(name) for (name,) in columns]
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM copy AS c JOIN {} AS o ON o.{} = c.original").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.SQL(own[name]) if name in own else sql.Identifier("o", name) for name in names),
            sql.Identifier(table),
            sql.Identifier(key),
        )
    )
    for _, definition in found:
        connection.execute(definition)


async def fill(hall: Hall, dsn: str, count: int) -> None:
    """Real reports first, then copies of them at other places and times."""
    grids = [area.code for area in town.areas() if len(area.code) == len(town.GRID)]
    for number in range(ORIGINALS):
        await hall.report(grid=grids[number % len(grids)], description=f"垃圾桶满了，第{number}件")
    where = points(20_000, seed=11)
    with psycopg.connect(dsn) as connection:
        values = {"count": count, "lons": [p[0] for p in where], "lats": [p[1] for p in where], "points": len(where)}
        connection.execute("SET maintenance_work_mem = '256MB'")
        connection.execute(FILL.format(pause=max(86_400 / count, 0.05)).encode(), values)
        for table in OWN:
            copy_rows(connection, table)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM (ANALYZE)")


async def dry_run(hall: Hall, dsn: str, tried: int) -> None:
    """The trial, its CPU time, and the bare reading of the same rows."""
    chief = hall.person("duty_chief", subject="bench-chief")
    hall.stub(chief)
    stub = rules_pb2_grpc.RulesServiceStub(hall.channels[repr(chief)])
    rules = [
        rules_pb2.RoutingRule(
            key=f"rule_{number}",
            title=f"规则{number}",
            conditions=rules_pb2.RuleConditions(words=[f"第{number}件"], from_time="06:00", until_time="22:00"),
            outcome=rules_pb2.RuleOutcome(department_code="D06"),
        )
        for number in range(20)
    ]
    saved = await stub.SaveRules(rules_pb2.SaveRulesRequest(request_id=town.request_id(), rules=rules, note="bench"))
    began_s, cpu_s = time.perf_counter(), time.process_time()
    request = rules_pb2.DryRunRulesRequest(version=saved.version.version, case_count=tried)
    answer = await stub.DryRunRules(request, timeout=300)
    took_s, worked_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    with psycopg.connect(dsn) as connection:
        began_s = time.perf_counter()
        connection.execute(
            "SELECT i.id, i.number, i.task_type, i.grid_code, i.source, i.reported_at, d.description, d.form_answers "
            "FROM incident AS i JOIN dossier AS d ON d.incident_id = i.id ORDER BY i.reported_at DESC LIMIT %s",
            (tried,),
        ).fetchall()
        plain_s = time.perf_counter() - began_s
    print(
        f"dry run of {answer.case_count:,} cases, 20 rules: {took_s:.2f} s, CPU {worked_s:.2f} s "
        f"({worked_s / answer.case_count * 1e6:.1f} µs a case), {took_s / plain_s:.1f} × plain reading; "
        f"{answer.moved_count:,} would move"
    )


async def searching(hall: Hall) -> None:
    """Duplicates at random places, one search after the other."""
    stub = duplicates_pb2_grpc.DuplicatesServiceStub(hall.channels[repr(hall.resident)])
    took_ms: list[float] = []
    found = 0
    for longitude_deg, latitude_deg in points(SEARCHES, seed=11):
        request = duplicates_pb2.FindDuplicatesRequest(
            task_type=town.GARBAGE,
            description="垃圾桶满了",
            point=place_pb2.Point(longitude_deg=longitude_deg, latitude_deg=latitude_deg),
        )
        began_s = time.perf_counter()
        found += len((await stub.FindDuplicates(request, timeout=30)).cases)
        took_ms.append((time.perf_counter() - began_s) * 1000)
    p95 = statistics.quantiles(took_ms, n=20)[-1]
    print(
        f"duplicates, {SEARCHES} searches: median {statistics.median(took_ms):.1f} ms, p95 {p95:.1f} ms, {found} found"
    )


async def main(cases: int, tried: int) -> None:
    """Fill, then measure."""
    with tempfile.TemporaryDirectory() as folder:
        server = servers.start_postgres(Path(folder) / "postgres")
        try:
            server.create_database("bench")
            _prepare_schema(server.dsn("bench"), "incidents")
            dsn = _role_dsn(server, "bench", "incidents")
            migrate(dsn, "services.platform", "services.incidents")
            keys = Path(folder) / "keys"
            keys.mkdir()
            async with running_hall(dsn, TestTokens(keys), SystemClock(), timers=False) as hall:  # type: ignore[arg-type]
                began_s = time.perf_counter()
                await fill(hall, dsn, cases)
                print(f"{await hall.count('incident'):,} open cases in {time.perf_counter() - began_s:.0f} s")
                await dry_run(hall, dsn, tried)
                await searching(hall)
        finally:
            server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--tried", type=int, default=100_000)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.cases, chosen.tried))
