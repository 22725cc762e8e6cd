"""Data are lent by their owner, for a purpose and a time, masked, and every read is on record."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import pytest_asyncio
from gridward.registry.v1 import catalogue_pb2, elements_pb2

from services.platform import audit, errors
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON, COMPONENT = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_COMPONENT
SEALED, RELATED = catalogue_pb2.OPENNESS_SEALED, catalogue_pb2.OPENNESS_RELATED
GOVERNMENT, PUBLIC = catalogue_pb2.OPENNESS_GOVERNMENT, catalogue_pb2.OPENNESS_PUBLIC
IDENTITY, PHONE = "430811199003070017", "13912340017"


def table(unit: str, code: str, *items: tuple[str, str, int, int]) -> catalogue_pb2.CatalogueTable:
    return catalogue_pb2.CatalogueTable(
        code=code,
        unit_code=unit,
        unit_name=f"单位{unit}",
        name=f"表{code}",
        cycle="monthly",
        items=[
            catalogue_pb2.CatalogueItem(
                code=f"{code}.{item}",
                name=item,
                type="text",
                openness=level,
                kind=kind,
                element_item=item,  # type: ignore[arg-type]
            )
            for item, _, level, kind in items
        ],
    )


async def publish(person: Person, *tables: catalogue_pb2.CatalogueTable) -> catalogue_pb2.ImportCatalogueResponse:
    return await person.catalogue.ImportCatalogue(
        catalogue_pb2.ImportCatalogueRequest(request_id=uuid4().hex, tables=tables)
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(town_hall: Registry) -> Registry:
    admin = await town_hall.service("demo")
    items = {"name": "李小明", "identity_number": IDENTITY, "phone": PHONE, "gender": "男"}
    await admin.save(PERSON, where=middle_of(0, 0), items=items, tags=["low_income"])
    await admin.save(PERSON, where=middle_of(1, 1), items={"name": "王芳", "phone": "13912340018"})
    await admin.save(
        COMPONENT, where=middle_of(0, 0), key="4308110137000001", class_code="0137", name="=1+1", owner_unit="U05"
    )
    await publish(
        admin,
        table("D01", "P", ("name", "", RELATED, PERSON), ("phone", "", RELATED, PERSON), ("gender", "", GOVERNMENT, PERSON),
              ("religion", "", SEALED, PERSON)),
        table("D06", "C", ("class_code", "", PUBLIC, COMPONENT), ("name", "", PUBLIC, COMPONENT),
              ("owner_unit", "", GOVERNMENT, COMPONENT)),
    )  # fmt: skip
    return town_hall


async def officer(library: Registry, department: str) -> Person:
    return await library.person("department_leader", CITY, department=department, subject=f"staff:{department}")


async def plugin(library: Registry, department: str) -> Person:
    return await library.plugin(f"plugin_{department}", department)


async def borrow(
    person: Person, *codes: str, area: str = CITY, until: str = "2026-12-31", purpose: str = "低保核对"
) -> catalogue_pb2.Loan:
    request = catalogue_pb2.RequestLoanRequest(
        request_id=uuid4().hex, item_codes=codes, area_code=area, purpose=purpose, until=until
    )
    return (await person.catalogue.RequestLoan(request)).loan


async def decide(person: Person, loan: str, *, grant: bool = True, unmasked: bool = False, reason: str = "") -> str:
    request = catalogue_pb2.DecideLoanRequest(
        request_id=uuid4().hex, id=loan, grant=grant, unmasked=unmasked, reason=reason
    )
    return (await person.catalogue.DecideLoan(request)).loan.state


async def read(person: Person, loan: str, **told: object) -> list[dict[str, str]]:
    request = catalogue_pb2.ReadLoanRequest(id=loan, **told)  # type: ignore[arg-type]
    return [dict(row.values) for row in (await person.catalogue.ReadLoan(request)).rows]


@pytest.mark.mechanism(58)
async def test_only_the_owner_settles_a_level_and_an_import_leaves_it(library: Registry) -> None:
    request = catalogue_pb2.SetOpennessRequest(
        request_id=uuid4().hex, item_code="P.gender", openness=RELATED, reason="调整"
    )
    for other in (
        await officer(library, "D02"),
        await library.person("data_steward", CITY),
        await library.service("demo"),
        await library.person("system_admin", CITY),
    ):
        with pytest.raises(errors.Forbidden):
            await other.catalogue.SetOpenness(request)
    owner = await officer(library, "D01")
    assert (await owner.catalogue.SetOpenness(request)).item.openness == RELATED
    admin = await library.service("demo")
    await publish(admin, table("D01", "P", ("gender", "", GOVERNMENT, PERSON)))
    again = await publish(
        admin, table("D06", "C", ("class_code", "", PUBLIC, COMPONENT), ("name", "", GOVERNMENT, COMPONENT))
    )
    assert (again.changed_count, again.unchanged_count) == (1, 1)
    await publish(admin, table("D06", "C", ("name", "", PUBLIC, COMPONENT)))
    found = await admin.catalogue.SearchCatalogue(catalogue_pb2.SearchCatalogueRequest(query="P.gender"))
    assert [item.openness for item in found.items] == [RELATED]
    with pytest.raises(errors.Forbidden):
        await publish(await officer(library, "D02"), table("D01", "P", ("name", "", PUBLIC, PERSON)))
    with pytest.raises(errors.Forbidden):
        await publish(await officer(library, "D02"), table("D02", "P", ("name", "", PUBLIC, PERSON)))


@pytest.mark.mechanism(50)
@pytest.mark.mechanism(58)
async def test_a_department_reads_only_what_it_was_lent_masked_and_on_record(library: Registry) -> None:
    civil, police = await plugin(library, "D02"), await officer(library, "D01")
    loan = await borrow(civil, "P.name", "P.phone")
    assert (loan.state, loan.borrower, loan.lender) == ("waiting", "D02", "D01")
    with pytest.raises(errors.Conflict):
        await read(civil, loan.id)
    with pytest.raises(errors.Forbidden):
        await decide(await officer(library, "D06"), loan.id)
    assert await decide(police, loan.id) == "granted"
    rows = await read(civil, loan.id)
    assert sorted(rows, key=str) == sorted(
        [{"P.name": "李**", "P.phone": "139****0017"}, {"P.name": "王*", "P.phone": "139****0018"}], key=str
    )
    assert await read(civil, loan.id, key=IDENTITY) == [{"P.name": "李**", "P.phone": "139****0017"}]
    for other in (await plugin(library, "D03"), police, await library.service("demo")):
        with pytest.raises(errors.NotFound):
            await read(other, loan.id)
    async with library.database.connection() as connection:
        last, first = await audit.read(connection, action="loan_read", target=f"loan:{loan.id}")
    assert (first.who, first.purpose, first.fields, first.row_count, first.masked) == (
        "plugin:plugin_D02", "低保核对", ("P.name", "P.phone"), 2, True,
    )  # fmt: skip
    assert last.row_count == 1
    assert await decide(police, loan.id, grant=False, reason="已办结") == "ended"
    with pytest.raises(errors.Conflict):
        await read(civil, loan.id)


@pytest.mark.mechanism(50)
async def test_who_asks_for_one_area_or_tag_reads_nobody_else_and_no_tag_that_was_not_lent(library: Registry) -> None:
    admin, justice, police = await library.service("demo"), await officer(library, "D03"), await plugin(library, "D01")
    await publish(admin, table("D03", "F", ("name", "", RELATED, PERSON), ("tags", "", RELATED, PERSON)))
    loan = await borrow(police, "F.name", "F.tags", purpose="到期走访")
    await decide(justice, loan.id)
    assert len(await read(police, loan.id)) == 2
    assert [row["F.name"] for row in await read(police, loan.id, area_code=grid_code(3))] == ["王*"]
    low_income = [{"F.name": "李**", "F.tags": "low_income"}]
    assert await read(police, loan.id, tags=["low_income", "released"]) == low_income
    assert await read(police, loan.id, key=IDENTITY, tags=["low_income"], area_code=grid_code(0)) == low_income
    for told in ({"key": IDENTITY, "tags": ["released"]}, {"key": IDENTITY, "area_code": grid_code(3)},
                 {"tags": ["low_income"], "area_code": grid_code(3)}, {"area_code": "999199"}):  # fmt: skip
        assert await read(police, loan.id, **told) == []
    async with library.database.connection() as connection:
        traces = await audit.read(connection, action="loan_read", target=f"loan:{loan.id}")
    assert sorted(trace.row_count for trace in traces) == [0, 0, 0, 0, 1, 1, 1, 2]
    nameless = await borrow(police, "F.name", purpose="只借姓名")
    await decide(justice, nameless.id)
    with pytest.raises(errors.Conflict, match="without tags"):
        await read(police, nameless.id, tags=["low_income"])


async def test_values_come_in_clear_only_by_the_owners_word_within_the_area_and_the_term(library: Registry) -> None:
    civil, police = await plugin(library, "D02"), await officer(library, "D01")
    loan = await borrow(civil, "P.phone", area=grid_code(3), until="2026-03-05")
    await decide(police, loan.id, unmasked=True)
    assert await read(civil, loan.id) == [{"P.phone": "13912340018"}]
    assert await read(civil, loan.id, key=IDENTITY) == []
    now = library.clock.now()
    library.clock.set(datetime(2026, 3, 5, 15, 59, tzinfo=UTC))
    assert len(await read(civil, loan.id)) == 1
    library.clock.set(datetime(2026, 3, 5, 16, 0, tzinfo=UTC))
    with pytest.raises(errors.Conflict):
        await read(civil, loan.id)
    listed = (await civil.catalogue.ListLoans(catalogue_pb2.ListLoansRequest())).loans
    assert [row.state for row in listed if row.id == loan.id] == ["expired"]
    library.clock.set(now)


@pytest.mark.mechanism(50)
async def test_18_departments_borrow_each_for_itself_and_sealed_items_go_to_nobody(library: Registry) -> None:
    loans = {}
    for number in range(1, 19):
        department = f"D{number:02}"
        loan = await borrow(await plugin(library, department), "C.owner_unit", "C.class_code", purpose=f"用途{number}")
        loans[department] = loan
        assert (loan.state, loan.borrower) == ("granted", department)
    rows = await read(await plugin(library, "D18"), loans["D18"].id)
    assert rows == [{"C.class_code": "0137", "C.owner_unit": "U05"}]
    with pytest.raises(errors.NotFound):
        await read(await plugin(library, "D17"), loans["D18"].id)
    for codes in (("P.religion",), ("P.name", "C.name"), ("nothing",)):
        with pytest.raises(errors.GridwardError) as refused:
            await borrow(await plugin(library, "D02"), *codes)
        assert refused.value.reason in {"ITEM_SEALED", "LOAN_STATE", "CATALOGUE_ITEM_UNKNOWN"}
    with pytest.raises(errors.Forbidden):
        await borrow(await library.person("grid_worker", CITY), "C.owner_unit")
    with pytest.raises(errors.Invalid):
        await borrow(await plugin(library, "D02"), "C.owner_unit", until="2029-01-01")


async def test_people_learn_who_read_about_them_by_office_not_by_name(library: Registry) -> None:
    civil, police = await plugin(library, "D04"), await officer(library, "D01")
    loan = await borrow(civil, "P.phone", purpose="社保核对")
    await decide(police, loan.id)
    await read(civil, loan.id, key=IDENTITY)
    resident = await library.person("resident", CITY, subject="resident:7")
    told = await resident.catalogue.ListReadsOfMe(
        catalogue_pb2.ListReadsOfMeRequest(identity_number=IDENTITY, phone="139-1234-0017")
    )
    newest = told.reads[0]
    assert (newest.who, list(newest.roles), newest.purpose, list(newest.fields), newest.masked) == (
        "D04", ["plugin"], "社保核对", ["P.phone"], True,
    )  # fmt: skip
    with pytest.raises(errors.Forbidden):
        await resident.catalogue.ListReadsOfMe(
            catalogue_pb2.ListReadsOfMeRequest(identity_number=IDENTITY, phone="13912340018")
        )


async def test_traces_are_for_the_auditor_and_for_the_steward_of_the_data(library: Registry) -> None:
    ask = catalogue_pb2.ListTracesRequest(action="loan_read", page_size=2)
    auditor = await library.person("auditor", CITY)
    first = await auditor.catalogue.ListTraces(ask)
    ask.page_token = first.next_page_token
    second = await auditor.catalogue.ListTraces(ask)
    assert first.traces[-1].position > second.traces[0].position
    steward = await library.person("data_steward", CITY, department="D06")
    mine = (await steward.catalogue.ListTraces(catalogue_pb2.ListTracesRequest(page_size=500))).traces
    assert {trace.fields[0].partition(".")[0] for trace in mine} == {"C"}
    for role in ("grid_worker", "system_admin", "resident"):
        with pytest.raises(errors.Forbidden):
            await (await library.person(role, CITY)).catalogue.ListTraces(ask)


async def test_open_data_hold_public_items_of_things_and_never_a_person_nor_a_formula(library: Registry) -> None:
    resident = await library.person("resident", CITY)
    told = await resident.catalogue.DownloadOpenData(catalogue_pb2.DownloadOpenDataRequest(kind=COMPONENT))
    assert told.csv.splitlines()[0] == "longitude,latitude,class_code,name"
    assert told.csv.splitlines()[1].endswith(",0137,'=1+1")
    for kind in (PERSON, elements_pb2.ELEMENT_KIND_ROAD):
        with pytest.raises(errors.Forbidden):
            await resident.catalogue.DownloadOpenData(catalogue_pb2.DownloadOpenDataRequest(kind=kind))
