"""The database's own wall around orders and volunteers: with our checks switched off, nobody is shown what is not theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
import pytest
from gridward.points.v1 import orders_pb2 as pb
from gridward.points.v1 import volunteers_pb2, volunteers_pb2_grpc

from services.platform import errors
from services.points.servicer import orders as servicer
from services.points.servicer import volunteers as volunteer_servicer
from services.points.store import orders, volunteers
from services.points.store.volunteers import Window
from tests.integration.points.conftest import Ledger
from tests.integration.points.hall import CITY, Hall
from tests.integration.points.test_orders import Scene
from tests.support.tokens import TestTokens

#: Where somebody answers for volunteers, and whether the order and the volunteer of C1 lie there.
MATRIX = ((CITY, True), ("999100.999102", True), ("999100.999102.999102001.C1", True), ("999100.999102.999102001.C2", False),
          ("999100.999103", False))  # fmt: skip


@pytest.fixture
async def scene(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Scene]:
    async with Hall.open(ledger, tokens) as hall:
        yield Scene(hall)


@pytest.fixture
def checks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our statements look everywhere, whoever asks."""
    list_orders, list_volunteers = orders.list_orders, volunteers.list_volunteers

    async def any_orders(*arguments: Any, scope_areas: Sequence[str] | None, **more: Any) -> Any:
        return await list_orders(*arguments, scope_areas=None, **{**more, "owner": "", "volunteer": ""})

    async def any_volunteers(transaction: Any, window: Window, **more: Any) -> Any:
        return await list_volunteers(transaction, Window(scope_areas=("",)), **more)

    monkeypatch.setattr(orders, "list_orders", any_orders)
    monkeypatch.setattr(volunteers, "list_volunteers", any_volunteers)
    monkeypatch.setattr(servicer, "_covers", lambda *_: True)
    monkeypatch.setattr(volunteer_servicer, "_within", lambda *_: True)


@pytest.mark.usefixtures("checks_off")
async def test_with_our_checks_off_everybody_still_sees_exactly_what_is_theirs(scene: Scene) -> None:
    await scene.enlist("v:1", grid="C1-01")
    order = await scene.open()
    for area, seen in MATRIX:
        desk = scene.hall.person("volunteer_coordinator", f"staff:{area}", area=area)
        listed = await orders_stub(desk).ListOrders(pb.ListOrdersRequest(view=pb.ORDER_VIEW_AREA))
        assert [row.id for row in listed.orders] == ([order.id] if seen else []), area
        people = await volunteers_stub(desk).ListVolunteers(volunteers_pb2.ListVolunteersRequest())
        assert [person.subject for person in people.volunteers] == (["v:1"] if seen else []), area
        if not seen:
            with pytest.raises(errors.NotFound):
                await orders_stub(desk).GetOrder(pb.GetOrderRequest(order_id=order.id))
            with pytest.raises(errors.NotFound):
                await volunteers_stub(desk).GetVolunteer(volunteers_pb2.GetVolunteerRequest(subject="v:1"))
    stranger = scene.hall.person("resident", "resident:2")
    for view in (pb.ORDER_VIEW_OPENED_BY_ME, pb.ORDER_VIEW_CLAIMED_BY_ME):
        assert not (await orders_stub(stranger).ListOrders(pb.ListOrdersRequest(view=view))).orders
        mine = await scene.resident.ListOrders(pb.ListOrdersRequest(view=view))
        assert [row.id for row in mine.orders] == [order.id]


def orders_stub(channel: Any) -> Any:
    return servicer.orders_pb2_grpc.OrdersServiceStub(channel)


def volunteers_stub(channel: Any) -> volunteers_pb2_grpc.VolunteersServiceAsyncStub:
    return volunteers_pb2_grpc.VolunteersServiceStub(channel)  # type: ignore[return-value]


async def test_who_claimed_is_shown_the_order_and_who_is_not_named_sees_nothing(scene: Scene) -> None:
    order, volunteer = await scene.claimed()
    assert (await volunteer.GetOrder(pb.GetOrderRequest(order_id=order.id))).order.place == "3幢201"
    await scene.serve(order, volunteer)
    await scene.settle(order)
    assert (await volunteer.GetOrder(pb.GetOrderRequest(order_id=order.id))).claims
    with psycopg.connect(scene.ledger.dsn, autocommit=True) as connection:
        special = "SELECT rolsuper OR rolbypassrls OR rolcanlogin FROM pg_roles WHERE rolname = 'points_reader'"
        assert connection.execute(special).fetchone() == (False,)
        assert connection.execute("SELECT count(*) FROM service_order").fetchone() == (1,)
        connection.execute("SET ROLE points_reader")
        for grants, count in (("", 0), ('[["999999", ""]]', 0), ('[["", ""]]', 1)):
            connection.execute("SELECT set_config('gridward.grants', %s, false)", (grants,))
            assert connection.execute("SELECT count(*) FROM service_order").fetchone() == (count,)
            assert connection.execute("SELECT count(*) FROM volunteer").fetchone() == (count,)
        for forbidden in ("SELECT sealed_name FROM volunteer", "SELECT note FROM claim", "DELETE FROM service_order"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


@pytest.mark.parametrize("path", ["999100..C1", "不是区域", "999100.", "a b", "x" * 61])
async def test_what_is_no_area_is_refused_by_its_name_before_the_database_sees_it(scene: Scene, path: str) -> None:
    desk = volunteers_stub(scene.hall.person("volunteer_coordinator", "staff:vc"))
    with pytest.raises(errors.Invalid) as refused:
        await desk.ListVolunteers(volunteers_pb2.ListVolunteersRequest(area_path=path))
    assert (refused.value.reason, refused.value.details["field"]) == ("FIELD_INVALID", "area_path")


async def test_nobody_makes_teams_posts_or_pairs_where_they_do_not_look_after_volunteers(scene: Scene) -> None:
    await scene.enlist("v:1")
    channel = scene.hall.person("volunteer_coordinator", "staff:far", area="999100.999102.999102001.C2")
    desk, there = volunteers_stub(channel), "999100.999102.999102001.C1"
    team = volunteers_pb2.Team(code="B1", name="1号楼", kind=volunteers_pb2.TEAM_KIND_BUILDING, area_path=there)
    post = volunteers_pb2.SavePostRequest(
        category="love_care", title="x", community_code="C1", quota=1, request_id="post-elsewhere"
    )
    pair = pb.Pair(beneficiary="person:1", need="elderly", area_path=there, volunteers=["v:1"])
    for call in (
        desk.ImportTeams(volunteers_pb2.ImportTeamsRequest(teams=[team])),
        desk.SavePost(post),
        desk.SetCommunityType(volunteers_pb2.SetCommunityTypeRequest(community_code="C1", community_type="old_estate")),
        desk.DispatchForce(
            volunteers_pb2.DispatchForceRequest(request_id="call-elsewhere", area_path=there, teams=1, purpose="x")
        ),
        orders_stub(channel).SavePair(pb.SavePairRequest(pair=pair)),
    ):
        with pytest.raises(errors.Forbidden):
            await call
