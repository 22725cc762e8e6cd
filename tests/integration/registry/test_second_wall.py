"""The database's own wall around people and things: with our checks switched off, nobody sees another grid's."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from gridward.registry.v1 import catalogue_pb2, claims_pb2, elements_pb2, search_pb2, visits_pb2

from services.platform import errors
from services.registry.actions import claims as claim_actions
from services.registry.actions import elements as element_actions
from services.registry.actions import visits as visit_actions
from services.registry.actions.elements import ElementActions
from services.registry.store import catalogue as store
from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_elements import COMMUNITY_PATH, COMPONENT, DWELLING, NAME, PERSON, home, worker
from tests.unit.registry.builders import CITY, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_with_our_checks_off_only_what_the_grants_reach_is_shown(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await worker(town_hall, 0), await worker(town_hall, 1)
    specialist = await town_hall.person("department_specialist", CITY, department="D07", subject="staff:D07")
    leader = await town_hall.person("grid_leader", COMMUNITY_PATH, subject="staff:L2")
    lamp = (await first.save(COMPONENT, where=middle_of(0, 0), key="4308110137009001", class_code="0137")).element
    _, dwelling = await home(first)
    person = (await first.save(PERSON, within_id=dwelling, items={"name": NAME, "phone": "13912345670"})).element

    def every_grid(_: ElementActions, drawn: Any, *__: Any, **___: Any) -> tuple[str, ...]:
        return tuple(sorted(set(drawn.grids.get("", ())) | {grid_code(0), grid_code(1)}))

    monkeypatch.setattr(ElementActions, "grids", every_grid)
    for who, kind, element_id, shown in (
        (first, COMPONENT, lamp.id, True),
        (second, COMPONENT, lamp.id, False),
        (leader, COMPONENT, lamp.id, True),
        (specialist, COMPONENT, lamp.id, True),
        (first, PERSON, person.id, True),
        (second, PERSON, person.id, False),
        (second, DWELLING, dwelling, False),
        (leader, PERSON, person.id, True),
    ):
        listed = await who.elements.ListElements(elements_pb2.ListElementsRequest(kind=kind, page_size=100))
        assert (element_id in {element.id for element in listed.elements}) is shown
        if shown:
            await who.elements.GetElement(elements_pb2.GetElementRequest(id=element_id))
        else:
            with pytest.raises(errors.NotFound):
                await who.elements.GetElement(elements_pb2.GetElementRequest(id=element_id))


async def test_with_our_checks_off_search_and_counts_reach_no_further_than_the_grants(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await worker(town_hall, 0), await worker(town_hall, 1)
    specialist = await town_hall.person("department_specialist", CITY, department="D07", subject="staff:D07")
    elsewhere = await town_hall.person("grid_worker", "999999", subject="staff:elsewhere")
    await first.save(COMPONENT, where=middle_of(0, 0), key="4308110137009902", class_code="0137", name="望海路灯杆")
    await first.save(PERSON, where=middle_of(0, 0), items={"name": "欧阳望海", "phone": "13912345699"})
    everyone = {who: await counted(who) for who in (first, second, specialist)}
    everywhere = (grid_code(0), grid_code(1))
    monkeypatch.setattr(element_actions, "grids_in_reach", lambda *_, **__: everywhere)
    for who, seen in ((first, {COMPONENT, PERSON}), (second, set()), (specialist, {COMPONENT}), (elsewhere, set())):
        answer = await who.search.Search(search_pb2.SearchRequest(query="望海"))
        assert {hit.element.kind for hit in answer.found} == seen
        by_phone = await who.search.Search(search_pb2.SearchRequest(query="13912345699"))
        assert bool(by_phone.found) is (who is first)
    assert await counted(first) == everyone[first]
    assert await counted(second) == everyone[second]
    assert (await counted(specialist)).headcount <= everyone[specialist].headcount
    assert (await counted(elsewhere)).headcount == 0


async def counted(who: Person) -> elements_pb2.CountElementsResponse:
    """What somebody is told of how many there are."""
    return await who.elements.CountElements(elements_pb2.CountElementsRequest(area_code=CITY))


async def fill(town_hall: Registry, grid: str) -> None:
    """A correction of each kind, a visit, a page of a diary and a loan, straight into the books."""
    statements = (
        (
            "INSERT INTO claim (id, element_id, item, sealed, source, observed_at, made_by, made_at) "
            "VALUES (%(claim)s, %(claim)s, 'phone', '', 'D01', now(), 'x', now())"
        ),
        (
            "INSERT INTO correction (id, element_id, item, source, claim_id, winner_id, grid_code, opened_at) "
            "VALUES (%(field)s, %(claim)s, 'phone', 'field', %(claim)s, %(claim)s, %(grid)s, now()), "
            "(%(bureau)s, %(claim)s, 'phone', 'D01', %(claim)s, %(claim)s, %(grid)s, now())"
        ),
        (
            "INSERT INTO visit (id, household_id, grid_code, occasion, met, visitor, visited_at) "
            "VALUES (%(visit)s, %(visit)s, %(grid)s, 'home', true, 'x', now())"
        ),
        (
            "INSERT INTO diary_entry (id, grid_code, text, author, written_at) "
            "VALUES (%(diary)s, %(grid)s, 'quiet', 'x', now())"
        ),
        (
            "INSERT INTO loan (id, borrower, lender, item_codes, kind, area_code, purpose, until, state, asked_by, asked_at) "
            "VALUES (%(loan)s, 'D01', 'D02', '{}', 1, %(grid)s, 'p', '2099-01-01', 'granted', 'x', now())"
        ),
    )
    names = ("claim", "field", "bureau", "visit", "diary", "loan")
    values = {name: uuid4() for name in names} | {"grid": grid}
    async with town_hall.database.transaction() as transaction:
        for statement in statements:
            await transaction.execute(statement, values)


async def shown(who: Person, grid: str) -> tuple[int, int, int, int]:
    """How many clues, corrections, visits and pages of diaries of a grid somebody is told of."""
    clues = (await who.claims.ListClues(claims_pb2.ListCluesRequest())).clues
    tasks = (await who.claims.ListCorrections(claims_pb2.ListCorrectionsRequest())).corrections
    visits = (await who.visits.ListVisits(visits_pb2.ListVisitsRequest())).visits
    diaries = (await who.visits.ListDiary(visits_pb2.ListDiaryRequest())).entries
    found = (clues, [task for task in tasks if task.source == "field"], visits, diaries)
    return tuple(sum(row.grid_code == grid for row in rows) for rows in found)  # type: ignore[return-value]


async def test_with_our_checks_off_clues_corrections_visits_and_diaries_stay_with_their_grid(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(town_hall, grid_code(0))
    giver = await town_hall.person("volunteer", COMMUNITY_PATH, subject="volunteer:1")
    clue = claims_pb2.SubmitClueRequest(request_id=uuid4().hex, grid_code=grid_code(0), text="路灯不亮")
    await giver.claims.SubmitClue(clue)
    first, second = await worker(town_hall, 0), await worker(town_hall, 1)
    everywhere = (grid_code(0), grid_code(1))
    for module in (claim_actions, visit_actions):
        monkeypatch.setattr(module, "grids_in_reach", lambda *_, **__: everywhere)
    assert await shown(first, grid_code(0)) == (1, 1, 1, 1)
    assert await shown(second, grid_code(0)) == (0, 0, 0, 0)
    own = (await giver.claims.ListClues(claims_pb2.ListCluesRequest(own=True))).clues
    assert [clue.given_by for clue in own] == ["volunteer:1"], "who gave a clue is shown what became of it"


async def test_with_our_checks_off_loans_and_corrections_are_shown_to_the_departments_they_are_about(
    town_hall: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = grid_code(2)
    await fill(town_hall, grid)
    told = store.list_loans

    async def all_loans(connection: Any, **asked: Any) -> Any:
        return await told(connection, **{**asked, "everyone": True})

    monkeypatch.setattr(store, "list_loans", all_loans)
    for department, seen in (("D01", 1), ("D02", 1), ("D03", 0)):
        who = await town_hall.person(
            "department_specialist", CITY, department=department, subject=f"staff:{department}"
        )
        assert await loans_of(who, grid) == seen, department
        tasks = (await who.claims.ListCorrections(claims_pb2.ListCorrectionsRequest())).corrections
        assert {task.source for task in tasks} == ({"D01"} if department == "D01" else set())
    assert await loans_of(await town_hall.person("auditor", CITY, subject="staff:auditor"), grid) == 1


async def loans_of(who: Person, area: str) -> int:
    """How many loans of an area's data somebody is told of."""
    loans = (await who.catalogue.ListLoans(catalogue_pb2.ListLoansRequest())).loans
    return [loan.area_code for loan in loans].count(area)
