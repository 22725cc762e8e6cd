"""A campaign to everybody with a tag: each is reached once, by the way they like best, and by another where it fails."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from gridward.incidents.v1 import campaigns_pb2, campaigns_pb2_grpc

from services.incidents.campaigns.domain import Lent
from services.platform import errors
from services.platform.clock import ManualClock
from services.platform.identity import Caller
from tests.conftest import MakeDatabase
from tests.integration.incidents import town
from tests.integration.incidents.conftest import running_hall
from tests.integration.incidents.hall import Hall, eventually
from tests.support.tokens import TestTokens

SMS, CALL, VISIT = campaigns_pb2.REACH_BY_SMS, campaigns_pb2.REACH_BY_CALL, campaigns_pb2.REACH_BY_VISIT
PAGE = 7


def elderly() -> list[Lent]:
    """Twenty who like texts, four of them at numbers that never answer; three who like calls; two without a number."""
    texted = [Lent(person_id=f"text-{n}", grid_code=town.GRID, phone=f"1380000{1000 + n}") for n in range(16)]
    silent = [Lent(person_id=f"silent-{n}", grid_code=town.GRID, phone=f"138{n}1110000") for n in range(4)]
    called = [
        Lent(person_id=f"call-{n}", grid_code=town.GRID, phone=f"1390000{1000 + n}", preferred="电话") for n in range(3)
    ]
    visited = [Lent(person_id=f"visit-{n}", grid_code=town.OTHER_GRID) for n in range(2)]
    return [*texted, *silent, *called, *visited]


class Register:
    """Stands in for registry: lends its people page by page, and the last of a page again on the next."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.away = False
        self.people = elderly()

    async def page(self, *, tag: str, area_code: str, purpose: str, token: str) -> tuple[Sequence[Lent], str]:
        if self.away:
            self.away = False
            raise errors.Unavailable(part="registry")
        self.asked.append((tag, area_code, purpose))
        people, start = self.people, int(token or 0)
        more = start + PAGE < len(people)
        return people[max(start - 1, 0) : start + PAGE], str(start + PAGE) if more else ""


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
async def told(  # noqa: PLR0917 - each is a fixture
    register: Register,
    make_database: MakeDatabase,
    tokens: TestTokens,
    manual_clock: ManualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Hall]:
    monkeypatch.setenv("GRIDWARD_SMS_FOLDER", str(tmp_path / "sms"))
    monkeypatch.setenv("GRIDWARD_SEAL_FILE", str(tokens.seal_file("incidents")))
    dsn = make_database("incidents")
    async with running_hall(dsn, tokens, manual_clock, timers=False, lending=register) as hall:
        yield hall


def stub(hall: Hall, caller: Caller) -> campaigns_pb2_grpc.CampaignsServiceAsyncStub:
    hall.stub(caller)
    return campaigns_pb2_grpc.CampaignsServiceStub(hall.channels[repr(caller)])


def chief(hall: Hall) -> campaigns_pb2_grpc.CampaignsServiceAsyncStub:
    return stub(hall, hall.person("duty_chief", subject="chief-1"))


async def overview(hall: Hall) -> campaigns_pb2.Campaign:
    (campaign,) = (await chief(hall).ListCampaigns(campaigns_pb2.ListCampaignsRequest())).campaigns
    return campaign


async def stands(hall: Hall, *, reached: int, by_hand: int) -> campaigns_pb2.Campaign:
    """Wait until so many were reached, and all others are to be called or visited."""

    async def so() -> bool:
        campaign = await overview(hall)
        texting = next((way.trying for way in campaign.ways if way.by == SMS), 0)
        waiting = sum(way.trying for way in campaign.ways) - texting
        return campaign.gathered and (campaign.reached_count, texting, waiting) == (reached, 0, by_hand)

    await eventually(so)
    return await overview(hall)


async def to_reach(hall: Hall, caller: Caller, campaign_id: str) -> dict[str, int]:
    request = campaigns_pb2.ListToReachRequest(campaign_id=campaign_id)
    return {each.person_id: each.by for each in (await stub(hall, caller).ListToReach(request)).persons}


async def recorded(
    hall: Hall, campaign_id: str, person_id: str, by: campaigns_pb2.ReachBy.ValueType, *, reached: bool
) -> int:
    request = campaigns_pb2.RecordReachedRequest(
        request_id=town.request_id(), campaign_id=campaign_id, person_id=person_id, by=by, reached=reached
    )
    return (await stub(hall, hall.worker).RecordReached(request)).next


def texts(tmp_path: Path) -> list[str]:
    return sorted(json.loads(path.read_text())["to"] for path in (tmp_path / "sms" / "outbox").glob("*.json"))


