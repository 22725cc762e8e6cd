"""A hundred thousand cases come due at once: how fast three timer workers clear them, oldest first, each once.

`python -m tests.bench.overdue [--cases 100000] [--workers 3]`: a PostgreSQL of its own, cases multiplied from one real
report, workers as processes of their own. Prints wall time, CPU of workers and database for each case, and what a
plain UPDATE of as many rows costs. A hundred thousand are to be cleared within a minute: 1,667 a second.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg

from services.platform.clock import SystemClock
from services.platform.migrate import migrate
from tests.support import servers

PACKAGES = ("services.platform", "services.incidents")
SEED = """
    WITH made AS (
        INSERT INTO incident (
               id, number, version, state, state_since, updated_at, task_type, task_type_version, emergency,
               filing_condition, closing_condition, closing_condition_en, longitude_deg, latitude_deg, accuracy_m,
               grid_code, area_path, source, department_code, reporter, handler, solver, checker, reported_at,
               provisional, signal, overdue, sign_missed_count, leg_sequence, loop_level, leg_receiver,
               leg_received_at, leg_reply, loop_due_at, return_count, rework_count, rating, rating_comment)
        SELECT gen_random_uuid(), 'bench-' || n, 1, 'reported', %(at)s, %(at)s, 'exposed_garbage', 1, false, '', '', '',
               119.8, 38.5, 0, '999102001001001', '999100.999102.999102001.999102001001.999102001001001', 'resident',
               'D07', 'resident-1', '', '', '', %(at)s, false, 'green', false, 0, 1, 1, 'P-999102001001001', %(at)s, '',
               %(at)s + make_interval(secs => n * 0.01), 0, 0, 0, ''
          FROM generate_series(1, %(cases)s) AS n
        RETURNING id, loop_due_at
    ), told AS (
        INSERT INTO dossier (incident_id, description, place, form_answers, terminal_id, evidence, route)
        SELECT id, '楼下垃圾桶满了', '松风路3号', '', '', '[]', '{}' FROM made
    ), lines AS (
        INSERT INTO history (incident_id, sequence, event, to_state, actor, role, receiver, opinion, at, elapsed_s,
                             overdue, evidence)
        SELECT id, 1, 'report', 'reported', 'resident-1', 'reporter', 'P', 'x', %(at)s, 0, false, '[]' FROM made
    ), legs AS (
        INSERT INTO leg (incident_id, sequence, loop_level, receiver, received_at, reply)
        SELECT id, 1, 1, 'P-999102001001001', %(at)s, '' FROM made
    )
    INSERT INTO timer (incident_id, rung, due_at, try_at) SELECT id, 'loop_1', loop_due_at, loop_due_at FROM made
"""

#: How far from its place by age a case was raised; workers take batches side by side.
ORDER = """
    SELECT max(abs(fired - due))
      FROM (SELECT row_number() OVER (ORDER BY o.inserted) AS fired, row_number() OVER (ORDER BY split_part(i.number, '-', 2)::integer) AS due
              FROM outbox AS o
              JOIN incident AS i ON i.id::text = o.subject
             WHERE o.type = 'case_escalated') AS turns
"""


def main() -> None:
    """Fill, fire, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=3)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = servers.start_postgres(Path(folder))
        try:
            dsn = _database(server)
            _measure(server, dsn, wanted.cases, wanted.workers)
        finally:
            server.stop()


def _database(server: servers.PostgresServer) -> str:
    server.create_database("bench")
    server.create_schemas("bench", ["incidents"])
    dsn = server.dsn("bench", "incidents")
    migrate(dsn, *PACKAGES)
    return dsn


def _measure(server: servers.PostgresServer, dsn: str, cases: int, count: int) -> None:
    now = SystemClock().now()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SEED, {"at": now - timedelta(days=1), "cases": cases})
        connection.execute("VACUUM ANALYZE")
        begun = time.monotonic()
        connection.execute("UPDATE incident SET loop_level = loop_level, revision = revision + 1")
        print(f"a plain UPDATE of {cases:,} rows: {time.monotonic() - begun:.1f} s")
        connection.execute("VACUUM ANALYZE")
        command = [sys.executable, "-m", "tests.integration.incidents.timer_worker", dsn, now.isoformat()]
        workers = [
            subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) for _ in range(count)
        ]
        try:
            before = _wait(connection, 1, time.monotonic() + 120)
            begun = time.monotonic()
            worked_s = sum(_cpu_s(worker.pid) for worker in workers)
            stored_s = _cpu_s(server.leashed.process.pid)
            _wait(connection, cases, begun + 1_200)
            wall_s = time.monotonic() - begun
            worked_s = sum(_cpu_s(worker.pid) for worker in workers) - worked_s
            stored_s = _cpu_s(server.leashed.process.pid) - stored_s
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        row = connection.execute("SELECT count(*), count(DISTINCT subject) FROM outbox WHERE type = 'case_escalated'")
        raised = row.fetchone()
        moved = connection.execute(ORDER).fetchone()
    fired = cases - before
    print(
        f"{fired:,} overdue cases by {count} workers: {wall_s:.1f} s, {fired / wall_s:,.0f}/s (aim 1,667); CPU a case: "
        f"workers {worked_s / fired * 1e6:.0f} µs, database {stored_s / fired * 1e6:.0f} µs"
    )
    print(f"raised {raised[0]:,} times, {raised[1]:,} cases" if raised else "nothing raised")
    print(f"oldest first: none more than {moved[0]:,} places from its turn" if moved else "no order")


def _cpu_s(pid: int) -> float:
    """CPU seconds so far of a process and all it started."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    used = [process.cpu_times() for process in family]
    return sum(times.user + times.system for times in used)


def _wait(connection: psycopg.Connection, wanted: int, until: float) -> int:
    while True:
        row = connection.execute("SELECT count(*) FROM outbox WHERE type = 'case_escalated'").fetchone()
        if row and row[0] >= wanted:
            return int(row[0])
        if time.monotonic() > until:
            raise TimeoutError(f"{row} of {wanted}")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
