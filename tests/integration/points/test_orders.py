"""Orders: offered ring by ring, raced for, served at the place, settled with proof, rated, and credited once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import TypeAlias

import pytest
from gridward.common.v1 import place_pb2
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2
from gridward.points.v1 import orders_pb2 as pb
from gridward.points.v1 import orders_pb2_grpc

from services.platform import errors
from services.platform.ids import uuid7
from services.points.domain.volunteers import Volunteer
from tests.integration.points.conftest import FakeNeeds, Ledger, insist
from tests.integration.points.hall import Hall
from tests.support.tokens import TestTokens

Stub: TypeAlias = "orders_pb2_grpc.OrdersServiceAsyncStub"
HERE = place_pb2.Point(longitude_deg=119.85, latitude_deg=38.60)
NEAR = place_pb2.Point(longitude_deg=119.854, latitude_deg=38.60)
FAR = place_pb2.Point(longitude_deg=119.86, latitude_deg=38.60)
PHOTO = place_pb2.Evidence(object_key="photos/1", sha256="ab" * 32, content_type="image/jpeg", size_bytes=9)


class Scene:
    """Everybody who has to do with an order."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.ledger = hall.ledger
        self.clock = hall.ledger.clock
        self.resident = self.who("resident", "resident:1")
        self.desk = self.who("community_admin", "staff:desk")
        self.other_desk = self.who("volunteer_coordinator", "staff:vc")

    def who(self, role: str, subject: str) -> Stub:
        return orders_pb2_grpc.OrdersServiceStub(self.hall.person(role, subject))

    def volunteer(self, subject: str) -> Stub:
        return self.who("volunteer", subject)

    async def enlist(self, subject: str, *, community: str = "C1", grid: str = "", estate: str = "") -> Stub:
        await self.ledger.points.volunteers.import_volunteers(
            [Volunteer(subject=subject, name=subject, nickname=f"~{subject}", name_public=False,
                       community_code=community, area_path="", grid_code=grid, estate=estate)]
        )  # fmt: skip
        return self.volunteer(subject)

    async def open(self, request: str = "order-01", *, people: int = 1, minutes: int = 60, **more: object) -> pb.Order:
        wish = pb.OpenOrderRequest(
            request_id=request, category="love_care", description="帮奶奶理发", point=HERE, place="3幢201",
            estate="明桂苑", minutes=minutes, people=people, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        return (await self.resident.OpenOrder(wish)).order

    async def published(self, request: str = "order-01", *, people: int = 1, minutes: int = 60) -> pb.Order:
        order = await self.open(request, people=people, minutes=minutes)
        return (await self.desk.PublishOrder(pb.PublishOrderRequest(order_id=order.id))).order

    async def claimed(self, subject: str = "v:1", **more: int) -> tuple[pb.Order, Stub]:
        volunteer = await self.enlist(subject, grid="C1-01")
        order = await self.published(**more)
        await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
        return order, volunteer

    async def serve(self, order: pb.Order, volunteer: Stub, *, minutes: int = 60) -> None:
        await volunteer.CheckIn(pb.CheckInRequest(order_id=order.id, point=NEAR, device_id="phone-1"))
        self.clock.advance(timedelta(minutes=minutes))
        await volunteer.CheckOut(pb.CheckOutRequest(order_id=order.id, point=NEAR, device_id="phone-1"))
        await volunteer.RequestSettlement(pb.RequestSettlementRequest(order_id=order.id, note="理好了", photos=[PHOTO]))

    async def settle(self, order: pb.Order, subject: str = "v:1") -> pb.Order:
        answer = await self.desk.DecideSettlement(
            pb.DecideSettlementRequest(order_id=order.id, volunteer=subject, approved=True)
        )
        return answer.order

    async def rate(self, order: pb.Order, rating: int) -> pb.Order:
        return (await self.resident.RateOrder(pb.RateOrderRequest(order_id=order.id, rating=rating))).order

    async def has(self, subject: str = "v:1") -> tuple[int, int]:
        points = await self.ledger.points.ledger.balances(subject)
        given = await self.ledger.points.ledger.balances(subject, "minutes")
        return points.get("available", 0) + points.get("debt", 0), given.get("done", 0)


@pytest.fixture
async def scene(ledger: Ledger, tokens: TestTokens) -> AsyncIterator[Scene]:
    async with Hall.open(ledger, tokens) as hall:
        yield Scene(hall)


@pytest.mark.mechanism(35)
async def test_an_order_goes_its_way_and_credits_once_by_its_rating(scene: Scene) -> None:
    told: dict[int, tuple[int, int]] = {}
    for rating, minutes in ((5, 60), (1, 60)):
        subject = f"v:{rating}"
        volunteer = await scene.enlist(subject, grid="C1-01")
        order = await scene.published(f"order-0{rating}")
        await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
        late = await scene.enlist(f"late:{rating}", grid="C1-01")
        with pytest.raises(errors.Conflict) as beyond:
            await late.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
        assert beyond.value.reason == "PLACES_TAKEN"
        await volunteer.CheckIn(pb.CheckInRequest(order_id=order.id, point=NEAR))
        scene.clock.advance(timedelta(minutes=minutes))
        await volunteer.CheckOut(pb.CheckOutRequest(order_id=order.id, point=NEAR))
        with pytest.raises(errors.Conflict) as refused:
            await volunteer.RequestSettlement(pb.RequestSettlementRequest(order_id=order.id, note="理好了"))
        assert (refused.value.reason, refused.value.details["missing"]) == ("SETTLEMENT_INCOMPLETE", "photo")
        await volunteer.RequestSettlement(pb.RequestSettlementRequest(order_id=order.id, note="理好了", photos=[PHOTO]))
        assert (await scene.settle(order, subject)).state == pb.ORDER_STATE_SETTLED
        assert (await scene.rate(order, rating)).state == pb.ORDER_STATE_CREDITED
        with pytest.raises(errors.Conflict):
            await scene.rate(order, rating)
        for _ in range(2):
            await scene.ledger.listen(a_rated_case(order.id, rating))
        told[rating] = await scene.has(subject)
    assert told == {5: (13, 60), 1: (0, 60)}
    assert (await scene.ledger.verify()).faults == ()


def a_rated_case(case_id: str, rating: int) -> events_pb2.Event:
    payload = cases_pb2.CaseRated(case=cases_pb2.Case(id=case_id, rating=rating), beneficiary="staff:d18", points=20)
    event = events_pb2.Event(id=str(uuid7()), type="case_rated", task_type="volunteer_service_order")
    event.payload.Pack(payload)
    return event


@pytest.mark.mechanism(15)
async def test_an_order_reaches_volunteers_ring_by_ring(scene: Scene) -> None:
    rings = {
        1: await scene.enlist("grid", grid="C1-01"),
        2: await scene.enlist("estate", grid="C1-09", estate="明桂苑"),
        3: await scene.enlist("community", grid="C1-08"),
        4: await scene.enlist("elsewhere", community="C2", grid="C2-01"),
    }
    order = await scene.published(people=4)
    asked = await scene.desk.ListCandidates(pb.ListCandidatesRequest(order_id=order.id))
    assert [(row.volunteer, row.ring) for row in asked.candidates] == [("grid", 1), ("estate", 2), ("community", 3)]
    for reached in range(1, 5):
        for ring, volunteer in rings.items():
            offered = await volunteer.ListOrders(pb.ListOrdersRequest(view=pb.ORDER_VIEW_OFFERED))
            assert [(row.id, row.nearness) for row in offered.orders] == ([(order.id, ring)] if ring <= reached else [])
            if ring > reached:
                with pytest.raises(errors.Conflict) as early:
                    await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
                assert early.value.reason == "NOT_OFFERED_YET"
                with pytest.raises(errors.NotFound):
                    await volunteer.GetOrder(pb.GetOrderRequest(order_id=order.id))
        scene.clock.advance(timedelta(minutes=30))
    seen = (await rings[4].GetOrder(pb.GetOrderRequest(order_id=order.id))).order
    assert (seen.place, seen.owner, seen.point.longitude_deg) == ("", "", 119.85)
    mine = (await rings[4].ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))).order
    assert (mine.place, mine.left) == ("3幢201", 3)


