"""Whatever guard of the books is taken away and whatever is done then, the count finds it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import conninfo

from services.platform.clock import ManualClock
from services.points.domain.books import credit
from services.points.domain.ledger import EPOCH, Leg, Sort, available, held, key_for
from services.points.store.audit import FULL_CHECKS
from tests.integration.points.conftest import fresh_database, opened
from tests.support.servers import PostgresServer

EARNED = credit(key="first-credit", owner="a", amount=10, reason="TEST", cause="1")
SET_ASIDE = Leg(
    key=key_for(EPOCH, "hold"),
    debit=available("a"), credit=held("a"), amount=4, reason="TEST", cause="h", sort=Sort.HOLD,
)  # fmt: skip
FETCHED = Leg(
    key=key_for(EPOCH, "end"), debit=held("a"), credit=available("b"), amount=4, reason="TEST", cause="e",
    sort=Sort.RESOLVE, ref=SET_ASIDE.key,
)  # fmt: skip
ID = {"a": "(SELECT id FROM account WHERE owner = 'a' AND kind = 'available')",
      "held": "(SELECT id FROM account WHERE owner = 'a' AND kind = 'held')",
        "mint": "(SELECT id FROM account WHERE owner = 'system:mint')"}  # fmt: skip
COLUMNS = (
    "key, id, debit, credit, amount, debit_seq, debit_after, credit_seq, credit_after, at, expires_on, reason, cause"
)


def again(**changes: str) -> str:
    """The first transfer once more, with some columns changed."""
    parts = {name.strip(): f"t.{name.strip()}" for name in COLUMNS.split(",")}
    parts |= {"id": "(SELECT last FROM head) + 1"} | changes
    return f"INSERT INTO transfer ({COLUMNS}) SELECT {', '.join(parts.values())} FROM transfer AS t WHERE t.key = '{EARNED.key}'"


def drop(table: str, constraint: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint} CASCADE"


NEW_KEY = "gen_random_uuid()"
CASES: list[tuple[str, list[str], str]] = [
    ("transfer_key", [drop("transfer", "transfer_key"), again(debit_seq="99", credit_seq="99")], "key_repeated"),
    ("transfer_debit_line", [drop("transfer", "transfer_debit_line"), again(key=NEW_KEY, credit_seq="99")], "key_repeated"),
    ("transfer_credit_line", [drop("transfer", "transfer_credit_line"), again(key=NEW_KEY, debit_seq="99")], "key_repeated"),
    ("transfer_moves_something", [drop("transfer", "transfer_moves_something"),
                                  again(key=NEW_KEY, amount="0", debit_seq="99", credit_seq="99")], "transfer_wrong"),
    ("transfer_leads_elsewhere", [drop("transfer", "transfer_leads_elsewhere"),
                                  again(key=NEW_KEY, debit="t.credit", debit_seq="98", credit_seq="99")], "transfer_wrong"),
    ("account_id", [drop("account", "account_id"),
                    "INSERT INTO account (id, owner, unit, kind) OVERRIDING SYSTEM VALUE SELECT id, 'z', 'points', 'available' FROM account WHERE owner = 'b'"], "balance_wrong"),
    ("account_name", [drop("account", "account_name"),
                      "INSERT INTO account (owner, unit, kind) VALUES ('a', 'points', 'available')"], "key_repeated"),
    ("account_named", [drop("account", "account_named"),
                       "INSERT INTO account (owner, unit, kind) VALUES ('', 'points', 'available')"], "balance_too_low"),
    ("account_not_below_floor", [drop("account", "account_not_below_floor"),
                                 "UPDATE account SET balance = -1 WHERE owner = 'b'"], "balance_too_low"),
    ("account_floor_fits_kind", [drop("account", "account_floor_fits_kind"),
                                 "UPDATE account SET floor = -9 WHERE owner = 'b'"], "balance_too_low"),
    ("account_debt_is_owed", [drop("account", "account_debt_is_owed"),
                              "INSERT INTO account (owner, unit, kind, balance) VALUES ('d', 'points', 'debt', 3)"], "balance_too_low"),
    ("hold_key", [drop("hold", "hold_key"), drop("hold", "hold_whole"),
                  "INSERT INTO hold (key, account, origin, amount, cause) SELECT key, account, origin, amount, cause FROM hold"],
     "resolution_wrong"),
    ("hold_whole", [drop("hold", "hold_whole"), "UPDATE hold SET amount = 5"], "resolution_wrong"),
    ("resolution_once", [drop("resolution", "resolution_once"), drop("resolution", "resolution_transfer"),
                         "INSERT INTO resolution SELECT * FROM resolution"], "resolution_wrong"),
    ("resolution_transfer", [drop("resolution", "resolution_transfer"),
                             "INSERT INTO resolution SELECT gen_random_uuid(), account, amount, transfer FROM resolution"],
     "resolution_wrong"),
    ("resolution_of_hold", [drop("resolution", "resolution_of_hold"),
                            f"INSERT INTO resolution SELECT gen_random_uuid(), {ID['held']}, 4, gen_random_uuid()"], "resolution_wrong"),
    ("reversal_once", [drop("reversal", "reversal_once"), "INSERT INTO reversal SELECT original, gen_random_uuid() FROM reversal"],
     "resolution_wrong"),
    ("reversal_transfer", [drop("reversal", "reversal_transfer"),
                           "INSERT INTO reversal SELECT gen_random_uuid(), transfer FROM reversal"], "resolution_wrong"),
    ("seal_upto", [drop("seal", "seal_upto"), "INSERT INTO seal SELECT * FROM seal"], "seal_broken"),
    ("transfer_stays", [f"UPDATE transfer SET amount = 9, debit_after = -9, credit_after = 9 WHERE key = '{EARNED.key}'"], "seal_broken"),
    ("transfer_stays: its words", [f"UPDATE transfer SET reason = 'GIFT' WHERE key = '{EARNED.key}'"], "seal_broken"),
    ("transfer_stays: removed", [f"DELETE FROM transfer WHERE key = '{EARNED.key}'"], "line_wrong"),
    ("transfer_stays: the newest removed", ["DELETE FROM transfer WHERE id = (SELECT max(id) FROM transfer)"], "balance_wrong"),
    ("account_stays", ["DELETE FROM account WHERE owner = 'b'"], "transfer_wrong"),
    ("account_keeps_its_name", ["UPDATE account SET unit = 'minutes' WHERE owner = 'b'"], "transfer_wrong"),
    ("take_books", ["UPDATE account SET balance = balance + 1 WHERE owner = 'a' AND kind = 'available'"], "balance_wrong"),
    ("hold_stays", ["DELETE FROM hold"], "resolution_wrong"),
    ("resolution_stays", ["DELETE FROM resolution"], "hold_wrong"),
    ("seal_stays", ["DELETE FROM seal WHERE upto = (SELECT min(upto) FROM seal)"], "seal_broken"),
]  # fmt: skip


@pytest.fixture(scope="module")
def books(postgres: PostgresServer, points_template: str) -> str:
    """Books with one of everything, sealed in two steps and found right; the administrator's way in."""
    dsn = fresh_database(postgres, points_template)

    async def fill() -> None:
        async with opened(dsn, postgres, ManualClock(datetime(2026, 3, 2, tzinfo=UTC))) as ledger:
            await ledger.post((EARNED,))
            await ledger.points.keeper.step()
            await ledger.post((SET_ASIDE,))
            await ledger.post((FETCHED,))
            taken_back = credit(key="taken-back", owner="c", amount=5, reason="TEST", cause="2")
            await ledger.post((taken_back,))
            await ledger.points.ledger.reverse(taken_back.key, cause="3")
            assert (await ledger.points.keeper.step()).faults == ()
            assert (await ledger.verify()).faults == ()

    with asyncio.Runner() as runner:
        runner.run(fill())
    return postgres.dsn(str(conninfo.conninfo_to_dict(dsn)["dbname"]))