def request() -> campaigns_pb2.StartCampaignRequest:
    return campaigns_pb2.StartCampaignRequest(
        request_id=town.request_id(),
        title="防诈骗提醒",
        tag="elderly",
        area_code=town.COMMUNITY,
        text="凡是要求转账的都是诈骗。",
    )


@pytest.mark.mechanism(25)
async def test_each_is_reached_once_by_the_way_they_like_best_and_by_the_next_where_that_fails(
    told: Hall, register: Register, tmp_path: Path
) -> None:
    register.away = True
    wanted = request()
    started = (await chief(told).StartCampaign(wanted)).campaign
    assert (await chief(told).StartCampaign(wanted)).campaign == started
    # 16 of 20 texts arrive; the other 4, the 3 who like calls and the 2 without a number are for the workers.
    campaign = await stands(told, reached=16, by_hand=9)
    assert (campaign.person_count, campaign.missed_count) == (25, 0)
    assert set(register.asked) == {("elderly", town.COMMUNITY, "防诈骗提醒")}
    assert texts(tmp_path) == sorted(lent.phone for lent in elderly()[:20])
    by_hand = await to_reach(told, told.worker, campaign.id)
    assert by_hand == {f"silent-{n}": CALL for n in range(4)} | {f"call-{n}": CALL for n in range(3)}
    for n in range(4):
        assert await recorded(told, campaign.id, f"silent-{n}", CALL, reached=n < 2) == (0 if n < 2 else VISIT)
    assert await recorded(told, campaign.id, "silent-2", VISIT, reached=True) == 0
    assert await recorded(told, campaign.id, "silent-3", VISIT, reached=False) == 0
    assert await recorded(told, campaign.id, "call-0", CALL, reached=True) == 0
    campaign = await overview(told)
    assert (campaign.person_count, campaign.reached_count, campaign.missed_count) == (25, 20, 1)
    with pytest.raises(errors.Conflict) as again:
        await recorded(told, campaign.id, "silent-0", CALL, reached=True)
    assert again.value.reason == "PERSON_NOT_MEANT"
    kept = await told.rows("SELECT person_id FROM campaign_person WHERE state <> 'trying' AND phone <> ''")
    assert kept == []
    notices = await told.rows(
        "SELECT recipient, count(*) AS count FROM notice WHERE occasion = 'campaign' GROUP BY 1 HAVING count(*) > 1"
    )
    assert notices == []


@pytest.mark.mechanism(25)
async def test_who_likes_calls_and_answers_none_is_texted_and_that_text_is_sent_once(
    told: Hall, tmp_path: Path
) -> None:
    campaign = (await chief(told).StartCampaign(request())).campaign
    await stands(told, reached=16, by_hand=9)
    assert await recorded(told, campaign.id, "call-0", CALL, reached=False) == SMS
    await stands(told, reached=17, by_hand=8)
    assert texts(tmp_path).count("13900001000") == 1


async def test_a_campaign_stays_within_the_areas_of_those_who_see_and_start_it(told: Hall) -> None:
    campaign = (await chief(told).StartCampaign(request())).campaign
    await stands(told, reached=16, by_hand=9)
    stranger = told.person("grid_worker", town.OTHER_GRID, subject="stranger-1")
    with pytest.raises(errors.NotFound):
        await to_reach(told, stranger, campaign.id)
    sibling = told.person("grid_worker", town.SIBLING_GRID, subject="sibling-1")
    assert await to_reach(told, sibling, campaign.id) == {}
    elsewhere = stub(told, told.person("community_admin", town.OTHER_COMMUNITY, subject="other-1"))
    assert not (await elsewhere.ListCampaigns(campaigns_pb2.ListCampaignsRequest())).campaigns
    with pytest.raises(errors.Forbidden):
        await elsewhere.StartCampaign(request())


@pytest.mark.mechanism(13)
async def test_a_word_to_the_heads_of_the_ten_household_groups_reaches_all_heads_of_a_grid(
    told: Hall, register: Register, tmp_path: Path
) -> None:
    register.people = [Lent(person_id=f"head-{n}", grid_code=town.GRID, phone=f"1370000{1000 + n}") for n in range(30)]
    wanted = campaigns_pb2.StartCampaignRequest(
        request_id=town.request_id(), title="台风预警", tag="group_head", area_code=town.GRID, text="今晚请逐户提醒。"
    )
    await chief(told).StartCampaign(wanted)
    await stands(told, reached=30, by_hand=0)
    assert set(register.asked) == {("group_head", town.GRID, "台风预警")}
    assert texts(tmp_path) == sorted(person.phone for person in register.people)
