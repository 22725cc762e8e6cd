"""The demo city's volunteers and mall are loaded once, however often they are loaded, and the books stay right."""

from __future__ import annotations

from dataclasses import replace

from gridward.points.v1 import (
    alliances_pb2,
    alliances_pb2_grpc,
    mall_pb2,
    mall_pb2_grpc,
    orders_pb2,
    orders_pb2_grpc,
    statements_pb2,
    statements_pb2_grpc,
    volunteers_pb2,
    volunteers_pb2_grpc,
)

from services.demo import people, volunteering
from tests.integration.points.conftest import Ledger
from tests.integration.points.hall import Hall
from tests.support.tokens import TestTokens


class DemoTown:
    """Stands for registry with the communities of the demo city."""

    async def path_of(self, area_code: str) -> str:
        return volunteering.paths()[area_code]

    def forget(self) -> None:
        """It never changes."""


async def test_the_demo_s_volunteers_and_mall_are_loaded_once(ledger: Ledger, tokens: TestTokens) -> None:
    points = replace(ledger.points, volunteers=replace(ledger.points.volunteers, city=DemoTown()))
    async with Hall.open(replace(ledger, points=points), tokens) as hall:
        demo = hall.service("demo")
        assert await volunteering.load(demo) == 578
        again = await volunteers_pb2_grpc.VolunteersServiceStub(demo).ImportVolunteers(
            volunteers_pb2.ImportVolunteersRequest(rows=list(volunteering.people_of_the_city())), timeout=60
        )
        assert (again.added, again.changed, again.unchanged) == (0, 0, 578)
        await volunteering.fellowship.load(demo, volunteering.paths()[people.SHOWN_GRID[:12]])
        coordinator = hall.person("volunteer_coordinator", "staff:vc")
        alliances = await alliances_pb2_grpc.AlliancesServiceStub(coordinator).ListAlliances(
            alliances_pb2.ListAlliancesRequest()
        )
        assert [(one.next_chair, one.agreements, len(one.members)) for one in alliances.alliances] == [
            ("供电公司", 3, 11)
        ]
        pairs = await orders_pb2_grpc.OrdersServiceStub(coordinator).ListPairs(orders_pb2.ListPairsRequest())
        assert sorted(len(pair.volunteers) for pair in pairs.pairs) == [1, 2]
        teams = await volunteers_pb2_grpc.VolunteersServiceStub(coordinator).ListTeams(
            volunteers_pb2.ListTeamsRequest(kind=volunteers_pb2.TEAM_KIND_BUILDING, page_size=1)
        )
        assert (teams.total, teams.people, teams.vacant) == (96, 287, 1)
        shown = hall.person("volunteer", volunteering.SHOWN_VOLUNTEER)
        statement = await statements_pb2_grpc.StatementsServiceStub(shown).GetStatement(
            statements_pb2.GetStatementRequest(owner="me")
        )
        assert (statement.points, statement.minutes > 0) == (volunteering.WELCOME_POINTS, True)
        goods = (await mall_pb2_grpc.MallServiceStub(shown).ListGoods(mall_pb2.ListGoodsRequest())).goods
        assert len(goods) == 20
        assert [shelf.on_hand for shelf in goods[0].shelves] == [33] * 6
    assert (await ledger.verify()).faults == ()
