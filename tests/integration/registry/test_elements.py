"""Everything is bound to one grid, seen by those who answer for it, and masked for all."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from gridward.registry.v1 import elements_pb2, staff_pb2

from services.platform import audit, errors
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from services.points.domain.organisations import subject_of
from services.points.neighbours import RegistryOrganisations
from services.registry.neighbours import CallingNeighbours
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON, HOUSEHOLD = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_HOUSEHOLD
DWELLING, BUILDING = elements_pb2.ELEMENT_KIND_DWELLING, elements_pb2.ELEMENT_KIND_BUILDING
COMPONENT = elements_pb2.ELEMENT_KIND_COMPONENT
COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"
IDENTITY, PHONE, NAME = "110101199003071234", "13912345678", "李小明"


async def worker(town_hall: Registry, number: int = 0) -> Person:
    return await town_hall.person("grid_worker", f"{COMMUNITY_PATH}.{grid_code(number)}", subject=f"staff:W{number}")


async def home(person: Person, *, number: int = 0, name: str = "") -> tuple[str, str]:
    """A building with a dwelling; the ids of both."""
    name = name or f"幸福里{uuid4().int % 10**8}号楼"
    where = (middle_of(number % 2, number // 2)[0], middle_of(number % 2, number // 2)[1])
    building = (await person.save(BUILDING, where=where, key=name, name=name, address=name)).element
    dwelling = (await person.save(DWELLING, key=f"{name}-501", address=f"{name}501", within_id=building.id)).element
    return building.id, dwelling.id


@pytest.mark.mechanism(2)
async def test_everything_written_takes_the_grid_of_its_place_and_is_seen_there_alone(town_hall: Registry) -> None:
    first, second = await worker(town_hall, 0), await worker(town_hall, 1)
    lamp = (
        await first.save(COMPONENT, where=middle_of(0, 0), key="4308110137000001", class_code="0137", name="路灯")
    ).element
    building, dwelling = await home(first)
    person = (await first.save(PERSON, within_id=dwelling, items={"name": NAME, "phone": PHONE})).element
    assert {lamp.grid_code, person.grid_code} == {grid_code(0)}
    for element_id in (lamp.id, building, dwelling, person.id):
        assert (await first.elements.GetElement(elements_pb2.GetElementRequest(id=element_id))).element.id == element_id
        with pytest.raises(errors.NotFound):
            await second.elements.GetElement(elements_pb2.GetElementRequest(id=element_id))
    listed = await second.elements.ListElements(elements_pb2.ListElementsRequest(kind=COMPONENT))
    assert lamp.id not in {element.id for element in listed.elements}


@pytest.mark.mechanism(2)
async def test_a_phone_writes_and_reads_its_own_grid_and_nothing_of_another_is_stored(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    leader = await town_hall.person("grid_leader", COMMUNITY_PATH, subject="staff:L")
    await bind(leader, "phone-7", grid_code(0))
    mine = (await admin.save(COMPONENT, where=middle_of(0, 0), key="4308110137000002", class_code="0137")).element
    theirs = (await admin.save(COMPONENT, where=middle_of(1, 0), key="4308110137000003", class_code="0137")).element
    before = await town_hall.rows("SELECT count(*) AS n FROM element")
    for action in (
        lambda: leader.save(COMPONENT, where=middle_of(1, 0), key="4308110137000004", terminal_id="phone-7"),
        lambda: leader.save(COMPONENT, id=theirs.id, state="damaged", terminal_id="phone-7"),
        lambda: leader.save(COMPONENT, id=mine.id, where=middle_of(1, 0), terminal_id="phone-7"),
        lambda: leader.elements.GetElement(elements_pb2.GetElementRequest(id=theirs.id, terminal_id="phone-7")),
    ):
        with pytest.raises(errors.Forbidden) as outside:
            await action()
        assert outside.value.reason == "OUT_OF_GRID"
    assert await town_hall.rows("SELECT count(*) AS n FROM element") == before
    async with town_hall.database.connection() as connection:
        refused = await audit.read(connection, action="terminal_refused", target="phone-7")
    assert [(row.who, row.refused) for row in refused] == [("staff:L", "OUT_OF_GRID")] * 4
    listed = await leader.elements.ListElements(elements_pb2.ListElementsRequest(kind=COMPONENT, terminal_id="phone-7"))
    assert {element.grid_code for element in listed.elements} == {grid_code(0)}
    written = await leader.save(COMPONENT, id=mine.id, state="damaged", terminal_id="phone-7")
    assert written.element.state == "damaged"


async def bind(person: Person, terminal_id: str, grid: str) -> None:
    await person.staff.BindTerminal(
        staff_pb2.BindTerminalRequest(request_id=uuid4().hex, terminal_id=terminal_id, grid_code=grid)
    )


@pytest.mark.mechanism(24)
async def test_one_change_of_a_phone_is_seen_wherever_the_person_is_read(town_hall: Registry) -> None:
    first = await worker(town_hall)
    _, dwelling = await home(first)
    person = (await first.save(PERSON, within_id=dwelling, items={"name": NAME, "phone": PHONE})).element
    await first.save(PERSON, id=person.id, version=person.version, items={"phone": "13900000009"})
    community = await town_hall.person("community_admin", COMMUNITY_PATH, subject="staff:C")
    seen = (await community.elements.GetElement(elements_pb2.GetElementRequest(id=person.id))).element
    assert seen.items["phone"] == "139****0009"
    inside = await community.elements.ListElements(elements_pb2.ListElementsRequest(kind=PERSON, within_id=dwelling))
    assert [element.items["phone"] for element in inside.elements] == ["139****0009"]


async def test_personal_items_are_masked_sealed_and_revealed_only_for_a_purpose_on_record(town_hall: Registry) -> None:
    first = await worker(town_hall)
    _, dwelling = await home(first)
    items = {"name": "王芳芳", "phone": "13787654321", "identity_number": "430811198501010021", "gender": "女"}
    person = (await first.save(PERSON, within_id=dwelling, items=items)).element
    assert (person.name, person.key, person.items["gender"]) == ("王**", "4***************21", "女")
    assert person.address.endswith("号楼***")
    whole = elements_pb2.RevealElementRequest(id=person.id, purpose="上门走访", items=["address"])
    assert (await first.elements.RevealElement(whole)).items["address"].endswith("号楼501")
    assert set(person.masked_items) == {"name", "phone", "identity_number"}
    dump = json.dumps(
        await town_hall.rows("SELECT element::text AS row, encode(sealed, 'escape') AS sealed FROM element")
    )
    dump += json.dumps(await town_hall.rows("SELECT encode(payload, 'escape') AS p, subject FROM outbox"))
    dump += json.dumps(await town_hall.rows("SELECT encode(answer, 'escape') AS a FROM request"))
    assert not [value for value in ("王芳芳", "13787654321", "430811198501010021") if value in dump]
    request = elements_pb2.RevealElementRequest(
        id=person.id, purpose="上门走访核实", case_id="C-1", items=["phone", "key"]
    )
    with pytest.raises(errors.Invalid):
        await first.elements.RevealElement(elements_pb2.RevealElementRequest(id=person.id, items=["phone"]))
    told = await first.elements.RevealElement(request)
    assert dict(told.items) == {"phone": "13787654321", "identity_number": "430811198501010021"}
    async with town_hall.database.connection() as connection:
        row = (await audit.read(connection, action="person_revealed", target=person.id))[0]
        assert (await audit.verify(connection)).whole
    assert (row.who, row.purpose, row.fields, row.masked) == (
        "staff:W0",
        "上门走访核实",
        ("identity_number", "phone"),
        False,
    )
    for role, path in (("resident", CITY), ("system_admin", CITY), ("department_specialist", CITY)):
        other = await town_hall.person(role, path, department="D04" if role.startswith("dep") else "")
        with pytest.raises((errors.Forbidden, errors.NotFound)):
            await other.elements.RevealElement(request)


@pytest.mark.parametrize(
    ("role", "path", "department", "sees"),
    [
        ("grid_worker", f"{COMMUNITY_PATH}.{grid_code(2)}", "", (True, True)),
        ("grid_worker", f"{COMMUNITY_PATH}.{grid_code(3)}", "", (False, False)),
        ("community_admin", COMMUNITY_PATH, "", (True, True)),
        ("duty_chief", CITY, "", (True, True)),
        ("department_specialist", CITY, "D04", (False, True)),
        ("big_screen_operator", CITY, "", (False, True)),
        ("system_admin", CITY, "", (False, True)),
        ("resident", CITY, "", (False, False)),
        ("volunteer", COMMUNITY_PATH, "", (False, False)),
        ("auditor", CITY, "", (False, False)),
    ],
)
async def test_who_sees_what_follows_from_role_and_area(
    town_hall: Registry, role: str, path: str, department: str, sees: tuple[bool, bool]
) -> None:
    admin = await town_hall.service("demo")
    key = "4308110305000001"
    thing = (await admin.save(COMPONENT, where=middle_of(0, 1), key=key, class_code="0305")).element
    somebody = (
        await admin.save(PERSON, where=middle_of(0, 1), items={"identity_number": "430811197001010011"})
    ).element
    caller = await town_hall.person(role, path, department=department)

    async def sees_it(element_id: str) -> bool:
        try:
            await caller.elements.GetElement(elements_pb2.GetElementRequest(id=element_id))
        except (errors.NotFound, errors.Forbidden):
            return False
        return True

    assert (await sees_it(somebody.id), await sees_it(thing.id)) == sees


async def test_who_reads_may_not_write_and_nobody_writes_next_door(town_hall: Registry) -> None:
    for role, path in (("auditor", CITY), ("resident", COMMUNITY_PATH), ("department_specialist", CITY)):
        with pytest.raises(errors.Forbidden):
            await (await town_hall.person(role, path)).save(COMPONENT, where=middle_of(0, 0), class_code="0137")
    with pytest.raises(errors.Forbidden) as beyond:
        await (await worker(town_hall, 0)).save(COMPONENT, where=middle_of(1, 0), class_code="0137")
    assert beyond.value.reason == "BEYOND_REACH"


@pytest.mark.mechanism(23)
async def test_a_person_with_three_tags_is_in_three_lists_and_counts_once(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    area = elements_pb2.CountElementsRequest(area_code=grid_code(3))
    before = await admin.elements.CountElements(area)
    tags = ["lone_elderly", "low_income", "veteran"]
    person = (await admin.save(PERSON, where=middle_of(1, 1), tags=tags, items={"name": "赵老"})).element
    await admin.save(PERSON, where=middle_of(1, 1), items={"name": "钱多"})
    after = await admin.elements.CountElements(area)
    assert after.headcount - before.headcount == 2
    assert after.tagged_headcount - before.tagged_headcount == 1
    assert sum(row.count for row in after.tags) - sum(row.count for row in before.tags) == 3
    for tag in tags:
        listed = await admin.elements.ListElements(
            elements_pb2.ListElementsRequest(kind=PERSON, tag=tag, area_code=grid_code(3))
        )
        assert person.id in {element.id for element in listed.elements}


@pytest.mark.mechanism(13)
async def test_ten_households_stand_together_none_in_two_groups_and_all_heads_are_reached(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    heads = set()

    async def join(group: str, household: str = "") -> elements_pb2.Element:
        where = None if household else middle_of(1, 1)
        return (await admin.save(HOUSEHOLD, id=household, where=where, items={"joint_group": group})).element

    for group in ("一组", "二组"):
        families = await asyncio.gather(*(join(group) for _ in range(10)))
        head = await admin.save(PERSON, within_id=families[0].id, items={"name": "组长"}, tags=["group_head"])
        heads.add(head.element.id)
    with pytest.raises(errors.Conflict) as full:
        await join("一组")
    assert full.value.reason == "GROUP_FULL"
    with pytest.raises(errors.Conflict) as taken:
        await join("三组", families[0].id)
    assert taken.value.reason == "GROUP_TAKEN"
    await join("", families[0].id)
    assert (await join("三组", families[0].id)).items["joint_group"] == "三组"
    request = elements_pb2.ListElementsRequest(kind=PERSON, tag="group_head", area_code=grid_code(3))
    assert {element.id for element in (await admin.elements.ListElements(request)).elements} == heads


@pytest.mark.mechanism(22)
async def test_a_need_finds_only_registered_organisations_with_that_skill_in_the_community(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    organisation = elements_pb2.ELEMENT_KIND_ORGANISATION
    told = (
        ("暖阳社工站", ["elder_care", "mediation"], 0),
        ("遛狗之友", ["pet_care"], 0),
        ("夕阳红", ["elder_care"], 3),
    )
    keys = {name: uuid4().hex[:18] for name, _, _ in told}
    for name, skills, number in told:
        where = middle_of(number % 2, number // 2)
        await admin.save(organisation, where=where, name=name, key=keys[name], tags=skills)

    async def matching(skill: str, area: str) -> set[str]:
        request = elements_pb2.ListElementsRequest(kind=organisation, tag=skill, area_code=area)
        return {element.name for element in (await admin.elements.ListElements(request)).elements}

    assert await matching("elder_care", community_code()) == {"暖阳社工站", "夕阳红"}
    assert await matching("elder_care", grid_code(0)) == {"暖阳社工站"}
    assert await matching("pet_care", community_code()) == {"遛狗之友"}
    assert await matching("legal_aid", community_code()) == set()
    address, signer = f"127.0.0.1:{town_hall.process.port}", town_hall.tokens.signer("points")
    async with connect(address, signer=signer, caller=service_caller("points")) as channel:
        pushed_to = RegistryOrganisations(channel)
        able = await pushed_to.able("elder_care", community_code())
        assert {subject_of(keys[name]) for name in ("暖阳社工站", "夕阳红")} == set(able)
        assert await pushed_to.able("elder_care", "nowhere") == []
    with pytest.raises(errors.Invalid):
        await admin.save(organisation, where=middle_of(0, 0), tags=["veteran"])


async def test_the_same_said_twice_or_at_once_makes_one_entry(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    told = {"where": middle_of(0, 0), "items": {"identity_number": "430811199912310033", "name": "孙一"}}
    answers = await asyncio.gather(*(admin.save(PERSON, **told) for _ in range(6)))
    assert len({answer.element.id for answer in answers}) == 1
    assert sum(answer.created for answer in answers) == 1
    assert sum(answer.unchanged for answer in answers) == 5
    request_id = uuid4().hex
    first = await admin.save(COMPONENT, where=middle_of(0, 0), class_code="0101", request_id=request_id)
    again = await admin.save(COMPONENT, where=middle_of(0, 0), class_code="0101", request_id=request_id)
    assert first == again


async def test_whoever_is_slower_is_shown_nothing_lost(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    lamp = (await admin.save(COMPONENT, where=middle_of(0, 0), class_code="0137")).element
    await admin.save(COMPONENT, id=lamp.id, version=lamp.version, state="damaged")
    with pytest.raises(errors.Stale):
        await admin.save(COMPONENT, id=lamp.id, version=lamp.version, state="intact")


async def test_what_lies_within_moves_along_and_keeps_its_container_in_force(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    building, dwelling = await home(admin)
    household = (await admin.save(HOUSEHOLD, within_id=dwelling, key=uuid4().hex)).element
    person = (await admin.save(PERSON, within_id=household.id, items={"name": NAME})).element
    with pytest.raises(errors.Conflict) as occupied:
        await admin.elements.RetireElement(
            elements_pb2.RetireElementRequest(request_id=uuid4().hex, id=building, reason="拆除")
        )
    assert occupied.value.reason == "ELEMENT_OCCUPIED"
    await admin.save(BUILDING, id=building, where=middle_of(1, 1))
    moved = (await admin.elements.GetElement(elements_pb2.GetElementRequest(id=person.id))).element
    assert moved.grid_code == grid_code(3)
    retired = await admin.elements.RetireElement(
        elements_pb2.RetireElementRequest(request_id=uuid4().hex, id=person.id, reason="迁出", version=moved.version)
    )
    assert retired.element.retired


async def test_a_person_who_lives_elsewhere_than_registered_is_said_to_be_split(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    _, here = await home(admin, number=0)
    _, there = await home(admin, number=1)
    person = (await admin.save(PERSON, within_id=here, items={"name": NAME})).element

    async def link(dwelling: str, kind: elements_pb2.LinkKind.ValueType, since: str) -> elements_pb2.LinkPersonResponse:
        return await admin.elements.LinkPerson(
            elements_pb2.LinkPersonRequest(
                request_id=uuid4().hex, person_id=person.id, dwelling_id=dwelling, kind=kind, since=since
            )
        )

    assert not (await link(here, elements_pb2.LINK_KIND_REGISTERED, "2020-01-01")).split_residence
    assert not (await link(here, elements_pb2.LINK_KIND_RESIDENT, "2020-01-01")).split_residence
    assert (await link(there, elements_pb2.LINK_KIND_RESIDENT, "2026-02-01")).split_residence
    moved = (await admin.elements.GetElement(elements_pb2.GetElementRequest(id=person.id))).element
    assert moved.grid_code == grid_code(1)
    links = (await admin.elements.ListPersonLinks(elements_pb2.ListPersonLinksRequest(id=person.id))).links
    lived = {(row.dwelling_id, row.until) for row in links if row.kind == elements_pb2.LINK_KIND_RESIDENT}
    assert lived == {(here, "2026-01-31"), (there, "")}


async def test_pages_hold_everything_once(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    for _ in range(7):
        await admin.save(elements_pb2.ELEMENT_KIND_ROAD, where=middle_of(0, 0), name="环城路")
    seen: list[str] = []
    token = ""
    while True:
        page = await admin.elements.ListElements(
            elements_pb2.ListElementsRequest(kind=elements_pb2.ELEMENT_KIND_ROAD, page_size=3, page_token=token)
        )
        seen += [element.id for element in page.elements]
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 7


async def test_a_department_s_program_is_told_whose_the_things_in_a_grid_are(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    lamp = (
        await admin.save(
            COMPONENT,
            where=middle_of(0, 0),
            key="4308110137000042",
            class_code="0137",
            owner_unit="U05",
            state="intact",
        )
    ).element
    works = await town_hall.plugin("municipal_works", "D09")
    request = elements_pb2.ListElementsRequest(kind=COMPONENT, area_code=grid_code(0), page_size=500)
    told = {element.id: element for element in (await works.elements.ListElements(request)).elements}
    assert (told[lamp.id].key, told[lamp.id].owner_unit) == ("4308110137000042", "U05")


async def test_what_is_seen_in_clear_is_lent_for_minutes_and_the_centre_sees_it_because_of_a_case(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await worker(town_hall)
    _, dwelling = await home(first)
    person = (await first.save(PERSON, within_id=dwelling, items={"name": NAME, "phone": PHONE})).element
    told = await first.elements.RevealElement(
        elements_pb2.RevealElementRequest(id=person.id, purpose="上门走访", items=["phone"])
    )
    lent_s = told.shown_until.ToSeconds() - round(town_hall.clock.now().timestamp())
    assert lent_s == town_hall.settings.reveal_shown_s
    dispatcher = await town_hall.person("dispatcher", CITY, subject="staff:D")

    async def look(case_id: str) -> elements_pb2.RevealElementResponse:
        request = elements_pb2.RevealElementRequest(id=person.id, purpose="报警人", items=["phone"], case_id=case_id)
        return await dispatcher.elements.RevealElement(request)

    with pytest.raises(errors.Invalid) as without:
        await look("")
    assert without.value.reason == "CASE_REQUIRED"

    async def case_known(_: object, name: str) -> bool:
        return name == "9991-20260302-00017"

    monkeypatch.setattr(CallingNeighbours, "case_known", case_known)
    with pytest.raises(errors.NotFound) as invented:
        await look("9991-20260302-99999")
    assert invented.value.reason == "CASE_UNKNOWN"
    assert (await look("9991-20260302-00017")).items["phone"] == PHONE
    monkeypatch.undo()
    assert (await look("9991-20260302-00018")).items["phone"] == PHONE, "nobody waits while incidents is away"
    async with town_hall.database.connection() as connection:
        rows = (await audit.read(connection, action="person_revealed", target=person.id))[:3]
    details = [json.loads(row.details) for row in rows]
    assert [each.get("case_checked") for each in details] == ["false", "true", None]
    assert all(each["shown_until"] for each in details)