async def test_200_race_for_one_place_and_the_others_are_told_why(scene: Scene) -> None:
    await scene.ledger.points.volunteers.import_volunteers(
        [Volunteer(subject=f"v:{n}", name="x", nickname="x", name_public=False, community_code="C1", area_path="",
                   grid_code="C1-01") for n in range(200)]
    )  # fmt: skip
    order = await scene.published()
    claims = scene.ledger.points.orders
    answers = await asyncio.gather(
        *(insist(partial(claims.claim, order.id, f"v:{n}")) for n in range(200)), return_exceptions=True
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert {a.reason for a in answers if isinstance(a, errors.GridwardError)} == {"PLACES_TAKEN"}


async def test_a_claim_needs_a_volunteer_of_good_standing_who_is_free_then(scene: Scene) -> None:
    order, volunteer = await scene.claimed(people=2)
    for _ in range(2):
        with pytest.raises(errors.AlreadyExists) as again:
            await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
    assert again.value.reason == "ORDER_CLAIMED"
    with pytest.raises(errors.Forbidden) as stranger:
        await scene.volunteer("nobody").ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
    assert stranger.value.reason == "NOT_A_VOLUNTEER"
    await scene.enlist("resident:1", grid="C1-01")
    with pytest.raises(errors.Forbidden) as own:
        await scene.volunteer("resident:1").ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
    assert own.value.reason == "OWN_ORDER"


async def test_nobody_is_at_two_orders_at_once(scene: Scene) -> None:
    order, volunteer = await scene.claimed()
    second = await scene.published("order-02")
    with pytest.raises(errors.Conflict) as overlap:
        await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=second.id))
    assert (overlap.value.reason, overlap.value.details) == ("CLAIM_OVERLAPS", {"number": order.number})
    await volunteer.ReleaseClaim(pb.ReleaseClaimRequest(order_id=order.id))
    assert (await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=second.id))).order.left == 0


