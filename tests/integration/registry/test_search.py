"""One box finds people and things within one's area, and shows no more of them than anywhere else."""

from __future__ import annotations

import pytest
import pytest_asyncio
from gridward.registry.v1 import elements_pb2, search_pb2

from services.platform import audit, errors
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON, BUILDING = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_BUILDING
COMPONENT, PLACE = elements_pb2.ELEMENT_KIND_COMPONENT, elements_pb2.ELEMENT_KIND_PLACE
COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(town_hall: Registry) -> Registry:
    admin = await town_hall.service("demo")
    await admin.save(BUILDING, where=middle_of(0, 0), key="B-001", name="幸福里3号楼", address="松月街12号")
    await admin.save(BUILDING, where=middle_of(1, 0), key="B-002", name="幸福里8号楼", address="渡口街8号")
    await admin.save(COMPONENT, where=middle_of(0, 0), key="4308110137000017", class_code="0137", name="松月街路灯17")
    people = [("李小明", "430811199003070017", "13912340017", 0), ("李晓萌", "430811199003070025", "13912340025", 1)]
    for name, number, phone, column in people:
        items = {"name": name, "identity_number": number, "phone": phone}
        await admin.save(PERSON, where=middle_of(column, 0), items=items)
    await admin.save(PLACE, where=middle_of(0, 0), key="P-1", name="小明饭店", class_code="small_restaurant",
                     items={"charge_phone": "13912349999"})  # fmt: skip
    return town_hall


async def found(person: Person, query: str, **told: object) -> list[tuple[str, str]]:
    answer = await person.search.Search(search_pb2.SearchRequest(query=query, **told))  # type: ignore[arg-type]
    return [(hit.element.name, hit.matched) for hit in answer.found]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("幸福里", {("幸福里3号楼", "name"), ("幸福里8号楼", "name")}),
        ("xfl", {("幸福里3号楼", "pinyin"), ("幸福里8号楼", "pinyin")}),
        ("渡口街", {("幸福里8号楼", "address")}),
        ("松月街", {("幸福里3号楼", "address"), ("松月街路灯17", "name")}),
        ("430811013700", {("松月街路灯17", "key")}),
        ("b-002", set()),
        ("B-002", {("幸福里8号楼", "key")}),
        ("小明", {("李**", "name"), ("小明饭店", "name")}),
        ("李小明", {("李**", "name")}),
        ("lxm", {("李**", "pinyin")}),
        ("430811199003070025", {("李**", "key")}),
        ("139 1234 0017", {("李**", "phone")}),
        ("13912349999", {("小明饭店", "phone")}),
        ("1391234", set()),
        ("不存在的", set()),
    ],
)
async def test_a_few_characters_find_what_they_mean(filled: Registry, query: str, told: set[tuple[str, str]]) -> None:
    assert set(await found(await filled.service("demo"), query)) == told


async def test_each_finds_within_the_own_area_alone(filled: Registry) -> None:
    worker = await filled.person("grid_worker", f"{COMMUNITY_PATH}.{grid_code(1)}", subject="staff:W1")
    assert await found(worker, "幸福里") == [("幸福里8号楼", "name")]
    assert await found(worker, "13912340017") == []
    assert await found(worker, "lxm") == [("李**", "pinyin")]
    assert await found(worker, "李") == [("李**", "name")]
    department = await filled.person("department_specialist", CITY, department="D06")
    assert await found(department, "小明") == [("小明饭店", "name")]
    with pytest.raises(errors.Forbidden):
        await found(await filled.person("resident", CITY), "幸福里")


async def test_a_search_can_be_narrowed_and_too_wide_a_one_is_refused(filled: Registry) -> None:
    admin = await filled.service("demo")
    assert await found(admin, "幸福里", area_code=grid_code(0)) == [("幸福里3号楼", "name")]
    assert await found(admin, "小明", kinds=[PLACE]) == [("小明饭店", "name")]
    with pytest.raises(errors.Invalid) as short:
        await found(admin, "李")
    assert short.value.reason == "QUERY_TOO_SHORT"
    answer = await admin.search.Search(search_pb2.SearchRequest(query="幸福里", size=1))
    assert (len(answer.found), answer.more) == (1, True)


async def test_whoever_looks_for_people_is_on_record_but_not_the_name(filled: Registry) -> None:
    chief = await filled.person("duty_chief", CITY, subject="staff:chief")
    await found(chief, "李小明")
    await found(chief, "幸福里", kinds=[BUILDING])
    async with filled.database.connection() as connection:
        rows = await audit.read(connection, who="staff:chief")
    assert [(row.action, row.row_count, row.fields) for row in rows] == [("person_searched", 1, ("words",))]
    assert "李" not in rows[0].target
