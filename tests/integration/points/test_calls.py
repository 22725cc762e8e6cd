"""Points through real calls: who may credit, who may look, and what they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeAlias

import pytest
from gridward.points.v1 import points_pb2, points_pb2_grpc
from pydantic import SecretStr

from services.platform import errors
from services.platform.grpc_client import connect
from services.platform.grpc_server import Offer, Process
from services.platform.identity import Caller, service_caller
from services.points.servicer import PointsServicer
from services.points.settings import PointsSettings
from tests.integration.points.conftest import Ledger
from tests.support.tokens import TestTokens

Stub: TypeAlias = "points_pb2_grpc.PointsServiceAsyncStub"
CITY = "999100"


@pytest.fixture
async def process(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Process]:
    settings = PointsSettings(
        trust_file=tokens.trust_file,
        signing_key_file=tokens.key_file("points"),
        database_url=SecretStr(ledger.dsn),
        drain_s=1,
    )
    servicer = PointsServicer(ledger.actions)
    offer = Offer(
        descriptor=points_pb2.DESCRIPTOR.services_by_name["PointsService"],
        add=lambda server: points_pb2_grpc.add_PointsServiceServicer_to_server(servicer, server),
    )
    process = Process(name="points", settings=settings, offers=[offer])
    await process.start()
    yield process
    await process.stop()


def stub_for(process: Process, tokens: TestTokens, caller: Caller, key: str = "gateway") -> Stub:
    return points_pb2_grpc.PointsServiceStub(
        connect(f"127.0.0.1:{process.port}", signer=tokens.signer(key), caller=caller)
    )


@pytest.fixture
def incidents(process: Process, tokens: TestTokens) -> Stub:
    return stub_for(process, tokens, service_caller("incidents"), "incidents")


@pytest.fixture
def resident(process: Process, tokens: TestTokens) -> Stub:
    return stub_for(process, tokens, tokens.caller("resident", CITY, subject="resident:1"))


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
    assert caught.value.details == {"key": "case-rated:1"}


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
async def test_those_who_look_after_volunteers_see_every_book(
    process: Process, tokens: TestTokens, incidents: Stub, role: str
) -> None:
    await incidents.CreditAccount(a_credit())
    stub = stub_for(process, tokens, tokens.caller(role, CITY))
    assert (await stub.GetBalance(points_pb2.GetBalanceRequest(owner="resident:1"))).balance == 10


async def test_a_role_without_points_sees_no_book(process: Process, tokens: TestTokens) -> None:
    stub = stub_for(process, tokens, tokens.caller("data_steward", CITY))
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