async def test_presence_is_proved_by_place_and_time(scene: Scene) -> None:
    volunteer = await scene.enlist("v:1", grid="C1-01")
    wanted = scene.clock.now() + timedelta(hours=5)
    opened = pb.OpenOrderRequest(request_id="order-01", category="love_care", description="理发", point=HERE,
                                 minutes=60, people=1)  # fmt: skip
    opened.wanted_at.FromDatetime(wanted)
    order = (await scene.resident.OpenOrder(opened)).order
    await scene.desk.PublishOrder(pb.PublishOrderRequest(order_id=order.id))
    await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
    for point, reason in ((FAR, "TOO_FAR"), (NEAR, "TOO_EARLY")):
        with pytest.raises(errors.Conflict) as refused:
            await volunteer.CheckIn(pb.CheckInRequest(order_id=order.id, point=point))
        assert refused.value.reason == reason
    scene.clock.advance(timedelta(hours=4))
    checked = await volunteer.CheckIn(pb.CheckInRequest(order_id=order.id, point=NEAR))
    assert checked.order.state == pb.ORDER_STATE_SERVING
    with pytest.raises(errors.Conflict):
        await volunteer.ReleaseClaim(pb.ReleaseClaimRequest(order_id=order.id))


async def test_a_settlement_is_decided_by_somebody_else_and_by_word_only_with_a_reason(scene: Scene) -> None:
    order, _ = await scene.claimed()
    decide = pb.DecideSettlementRequest(order_id=order.id, volunteer="v:1", approved=True, minutes=90)
    with pytest.raises(errors.Conflict) as wordless:
        await scene.desk.DecideSettlement(decide)
    assert wordless.value.reason == "SETTLEMENT_INCOMPLETE"
    decide.reason = "手机没电,邻居作证"
    own = scene.who("community_admin", "v:1")
    with pytest.raises(errors.Forbidden):
        await own.DecideSettlement(decide)
    await scene.desk.DecideSettlement(decide)
    await scene.rate(order, 4)
    assert await scene.has() == (18, 90)


async def test_a_refused_settlement_may_be_asked_for_again(scene: Scene) -> None:
    order, volunteer = await scene.claimed()
    await scene.serve(order, volunteer)
    refused = pb.DecideSettlementRequest(order_id=order.id, volunteer="v:1", approved=False, reason="照片不清楚")
    assert (await scene.desk.DecideSettlement(refused)).claim.decision == "照片不清楚"
    await volunteer.RequestSettlement(pb.RequestSettlementRequest(order_id=order.id, note="重拍", photos=[PHOTO]))
    assert (await scene.settle(order)).state == pb.ORDER_STATE_SETTLED


async def test_at_most_eight_hours_of_one_day_count(scene: Scene) -> None:
    volunteer = await scene.enlist("v:1", grid="C1-01")
    for number in range(3):
        order = await scene.published(f"order-{number:02}", minutes=200)
        await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
        await scene.serve(order, volunteer, minutes=200)
        await scene.settle(order)
        await scene.rate(order, 4)
    assert (await scene.has())[1] == 180 + 180 + 120