def faults_after(admin_dsn: str, deeds: list[str]) -> set[str]:
    """What the count would find after some deeds past all guards, which are then undone."""
    with psycopg.connect(admin_dsn) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET search_path = ledger, public")
        for deed in deeds:
            connection.execute(deed.encode())
        everything = {"after": 0, "upto": 1 << 62}
        found = {kind for kind, check in FULL_CHECKS if connection.execute(check, everything).fetchone() is not None}
        connection.rollback()
    return found


@pytest.mark.parametrize(("guard", "deeds", "kind"), CASES, ids=[case[0] for case in CASES])
def test_without_a_guard_the_count_still_finds_what_was_done(
    books: str, guard: str, deeds: list[str], kind: str
) -> None:
    assert kind in faults_after(books, deeds)
    assert faults_after(books, []) == set()


def test_every_constraint_of_the_books_has_its_case(books: str) -> None:
    with psycopg.connect(books) as connection:
        rows = connection.execute(
            """SELECT conname FROM pg_constraint AS c JOIN pg_namespace AS n ON n.oid = c.connamespace
                WHERE n.nspname = 'ledger' AND c.contype <> 'n' AND conname NOT LIKE 'migration%'"""
        ).fetchall()
    tried = {case[0] for case in CASES if "stays" not in case[0]} - {"account_keeps_its_name", "take_books"}
    assert {name for (name,) in rows} - {"head_one", "head_is_one"} == tried
