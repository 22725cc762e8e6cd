"""The database's own wall around opinions, tickets, duties and those meant by campaigns, with our checks switched off."""

from __future__ import annotations

import psycopg
import pytest
from gridward.incidents.v1 import campaigns_pb2, campaigns_pb2_grpc, duties_pb2, errands_pb2, opinions_pb2

from services.incidents.campaigns import actions as campaigning
from services.incidents.duties import actions as leading
from services.incidents.errands import actions as helping
from services.incidents.opinions import actions as listening
from services.platform import errors
from services.platform.identity import Caller
from tests.integration.incidents import test_neighbourhood as neighbours
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

ALL = {"areas": [""], "departments": [""]}
CAMPAIGN = "00000000-0000-7000-8000-000000000001"
#: Somebody meant by a campaign, in the grid and next door.
MEANT = {"person-1": town.GRID, "person-2": town.OTHER_GRID}


@pytest.fixture
def checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our statements look everywhere, whoever asks."""
    for module in (campaigning, leading, helping, listening):
        monkeypatch.setattr(module, "scope_columns", lambda *_: ALL)


async def begin_campaign(hall: Hall) -> None:
    """A campaign for the whole city that means two people in two communities."""
    async with hall.database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO campaign (id, title, tag, area_code, area_path, text, started_by, started_at, gathered_at) "
            "VALUES (%s, 't', 't', %s, %s::ltree, 't', 'chief', now(), now())",
            (CAMPAIGN, town.CITY, town.CITY),
        )
        for person_id, grid in MEANT.items():
            await transaction.execute(
                "INSERT INTO campaign_person (campaign_id, person_id, grid_code, area_path, phone, ways, way, state) "
                "VALUES (%s, %s, %s, %s::ltree, '', '{visit}', 'visit', 'trying')",
                (CAMPAIGN, person_id, grid, hall.view.path_of(grid)),
            )


async def listed(hall: Hall, caller: Caller) -> tuple[int, int, int, set[str]]:
    """How many opinions, tickets and duties somebody is shown, and whom to reach."""
    told = await neighbours.opinions(hall, caller).ListOpinions(opinions_pb2.ListOpinionsRequest())
    tickets = await neighbours.errands(hall, caller).ListErrands(errands_pb2.ListErrandsRequest())
    tasks = await neighbours.duties(hall, caller).ListDuties(duties_pb2.ListDutiesRequest(with_drafts=True))
    campaigns = campaigns_pb2_grpc.CampaignsServiceStub(neighbours.channel(hall, caller))
    meant = await campaigns.ListToReach(campaigns_pb2.ListToReachRequest(campaign_id=CAMPAIGN))
    return (
        len(told.opinions),
        len(tickets.errands),
        len(tasks.duties),
        {person.person_id for person in meant.persons},
    )


@pytest.mark.usefixtures("checks_off")
async def test_with_our_checks_off_neighbours_are_shown_what_their_posts_reach_and_no_more(still: Hall) -> None:
    here = neighbours.community(still)
    there = still.person("community_admin", town.OTHER_COMMUNITY, subject="community-2")
    opinion = await neighbours.said(still, neighbours.NEGATIVE)
    ticket = await neighbours.errands(still, neighbours.counter(still)).OpenErrand(
        neighbours.opening(neighbours.ASSIST)
    )
    draft = duties_pb2.DraftDutyRequest(request_id=town.request_id(), duty=neighbours.duty(still))
    duty = (await neighbours.duties(still, here).DraftDuty(draft)).duty
    await begin_campaign(still)
    assert await listed(still, here) == (1, 1, 1, {"person-1"})
    assert await listed(still, there) == (0, 0, 0, {"person-2"})

    step = opinions_pb2.AdvanceOpinionRequest(
        request_id=town.request_id(), id=opinion.id, version=1, step=opinions_pb2.OPINION_STEP_HANDLE
    )
    with pytest.raises(errors.NotFound):
        await neighbours.opinions(still, there).AdvanceOpinion(step)
    with pytest.raises(errors.NotFound):
        await neighbours.errands(still, there).GetErrand(errands_pb2.GetErrandRequest(id=ticket.errand.id))
    with pytest.raises(errors.NotFound):
        await neighbours.errands(still, there).AdvanceErrand(neighbours.going(ticket.errand))
    publish = duties_pb2.PublishDutyRequest(request_id=town.request_id(), id=duty.id, version=duty.version)
    with pytest.raises(errors.NotFound):
        await neighbours.duties(still, there).PublishDuty(publish)
    campaigns = campaigns_pb2_grpc.CampaignsServiceStub(neighbours.channel(still, there))
    reached = campaigns_pb2.RecordReachedRequest(
        request_id=town.request_id(),
        campaign_id=CAMPAIGN,
        person_id="person-1",
        by=campaigns_pb2.REACH_BY_VISIT,
        reached=True,
    )
    with pytest.raises(errors.GridwardError) as meant:
        await campaigns.RecordReached(reached)
    assert meant.value.reason == "PERSON_NOT_MEANT"


async def test_who_is_not_named_sees_none_of_them_and_no_telephone(still: Hall) -> None:
    await neighbours.said(still, neighbours.NEUTRAL)
    await begin_campaign(still)
    await listed(still, neighbours.community(still))  # whoever reads first gives the role what it needs
    with psycopg.connect(still.dsn, autocommit=True) as connection:
        connection.execute("SET ROLE incidents_reader")
        for table in ("opinion", "errand", "duty", "campaign_person"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT phone FROM campaign_person")