async def test_a_dispute_takes_back_by_new_rows_and_credits_anew(scene: Scene) -> None:
    order, volunteer = await scene.claimed()
    await scene.serve(order, volunteer)
    await scene.settle(order)
    await scene.rate(order, 5)
    await volunteer.DisputeOrder(pb.DisputeOrderRequest(order_id=order.id, reason="时长有误"))
    decide = pb.DecideDisputeRequest(order_id=order.id, upheld=True, rating=2, reason="仅到场半程")
    with pytest.raises(errors.Forbidden):
        await scene.who("volunteer_coordinator", "v:1").DecideDispute(decide)
    rows = await scene.ledger.value("SELECT count(*) FROM ledger.transfer")
    await scene.other_desk.DecideDispute(decide)
    assert await scene.has() == (6, 60)
    assert await scene.ledger.value("SELECT count(*) FROM ledger.transfer") == rows + 4
    await volunteer.DisputeOrder(pb.DisputeOrderRequest(order_id=order.id, reason="再议"))
    await scene.other_desk.DecideDispute(
        pb.DecideDisputeRequest(order_id=order.id, upheld=True, rating=0, reason="投诉属实")
    )
    assert await scene.has() == (0, 0)
    scene.clock.advance(timedelta(days=8))
    with pytest.raises(errors.Conflict) as late:
        await volunteer.DisputeOrder(pb.DisputeOrderRequest(order_id=order.id, reason="太晚"))
    assert late.value.reason == "TOO_LATE"
    assert (await scene.ledger.verify()).faults == ()


async def test_who_does_not_come_loses_points_once_and_after_five_times_the_right_to_claim(scene: Scene) -> None:
    volunteer = await scene.enlist("v:1", grid="C1-01")
    missed = pb.ReportNoShowRequest(volunteer="v:1")
    for number in range(5):
        order = await scene.published(f"order-{number:02}")
        await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
        missed.order_id = order.id
        with pytest.raises(errors.Conflict):
            await scene.desk.ReportNoShow(missed)
        scene.clock.advance(timedelta(hours=2))
        assert (await scene.desk.ReportNoShow(missed)).order.left == 1
        with pytest.raises(errors.NotFound):
            await scene.desk.ReportNoShow(missed)
    assert await scene.has() == (-50, 0)
    order = await scene.published("order-09")
    with pytest.raises(errors.Forbidden) as barred:
        await volunteer.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
    assert barred.value.reason == "VOLUNTEER_BARRED"


async def test_what_nobody_rates_in_time_counts_as_good(scene: Scene) -> None:
    order, volunteer = await scene.claimed()
    await scene.serve(order, volunteer)
    await scene.settle(order)
    assert await scene.ledger.points.service.rate_by_default() == 0
    scene.clock.advance(timedelta(days=7))
    assert await scene.ledger.points.service.rate_by_default() == 1
    seen = (await scene.resident.GetOrder(pb.GetOrderRequest(order_id=order.id))).order
    assert (seen.state, seen.rating, seen.rated_by_default) == (pb.ORDER_STATE_CREDITED, 4, True)
    assert await scene.has() == (12, 60)


async def test_an_order_waits_for_its_moment_or_for_the_weekend(scene: Scene) -> None:
    volunteer = await scene.enlist("v:1", grid="C1-01")
    order = await scene.open()
    batch = await scene.desk.PublishOrder(pb.PublishOrderRequest(order_id=order.id, weekend_batch=True))
    assert batch.order.published_at.ToDatetime().isoformat() == "2026-03-06T10:00:00"
    assert list((await volunteer.ListOrders(pb.ListOrdersRequest())).orders) == []
    scene.clock.advance(timedelta(days=4, hours=8))
    assert [row.id for row in (await volunteer.ListOrders(pb.ListOrdersRequest())).orders] == [order.id]


