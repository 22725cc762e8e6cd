"""What points are worth, when they expire, and whose book is meant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.points.domain import books
from services.points.domain.errors import AccountHidden, AccountReserved, AmountInvalid
from services.points.domain.ledger import AMOUNT_MAX, MINT, PENALTY, Sort, available, key_for
from services.points.domain.validity import expires_after, today_in_city

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
KEY = UUID(int=1)
DAY = date(2026, 1, 31)


def test_points_come_from_the_mint() -> None:
    leg = books.reward(books.RatedCase(case_id="7", beneficiary="resident:1", points=10), expires_on=DAY)
    assert (leg.debit, leg.credit, leg.amount, leg.reason) == (MINT, available("resident:1"), 10, "CASE_RATED")
    assert leg.key == books.reward(books.RatedCase(case_id="7", beneficiary="x", points=3), expires_on=None).key


@pytest.mark.parametrize("amount", [0, -1, AMOUNT_MAX + 1])
def test_amounts_are_whole_and_bounded(amount: int) -> None:
    with pytest.raises(AmountInvalid):
        books.credit(key="12345678", owner="a", amount=amount, reason="T", cause="t")


@pytest.mark.parametrize("owner", ["", "system:mint", "system:anything"])
def test_the_accounts_of_the_ledger_earn_nothing(owner: str) -> None:
    with pytest.raises(AccountReserved):
        books.credit(key="12345678", owner=owner, amount=1, reason="T", cause="t")


def test_a_key_follows_from_what_happened_and_sorts_by_when() -> None:
    keys = [key_for(AT + timedelta(milliseconds=n), "order", str(n)) for n in range(50)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 50
    assert key_for(AT, "a", "b") == key_for(AT, "a", "b") != key_for(AT, "ab", "")
    assert {key.version for key in keys} == {8}


@given(has=st.integers(-5, 30), amount=st.integers(1, 30))
def test_what_is_taken_and_what_is_owed_add_up(has: int, amount: int) -> None:
    group = books.taking(
        owner="a", amount=amount, has=has, sink=PENALTY, reason="T", cause="t", key=KEY, reverses=UUID(int=2)
    )
    assert sum(leg.amount for leg in group) == amount
    assert sum(leg.amount for leg in group if leg.debit == available("a")) == min(max(has, 0), amount)
    assert [leg.sort for leg in group].count(Sort.REVERSE) == 1
    assert len({leg.key for leg in group}) == len(group)


def test_a_debt_is_paid_by_what_is_there_and_never_beyond_it() -> None:
    paid = [books.debt_payment(owner="a", owed=10, has=has, debt_seq=1) for has in (0, 4, 30)]
    assert [leg.amount if leg else 0 for leg in paid] == [0, 4, 10]


class Lots:
    """Points as a shopkeeper would keep them: in bags with a date, the oldest emptied first."""

    def __init__(self) -> None:
        self.bags: list[list[object]] = []

    def give(self, day: date, amount: int) -> None:
        self.bags.append([day, amount])
        self.bags.sort(key=lambda bag: str(bag[0]))

    def use(self, amount: int) -> int:
        used = 0
        for bag in self.bags:
            part = min(int(str(bag[1])), amount - used)
            bag[1] = int(str(bag[1])) - part
            used += part
        return used

    def expire(self, today: date) -> int:
        gone = sum(int(str(amount)) for day, amount in self.bags if str(day) <= str(today))
        self.bags = [bag for bag in self.bags if str(bag[0]) > str(today)]
        return gone


@given(st.lists(st.tuples(st.sampled_from(["give", "use", "pass"]), st.integers(1, 40)), max_size=60))
def test_expiry_without_bags_is_that_of_bags_when_all_points_last_equally_long(deeds: list[tuple[str, int]]) -> None:
    lots, today = Lots(), date(2026, 1, 1)
    grants: dict[date, int] = {}
    used = expired = 0
    for deed, amount in deeds:
        if deed == "give":
            day = expires_after(today, 2)
            lots.give(day, amount)
            grants[day] = grants.get(day, 0) + amount
        elif deed == "use":
            used += lots.use(amount)
        else:
            today += timedelta(days=amount)
            due = books.due_for_expiry(grants=tuple(grants.items()), used=used, expired=expired, today=today)
            assert due == lots.expire(today)
            expired += due
    soon = books.expiring_by(grants=tuple(grants.items()), used=used, expired=expired, until=date.max)
    assert sum(amount for _, amount in soon) == sum(int(str(bag[1])) for bag in lots.bags)


def test_points_last_until_the_end_of_the_month_two_years_on() -> None:
    assert expires_after(date(2026, 2, 3)) == date(2028, 2, 29)
    assert expires_after(date(2026, 12, 31), 1) == date(2027, 1, 31)
    assert today_in_city(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == date(2026, 3, 2)


def test_one_s_own_book_is_open_and_another_s_only_to_those_who_read_all() -> None:
    assert books.book_of("me", subject="a", reads_all=False) == "a"
    assert books.book_of("a", subject="a", reads_all=False) == "a"
    assert books.book_of("b", subject="a", reads_all=True) == "b"
    with pytest.raises(AccountHidden):
        books.book_of("b", subject="a", reads_all=False)
