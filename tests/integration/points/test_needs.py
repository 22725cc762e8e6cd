"""Needs are pushed: to those who fit, as far as the order reaches by now, to each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gridward.points.v1 import orders_pb2 as pb

from services.points.domain.volunteers import Volunteer
from tests.integration.points.conftest import FakeNeeds, FakeOrganisations, Ledger
from tests.integration.points.test_orders import HERE, Scene, scene

__all__ = ["scene"]


async def enlist(
    ledger: Ledger, subject: str, *, community: str = "C1", grid: str = "", skills: tuple[str, ...]
) -> None:
    await ledger.points.volunteers.import_volunteers(
        [Volunteer(subject=subject, name=subject, nickname=f"~{subject}", name_public=False,
                   community_code=community, area_path="", grid_code=grid, skills=skills)]
    )  # fmt: skip


@pytest.mark.mechanism(22)
async def test_a_need_is_pushed_to_those_who_fit_ring_by_ring_and_to_each_once(scene: Scene) -> None:
    ledger = scene.ledger
    needs = ledger.points.needs.needs
    assert isinstance(needs, FakeNeeds)
    await enlist(ledger, "v:grid", grid="C1-01", skills=("love_care",))
    await enlist(ledger, "v:grid-other-skill", grid="C1-01", skills=("education_training",))
    await enlist(ledger, "v:community", skills=("love_care", "convenience_service"))
    await enlist(ledger, "v:far", community="C2", skills=("love_care",))
    await enlist(ledger, "resident:1", grid="C1-01", skills=("love_care",))
    order = await scene.open(people=2)
    assert await ledger.points.needs.push() == 0, "nobody hears of what is not published"

    await scene.desk.PublishOrder(pb.PublishOrderRequest(order_id=order.id))
    needs.away = True
    assert await ledger.points.needs.push() == 0
    needs.away = False
    assert [await ledger.points.needs.push() for _ in range(2)] == [1, 0]
    assert needs.told == [(order.id, "v:grid")], "who was away is asked again, and nobody is told twice"

    scene.clock.advance(timedelta(minutes=60))
    assert await ledger.points.needs.push() == 1
    scene.clock.advance(timedelta(minutes=30))
    assert await ledger.points.needs.push() == 1
    assert [who for _, who in needs.told] == ["v:grid", "v:community", "v:far"]


async def test_an_order_that_is_full_or_that_one_has_taken_is_pushed_no_more(scene: Scene) -> None:
    ledger = scene.ledger
    needs = ledger.points.needs.needs
    assert isinstance(needs, FakeNeeds)
    for number in range(3):
        await enlist(ledger, f"v:{number}", grid="C1-01", skills=("love_care",))
    full = await scene.published("order-01", people=1)
    open_still = await scene.published("order-02", people=2)
    for order in (full, open_still):
        await scene.volunteer("v:0").ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))
        scene.clock.advance(timedelta(hours=2))
    await ledger.points.needs.push()
    assert sorted(needs.told) == [(open_still.id, "v:1"), (open_still.id, "v:2")]


@pytest.mark.mechanism(22)
async def test_a_need_for_care_of_elders_is_pushed_to_registered_organisations_of_its_community_alone(
    scene: Scene,
) -> None:
    pushing = scene.ledger.points.needs
    needs, registered = pushing.needs, pushing.organisations
    assert isinstance(needs, FakeNeeds)
    assert isinstance(registered, FakeOrganisations)
    registered.known = {
        ("elder_care", "C1"): ["volunteer:organisation-A", "volunteer:organisation-B"],
        ("child_care", "C1"): ["volunteer:organisation-B"],
        ("pet_care", "C1"): ["volunteer:organisation-DOGS"],
        ("elder_care", "C2"): ["volunteer:organisation-FAR"],
    }
    wish = pb.OpenOrderRequest(
        request_id="order-01", category="elder_child_care", description="送牛奶", point=HERE, minutes=30, people=2
    )
    order = (await scene.resident.OpenOrder(wish)).order
    await scene.desk.PublishOrder(pb.PublishOrderRequest(order_id=order.id))
    assert await pushing.push() == 0, "it reaches its grid first"
    scene.clock.advance(timedelta(minutes=60))
    needs.away = True
    assert await pushing.push() == 0
    needs.away = False
    assert [await pushing.push() for _ in range(2)] == [2, 0]
    assert needs.told == [(order.id, "volunteer:organisation-A"), (order.id, "volunteer:organisation-B")]
    organisation = scene.volunteer("volunteer:organisation-A")
    await enlist(scene.ledger, "volunteer:organisation-A", skills=())
    assert (await organisation.ClaimOrder(pb.ClaimOrderRequest(order_id=order.id))).order.left == 1
    scene.clock.advance(timedelta(minutes=60))
    assert await pushing.push() == 0, "and as volunteers they are not told again"
