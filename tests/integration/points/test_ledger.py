"""The books on a real PostgreSQL: once is once, nobody spends what is not there, nothing is changed afterwards."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from services.platform.errors import Exhausted, Unavailable
from services.platform.ids import uuid7
from services.points.actions.batcher import BATCH_LEGS_MAX, WRITERS, Batcher, Lane
from services.points.actions.carryover import CarryOver
from services.points.actions.keeper import Keeper
from services.points.domain.books import credit
from services.points.domain.errors import BalanceInsufficient, BooksClosed, HoldResolved, TransferKeyReused
from services.points.domain.ledger import (
    EPOCH,
    MINT,
    POINTS,
    SPENT,
    Account,
    Group,
    Leg,
    Outcome,
    Sort,
    available,
    held,
    key_for,
    minutes,
)
from services.points.store.ledger import Ledger as Books
from tests.integration.points.conftest import Ledger, insist

TEN = credit(key="case-rated:1", owner="resident:1", amount=10, reason="CASE_RATED", cause="1")
SHOP = Account("shop", POINTS, "available")


def move(key: str, debit: Account, to: Account, amount: int, **more: object) -> Leg:
    leg = Leg(key=key_for(EPOCH, key), debit=debit, credit=to, amount=amount, reason="TEST", cause=key)
    return replace(leg, **more)  # type: ignore[arg-type]


def hold(key: str, owner: str, amount: int) -> Leg:
    return move(key, available(owner), held(owner), amount, sort=Sort.HOLD)


def resolve(key: str, of: Leg, to: Account) -> Leg:
    return move(key, of.credit, to, of.amount, sort=Sort.RESOLVE, ref=of.key)


async def outcomes(ledger: Ledger, *groups: Group) -> list[list[Outcome]]:
    return [[receipt.outcome for receipt in group] for group in await ledger.post(*groups)]


async def test_a_hundred_credits_with_one_key_are_one_transfer(ledger: Ledger) -> None:
    receipts = await asyncio.gather(*(ledger.points.ledger.credit(TEN) for _ in range(100)))
    assert {receipt.credit_after for receipt in receipts} == {10}
    assert await ledger.points.ledger.balance("resident:1") == 10
    assert await ledger.value("SELECT count(*) FROM ledger.transfer") == 1
    assert await ledger.value("SELECT count(*) FROM outbox WHERE type = 'points_credited'") == 1


async def test_a_hundred_clients_of_several_processes_with_one_key_are_one_transfer(ledger: Ledger) -> None:
    answers = await asyncio.gather(*(insist(lambda: outcomes(ledger, (TEN,))) for _ in range(100)))
    told = [answer[0][0] for answer in answers]
    assert (told.count(Outcome.POSTED), told.count(Outcome.EXISTS)) == (1, 99)
    assert await ledger.points.ledger.balance("resident:1") == 10


async def test_a_key_used_for_something_else_is_refused(ledger: Ledger) -> None:
    await ledger.points.ledger.credit(TEN)
    others = [
        replace(TEN, amount=11),
        replace(TEN, credit=available("resident:2")),
        replace(TEN, reason="OTHER"),
        replace(TEN, cause="2"),
    ]
    for other in others:
        with pytest.raises(TransferKeyReused):
            await ledger.points.ledger.credit(other)
    assert await ledger.value("SELECT count(*) FROM ledger.transfer") == 1


async def test_one_call_holds_a_key_twice_and_the_second_finds_the_first(ledger: Ledger) -> None:
    other = move("spend", available("resident:1"), SHOP, 4)
    assert await outcomes(ledger, (TEN,), (other,), (TEN,), (replace(TEN, amount=9),), (other, other)) == [
        [Outcome.POSTED],
        [Outcome.POSTED],
        [Outcome.EXISTS],
        [Outcome.DIFFERS],
        [Outcome.INVALID, Outcome.INVALID],
    ]


async def test_one_that_fails_harms_no_other(ledger: Ledger) -> None:
    await ledger.credit("a", 10)
    told = await outcomes(
        ledger,
        (move("1", available("a"), SHOP, 6),),
        (move("2", available("a"), SHOP, 6),),
        (move("3", available("a"), SHOP, 4),),
        (move("4", available("a"), minutes("a"), 1),),
        (move("5", MINT, available("b"), 1),),
    )
    assert [group[0] for group in told] == [
        Outcome.POSTED,
        Outcome.INSUFFICIENT,
        Outcome.POSTED,
        Outcome.INVALID,
        Outcome.POSTED,
    ]
    assert (await ledger.verify()).faults == ()


async def test_a_group_happens_whole_or_not_at_all(ledger: Ledger) -> None:
    await ledger.credit("a", 10)
    group = (move("1", available("a"), SHOP, 6), move("2", available("b"), SHOP, 1), move("3", available("a"), SHOP, 1))
    assert await outcomes(ledger, group) == [[Outcome.LINKED_FAILED, Outcome.INSUFFICIENT, Outcome.LINKED_FAILED]]
    assert await ledger.points.ledger.balance("a") == 10
    good = (move("1", available("a"), SHOP, 6), move("4", available("a"), SHOP, 4))
    assert await outcomes(ledger, good, good[:1], (*good, move("5", MINT, SHOP, 1))) == [
        [Outcome.POSTED, Outcome.POSTED],
        [Outcome.EXISTS],
        [Outcome.DIFFERS, Outcome.LINKED_FAILED, Outcome.LINKED_FAILED],
    ]
    assert await outcomes(ledger, good) == [[Outcome.EXISTS, Outcome.EXISTS]]


async def test_a_hold_is_settled_once_whoever_comes_first(ledger: Ledger) -> None:
    await ledger.credit("a", 10)
    held_seven = hold("hold", "a", 7)
    assert await outcomes(ledger, (held_seven,)) == [[Outcome.POSTED]]
    ends = [
        resolve(name, held_seven, to) for name, to in (("fulfil", SPENT), ("cancel", available("a")), ("late", SPENT))
    ]
    told = await asyncio.gather(*(outcomes(ledger, (end,)) for end in ends))
    assert sorted(answer[0][0] for answer in told) == [Outcome.POSTED, Outcome.RESOLVED, Outcome.RESOLVED]
    balances = await ledger.points.ledger.balances("a")
    assert balances["held"] == 0
    assert (await ledger.verify()).faults == ()


async def test_two_ends_of_one_hold_in_one_batch_are_one(ledger: Ledger) -> None:
    await ledger.credit("a", 10)
    held_seven = hold("hold", "a", 7)
    await ledger.post((held_seven,))
    fulfil, cancel = resolve("fulfil", held_seven, SPENT), resolve("cancel", held_seven, available("a"))
    assert await outcomes(ledger, (fulfil,), (cancel,)) == [[Outcome.POSTED], [Outcome.RESOLVED]]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"amount": 6}, Outcome.INVALID),
        ({"debit": available("a")}, Outcome.INVALID),
        ({"ref": UUID(int=7)}, Outcome.UNKNOWN),
    ],
)
async def test_a_hold_is_settled_from_its_own_pocket_and_whole(
    ledger: Ledger, wrong: dict[str, object], told: Outcome
) -> None:
    await ledger.credit("a", 20)
    held_seven = hold("hold", "a", 7)
    await ledger.post((held_seven,))
    end = replace(resolve("end", held_seven, SPENT), **wrong)  # type: ignore[arg-type]
    assert await outcomes(ledger, (end,)) == [[told]]


async def test_nobody_spends_what_they_do_not_have(ledger: Ledger) -> None:
    await ledger.credit("a", 10)
    spending = [move(f"spend-{n}", available("a"), SHOP, 10) for n in range(20)]
    told = await asyncio.gather(*(outcomes(ledger, (leg,)) for leg in spending))
    assert [answer[0][0] for answer in told].count(Outcome.POSTED) == 1
    assert await ledger.points.ledger.balance("shop") == 10
    with pytest.raises(BalanceInsufficient):
        await ledger.points.ledger.credit(move("more", available("a"), SHOP, 1))


async def test_two_writers_on_the_same_accounts_never_wait_in_a_ring(ledger: Ledger) -> None:
    people = [f"p{n}" for n in range(6)]
    await asyncio.gather(*(ledger.credit(person, 1000) for person in people))
    other = Batcher(database=ledger.database, ledger=Books(), clock=ledger.clock)
    writer = asyncio.create_task(other.run())
    pairs = itertools.permutations(people, 2)
    legs = [move(f"{n}", available(a), available(b), 1 + n % 9) for n, (a, b) in enumerate(pairs)]
    batchers = itertools.cycle((other, ledger.points.ledger.batcher))
    await asyncio.gather(*(batcher.post((leg,)) for leg, batcher in zip(legs * 2, batchers, strict=False)))
    writer.cancel()
    audit = await ledger.verify()
    assert (audit.faults, audit.transfers) == ((), len(legs) + 6)


async def test_a_credit_is_taken_back_once_and_what_was_spent_is_owed(ledger: Ledger) -> None:
    await ledger.points.ledger.credit(TEN)
    await ledger.post((move("spend", available("resident:1"), SHOP, 7),))
    receipts = await ledger.points.ledger.reverse(TEN.key, cause="appeal:1")
    assert [(r.leg.debit.kind, r.leg.amount) for r in receipts] == [("available", 3), ("debt", 7)]
    with pytest.raises(HoldResolved):
        await ledger.points.ledger.reverse(TEN.key, cause="appeal:1")
    assert await ledger.points.ledger.balances("resident:1") == {"available": 0, "debt": -7}
    await ledger.credit("resident:1", 5)
    assert await ledger.points.ledger.collect_debts() == 5
    await ledger.credit("resident:1", 6)
    assert await ledger.points.ledger.collect_debts() == 2
    assert await ledger.points.ledger.collect_debts() == 0
    assert await ledger.points.ledger.balances("resident:1") == {"available": 4, "debt": 0}
    assert (await ledger.verify()).faults == ()


async def test_points_expire_the_oldest_first_and_held_ones_wait(ledger: Ledger) -> None:
    today = ledger.clock.now().date()
    old = replace(TEN, expires_on=today)
    young = replace(credit(key="young", owner="resident:1", amount=20, reason="TEST", cause="y"),
                    expires_on=today + timedelta(days=31))  # fmt: skip
    await ledger.post((old,), (young,))
    eight = hold("hold", "resident:1", 8)
    await ledger.post((eight,))
    assert await ledger.points.ledger.expire(today - timedelta(days=1)) == 0
    assert await ledger.points.ledger.expire(today) == 2
    assert await ledger.points.ledger.expire(today) == 0
    await ledger.post((resolve("cancel", eight, available("resident:1")),))
    assert await ledger.points.ledger.expire(today) == 8
    assert await ledger.points.ledger.balance("resident:1") == 20
    assert await ledger.points.ledger.expire(today + timedelta(days=31)) == 20
    assert (await ledger.verify()).faults == ()


async def test_a_batch_of_a_job_does_not_hold_up_people(ledger: Ledger) -> None:
    batcher = ledger.points.ledger.batcher
    job = asyncio.gather(
        *(batcher.post((move(f"job-{n}", MINT, available(f"v{n % 50}"), 1),), lane=Lane.BULK) for n in range(6000))
    )
    await asyncio.sleep(0)
    await batcher.post((TEN,))
    await job
    before = await ledger.value(
        f"SELECT count(*) FROM ledger.transfer WHERE id < (SELECT id FROM ledger.transfer WHERE key = '{TEN.key}')"
    )
    assert before <= (WRITERS + 1) * BATCH_LEGS_MAX, "the batches that were under way, and at most a part of one's own"
    assert await ledger.value("SELECT count(*) FROM ledger.transfer") == 6001


async def test_what_waited_too_long_is_told_so_and_not_posted(ledger: Ledger) -> None:
    idle = Batcher(database=ledger.database, ledger=Books(), clock=ledger.clock)
    late = asyncio.create_task(idle.post((TEN,), timeout_s=-1.0))
    await asyncio.sleep(0)
    writer = asyncio.create_task(idle.run())
    with pytest.raises(Unavailable):
        await late
    writer.cancel()
    assert await ledger.value("SELECT count(*) FROM ledger.transfer") == 0


async def test_more_than_can_wait_is_refused_at_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.points.actions.batcher.WAITING_MAX", 2)
    idle = Batcher(database=ledger.database, ledger=Books(), clock=ledger.clock)
    waiting = [asyncio.create_task(idle.post((move(f"{n}", MINT, SHOP, 1),))) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Exhausted):
        await waiting[2]
    for task in waiting:
        task.cancel()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger.account (owner, unit, kind) VALUES ('x', 'points', 'available')",
        "UPDATE ledger.account SET balance = balance + 1",
        "DELETE FROM ledger.account",
        "UPDATE ledger.transfer SET amount = 1",
        "DELETE FROM ledger.transfer",
        "TRUNCATE ledger.transfer",
        "DELETE FROM ledger.hold",
        "UPDATE ledger.head SET last = 0",
        "SELECT ledger.reopen_books()",
        "DELETE FROM ledger.seal",
        "DROP TABLE ledger.transfer",
        "SET ROLE ledger",
    ],
)
async def test_the_service_itself_may_only_read_and_post(ledger: Ledger, statement: str) -> None:
    await ledger.points.ledger.credit(TEN)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(ledger.dsn) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfer SET amount = 1",
        "DELETE FROM transfer",
        "TRUNCATE transfer",
        "DELETE FROM hold",
        "DELETE FROM account",
        "UPDATE account SET owner = 'me'",
        "UPDATE account SET floor = -5",
        "DELETE FROM seal",
    ],
)
async def test_not_even_the_owner_of_the_books_changes_them(ledger: Ledger, statement: str) -> None:
    await ledger.points.ledger.credit(TEN)
    with pytest.raises(psycopg.errors.RestrictViolation), psycopg.connect(ledger.owner_dsn) as connection:
        connection.execute(statement.encode())


async def test_no_balance_goes_below_its_floor_even_past_the_function(ledger: Ledger) -> None:
    await ledger.points.ledger.credit(TEN)
    with pytest.raises(psycopg.errors.CheckViolation), psycopg.connect(ledger.owner_dsn) as connection:
        connection.execute("UPDATE account SET balance = -1 WHERE owner = 'resident:1'")


async def test_books_found_wrong_take_no_more_writes_and_are_still_read(ledger: Ledger) -> None:
    await ledger.points.ledger.credit(TEN)
    assert (await ledger.points.keeper.step()).faults == ()
    ledger.tamper("UPDATE account SET balance = 12 WHERE owner = 'resident:1'")
    await ledger.points.ledger.credit(replace(TEN, key=key_for(EPOCH, "other")))
    audit = await ledger.points.keeper.step()
    assert "balance_wrong" not in {fault.kind for fault in audit.faults}
    assert {fault.kind for fault in audit.faults} >= {"line_wrong", "unit_not_zero"}
    with pytest.raises(BooksClosed):
        await ledger.points.ledger.credit(replace(TEN, key=key_for(EPOCH, "third")))
    assert await ledger.points.ledger.balance("resident:1") == 22


async def test_groups_that_do_not_touch_each_other_may_come_in_any_order(ledger: Ledger) -> None:
    told = []
    for seed in range(4):
        groups: list[Group] = []
        for n in range(30):
            one, two, key = f"{seed}-a{n}", f"{seed}-b{n}", f"{seed}/{n}"
            groups.append(
                (
                    move(f"{key}/1", MINT, available(one), 9),
                    move(f"{key}/2", available(one), available(two), n % 12 + 1),
                )
            )
        random.Random(seed).shuffle(groups)
        await ledger.post(*groups)
        told.append([await ledger.points.ledger.balance(f"{seed}-{side}{n}") for n in range(30) for side in "ab"])
    assert told[1:] == told[:1] * 3
    assert (await ledger.verify()).faults == ()


async def test_a_clock_that_jumps_forward_and_back_expires_nothing_twice(ledger: Ledger) -> None:
    today = ledger.clock.now()
    await ledger.post((replace(TEN, expires_on=today.date() + timedelta(days=700)),))
    keeper = ledger.points.keeper
    for days, left in ((0, 10), (699, 10), (-3, 10), (700, 0), (-400, 0), (701, 0), (9000, 0)):
        ledger.clock.set(today + timedelta(days=days))
        assert (await keeper.step()).faults == ()
        assert await ledger.points.ledger.balance("resident:1") == left
    assert await ledger.value("SELECT count(*) FROM ledger.transfer") == 2


async def test_credits_of_the_first_release_are_brought_over_once(ledger: Ledger) -> None:
    with psycopg.connect(ledger.dsn) as connection:
        for number in range(3):
            connection.execute(
                "SELECT * FROM points.post_transfer(%s, %s, 'system:mint', 'resident:1', 'points', %s, 'CASE_RATED', 'x', now())",
                (uuid7(), f"case-rated:{number}", 5 + number),
            )
    carry_over = CarryOver(database=ledger.database, batcher=ledger.points.ledger.batcher)
    for _ in range(2):
        await carry_over.run()
        assert await ledger.points.ledger.balance("resident:1") == 18
    again = credit(key="case-rated:1", owner="resident:1", amount=6, reason="CASE_RATED", cause="x")
    assert (await ledger.points.ledger.credit(again)).outcome is Outcome.EXISTS
    assert await ledger.points.ledger.balance("resident:1") == 18


async def test_after_a_start_counting_goes_on_at_the_seals_and_a_new_day_counts_all(ledger: Ledger) -> None:
    await ledger.points.ledger.credit(TEN)
    assert (await ledger.points.keeper.step()).transfers == 1
    await ledger.points.ledger.credit(replace(TEN, key=key_for(EPOCH, "second")))
    again = Keeper(actions=ledger.points.ledger)
    assert (await again.step()).transfers == 1
    ledger.tamper("UPDATE transfer SET reason = 'GIFT' WHERE id = 1")
    assert (await again.step()).faults == ()
    ledger.clock.advance(timedelta(days=1))
    assert {fault.kind for fault in (await again.step()).faults} == {"seal_broken"}


async def test_what_is_held_until_a_moment_goes_back_when_nobody_settled_it(ledger: Ledger) -> None:
    await ledger.credit("a", 10)
    until = ledger.clock.now() + timedelta(hours=1)
    late, settled = (replace(hold(name, "a", 4), hold_until=until) for name in ("late", "settled"))
    await ledger.post((late,), (settled,))
    await ledger.post((resolve("end", settled, SPENT),))
    assert await ledger.points.ledger.give_back_late_holds() == 0
    ledger.clock.advance(timedelta(hours=1))
    assert [await ledger.points.ledger.give_back_late_holds() for _ in range(2)] == [1, 0]
    assert await ledger.points.ledger.balances("a") == {"available": 6, "held": 0}
    assert await outcomes(ledger, (resolve("too-late", late, SPENT),)) == [[Outcome.RESOLVED]]
