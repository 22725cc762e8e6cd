"""What a movement of points is, and who may look at it."""

import pytest

from services.points.domain import (
    AMOUNT_MAX,
    MINT,
    AccountHidden,
    AccountReserved,
    AmountInvalid,
    Posting,
    RatedCase,
    book_of,
    credit,
    reward,
)


def a_credit(*, owner: str = "resident:1", amount: int = 10) -> Posting:
    return credit(key="case-rated:1", owner=owner, amount=amount, reason="CASE_RATED", cause="1")


def test_points_come_from_the_mint() -> None:
    assert a_credit() == Posting(
        key="case-rated:1",
        debit_owner=MINT,
        credit_owner="resident:1",
        amount=10,
        reason="CASE_RATED",
        cause="1",
    )


@pytest.mark.parametrize("amount", [0, -1, AMOUNT_MAX + 1])
def test_only_whole_positive_amounts_move(amount: int) -> None:
    with pytest.raises(AmountInvalid):
        a_credit(amount=amount)


@pytest.mark.parametrize("owner", [MINT, "system:anything"])
def test_nobody_earns_on_an_account_of_the_ledger_itself(owner: str) -> None:
    with pytest.raises(AccountReserved):
        a_credit(owner=owner)


def test_points_do_not_move_from_an_account_to_itself() -> None:
    with pytest.raises(AccountReserved):
        Posting(key="k" * 8, debit_owner="a", credit_owner="a", amount=1, reason="R", cause="c")


def test_a_case_makes_the_key_of_its_reward() -> None:
    posting = reward(RatedCase(case_id="0199", beneficiary="resident:1", points=10))
    assert (posting.key, posting.cause, posting.amount) == ("case-rated:0199", "0199", 10)


@pytest.mark.parametrize(
    ("beneficiary", "points", "earns"), [("resident:1", 5, True), ("", 5, False), ("resident:1", 0, False)]
)
def test_a_rating_may_earn_nothing(beneficiary: str, points: int, earns: bool) -> None:
    assert RatedCase(case_id="1", beneficiary=beneficiary, points=points).earns is earns


@pytest.mark.parametrize(
    ("owner", "reads_all", "meant"),
    [
        ("me", False, "resident:1"),
        ("resident:1", False, "resident:1"),
        ("resident:2", True, "resident:2"),
        ("me", True, "resident:1"),
    ],
)
def test_everybody_sees_their_own_book(owner: str, reads_all: bool, meant: str) -> None:
    assert book_of(owner, subject="resident:1", reads_all=reads_all) == meant


@pytest.mark.parametrize("owner", ["resident:2", MINT, "Resident:1", ""])
def test_nobody_sees_another_ones_book(owner: str) -> None:
    with pytest.raises(AccountHidden):
        book_of(owner, subject="resident:1", reads_all=False)
