"""An alliance's chair goes round and skips nobody; a session without minutes blocks the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from google.protobuf import any_pb2
from gridward.points.v1 import alliances_pb2 as pb
from gridward.points.v1 import alliances_pb2_grpc
from hypothesis import given
from hypothesis import strategies as st

from services.platform import errors
from services.points.domain.alliances import Alliance, Session
from services.points.domain.ledger import EPOCH
from tests.integration.points.conftest import Ledger
from tests.integration.points.hall import Hall
from tests.support.tokens import TestTokens

AREA = "999100.999102.999102001"
UNITS = [f"单位{number:02}" for number in range(11)]


@pytest.fixture
async def hall(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Hall]:
    async with Hall.open(ledger, tokens) as hall:
        yield hall


def stub(hall: Hall, area: str = AREA) -> alliances_pb2_grpc.AlliancesServiceAsyncStub:
    return alliances_pb2_grpc.AlliancesServiceStub(hall.person("volunteer_coordinator", "staff:vc", area=area))


def an_alliance(units: list[str], version: int = 0) -> pb.SaveAllianceRequest:
    members = [pb.AllianceMember(unit=unit) for unit in units]
    alliance = pb.Alliance(code="L1", name="区域党建联盟", area_path=AREA, members=members, version=version)
    return pb.SaveAllianceRequest(alliance=alliance)


async def meet(conference: alliances_pb2_grpc.AlliancesServiceAsyncStub, number: int) -> str:
    opened = await conference.OpenSession(pb.OpenSessionRequest(code="L1", request_id=f"session-{number:02}"))
    assert opened.session.number == number
    minutes = pb.WriteMinutesRequest(code="L1", number=number, minutes="议事", agreements=["共建"] * 12, activities=39)
    await conference.WriteMinutes(minutes)
    return opened.session.chair


@pytest.mark.mechanism(31)
async def test_eleven_members_chair_in_turn_and_nobody_is_skipped(hall: Hall) -> None:
    conference = stub(hall)
    await conference.SaveAlliance(an_alliance(UNITS))
    assert [await meet(conference, number) for number in range(1, 12)] == UNITS
    (told,) = (await conference.ListAlliances(pb.ListAlliancesRequest())).alliances
    assert [member.chaired for member in told.members] == [1] * 11
    assert (told.next_chair, told.agreements, told.activities) == (UNITS[0], 132, 429)
    assert await meet(conference, 12) == UNITS[0]
    await conference.SaveAlliance(an_alliance([*UNITS[2:], "新单位"], version=1))
    assert [await meet(conference, number) for number in (13, 14)] == ["新单位", UNITS[2]]
    sessions = (await conference.ListAllianceSessions(pb.ListAllianceSessionsRequest(code="L1"))).sessions
    assert [session.number for session in sessions] == list(range(14, 0, -1))


@pytest.mark.mechanism(31)
async def test_a_session_without_minutes_blocks_the_next(hall: Hall) -> None:
    conference = stub(hall)
    await conference.SaveAlliance(an_alliance(UNITS))
    first = pb.OpenSessionRequest(code="L1", request_id="session-01")
    answers = await asyncio.gather(*(conference.OpenSession(first) for _ in range(5)))
    assert {(answer.session.number, answer.session.chair) for answer in answers} == {(1, UNITS[0])}
    with pytest.raises(errors.Conflict) as blocked:
        await conference.OpenSession(pb.OpenSessionRequest(code="L1", request_id="session-02"))
    assert (blocked.value.reason, blocked.value.details["chair"]) == ("MINUTES_MISSING", UNITS[0])
    minutes = pb.WriteMinutesRequest(code="L1", number=1, minutes="议事")
    assert (await conference.WriteMinutes(minutes)) == (await conference.WriteMinutes(minutes))
    with pytest.raises(errors.Conflict):
        await conference.WriteMinutes(pb.WriteMinutesRequest(code="L1", number=1, minutes="改写"))
    assert await meet(conference, 2) == UNITS[1]


async def test_an_alliance_is_kept_within_its_area_and_changed_only_as_seen(hall: Hall) -> None:
    conference, elsewhere = stub(hall), stub(hall, "999100.999103")
    with pytest.raises(errors.NotFound):
        await elsewhere.SaveAlliance(an_alliance(UNITS))
    with pytest.raises(errors.Invalid):
        await conference.SaveAlliance(an_alliance([*UNITS, UNITS[0]]))
    await conference.SaveAlliance(an_alliance(UNITS))
    with pytest.raises(errors.Stale) as slower:
        await conference.SaveAlliance(an_alliance(UNITS[:3]))
    there = pb.SaveAllianceResponse()
    assert isinstance(slower.value.fresh, any_pb2.Any)
    assert slower.value.fresh.Unpack(there)
    assert (there.alliance.version, [member.unit for member in there.alliance.members]) == (1, UNITS)
    assert not (await elsewhere.ListAlliances(pb.ListAlliancesRequest())).alliances
    with pytest.raises(errors.NotFound):
        await elsewhere.OpenSession(pb.OpenSessionRequest(code="L1", request_id="session-01"))


@given(changes=st.lists(st.sets(st.sampled_from(UNITS), min_size=2), min_size=1, max_size=30))
def test_whoever_stays_a_member_chairs_before_anybody_does_twice(changes: list[set[str]]) -> None:
    sessions: list[Session] = []
    for members in changes:
        alliance = Alliance(code="L", name="L", area_path="a", members=tuple(sorted(members)), sessions=tuple(sessions))
        session = alliance.next_session(request_id="r", opened_by="s", at=EPOCH)
        waiting = {unit: max((one.number for one in sessions if one.chair == unit), default=0) for unit in members}
        assert waiting[session.chair] == min(waiting.values())
        sessions.append(replace(session, minutes="done"))