async def test_an_order_ended_gives_its_places_back_and_follows_its_case(scene: Scene) -> None:
    order, volunteer = await scene.claimed()
    with pytest.raises(errors.Forbidden):
        await volunteer.CancelOrder(pb.CancelOrderRequest(order_id=order.id, reason="不想去"))
    ended = await scene.resident.CancelOrder(pb.CancelOrderRequest(order_id=order.id, reason="不用了"))
    assert ended.order.state == pb.ORDER_STATE_CANCELLED
    assert await scene.ledger.value("SELECT sum(balance) FROM ledger.account WHERE kind = 'taken'") == 0
    second = await scene.published("order-02")
    advanced = cases_pb2.CaseAdvanced(case=cases_pb2.Case(id=second.id, state=cases_pb2.CASE_STATE_CANCELLED))
    event = events_pb2.Event(id=str(uuid7()), type="case_advanced", task_type="volunteer_service_order")
    event.payload.Pack(advanced)
    await scene.ledger.listen(event)
    seen = (await scene.resident.GetOrder(pb.GetOrderRequest(order_id=second.id))).order
    assert (seen.state, seen.case_state) == (pb.ORDER_STATE_CANCELLED, "CASE_STATE_CANCELLED")


async def test_a_case_reported_at_any_desk_is_an_order_too(scene: Scene) -> None:
    case = cases_pb2.Case(id="case-77", number="9991-77", description="修灯", area_path="999100.999102.999102001.C1.C1-01",
                          grid_code="C1-01", reporter="resident:9", form_answers='{"post_category": "convenience_service", "hours": 1.5, "people": 2}')  # fmt: skip
    case.reported_at.FromDatetime(scene.clock.now())
    event = events_pb2.Event(id=str(uuid7()), type="incident_reported", task_type="volunteer_service_order")
    event.payload.Pack(cases_pb2.IncidentReported(case=case))
    for _ in range(2):
        await scene.ledger.listen(event)
    mine = await scene.who("resident", "resident:9").ListOrders(pb.ListOrdersRequest(view=pb.ORDER_VIEW_OPENED_BY_ME))
    assert [(row.id, row.minutes, row.people, row.category) for row in mine.orders] == [
        ("case-77", 90, 2, "convenience_service")
    ]


async def test_a_desk_elsewhere_knows_nothing_of_the_order(scene: Scene) -> None:
    order = await scene.open()
    elsewhere = orders_pb2_grpc.OrdersServiceStub(scene.hall.person("community_admin", area="999100.999103"))
    with pytest.raises(errors.NotFound):
        await elsewhere.PublishOrder(pb.PublishOrderRequest(order_id=order.id))
    assert list((await elsewhere.ListOrders(pb.ListOrdersRequest(view=pb.ORDER_VIEW_AREA))).orders) == []


@pytest.mark.mechanism(38)
async def test_one_or_two_volunteers_look_after_somebody_and_silence_of_a_week_is_told(scene: Scene) -> None:
    for number in range(3):
        await scene.enlist(f"v:{number}")
    pair = pb.Pair(beneficiary="person:1", need="elderly", area_path="999100.999102.999102001.C1")
    for volunteers in ([], ["v:0", "v:1", "v:2"], ["v:0", "v:0"], ["v:0", "person:1"]):
        with pytest.raises(errors.Invalid):
            await scene.other_desk.SavePair(pb.SavePairRequest(pair=pb.Pair(volunteers=volunteers, beneficiary="person:1", need="elderly", area_path=pair.area_path)))  # fmt: skip
    pair.volunteers.extend(["v:0", "v:1"])
    saved = (await scene.other_desk.SavePair(pb.SavePairRequest(pair=pair))).pair
    scene.clock.advance(timedelta(days=7))
    assert await scene.ledger.points.pairs.alert() == 0
    scene.clock.advance(timedelta(seconds=1))
    assert [await scene.ledger.points.pairs.alert() for _ in range(2)] == [1, 0]
    assert [await scene.ledger.points.alerts.push() for _ in range(2)] == [1, 0]
    needs = scene.ledger.points.needs.needs
    assert isinstance(needs, FakeNeeds)
    (told,) = needs.alerts
    assert (told.occasion, told.subjects, told.roles, told.count) == (
        "contact_overdue", ("v:0", "v:1"), ("community_admin",), 7,
    )  # fmt: skip
    overdue = await scene.desk.ListPairs(pb.ListPairsRequest(overdue_only=True))
    assert [row.id for row in overdue.pairs] == [saved.id]
    contact = pb.RecordContactRequest(pair_id=saved.id, note="一切都好")
    with pytest.raises(errors.NotFound):
        await scene.volunteer("v:2").RecordContact(contact)
    assert not (await scene.volunteer("v:1").RecordContact(contact)).pair.overdue
    assert list((await scene.desk.ListPairs(pb.ListPairsRequest(overdue_only=True))).pairs) == []
    assert [row.id for row in (await scene.volunteer("v:0").ListPairs(pb.ListPairsRequest())).pairs] == [saved.id]
