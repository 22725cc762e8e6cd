"""Posts are handed over from one person to the next, now or when the day has come, and the story stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from gridward.registry.v1 import holders_pb2, staff_pb2

from services.platform import errors
from services.registry.actions.holders import Handovers
from services.registry.actions.office import Office
from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_staff import a_post
from tests.unit.registry.builders import CITY, DISTRICT, grid_code

pytestmark = pytest.mark.asyncio(loop_scope="module")


def naming(post: str, holder: str, reason: str = "moved on") -> holders_pb2.NameHolderRequest:
    return holders_pb2.NameHolderRequest(request_id=uuid4().hex, post_code=post, staff_code=holder, reason=reason)


async def story(person: Person, post: str) -> list[tuple[str, bool]]:
    answer = await person.holders.ListHoldings(holders_pb2.ListHoldingsRequest(post_code=post))
    return [(each.staff_code, each.to_come) for each in answer.holdings]


async def rights(town_hall: Registry, staff_code: str) -> list[str]:
    gateway = await town_hall.service("gateway")
    answer = await gateway.staff.ListGrants(staff_pb2.ListGrantsRequest(staff_code=staff_code))
    return [grant.post_code for grant in answer.grants]


async def test_a_post_goes_to_the_next_holder_at_once_and_rights_with_it(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    await admin.import_posts(a_post("H1", "grid_worker", grid_code(0), holder="staff:old"))
    town_hall.clock.advance(timedelta(hours=1))
    request = naming("H1", "staff:new")
    answer = await admin.holders.NameHolder(request)
    assert (answer.post.staff_code, answer.holding.to_come) == ("staff:new", False)
    assert await admin.holders.NameHolder(request) == answer
    assert await rights(town_hall, "staff:old") == []
    assert await rights(town_hall, "staff:new") == ["H1"]
    assert await story(admin, "H1") == [("staff:new", False), ("staff:old", False)]
    (row,) = await town_hall.rows("SELECT target, details FROM audit WHERE action = 'holder_named'")
    assert row["target"] == "post:H1"
    assert '"before": "staff:old"' in str(row["details"])


async def test_who_is_named_for_a_day_to_come_takes_over_then_and_a_later_word_goes_before(
    town_hall: Registry,
) -> None:
    admin = await town_hall.service("demo")
    handovers = Handovers(Office.open(town_hall.database, clock=town_hall.clock, settings=town_hall.settings))
    await admin.import_posts(a_post("H2", "grid_worker", grid_code(1), holder="staff:a"))
    for holder, days in (("staff:b", 3), ("staff:c", 2)):
        request = naming("H2", holder)
        request.from_at.FromDatetime(town_hall.clock.now() + timedelta(days=days))
        assert (await admin.holders.NameHolder(request)).post.staff_code == "staff:a"
    assert await story(admin, "H2") == [("staff:c", True), ("staff:a", False)]
    await handovers.look()
    assert await rights(town_hall, "staff:c") == []
    town_hall.clock.advance(timedelta(days=2))
    await handovers.look()
    assert await rights(town_hall, "staff:c") == ["H2"]
    assert await rights(town_hall, "staff:a") == []
    assert await story(admin, "H2") == [("staff:c", False), ("staff:a", False)]
    await handovers.look()
    assert (await admin.holders.NameHolder(naming("H2", ""))).post.staff_code == ""
    assert await rights(town_hall, "staff:c") == []


async def test_only_who_looks_after_posts_names_holders_and_only_within_reach(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    await admin.import_posts(a_post("H3", "grid_worker", grid_code(2)))
    chief = await town_hall.person("duty_chief", CITY)
    with pytest.raises(errors.Forbidden):
        await chief.holders.NameHolder(naming("H3", "staff:x"))
    keeper = await town_hall.person("system_admin", f"{CITY}.{DISTRICT}.elsewhere")
    for refused in (keeper.holders.NameHolder(naming("H3", "staff:x")), admin.holders.NameHolder(naming("H9", "x"))):
        with pytest.raises(errors.NotFound) as unknown:
            await refused
        assert unknown.value.reason == "POST_UNKNOWN"
    late = naming("H3", "staff:x")
    late.from_at.FromDatetime(town_hall.clock.now() + timedelta(days=400))
    with pytest.raises(errors.Invalid):
        await admin.holders.NameHolder(late)
    assert await story(admin, "H3") == []
