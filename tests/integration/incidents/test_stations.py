"""A question of law finds the lawyer on duty, a council decides with two parties, and a household votes once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest
from google.protobuf import any_pb2
from google.protobuf.message import Message
from gridward.incidents.v1 import stations_pb2, stations_pb2_grpc
from gridward.registry.v1 import staff_pb2

from services.incidents.stations.domain import HouseholdUnknown
from services.incidents.stations.households import NoRegister
from services.platform import errors
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller


def stub(hall: Hall, caller: Caller) -> stations_pb2_grpc.StationsServiceAsyncStub:
    hall.stub(caller)
    return stations_pb2_grpc.StationsServiceStub(hall.channels[repr(caller)])


Told = TypeVar("Told", bound=Message)


def fresh_of(stale: errors.Stale, kind: Told) -> Told:
    """What a refusal brings along."""
    assert isinstance(stale.fresh, any_pb2.Any)
    assert stale.fresh.Unpack(kind)
    return kind


def lawyers(hall: Hall, *posts: tuple[str, str, str]) -> None:
    """Posts of lawyers at stations: code, area, who stands there now."""
    told = [
        staff_pb2.Post(code=code, role="duty_lawyer", area_code=area_code, staff_code=staff_code)
        for code, area_code, staff_code in posts
    ]
    hall.view.take_posts(staff_pb2.WatchPostsResponse(posts=told, version=100, complete=True))


async def ask(hall: Hall, by: Caller, grid: str = town.GRID) -> stations_pb2.LegalQuestion:
    request = stations_pb2.AskLegalRequest(
        request_id=town.request_id(), grid_code=grid, words="邻居装空调滴水，能否要求移机？", by_hotline=True
    )
    return (await stub(hall, by).AskLegal(request)).question


@pytest.mark.mechanism(40)
async def test_a_question_of_law_goes_to_the_lawyer_on_duty_at_the_station_of_its_grid(still: Hall) -> None:
    assert (await ask(still, still.resident)).receiver == "city_dispatch_desk"
    lawyers(still, ("LW-1", town.COMMUNITY, "lawyer-1"), ("LW-2", town.OTHER_COMMUNITY, "lawyer-2"))
    asked = await ask(still, still.resident)
    assert (asked.receiver, asked.lawyer) == ("LW-1", "lawyer-1")
    assert (await ask(still, still.resident, town.OTHER_GRID)).lawyer == "lawyer-2"
    lawyers(still, ("LW-1", town.COMMUNITY, ""), ("LW-0", town.SUBDISTRICT, "lawyer-0"))
    assert (await ask(still, still.resident)).lawyer == "lawyer-0"
    own = still.person("duty_lawyer", town.COMMUNITY, subject="lawyer-1")
    other = still.person("duty_lawyer", town.OTHER_COMMUNITY, subject="lawyer-2")
    request = stations_pb2.AnswerLegalRequest(
        request_id=town.request_id(), question_id=asked.id, answer="可先请社区调解，依据民法典相邻关系。"
    )
    with pytest.raises(errors.NotFound):
        await stub(still, other).AnswerLegal(request)
    answered = (await stub(still, own).AnswerLegal(request)).question
    assert (answered.answered_by, answered.answer) == ("lawyer-1", request.answer)
    request.request_id = town.request_id()
    with pytest.raises(errors.Conflict) as twice:
        await stub(still, own).AnswerLegal(request)
    assert twice.value.reason == "QUESTION_ANSWERED"
    mine = await stub(still, still.resident).ListLegalQuestions(stations_pb2.ListLegalQuestionsRequest(open_only=True))
    assert asked.id not in {question.id for question in mine.questions}
    assert len(mine.questions) == 3
    stranger = still.person("resident", subject="resident-2")
    assert not (await stub(still, stranger).ListLegalQuestions(stations_pb2.ListLegalQuestionsRequest())).questions


@pytest.mark.mechanism(40)
async def test_a_council_decides_a_hard_matter_only_when_two_parties_sit_and_only_once(still: Hall) -> None:
    leader = stub(still, still.person("grid_leader", town.GRID, subject="leader-1"))
    request = stations_pb2.ProposeItemRequest(
        request_id=town.request_id(), grid_code=town.GRID, kind=stations_pb2.ITEM_KIND_HARD, title="加装电梯"
    )
    item = (await leader.ProposeItem(request)).item

    async def join(party: str) -> list[str]:
        joining = stations_pb2.JoinItemRequest(request_id=town.request_id(), item_id=item.id, party=party)
        return list((await leader.JoinItem(joining)).item.parties)

    async def decide() -> stations_pb2.CouncilItem:
        deciding = stations_pb2.DecideItemRequest(
            request_id=town.request_id(), item_id=item.id, decision="同意加装", adopted=True
        )
        return (await leader.DecideItem(deciding)).item

    await join("居民")
    assert await join("居民") == ["居民"]
    with pytest.raises(errors.Conflict) as missing:
        await decide()
    assert missing.value.reason == "PARTIES_MISSING"
    await join("物业")
    decided = await decide()
    assert (decided.adopted, decided.decision, list(decided.parties)) == (True, "同意加装", ["居民", "物业"])
    for again in (join("律师"), decide()):
        with pytest.raises(errors.Conflict) as closed:
            await again
        assert closed.value.reason == "COUNCIL_ITEM_DECIDED"
    assert not (await leader.ListItems(stations_pb2.ListItemsRequest(open_only=True))).items
    elsewhere = stub(still, still.person("grid_leader", town.OTHER_GRID, subject="leader-2"))
    assert not (await elsewhere.ListItems(stations_pb2.ListItemsRequest())).items
    with pytest.raises(errors.Forbidden):
        await elsewhere.ProposeItem(request)


@pytest.mark.mechanism(40)
async def test_a_selection_takes_one_vote_of_each_household_though_two_come_at_once(still: Hall) -> None:
    community = stub(still, still.person("community_admin", town.COMMUNITY, subject="community-1"))
    opening = stations_pb2.OpenSelectionRequest(
        request_id=town.request_id(), area_code=town.COMMUNITY, title="星级楼长", candidates=["张三", "李四"]
    )
    opening.closes_at.FromDatetime(still.clock.now() + timedelta(days=7))
    selection = (await community.OpenSelection(opening)).selection

    async def vote(household: str, candidate: str) -> str:
        request = stations_pb2.CastVoteRequest(
            request_id=town.request_id(), selection_id=selection.id, household_code=household, candidate=candidate
        )
        try:
            await community.CastVote(request)
        except errors.GridwardError as error:
            return error.reason
        return "counted"

    assert sorted(await asyncio.gather(vote("H-1", "张三"), vote("H-1", "李四"))) == ["HOUSEHOLD_VOTED", "counted"]
    assert [await vote(f"H-{number}", "李四") for number in (2, 3, 4)] == ["counted"] * 3
    assert await vote("H-5", "王五") == "CANDIDATE_UNKNOWN"
    asked = stations_pb2.GetSelectionRequest(selection_id=selection.id)
    told = (await community.GetSelection(asked)).selection
    assert told.household_count == 4
    assert told.votes[0].candidate == "李四"
    still.clock.advance(timedelta(days=7))
    assert await vote("H-6", "李四") == "SELECTION_CLOSED"
    with pytest.raises(errors.NotFound):
        await stub(still, still.person("community_admin", town.OTHER_COMMUNITY)).GetSelection(asked)


@pytest.mark.mechanism(40)
async def test_nobody_votes_for_a_household_that_is_not_registered_in_the_area(
    still: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    async def require(_self: NoRegister, area_code: str, household_code: str) -> None:
        asked.append((area_code, household_code))
        if household_code != "H-1":
            raise HouseholdUnknown(household_code=household_code)

    monkeypatch.setattr(NoRegister, "require", require)
    community = stub(still, still.person("community_admin", town.COMMUNITY, subject="community-1"))
    opening = stations_pb2.OpenSelectionRequest(
        request_id=town.request_id(), area_code=town.COMMUNITY, title="星级楼长", candidates=["张三", "李四"]
    )
    opening.closes_at.FromDatetime(still.clock.now() + timedelta(days=7))
    selection = (await community.OpenSelection(opening)).selection
    vote = stations_pb2.CastVoteRequest(
        request_id=town.request_id(), selection_id=selection.id, household_code="H-9", candidate="张三"
    )
    with pytest.raises(errors.Invalid) as refused:
        await community.CastVote(vote)
    assert refused.value.reason == "HOUSEHOLD_UNKNOWN"
    vote.request_id, vote.household_code = town.request_id(), "H-1"
    assert (await community.CastVote(vote)).selection.household_count == 1
    assert asked == [(town.COMMUNITY, "H-9"), (town.COMMUNITY, "H-1")]


async def test_who_saw_an_older_item_or_question_is_told_what_is_there_now_and_of_two_at_once_one_wins(
    still: Hall,
) -> None:
    leader = stub(still, still.person("grid_leader", town.GRID, subject="leader-1"))
    proposing = stations_pb2.ProposeItemRequest(
        request_id=town.request_id(), grid_code=town.GRID, kind=stations_pb2.ITEM_KIND_SMALL, title="晾衣架位置"
    )
    item = (await leader.ProposeItem(proposing)).item
    assert item.version == 1

    async def join(party: str) -> stations_pb2.JoinItemResponse | errors.Stale:
        joining = stations_pb2.JoinItemRequest(request_id=town.request_id(), item_id=item.id, party=party, version=1)
        try:
            return await leader.JoinItem(joining)
        except errors.Stale as stale:
            return stale

    told = await asyncio.gather(join("居民"), join("物业"))
    (seated,) = (answer for answer in told if isinstance(answer, stations_pb2.JoinItemResponse))
    (stale,) = (answer for answer in told if isinstance(answer, errors.Stale))
    assert (stale.reason, stale.details["version"]) == ("COUNCIL_ITEM_STALE", "2")
    assert fresh_of(stale, stations_pb2.JoinItemResponse()).item == seated.item
    deciding = stations_pb2.DecideItemRequest(
        request_id=town.request_id(), item_id=item.id, decision="移到东侧", adopted=True, version=1
    )
    with pytest.raises(errors.Stale):
        await leader.DecideItem(deciding)

    lawyers(still, ("LW-1", town.COMMUNITY, "lawyer-1"))
    question = await ask(still, still.resident)
    own = stub(still, still.person("duty_lawyer", town.COMMUNITY, subject="lawyer-1"))
    answering = stations_pb2.AnswerLegalRequest(
        request_id=town.request_id(), question_id=question.id, answer="可先请社区调解。", version=question.version
    )
    answered = await own.AnswerLegal(answering)
    assert answered.question.version == 2
    assert await own.AnswerLegal(answering) == answered  # sent twice it is done once
    answering.request_id = town.request_id()
    with pytest.raises(errors.Stale) as late:
        await own.AnswerLegal(answering)
    assert late.value.reason == "QUESTION_STALE"
    assert fresh_of(late.value, stations_pb2.AnswerLegalResponse()) == answered


async def test_selections_are_listed_with_their_votes_to_whoever_reaches_their_area_and_open_ones_alone_when_asked(
    still: Hall,
) -> None:
    leader = stub(still, still.person("grid_leader", town.GRID, subject="leader-1"))
    opened = []
    for days in (1, 3):
        request = stations_pb2.OpenSelectionRequest(
            request_id=town.request_id(), area_code=town.GRID, title="业委会", candidates=["甲", "乙"]
        )
        request.closes_at.FromDatetime(still.clock.now() + timedelta(days=days))
        opened.append((await leader.OpenSelection(request)).selection)
    vote = stations_pb2.CastVoteRequest(
        request_id=town.request_id(), selection_id=opened[1].id, household_code="H-1", candidate="乙"
    )
    await leader.CastVote(vote)
    told = (await leader.ListSelections(stations_pb2.ListSelectionsRequest())).selections
    assert [each.id for each in told] == [opened[1].id, opened[0].id]
    assert [(votes.candidate, votes.count) for votes in told[0].votes] == [("乙", 1), ("甲", 0)]
    still.clock.advance(timedelta(days=2))
    left = (await leader.ListSelections(stations_pb2.ListSelectionsRequest(open_only=True))).selections
    assert [each.id for each in left] == [opened[1].id]
    other = stub(still, still.person("grid_leader", town.OTHER_GRID, subject="leader-2"))
    assert not (await other.ListSelections(stations_pb2.ListSelectionsRequest())).selections
