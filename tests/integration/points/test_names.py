"""A volunteer's name lies sealed, is shown masked, is found whole, and is told for a purpose that is kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from gridward.points.v1 import volunteers_pb2 as pb
from gridward.points.v1 import volunteers_pb2_grpc

from services.platform import audit, errors
from services.platform.seal import KeyRing, Sealer
from services.points.store.names import Names
from tests.integration.points.conftest import Ledger
from tests.integration.points.hall import Hall
from tests.support.tokens import TestTokens

NAME = "欧阳暖春"
MASKED = "欧***"


@pytest.fixture
async def hall(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Hall]:
    async with Hall.open(ledger, tokens) as hall:
        yield hall


def stub(hall: Hall, role: str, subject: str, area: str = "999100") -> volunteers_pb2_grpc.VolunteersServiceAsyncStub:
    return volunteers_pb2_grpc.VolunteersServiceStub(hall.person(role, subject, area=area))


async def join(hall: Hall, subject: str = "v:1", name: str = NAME) -> None:
    told = pb.JoinVolunteersRequest(name=name, nickname="暖春", community_code="C1")
    await stub(hall, "volunteer", subject).JoinVolunteers(told)


async def found(hall: Hall, text: str) -> list[str]:
    page = await stub(hall, "volunteer_coordinator", "staff:vc").ListVolunteers(pb.ListVolunteersRequest(text=text))
    return [person.name for person in page.volunteers]


async def test_a_name_is_masked_for_everybody_but_the_person_and_found_only_as_a_whole(hall: Hall) -> None:
    await join(hall)
    await join(hall, "v:2", "王五")
    mine = await stub(hall, "volunteer", "v:1").GetVolunteer(pb.GetVolunteerRequest(subject="me"))
    assert mine.volunteer.name == NAME
    seen = await stub(hall, "volunteer_coordinator", "staff:vc").GetVolunteer(pb.GetVolunteerRequest(subject="v:1"))
    assert seen.volunteer.name == MASKED
    assert await found(hall, "") == [MASKED, "王*"]
    assert await found(hall, NAME) == [MASKED]
    assert await found(hall, "欧阳") == []
    lies = await hall.ledger.value("SELECT string_agg(v::text, ' ') FROM volunteer AS v")
    assert NAME not in lies
    assert NAME.encode().hex() not in lies


async def test_a_whole_name_is_told_for_a_purpose_that_is_kept(hall: Hall) -> None:
    await join(hall)
    coordinator = stub(hall, "volunteer_coordinator", "staff:vc")
    asked = pb.RevealVolunteerNameRequest(subject="v:1", purpose="寄送聘书")
    told = await coordinator.RevealVolunteerName(asked)
    assert told.name == NAME
    assert told.shown_until.ToDatetime(UTC) == hall.ledger.clock.now() + timedelta(minutes=5)
    async with hall.ledger.database.connection() as connection:
        (kept,) = await audit.read(connection, action="volunteer_name_revealed")
    assert (kept.who, kept.target, kept.purpose, kept.masked) == ("staff:vc", "v:1", "寄送聘书", False)
    assert datetime.fromisoformat(json.loads(kept.details)["shown_until"]) == told.shown_until.ToDatetime(UTC)
    with pytest.raises(errors.Invalid):
        await coordinator.RevealVolunteerName(pb.RevealVolunteerNameRequest(subject="v:1", purpose=""))
    with pytest.raises(errors.NotFound):
        await stub(hall, "volunteer_coordinator", "staff:other", "999100.999103").RevealVolunteerName(asked)
    with pytest.raises(errors.Forbidden):
        await stub(hall, "volunteer", "v:2").RevealVolunteerName(asked)


async def test_names_that_lie_open_are_sealed_and_keys_change_while_everything_runs(hall: Hall) -> None:
    await join(hall)
    people = hall.ledger.points.volunteers
    hall.ledger.tamper(
        "UPDATE points.volunteer SET name = '欧阳暖春', masked_name = '', sealed_name = '', name_index = ''"
    )
    assert await found(hall, NAME) == []
    assert (await people.get("v:1")).volunteer.name == "欧*"
    assert (await people.seal_names(), await people.seal_names()) == (1, 0)
    assert await found(hall, NAME) == [MASKED]
    ring = KeyRing.fresh()
    old = Names(sealer=Sealer(ring))
    newer = Names(sealer=Sealer(ring.rotated()))
    sealed = old.seal("v:1", NAME)
    async with hall.ledger.database.transaction() as transaction:
        await transaction.execute("UPDATE volunteer SET sealed_name = %s", [sealed])
    async with hall.ledger.database.transaction() as transaction:
        assert await newer.seal_some(transaction, size=10) == 1
        assert await newer.seal_some(transaction, size=10) == 0
    async with hall.ledger.database.transaction() as transaction:
        assert await Names(sealer=Sealer(KeyRing.fresh())).seal_some(transaction, size=10) == 0
    assert bytes(await hall.ledger.value("SELECT sealed_name FROM volunteer")) != sealed
