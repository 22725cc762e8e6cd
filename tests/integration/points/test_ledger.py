"""The ledger on a real PostgreSQL: once is once, nothing is changed afterwards, and what was tampered with is found."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest

from services.platform.ids import uuid7
from services.points import store
from services.points.domain import MINT, BalanceInsufficient, Posting, Transfer, TransferKeyReused, credit
from tests.integration.points.conftest import Ledger

TEN = credit(key="case-rated:1", owner="resident:1", amount=10, reason="CASE_RATED", cause="1")


async def test_a_hundred_credits_with_one_key_are_one_transfer(ledger: Ledger) -> None:
    transfers = await asyncio.gather(*(ledger.actions.credit_account(TEN) for _ in range(100)))
    assert len({transfer.id for transfer in transfers}) == 1
    assert await ledger.actions.read_balance("resident:1") == 10
    assert await ledger.value("SELECT count(*) FROM transfer") == 1
    assert await ledger.value("SELECT count(*) FROM outbox") == 1


async def test_a_key_used_for_something_else_is_refused(ledger: Ledger) -> None:
    await ledger.actions.credit_account(TEN)
    others = [
        replace(TEN, amount=11),
        replace(TEN, credit_owner="resident:2"),
        replace(TEN, reason="OTHER"),
        replace(TEN, cause="2"),
        replace(TEN, debit_owner="resident:3"),
    ]
    for other in others:
        with pytest.raises(TransferKeyReused):
            await ledger.actions.credit_account(other)
    assert await ledger.value("SELECT count(*) FROM transfer") == 1
    assert await ledger.actions.read_balance("resident:2") == 0


async def test_credits_from_many_sides_at_once_add_up(ledger: Ledger) -> None:
    await asyncio.gather(
        *(ledger.credit(f"resident:{n % 7}", 1 + n % 5, key=f"credit-{n}") for n in range(200)),
    )
    expected = {f"resident:{r}": sum(1 + n % 5 for n in range(200) if n % 7 == r) for r in range(7)}
    found = {owner: await ledger.actions.read_balance(owner) for owner in expected}
    assert found == expected
    assert await ledger.actions.read_balance(MINT) == -sum(expected.values())
    audit = await ledger.actions.verify()
    assert (audit.transfers, audit.faults) == (200, ())


async def move(ledger: Ledger, posting: Posting) -> Transfer:
    async with ledger.database.transaction() as transaction:
        posted = await store.post(transaction, posting, id=uuid7(), at=ledger.actions.clock.now())
        return posted.transfer


def a_move(key: str, debit: str, credit: str, amount: int) -> Posting:
    return Posting(key=key, debit_owner=debit, credit_owner=credit, amount=amount, reason="TEST", cause="test")


async def test_nobody_spends_what_they_do_not_have(ledger: Ledger) -> None:
    await ledger.credit("resident:1", 10)
    with pytest.raises(BalanceInsufficient):
        await move(ledger, a_move("spend-more", "resident:1", "shop:1", 11))
    await move(ledger, a_move("spend-all", "resident:1", "shop:1", 10))
    assert await ledger.actions.read_balance("resident:1") == 0
    assert (await ledger.actions.verify()).faults == ()


async def test_the_same_points_are_not_spent_twice_at_once(ledger: Ledger) -> None:
    await ledger.credit("resident:1", 10)
    answers = await asyncio.gather(
        *(move(ledger, a_move(f"spend-{n:03}", "resident:1", "shop:1", 10)) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(answer, Transfer) for answer in answers) == 1
    assert sum(isinstance(answer, BalanceInsufficient) for answer in answers) == 19
    assert await ledger.actions.read_balance("shop:1") == 10


async def test_two_who_pay_each_other_do_not_wait_for_each_other_for_ever(ledger: Ledger) -> None:
    await ledger.credit("resident:1", 1000)
    await ledger.credit("resident:2", 1000)
    there = [move(ledger, a_move(f"there-{n:04}", "resident:1", "resident:2", 1)) for n in range(100)]
    back = [move(ledger, a_move(f"back-{n:05}", "resident:2", "resident:1", 1)) for n in range(100)]
    await asyncio.gather(*there, *back)
    assert await ledger.actions.read_balance("resident:1") == 1000


async def test_a_credit_is_told_in_its_own_transaction(ledger: Ledger) -> None:
    await ledger.credit("resident:1", 10)
    assert await ledger.value("SELECT count(*) FROM outbox WHERE type='points_credited' AND subject='resident:1'") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfer SET amount = 1",
        "DELETE FROM transfer",
        "TRUNCATE transfer",
        "TRUNCATE account CASCADE",
        "DELETE FROM account",
        "UPDATE account SET owner = 'resident:2' WHERE owner = 'resident:1'",
        "UPDATE account SET kind = 'mint' WHERE owner = 'resident:1'",
        "UPDATE account SET balance = 1000 WHERE owner = 'resident:1'",
        "UPDATE account SET balance = balance + 5, sequence = sequence + 1 WHERE owner = 'resident:1'",
        "UPDATE account SET sequence = 7 WHERE owner = 'resident:1'",
    ],
)
async def test_the_books_are_only_added_to(ledger: Ledger, statement: str) -> None:
    await ledger.credit("resident:1", 10)
    with pytest.raises(psycopg.errors.RestrictViolation):
        async with ledger.database.transaction() as transaction:
            await transaction.execute(statement.encode())
    assert await ledger.actions.read_balance("resident:1") == 10
    assert (await ledger.actions.verify()).faults == ()


LAST = "(SELECT max(id::text)::uuid FROM transfer)"
ACCOUNT = "(SELECT id FROM account WHERE owner = 'resident:1')"


@pytest.mark.parametrize(
    ("statements", "kinds"),
    [
        (["UPDATE account SET balance = balance + 1 WHERE owner = 'resident:1'"], {"balance_wrong", "unit_not_zero"}),
        (["UPDATE account SET sequence = 9 WHERE owner = 'resident:1'"], {"count_wrong"}),
        (
            [f"UPDATE transfer SET amount = 11 WHERE id = {LAST}"],
            {"balance_wrong", "running_balance_wrong", "transfer_altered"},
        ),
        ([f"UPDATE transfer SET reason = 'GIFT' WHERE id = {LAST}"], {"transfer_altered"}),
        ([f"UPDATE transfer SET credit_after = 999 WHERE id = {LAST}"], {"running_balance_wrong"}),
        (
            [f"DELETE FROM transfer WHERE credit_account = {ACCOUNT} AND credit_sequence = 1"],
            {"balance_wrong", "count_wrong", "transfer_missing", "running_balance_wrong"},
        ),
        (
            # Somebody careful, who brings balances and running balances into line too.
            [
                f"UPDATE transfer SET amount = 1000, credit_after = 1010, debit_after = -1020 WHERE id = {LAST}",
                "UPDATE account SET balance = 1010 WHERE owner = 'resident:1'",
                "UPDATE account SET balance = -1020 WHERE owner = 'system:mint'",
            ],
            {"transfer_altered"},
        ),
        (["DELETE FROM account WHERE owner = 'resident:2'"], {"account_missing", "unit_not_zero"}),
        (["UPDATE account SET unit = 'hours' WHERE owner = 'resident:2'"], {"units_mixed", "unit_not_zero"}),
    ],
)
async def test_whatever_was_tampered_with_is_found(ledger: Ledger, statements: list[str], kinds: set[str]) -> None:
    await ledger.credit("resident:1", 10, key="first-one")
    await ledger.credit("resident:2", 10, key="other-one")
    await ledger.credit("resident:1", 20, key="second-one")
    assert (await ledger.actions.verify()).faults == ()
    ledger.tamper(*statements)
    assert {fault.kind for fault in (await ledger.actions.verify()).faults} == kinds


async def test_a_fault_names_the_account_and_both_figures(ledger: Ledger) -> None:
    await ledger.credit("resident:1", 10)
    ledger.tamper("UPDATE account SET balance = 12 WHERE owner = 'resident:1'")
    fault = next(fault for fault in (await ledger.actions.verify()).faults if fault.kind == "balance_wrong")
    assert (fault.subject, fault.expected, fault.found) == ("resident:1", "10", "12")


async def test_a_statement_is_paged_without_gap_or_repetition(ledger: Ledger) -> None:
    for number in range(1, 8):
        await ledger.credit("resident:1", number, key=f"credit-{number}")
        await ledger.credit("resident:2", number, key=f"other-{number}")
    seen: list[int] = []
    before: int | None = None
    while True:
        page = await ledger.actions.list_transfers("resident:1", before=before, size=3)
        seen += [entry.transfer.amount for entry in page.entries]
        if page.before is None:
            break
        before = page.before
        await ledger.credit("resident:1", 100, key=f"late-{before}")
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_a_statement_tells_the_balance_after_each_entry_of_the_one_it_is_for(ledger: Ledger) -> None:
    await ledger.credit("resident:1", 10)
    await move(ledger, a_move("spend-four", "resident:1", "shop:1", 4))
    page = await ledger.actions.list_transfers("resident:1", before=None, size=0)
    told = [(e.transfer.debit_owner, e.transfer.credit_owner, e.transfer.balance_after) for e in page.entries]
    assert told == [("resident:1", "shop:1", 6), (MINT, "resident:1", 10)]
