"""Points through real calls: who may credit, who may look, and what they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeAlias

import pytest
from gridward.points.v1 import ledger_pb2, ledger_pb2_grpc, points_pb2, points_pb2_grpc

from services.platform import errors
from services.platform.ids import uuid7
from tests.integration.points.conftest import Ledger
from tests.integration.points.hall import Hall
from tests.support.tokens import TestTokens

Stub: TypeAlias = "points_pb2_grpc.PointsServiceAsyncStub"


@pytest.fixture
async def hall(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Hall]:
    async with Hall.open(ledger, tokens) as hall:
        yield hall


@pytest.fixture
def incidents(hall: Hall) -> Stub:
    return points_pb2_grpc.PointsServiceStub(hall.service("incidents"))


@pytest.fixture
def resident(hall: Hall) -> Stub:
    return points_pb2_grpc.PointsServiceStub(hall.person("resident", "resident:1"))


def a_credit(
    *, key: str = "case-rated:1", owner: str = "resident:1", amount: int = 10
) -> points_pb2.CreditAccountRequest:
    return points_pb2.CreditAccountRequest(key=key, owner=owner, amount=amount, reason="CASE_RATED", cause="1")


async def test_a_credit_sent_twice_is_answered_with_the_same_transfer(incidents: Stub, resident: Stub) -> None:
    first = await incidents.CreditAccount(a_credit())
    assert await incidents.CreditAccount(a_credit()) == first
    assert first.transfer.balance_after == 10
    answer = await resident.GetBalance(points_pb2.GetBalanceRequest(owner="me"))
    assert answer == points_pb2.GetBalanceResponse(owner="resident:1", balance=10)


async def test_a_key_used_for_something_else_is_told_by_its_name(incidents: Stub) -> None:
    await incidents.CreditAccount(a_credit())
    with pytest.raises(errors.AlreadyExists) as caught:
        await incidents.CreditAccount(a_credit(amount=11))
    assert caught.value.reason == "TRANSFER_KEY_REUSED"


async def test_the_mint_itself_earns_nothing(incidents: Stub) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await incidents.CreditAccount(a_credit(owner="system:mint"))
    assert caught.value.reason == "ACCOUNT_RESERVED"


async def test_people_credit_nobody(resident: Stub) -> None:
    with pytest.raises(errors.Forbidden):
        await resident.CreditAccount(a_credit())


async def test_who_never_earned_has_nothing(resident: Stub) -> None:
    answer = await resident.GetBalance(points_pb2.GetBalanceRequest(owner="resident:1"))
    assert answer.balance == 0


@pytest.mark.parametrize("owner", ["resident:2", "nobody", "system:mint"])
async def test_nobody_looks_into_another_ones_book(resident: Stub, owner: str) -> None:
    with pytest.raises(errors.Forbidden) as caught:
        await resident.GetBalance(points_pb2.GetBalanceRequest(owner=owner))
    assert caught.value.reason == "ACCOUNT_HIDDEN"
    with pytest.raises(errors.Forbidden):
        await resident.ListTransfers(points_pb2.ListTransfersRequest(owner=owner))


@pytest.mark.parametrize("role", ["volunteer_coordinator", "system_admin"])
async def test_those_who_look_after_volunteers_see_every_book(hall: Hall, incidents: Stub, role: str) -> None:
    await incidents.CreditAccount(a_credit())
    stub = points_pb2_grpc.PointsServiceStub(hall.person(role))
    assert (await stub.GetBalance(points_pb2.GetBalanceRequest(owner="resident:1"))).balance == 10


async def test_a_role_without_points_sees_no_book(hall: Hall) -> None:
    stub = points_pb2_grpc.PointsServiceStub(hall.person("data_steward"))
    with pytest.raises(errors.Forbidden):
        await stub.GetBalance(points_pb2.GetBalanceRequest(owner="me"))


async def test_a_statement_comes_page_by_page(incidents: Stub, resident: Stub) -> None:
    for number in range(1, 6):
        await incidents.CreditAccount(a_credit(key=f"case-rated:{number}", amount=number))
    request = points_pb2.ListTransfersRequest(owner="me", page_size=2)
    told: list[tuple[int, int]] = []
    for _ in range(3):
        page = await resident.ListTransfers(request)
        told += [(transfer.amount, transfer.balance_after) for transfer in page.transfers]
        request.page_token = page.next_page_token
    assert told == [(5, 15), (4, 10), (3, 6), (2, 3), (1, 1)]
    assert request.page_token == ""


@pytest.mark.parametrize("token", ["nonsense", "WyJhIl0", "WyItMSJd", "WyIxIiwiMiJd"])
async def test_a_page_token_of_somebody_else_s_making_is_refused(resident: Stub, token: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        await resident.ListTransfers(points_pb2.ListTransfersRequest(owner="me", page_token=token))
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


def a_leg(owner: str, amount: int = 1, *, key: str = "", debit: str = "system:mint") -> ledger_pb2.PostLeg:
    source = ledger_pb2.LedgerAccount(
        owner=debit, unit="points", kind="source" if debit == "system:mint" else "available"
    )
    return ledger_pb2.PostLeg(
        key=key or str(uuid7()), debit=source,
        credit=ledger_pb2.LedgerAccount(owner=owner, unit="points", kind="available"),
        amount=amount, reason="TEST", cause="test",
    )  # fmt: skip


@pytest.fixture
def books(hall: Hall) -> ledger_pb2_grpc.LedgerServiceAsyncStub:
    return ledger_pb2_grpc.LedgerServiceStub(hall.service("incidents"))


async def test_a_batch_tells_each_group_what_became_of_it_and_posts_twins_once(
    books: ledger_pb2_grpc.LedgerServiceAsyncStub,
) -> None:
    key = str(uuid7())
    groups = [
        [a_leg("a", 5, key=key)],
        [a_leg("b", 9, debit="a")],
        [a_leg("a", 5, key=key)],
        [a_leg("b", 5, debit="a")],
    ]
    answer = await books.PostBatch(
        ledger_pb2.PostBatchRequest(groups=[ledger_pb2.PostRequest(legs=legs) for legs in groups])
    )
    told = [ledger_pb2.PostOutcome.Name(group.results[0].outcome) for group in answer.groups]
    assert told == [f"POST_OUTCOME_{name}" for name in ("POSTED", "INSUFFICIENT", "POSTED", "POSTED")]


async def test_a_stream_answers_every_question_under_its_number(books: ledger_pb2_grpc.LedgerServiceAsyncStub) -> None:
    async def questions() -> AsyncIterator[ledger_pb2.StreamPostRequest]:
        for number in range(300):
            yield ledger_pb2.StreamPostRequest(number=number, legs=[a_leg("a")])
        yield ledger_pb2.StreamPostRequest(number=300, legs=[a_leg("a", key="no key at all")])

    told = {answer.number: answer async for answer in books.StreamPost(questions(), timeout=30)}
    assert set(told) == set(range(301))
    assert told[300].refused == "FIELD_INVALID"
    assert sorted(told[number].results[0].credit_after for number in range(300)) == list(range(1, 301))


async def test_only_services_post_and_auditors_count(hall: Hall, resident: Stub) -> None:
    people = ledger_pb2_grpc.LedgerServiceStub(hall.person("volunteer_coordinator"))
    with pytest.raises(errors.Forbidden):
        await people.Post(ledger_pb2.PostRequest(legs=[a_leg("a")]))
    auditor = ledger_pb2_grpc.LedgerServiceStub(hall.person("auditor"))
    answer = await auditor.VerifyLedger(ledger_pb2.VerifyLedgerRequest())
    assert (list(answer.faults), answer.closed) == ([], "")
