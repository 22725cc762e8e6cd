"""Measures reading and checking in books of millions of rows."""

from __future__ import annotations

import random
import time

from services.platform.clock import SystemClock
from services.platform.database import open_database
from services.points.domain.ledger import POINTS, available
from services.points.store import audit
from services.points.store import ledger as store
from tests.bench.points.stand import Stand
from tests.bench.timing import closed_loop

READERS = 1000
PAGE = 50
#: A thousand people who each earned in turn, written past the function and yet as it would have: the count agrees.
ACCOUNTS = """
INSERT INTO account (owner, unit, kind, floor, balance, seq)
SELECT 'bench:source', 'points', 'source', -4611686018427387904, -%(rows)s::bigint, %(rows)s
 UNION ALL
SELECT 'bench:' || n, 'points', 'available', 0, %(each)s, %(each)s FROM generate_series(0, %(people)s - 1) AS n
RETURNING id
"""
#: In the order of their ids without sorting; the people's accounts follow one another, from the second of the new ones.
FILL = """
WITH moved AS (UPDATE head SET last = last + %(rows)s RETURNING last - %(rows)s AS base)
INSERT INTO transfer (key, id, debit, credit, amount, debit_seq, debit_after, credit_seq, credit_after, at, reason, cause)
SELECT (lpad(to_hex(1700000000000 + r), 12, '0') || '-8000-8000-000000000001')::text::uuid, moved.base + r,
       %(source)s, %(source)s + 1 + (r - 1) %% %(people)s, 1, r, -r, (r - 1) / %(people)s + 1, (r - 1) / %(people)s + 1,
       now(), 'ORDER_SERVED', 'order-' || r
  FROM moved CROSS JOIN generate_series(1::bigint, %(rows)s::bigint) AS r
"""
#: Millions of rows come in faster without the indexes, which are then made anew as they were.
BARE = """
ALTER TABLE transfer DROP CONSTRAINT transfer_key, DROP CONSTRAINT transfer_debit_line,
                     DROP CONSTRAINT transfer_credit_line
"""
WHOLE = """
ALTER TABLE transfer ADD CONSTRAINT transfer_key PRIMARY KEY (key),
                     ADD CONSTRAINT transfer_debit_line UNIQUE (debit, debit_seq),
                     ADD CONSTRAINT transfer_credit_line UNIQUE (credit, credit_seq)
"""


def fill(stand: Stand, *, rows: int) -> None:
    """Books of so many rows; says how long that took."""
    began = time.perf_counter()
    with stand.connect() as connection:
        for setting in (
            "search_path = ledger, public",
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '1GB'",
        ):
            connection.execute(f"SET {setting}".encode())
        values = {"rows": rows, "each": rows // READERS, "people": READERS}
        ids = [row[0] for row in connection.execute(ACCOUNTS, values).fetchall()]
        assert ids == list(range(ids[0], ids[0] + READERS + 1)), "somebody else made accounts meanwhile"
        connection.execute(BARE)
        connection.execute(FILL, {**values, "source": ids[0]})
        connection.execute(WHOLE)
        connection.execute("VACUUM (ANALYZE) transfer")
        connection.execute("VACUUM (ANALYZE) account")
        connection.execute("CHECKPOINT")
    print(f"{rows:,} rows brought in within {time.perf_counter() - began:.0f} s")


async def measure(stand: Stand, *, rows: int) -> None:
    """Balance, page and count."""
    rows -= rows % READERS
    fill(stand, rows=rows)
    database = await open_database(stand.dsn, service="bench", connections_max=4)

    async def balance(_: int) -> object:
        async with database.connection() as reader:
            return await store.balances_of(reader, f"bench:{random.randrange(READERS)}", POINTS)

    async def page(_: int) -> object:
        account = available(f"bench:{random.randrange(READERS)}")
        before = random.randrange(PAGE, rows // READERS + 1)
        async with database.connection() as reader:
            return await store.list_entries(reader, account, before=before, size=PAGE)

    async def whole(number: int) -> object:
        """All a statement says: balances, what expires, one page."""
        async with database.connection() as reader:
            await store.validity_of(reader, f"bench:{random.randrange(READERS)}")
        return await balance(number), await page(number)

    for name, call in (
        (f"balance among {rows:,} rows", balance),
        (f"page of {PAGE} among {rows:,} rows", page),
        (f"whole statement among {rows:,} rows", whole),
    ):
        print((await closed_loop(name, call, callers=4, seconds=2)).line())
    counted = began = time.perf_counter()
    async with database.transaction() as transaction:
        found = await audit.audit(transaction)
    elapsed_s = time.perf_counter() - began
    print(f"full count: {elapsed_s * 1e6 / found.transfers:.1f} µs a row, {len(found.faults)} faults")
    began = time.perf_counter()
    while True:
        async with database.transaction() as transaction:
            sealed = await store.seal_more(transaction, size=50_000, at=SystemClock().now())
        if sealed is None:
            break
    print(f"sealing: {(time.perf_counter() - began) * 1e6 / found.transfers:.1f} µs a row")
    print(f"verifier, all together: {(time.perf_counter() - counted) * 1e6 / found.transfers:.1f} µs a row")
    await database.close()
