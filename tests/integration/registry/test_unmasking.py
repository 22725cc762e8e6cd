"""A hundred people a day in clear by oneself; more by a second person's word, for a number and a time."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from gridward.registry.v1 import elements_pb2, unmasking_pb2

from services.platform import audit, errors
from services.registry.domain.unmasking import ALONE_MAX
from tests.integration.registry.conftest import Registry
from tests.integration.registry.test_elements import NAME, PERSON, home, worker
from tests.unit.registry.builders import CITY

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def seen(town_hall: Registry, subject: str, count: int, *, hours_ago: float = 1) -> None:
    """Somebody has seen so many others in clear already."""
    at = town_hall.clock.now() - timedelta(hours=hours_ago)
    async with town_hall.database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO revealed (subject, element_id, at) "
            "SELECT %(subject)s, gen_random_uuid(), %(at)s FROM generate_series(1, %(count)s)",
            {"subject": subject, "at": at, "count": count},
        )


async def test_beyond_a_hundred_people_a_day_a_second_ones_word_is_needed(town_hall: Registry) -> None:
    someone = await worker(town_hall, 0)
    steward = await town_hall.person("data_steward", CITY, subject="staff:steward")
    asking, deciding = someone.unmasking, steward.unmasking
    _, dwelling = await home(someone)
    people = [
        (await someone.save(PERSON, within_id=dwelling, items={"name": NAME, "phone": f"1391234560{n}"})).element.id
        for n in range(4)
    ]

    async def reveal(element_id: str) -> dict[str, str]:
        request = elements_pb2.RevealElementRequest(id=element_id, purpose="flood list", items=["phone"])
        return dict((await someone.elements.RevealElement(request)).items)

    await seen(town_hall, "staff:W0", 500, hours_ago=25)  # of yesterday
    await seen(town_hall, "staff:W0", ALONE_MAX - 1)
    assert await reveal(people[0])
    with pytest.raises(errors.Forbidden) as needed:
        await reveal(people[1])
    assert needed.value.reason == "SECOND_APPROVER_NEEDED"
    assert await reveal(people[0]), "whom one has seen today one may see again"

    request = unmasking_pb2.AskUnmaskingRequest(request_id=uuid4().hex, purpose="flood list", people_max=2, hours=2)
    asked = (await asking.AskUnmasking(request)).unmasking
    assert asked == (await asking.AskUnmasking(request)).unmasking
    with pytest.raises(errors.Forbidden):
        await reveal(people[1])
    decision = unmasking_pb2.DecideUnmaskingRequest(request_id=uuid4().hex, id=asked.id, grant=True)
    with pytest.raises(errors.Forbidden):
        await asking.DecideUnmasking(decision)
    waiting = (await deciding.ListUnmaskings(unmasking_pb2.ListUnmaskingsRequest(waiting_only=True))).unmaskings
    assert asked.id in {each.id for each in waiting}
    granted = (await deciding.DecideUnmasking(decision)).unmasking
    assert granted.state == unmasking_pb2.UNMASKING_STATE_GRANTED
    assert granted.until.ToDatetime() - town_hall.clock.now().replace(tzinfo=None) == timedelta(hours=2)

    assert await reveal(people[1])
    assert await reveal(people[2])
    with pytest.raises(errors.Forbidden):
        await reveal(people[3])
    used = {each.id: each for each in (await deciding.ListUnmaskings(unmasking_pb2.ListUnmaskingsRequest())).unmaskings}
    assert used[asked.id].people_used == 2
    assert used[asked.id].state == unmasking_pb2.UNMASKING_STATE_OVER
    own = await asking.ListOwnUnmaskings(unmasking_pb2.ListOwnUnmaskingsRequest())
    assert [(each.id, each.people_used) for each in own.unmaskings] == [(asked.id, 2)]
    assert (own.seen_count, own.alone_max) == (ALONE_MAX + 2, ALONE_MAX)
    assert {(each.who, each.purpose) for each in own.traces} == {("staff:W0", "flood list")}
    async with town_hall.database.connection() as connection:
        rows = await audit.read(connection, target=f"unmasking:{asked.id}")
    assert [row.action for row in rows] == ["unmasking_decided", "unmasking_asked"]
    assert [row.who for row in rows] == ["staff:steward", "staff:W0"]


async def test_a_service_that_carries_out_what_people_decided_is_not_counted(town_hall: Registry) -> None:
    someone, incidents = await worker(town_hall, 0), await town_hall.service("incidents")
    _, dwelling = await home(someone)
    person = await someone.save(PERSON, within_id=dwelling, items={"name": NAME, "phone": "13912345611"})
    await seen(town_hall, "service:incidents", ALONE_MAX)
    request = elements_pb2.RevealElementRequest(id=person.element.id, purpose="storm campaign", items=["phone"])
    assert dict((await incidents.elements.RevealElement(request)).items) == {"phone": "13912345611"}
