"""An order given at the top reaches all levels at once, and it is known who has read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gridward.incidents.v1 import directives_pb2, directives_pb2_grpc
from gridward.registry.v1 import areas_pb2

from services.incidents.directives.domain import areas_held
from services.platform import errors
from services.platform.identity import Grant
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall

if TYPE_CHECKING:
    from services.platform.identity import Caller

#: Four at level three, 61 at level four, 542 at level five.
STREETS, COMMUNITIES, LEAVES = 4, 61, 542


def stub(hall: Hall, caller: Caller) -> directives_pb2_grpc.DirectivesServiceAsyncStub:
    hall.stub(caller)
    return directives_pb2_grpc.DirectivesServiceStub(hall.channels[repr(caller)])


def holder(hall: Hall, role: str, path: str) -> Caller:
    return hall.tokens.caller(role, path, subject=f"S-{path.rpartition('.')[2]}")


def tree() -> list[areas_pb2.Area]:
    """A city of 1, 1, 4, 61 and 542."""
    levels = areas_pb2.AreaLevel
    areas = [("h", "h", levels.AREA_LEVEL_CITY), ("hd", "h.hd", levels.AREA_LEVEL_DISTRICT)]
    streets = [f"h.hd.s{number}" for number in range(STREETS)]
    communities = [f"{streets[number % STREETS]}.c{number}" for number in range(COMMUNITIES)]
    grids = [f"{communities[number % COMMUNITIES]}.g{number}" for number in range(LEAVES)]
    for paths, level in (
        (streets, levels.AREA_LEVEL_SUBDISTRICT),
        (communities, levels.AREA_LEVEL_COMMUNITY),
        (grids, levels.AREA_LEVEL_GRID),
    ):
        areas += [(path.rpartition(".")[2], path, level) for path in paths]
    return [areas_pb2.Area(code=code, name=code, path=path, level=level) for code, path, level in areas]


def haitan(hall: Hall) -> dict[str, str]:
    """The view holds that city alone; path by code."""
    gone = [areas_pb2.Area() for _ in town.areas()]
    for one, area in zip(gone, town.areas(), strict=True):
        one.CopyFrom(area)
        one.retired = True
        one.ClearField("geometry")
    areas = tree()
    hall.view.take_areas(areas_pb2.WatchAreasResponse(areas=[*gone, *areas], version=9999, complete=True))
    return {area.code: area.path for area in areas}


async def issue(hall: Hall, by: Caller, area_code: str, **fields: object) -> directives_pb2.IssueDirectiveResponse:
    request = directives_pb2.IssueDirectiveRequest(
        request_id=town.request_id(),
        title="防汛",
        body="今晚八时前巡查低洼处",
        area_code=area_code,
        **fields,  # type: ignore[arg-type]
    )
    return await stub(hall, by).IssueDirective(request)


async def acknowledge(
    hall: Hall, by: Caller, id: str, *, done: bool = False, reply: str = ""
) -> directives_pb2.Directive:
    request = directives_pb2.AcknowledgeDirectiveRequest(
        request_id=town.request_id(), directive_id=id, done=done, reply=reply
    )
    return (await stub(hall, by).AcknowledgeDirective(request)).directive


async def levels(hall: Hall, by: Caller, id: str) -> dict[int, tuple[int, int]]:
    answer = await stub(hall, by).GetDirective(directives_pb2.GetDirectiveRequest(directive_id=id))
    return {each.level: (each.read_count, each.area_count) for each in answer.levels}


async def unread(hall: Hall, by: Caller, id: str, level: int = 0) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        request = directives_pb2.ListUnreadRequest(directive_id=id, level=level, page_size=100, page_token=token)
        answer = await stub(hall, by).ListUnread(request)
        found += [area.area_code for area in answer.areas]
        token = answer.next_page_token
        if not token:
            return found


@pytest.mark.mechanism(26)
async def test_an_order_of_the_first_level_reaches_542_leaf_posts_with_receipts_by_level_and_a_list_of_the_unread(
    still: Hall,
) -> None:
    paths = haitan(still)
    top = holder(still, "duty_chief", "h")
    given = await issue(still, top, "h")
    reached = {each.level: each.area_count for each in given.levels}
    assert reached == {1: 1, 2: 1, 3: STREETS, 4: COMMUNITIES, 5: LEAVES}
    order = given.directive.id
    # The leaves have it at once, whoever above has read it or not.
    leaf = holder(still, "grid_worker", paths["g7"])
    (mine,) = (
        await stub(still, leaf).ListDirectives(directives_pb2.ListDirectivesRequest(mine_only=True, open_only=True))
    ).directives
    assert (mine.id, mine.own_unread_count) == (order, 1)
    read = [f"g{number}" for number in range(0, LEAVES, 20)]
    for code in read:
        assert (await acknowledge(still, holder(still, "grid_worker", paths[code]), order)).own_unread_count == 0
    await acknowledge(still, holder(still, "subdistrict_admin", paths["s1"]), order)
    answer = await stub(still, top).GetDirective(directives_pb2.GetDirectiveRequest(directive_id=order))
    ratios = {each.level: each.read_ratio for each in answer.levels}
    assert ratios == {1: 0, 2: 0, 3: 1 / STREETS, 4: 0, 5: len(read) / LEAVES}
    left = await unread(still, top, order, level=5)
    assert set(left) == {f"g{number}" for number in range(LEAVES)} - set(read)
    assert len(await unread(still, top, order)) == 1 + 1 + STREETS - 1 + COMMUNITIES + LEAVES - len(read)
    street = holder(still, "subdistrict_admin", paths["s0"])
    below = [code for code, path in paths.items() if path.startswith("h.hd.s0.") and code.startswith("g")]
    assert (await levels(still, street, order))[5] == (len(set(read) & set(below)), len(below))
    assert set(await unread(still, street, order, level=5)) == set(below) - set(read)


async def test_a_receipt_is_given_once_by_whoever_holds_the_post_and_by_nobody_from_above(still: Hall) -> None:
    chief = still.person("duty_chief", subject="chief-1")
    due = still.clock.now()
    request = directives_pb2.IssueDirectiveRequest(
        request_id=town.request_id(), title="清雪", body="清扫积雪", area_code=town.COMMUNITY
    )
    request.due_at.FromDatetime(due)
    given = (await stub(still, chief).IssueDirective(request)).directive
    assert (await stub(still, chief).IssueDirective(request)).directive.id == given.id
    assert await still.count("directive") == 1
    with pytest.raises(errors.Forbidden) as above:
        await acknowledge(still, chief, given.id)
    assert above.value.reason == "DIRECTIVE_NOT_YOURS"
    read = await acknowledge(still, still.worker, given.id)
    assert (read.own_unread_count, read.own_open_count) == (0, 1)
    done = await acknowledge(still, still.worker, given.id, done=True, reply="已清")
    assert done.own_open_count == 0
    second = still.person("grid_leader", town.GRID, subject="leader-1")
    await acknowledge(still, second, given.id, done=True, reply="我也清了")
    (row,) = await still.rows("SELECT read_by, done_by, reply FROM directive_receipt WHERE area_code = %s", town.GRID)
    assert (row["read_by"], row["done_by"], row["reply"]) == (still.worker.subject, still.worker.subject, "已清")
    stranger = still.person("grid_worker", town.OTHER_GRID, subject="elsewhere")
    with pytest.raises(errors.NotFound):
        await acknowledge(still, stranger, given.id)


async def test_orders_go_downwards_from_the_own_area_and_end_where_they_are_withdrawn(still: Hall) -> None:
    community = still.person("community_admin", town.COMMUNITY, subject="community-1")
    with pytest.raises(errors.Forbidden):
        await issue(still, community, town.SUBDISTRICT)
    with pytest.raises(errors.Forbidden):
        await issue(still, still.worker, town.GRID)
    with pytest.raises(errors.Conflict) as nobody:
        await issue(still, community, town.COMMUNITY, until_level=3)
    assert nobody.value.reason == "DIRECTIVE_REACHES_NOBODY"
    given = await issue(still, community, town.COMMUNITY, until_level=4)
    assert [(each.level, each.area_count) for each in given.levels] == [(4, 1)]
    (empty,) = (
        await stub(still, community).ListUnread(directives_pb2.ListUnreadRequest(directive_id=given.directive.id))
    ).areas
    assert (empty.area_code, empty.level, empty.holder) == (town.COMMUNITY, 4, f"S-{town.COMMUNITY}")
    withdraw = directives_pb2.WithdrawDirectiveRequest(request_id=town.request_id(), directive_id=given.directive.id)
    answer = await stub(still, community).WithdrawDirective(withdraw)
    assert answer.directive.HasField("withdrawn_at")
    with pytest.raises(errors.Conflict) as gone:
        await acknowledge(still, community, given.directive.id)
    assert gone.value.reason == "DIRECTIVE_WITHDRAWN"
    asked = directives_pb2.ListDirectivesRequest(mine_only=True, open_only=True)
    assert not (await stub(still, community).ListDirectives(asked)).directives


def test_only_a_post_at_the_very_area_answers_for_it() -> None:
    grants = (
        Grant(role="grid_worker", area_path="c.d.s.k.g"),
        Grant(role="grid_worker", area_path="c.d.s"),
        Grant(role="community_admin", area_path="c.d.s.k"),
        Grant(role="resident", area_path=""),
    )
    assert areas_held(grants) == ["g", "k"]
