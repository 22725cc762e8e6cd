"""Departments, posts and people on duty through real calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from gridward.registry.v1 import staff_pb2

from services.demo import city, people
from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, town

STREET_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001"
GRID_PATH = f"{STREET_PATH}.{community_code()}.{grid_code(0)}"
URBAN = ("grid_leader", "grid_guide", "grid_info_officer", "grid_security_officer", "grid_urban_officer")
POLICE = staff_pb2.Department(code="D01", name="公安局", name_en="Police", plugin="police")


def a_post(code: str, role: str, area_code: str, *, holder: str = "", department: str = "") -> staff_pb2.Post:
    return staff_pb2.Post(code=code, role=role, area_code=area_code, staff_code=holder, department_code=department)


def a_shift(
    post_code: str, staff_code: str, starts_at: datetime, *, hours: float = 8, request_id: str = ""
) -> staff_pb2.SetShiftRequest:
    request = staff_pb2.SetShiftRequest(
        request_id=request_id or uuid4().hex, post_code=post_code, staff_code=staff_code
    )
    request.starts_at.FromDatetime(starts_at)
    request.ends_at.FromDatetime(starts_at + timedelta(hours=hours))
    return request


async def post_codes(person: Person, **wanted: Any) -> list[str]:
    answer = await person.staff.ListPosts(staff_pb2.ListPostsRequest(**wanted))
    return [post.code for post in answer.posts]


async def duty(person: Person, area_code: str, role: str, **wanted: Any) -> tuple[list[str], list[str]]:
    request = staff_pb2.FindOnDutyRequest(area_code=area_code, role=role, **wanted)
    answer = await person.staff.FindOnDuty(request)
    return [found.staff_code for found in answer.on_duty], [post.code for post in answer.vacant]


@pytest.fixture
async def staffed(admin: Person) -> Person:
    """A town with a department and some posts."""
    await admin.import_areas(town())
    await admin.import_departments(POLICE)
    await admin.import_posts(
        a_post("W0", "grid_worker", grid_code(0), holder="staff:W0"),
        a_post("W1", "grid_worker", grid_code(1)),
        a_post("L0", "grid_leader", grid_code(0), holder="staff:L0"),
        a_post("RV", "grid_worker", DISTRICT, holder="staff:RV"),
        a_post("CA", "community_admin", community_code(), holder="staff:CA"),
        a_post("PH", "handler", CITY, holder="staff:PH", department="D01"),
        a_post("SYS", "system_admin", CITY, holder="staff:SYS"),
    )
    return admin


async def test_departments_are_taken_in_once_and_listed_with_their_units(admin: Person) -> None:
    unit = staff_pb2.OwnerUnit(code="U01", name="供水公司", department_code="D01")
    assert await admin.import_departments(POLICE, owner_units=[unit]) == 2
    assert await admin.import_departments(POLICE, owner_units=[unit]) == 0
    assert await admin.import_departments(staff_pb2.Department(code="D01", name="公安分局")) == 1
    answer = await admin.staff.ListDepartments(staff_pb2.ListDepartmentsRequest())
    assert [row.name for row in answer.departments] == ["公安分局"]
    assert list(answer.owner_units) == [unit]


async def test_a_unit_under_no_department_is_refused_with_all_the_rest(registry: Registry, admin: Person) -> None:
    lost = staff_pb2.OwnerUnit(code="U01", name="供水公司", department_code="D99")
    with pytest.raises(errors.NotFound) as unknown:
        await admin.import_departments(POLICE, owner_units=[lost])
    assert (unknown.value.reason, unknown.value.details["code"]) == ("DEPARTMENT_UNKNOWN", "D99")
    assert await registry.rows("SELECT code FROM department") == []


@pytest.mark.parametrize(
    ("post", "reason"),
    [
        (a_post("P", "grid_worker", "000000"), "AREA_UNKNOWN"),
        (a_post("P", "handler", CITY, department="D99"), "DEPARTMENT_UNKNOWN"),
        (a_post("P", "king", CITY), "ROLE_UNKNOWN"),
        (a_post("P", "service", CITY), "ROLE_UNKNOWN"),
    ],
)
async def test_one_bad_post_refuses_all(registry: Registry, admin: Person, post: staff_pb2.Post, reason: str) -> None:
    await admin.import_areas(town())
    with pytest.raises(errors.NotFound) as unknown:
        await admin.import_posts(a_post("good", "grid_worker", CITY), post)
    assert unknown.value.reason == reason
    assert await registry.rows("SELECT code FROM post") == []


async def test_posts_that_are_the_same_do_not_change(registry: Registry, staffed: Person) -> None:
    before = await registry.rows("SELECT code, version FROM post ORDER BY code")
    assert await staffed.import_posts(a_post("W0", "grid_worker", grid_code(0), holder="staff:W0")) == 0
    assert await registry.rows("SELECT code, version FROM post ORDER BY code") == before
    assert await staffed.import_posts(a_post("W0", "grid_worker", grid_code(0), holder="staff:new")) == 1
    told = await registry.rows("SELECT subject FROM outbox WHERE type = 'post_changed' ORDER BY inserted")
    assert [row["subject"] for row in told].count("W0") == 2


async def test_a_request_sent_twice_changes_once(registry: Registry, staffed: Person) -> None:
    request = staff_pb2.ImportPostsRequest(request_id="the-same-request", posts=[a_post("N", "mediator", CITY)])
    first = await staffed.staff.ImportPosts(request)
    assert await staffed.staff.ImportPosts(request) == first
    assert first.changed_count == 1
    request.posts[0].title = "调解员"
    with pytest.raises(errors.AlreadyExists):
        await staffed.staff.ImportPosts(request)


async def test_a_caller_sees_the_posts_of_the_own_area_and_department(registry: Registry, staffed: Person) -> None:
    everybody = ["CA", "L0", "PH", "RV", "SYS", "W0", "W1"]
    assert await post_codes(staffed) == everybody
    assert await post_codes(await registry.person("duty_chief", CITY)) == everybody
    assert await post_codes(await registry.person("subdistrict_admin", STREET_PATH)) == ["CA", "L0", "W0", "W1"]
    worker = await registry.person("grid_worker", GRID_PATH)
    assert await post_codes(worker) == ["L0", "W0"]
    assert await post_codes(worker, under_code=CITY) == ["L0", "W0"]
    assert await post_codes(worker, under_code=grid_code(1)) == []
    police = await registry.person("department_specialist", CITY, department="D01")
    assert await post_codes(police) == ["PH"]
    with pytest.raises(errors.Forbidden):
        await post_codes(await registry.person("resident", ""))


async def test_posts_are_listed_page_by_page_and_by_role(staffed: Person) -> None:
    page = await staffed.staff.ListPosts(staff_pb2.ListPostsRequest(page_size=4))
    rest = await staffed.staff.ListPosts(staff_pb2.ListPostsRequest(page_size=4, page_token=page.next_page_token))
    assert [post.code for post in (*page.posts, *rest.posts)] == ["CA", "L0", "PH", "RV", "SYS", "W0", "W1"]
    assert rest.next_page_token == ""
    assert await post_codes(staffed, role="grid_worker", under_code=community_code()) == ["W0", "W1"]
    with pytest.raises(errors.Invalid) as odd:
        await staffed.staff.ListPosts(staff_pb2.ListPostsRequest(page_token="nonsense"))
    assert odd.value.reason == "PAGE_TOKEN_INVALID"


async def test_whoever_is_nearest_is_on_duty_and_vacant_posts_are_named(staffed: Person) -> None:
    assert await duty(staffed, grid_code(0), "grid_worker") == (["staff:W0", "staff:RV"], [])
    assert await duty(staffed, grid_code(1), "grid_worker") == (["staff:RV"], ["W1"])
    assert await duty(staffed, grid_code(0), "handler", department_code="D01") == (["staff:PH"], [])
    assert await duty(staffed, grid_code(0), "mediator") == ([], [])
    for area_code, role, reason in (("000000", "mediator", "AREA_UNKNOWN"), (CITY, "king", "ROLE_UNKNOWN")):
        with pytest.raises(errors.NotFound) as unknown:
            await duty(staffed, area_code, role)
        assert unknown.value.reason == reason


async def test_a_worker_asks_who_is_above_but_not_about_another_grid(registry: Registry, staffed: Person) -> None:
    worker = await registry.person("grid_worker", GRID_PATH)
    assert await duty(worker, grid_code(0), "community_admin") == (["staff:CA"], [])
    with pytest.raises(errors.NotFound):
        await duty(worker, grid_code(1), "grid_worker")
    with pytest.raises(errors.NotFound):
        await worker.staff.CheckGridTeam(staff_pb2.CheckGridTeamRequest(area_code=grid_code(1)))


async def test_a_shift_stands_in_while_it_lasts(registry: Registry, staffed: Person) -> None:
    now = registry.clock.now()
    answer = await staffed.staff.SetShift(a_shift("W1", "staff:night", now + timedelta(hours=1)))
    assert [shift.staff_code for shift in answer.post.shifts] == ["staff:night"]
    assert (await duty(staffed, grid_code(1), "grid_worker"))[1] == ["W1"]
    request = staff_pb2.FindOnDutyRequest(area_code=grid_code(1), role="grid_worker")
    request.at.FromDatetime(now + timedelta(hours=2))
    (found, _) = (await staffed.staff.FindOnDuty(request)).on_duty
    assert (found.post.code, found.staff_code, found.by_shift) == ("W1", "staff:night", True)
    registry.clock.advance(timedelta(hours=10))
    assert (await duty(staffed, grid_code(1), "grid_worker"))[1] == ["W1"]


async def test_two_shifts_on_one_post_never_overlap(registry: Registry, staffed: Person) -> None:
    now = registry.clock.now()
    request = a_shift("W0", "staff:A", now, request_id="the-same-request")
    first = await staffed.staff.SetShift(request)
    assert await staffed.staff.SetShift(request) == first
    for start in (now, now + timedelta(hours=7), now - timedelta(hours=1)):
        with pytest.raises(errors.Conflict) as overlap:
            await staffed.staff.SetShift(a_shift("W0", "staff:B", start))
        assert overlap.value.reason == "SHIFT_OVERLAPS"
    await staffed.staff.SetShift(a_shift("W0", "staff:B", now + timedelta(hours=8)))
    await staffed.staff.SetShift(a_shift("W1", "staff:A", now))
    assert len(await registry.rows("SELECT post_code FROM shift")) == 3


async def test_a_leader_fills_the_posts_of_the_own_grid_only(registry: Registry, staffed: Person) -> None:
    now = registry.clock.now()
    leader = await registry.person("grid_leader", GRID_PATH)
    await leader.staff.SetShift(a_shift("W0", "staff:B", now))
    for post_code in ("W1", "CA", "nobody"):
        with pytest.raises(errors.NotFound) as unknown:
            await leader.staff.SetShift(a_shift(post_code, "staff:B", now))
        assert unknown.value.reason == "POST_UNKNOWN"
    with pytest.raises(errors.Invalid):
        await leader.staff.SetShift(a_shift("W0", "staff:B", now - timedelta(days=2)))


async def test_nobody_but_an_administrator_makes_administrators(registry: Registry, staffed: Person) -> None:
    now = registry.clock.now()
    chief = await registry.person("duty_chief", CITY)
    with pytest.raises(errors.Forbidden):
        await chief.staff.SetShift(a_shift("SYS", "staff:chief", now))
    admin = await registry.person("system_admin", CITY)
    await admin.staff.SetShift(a_shift("SYS", "staff:deputy", now))


async def test_an_administrator_of_a_district_changes_no_post_outside(registry: Registry, staffed: Person) -> None:
    street = await registry.person("system_admin", STREET_PATH)
    assert await street.import_posts(a_post("NEW", "mediator", community_code())) == 1
    for post in (a_post("X", "acceptor", CITY), a_post("RV", "grid_worker", grid_code(0), holder="staff:RV")):
        with pytest.raises(errors.Forbidden) as beyond:
            await street.import_posts(post)
        assert beyond.value.reason == "BEYOND_REACH"


async def test_grants_follow_from_the_posts_held_and_the_shifts_of_now(registry: Registry, staffed: Person) -> None:
    async def grants(staff_code: str) -> list[tuple[str, str, str, str]]:
        answer = await staffed.staff.ListGrants(staff_pb2.ListGrantsRequest(staff_code=staff_code))
        return [(row.role, row.area_path, row.department_code, row.post_code) for row in answer.grants]

    assert await grants("staff:PH") == [("handler", CITY, "D01", "PH")]
    assert await grants("staff:nobody") == []
    await staffed.staff.SetShift(a_shift("W0", "staff:PH", registry.clock.now() + timedelta(hours=1)))
    assert len(await grants("staff:PH")) == 1
    registry.clock.advance(timedelta(hours=2))
    assert await grants("staff:PH") == [("handler", CITY, "D01", "PH"), ("grid_worker", GRID_PATH, "", "W0")]
    assert await grants("staff:W0") == [("grid_worker", GRID_PATH, "", "W0")]
    registry.clock.advance(timedelta(hours=8))
    assert await grants("staff:PH") == [("handler", CITY, "D01", "PH")]
    person = await registry.person("duty_chief", CITY)
    with pytest.raises(errors.Forbidden):
        await person.staff.ListGrants(staff_pb2.ListGrantsRequest(staff_code="staff:PH"))


@pytest.mark.mechanism(4)
async def test_an_urban_team_lacks_its_security_post_and_a_scenic_team_needs_seven(admin: Person) -> None:
    features = city.area_collection()["features"]
    await admin.import_areas(features)
    await admin.import_templates(*city.team_templates())
    await admin.import_departments(*city.departments())
    posts = people.posts()
    for start in range(0, len(posts), 1000):
        await admin.import_posts(*posts[start : start + 1000])

    async def check(grid: str) -> staff_pb2.CheckGridTeamResponse:
        return await admin.staff.CheckGridTeam(staff_pb2.CheckGridTeamRequest(area_code=grid))

    grids = city.data()["grids"]
    urban = await check(next(grid["code"] for grid in grids if grid["type"] == "urban"))
    assert (urban.pattern, urban.filled_count, urban.required_count) == ("1+5+N", 4, 5)
    assert list(urban.vacant_roles) == ["grid_security_officer"]
    scenic = await check(
        next(row["properties"]["code"] for row in features if row["properties"].get("kind") == "scenic")
    )
    assert (scenic.pattern, scenic.required_count) == ("1+7+N", 7)
    exclusive = await check(
        next(row["properties"]["code"] for row in features if row["properties"].get("kind") == "exclusive")
    )
    assert exclusive.pattern == "1+5+N"


async def test_templates_are_replaced_by_kind_and_name_roles_there_are(staffed: Person) -> None:
    urban = staff_pb2.TeamTemplate(kind="urban", pattern="1+5+N", roles=["grid_worker", *URBAN])
    assert await staffed.import_templates(urban) == 1
    assert await staffed.import_templates(urban) == 0
    check = await staffed.staff.CheckGridTeam(staff_pb2.CheckGridTeamRequest(area_code=grid_code(0)))
    assert (check.filled_count, check.required_count, len(check.vacant_roles)) == (1, 5, 4)
    await staffed.import_templates(staff_pb2.TeamTemplate(kind="urban", roles=["grid_worker"]))
    check = await staffed.staff.CheckGridTeam(staff_pb2.CheckGridTeamRequest(area_code=grid_code(0)))
    assert (check.filled_count, check.required_count) == (1, 1)
    with pytest.raises(errors.NotFound):
        await staffed.import_templates(staff_pb2.TeamTemplate(kind="urban", roles=["king"]))
