"""Every claim is kept, the winner goes into the books, the loser gets a task, and clues wait for a look."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from gridward.registry.v1 import claims_pb2, elements_pb2

from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON, COMPONENT = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_COMPONENT
COMMUNITY_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"


async def worker(town_hall: Registry, number: int = 0) -> Person:
    return await town_hall.person("grid_worker", f"{COMMUNITY_PATH}.{grid_code(number)}", subject=f"staff:W{number}")


async def police(town_hall: Registry) -> Person:
    return await town_hall.person("department_specialist", CITY, department="D01", subject="staff:P")


async def somebody(town_hall: Registry) -> str:
    admin = await town_hall.service("demo")
    items = {"name": "李小明", "phone": "13900000001"}
    return (await admin.save(PERSON, where=middle_of(0, 0), items=items)).element.id


async def claim(person: Person, element: str, item: str, value: str, source: str = "") -> claims_pb2.MakeClaimResponse:
    request = claims_pb2.MakeClaimRequest(
        request_id=uuid4().hex, element_id=element, item=item, value=value, source=source
    )
    return await person.claims.MakeClaim(request)


async def seen(person: Person, element: str) -> elements_pb2.Element:
    return (await person.elements.GetElement(elements_pb2.GetElementRequest(id=element))).element


async def tasks(person: Person, **told: object) -> list[claims_pb2.Correction]:
    request = claims_pb2.ListCorrectionsRequest(**told)  # type: ignore[arg-type]
    return list((await person.claims.ListCorrections(request)).corrections)


@pytest.mark.mechanism(49)
async def test_two_sources_disagree_one_stands_and_the_other_is_asked_to_correct_its_books(
    town_hall: Registry,
) -> None:
    element = await somebody(town_hall)
    field, bureau = await worker(town_hall), await police(town_hall)
    told = await claim(bureau, element, "phone", "13900000002", source="D01")
    assert (told.winner.source, told.winner.value) == ("D01", "139****0002")
    told = await claim(field, element, "phone", "139 0000 0003")
    assert (told.winner.source, told.winner.why) == ("field", "fresh_field_check")
    assert (told.correction.source, told.correction.state, told.correction.grid_code) == ("D01", "open", grid_code(0))
    assert (await seen(field, element)).items["phone"] == "139****0003"
    (task,) = [row for row in await tasks(bureau) if row.element_id == element]
    with pytest.raises(errors.NotFound):
        await claim(await worker(town_hall, 1), element, "phone", "13900000004")
    request = claims_pb2.AnswerCorrectionRequest(request_id=uuid4().hex, id=task.id, gives_way=True, answer="已更正")
    with pytest.raises(errors.NotFound):
        await field.claims.AnswerCorrection(request)
    assert (await bureau.claims.AnswerCorrection(request)).correction.state == "gave_way"
    request.request_id = uuid4().hex
    with pytest.raises(errors.Conflict):
        await bureau.claims.AnswerCorrection(request)
    assert [row.id for row in await tasks(bureau) if row.element_id == element] == []
    listed = (await field.claims.ListClaims(claims_pb2.ListClaimsRequest(element_id=element))).claims
    assert (listed[0].source, listed[0].winner, listed[0].why) == ("field", True, "fresh_field_check")
    assert {row.source for row in listed} == {"field", "D01", "register"}
    dump = json.dumps(await town_hall.rows("SELECT claim::text AS row, encode(sealed, 'escape') AS s FROM claim"))
    assert "1390000000" not in dump


async def test_a_source_that_comes_to_agree_has_nothing_left_to_correct(town_hall: Registry) -> None:
    element = await somebody(town_hall)
    field, bureau = await worker(town_hall), await police(town_hall)
    await claim(bureau, element, "phone", "13900000005", source="D01")
    await claim(field, element, "phone", "13900000006")
    await claim(bureau, element, "phone", "13900000006", source="D01")
    (task,) = [row for row in await tasks(bureau, with_closed=True) if row.element_id == element]
    assert task.state == "settled"


async def test_nobody_speaks_for_another_source_nor_writes_what_the_schema_gives_to_others(
    town_hall: Registry,
) -> None:
    element = await somebody(town_hall)
    with pytest.raises(errors.Forbidden) as foreign:
        await claim(await police(town_hall), element, "low_income_kind", "A", source="D02")
    assert foreign.value.reason == "SOURCE_FOREIGN"
    with pytest.raises(errors.Forbidden) as item:
        await claim(await worker(town_hall), element, "low_income_kind", "A")
    assert item.value.reason == "ITEM_FOREIGN"
    with pytest.raises(errors.Invalid):
        await claim(await worker(town_hall), element, "shoe_size", "42")


async def test_claims_made_at_once_leave_one_winner_and_one_task_for_each_loser(town_hall: Registry) -> None:
    element = await somebody(town_hall)
    field, bureau = await worker(town_hall), await police(town_hall)
    await asyncio.gather(
        *(claim(bureau, element, "phone", f"1380000000{n}", source="D01") for n in range(4)),
        *(claim(field, element, "phone", f"1370000000{n}") for n in range(4)),
    )
    listed = (await field.claims.ListClaims(claims_pb2.ListClaimsRequest(element_id=element))).claims
    assert sum(row.winner for row in listed) == 1
    assert len(listed) == 9
    (winner,) = [row for row in listed if row.winner]
    assert (await seen(field, element)).items["phone"] == winner.value
    assert len([row for row in await tasks(bureau) if row.element_id == element]) <= 1


@pytest.mark.mechanism(56)
async def test_a_clue_of_a_volunteer_changes_nothing_before_the_worker_has_looked(town_hall: Registry) -> None:
    admin = await town_hall.service("demo")
    lamp = (await admin.save(COMPONENT, where=middle_of(0, 0), class_code="0137", state="intact")).element
    volunteer = await town_hall.person("volunteer", COMMUNITY_PATH, subject="volunteer:1")
    request = claims_pb2.SubmitClueRequest(
        request_id=uuid4().hex, element_id=lamp.id, items={"state": "damaged"}, text="路灯不亮"
    )
    clue = (await volunteer.claims.SubmitClue(request)).clue
    assert (await volunteer.claims.SubmitClue(request)).clue.id == clue.id
    field, stranger = await worker(town_hall, 0), await worker(town_hall, 1)
    assert (await seen(field, lamp.id)).state == "intact"
    waiting = (await field.claims.ListClues(claims_pb2.ListCluesRequest())).clues
    assert [(row.id, dict(row.items), row.given_by) for row in waiting] == [
        (clue.id, {"state": "damaged"}, "volunteer:1")
    ]
    assert list((await stranger.claims.ListClues(claims_pb2.ListCluesRequest())).clues) == []
    verify = claims_pb2.VerifyClueRequest(request_id=uuid4().hex, id=clue.id, confirmed=True, finding="确实不亮")
    with pytest.raises(errors.Forbidden):
        await volunteer.claims.VerifyClue(verify)
    with pytest.raises(errors.NotFound):
        await stranger.claims.VerifyClue(verify)
    assert (await field.claims.VerifyClue(verify)).clue.state == "confirmed"
    assert (await seen(field, lamp.id)).state == "damaged"
    verify.request_id = uuid4().hex
    with pytest.raises(errors.Conflict):
        await field.claims.VerifyClue(verify)
    own = (await volunteer.claims.ListClues(claims_pb2.ListCluesRequest(own=True))).clues
    assert [(row.state, row.verified_by, row.finding) for row in own] == [("confirmed", "staff:W0", "确实不亮")]


@pytest.mark.mechanism(56)
async def test_a_refuted_clue_and_ones_own_change_nothing(town_hall: Registry) -> None:
    admin, field = await town_hall.service("demo"), await worker(town_hall)
    lamp = (await admin.save(COMPONENT, where=middle_of(0, 0), class_code="0137", state="intact")).element
    told = {"element_id": lamp.id, "items": {"state": "lost"}, "text": "不见了"}
    own = (await field.claims.SubmitClue(claims_pb2.SubmitClueRequest(request_id=uuid4().hex, **told))).clue
    resident = await town_hall.person("resident", CITY, subject="resident:1")
    other = (await resident.claims.SubmitClue(claims_pb2.SubmitClueRequest(request_id=uuid4().hex, **told))).clue
    with pytest.raises(errors.Forbidden) as mine:
        await field.claims.VerifyClue(
            claims_pb2.VerifyClueRequest(request_id=uuid4().hex, id=own.id, confirmed=True, finding="是")
        )
    assert mine.value.reason == "CLUE_OWN"
    await field.claims.VerifyClue(
        claims_pb2.VerifyClueRequest(request_id=uuid4().hex, id=other.id, confirmed=False, finding="还在")
    )
    assert (await seen(field, lamp.id)).state == "intact"
    with pytest.raises(errors.Invalid):
        await resident.claims.SubmitClue(
            claims_pb2.SubmitClueRequest(request_id=uuid4().hex, element_id=lamp.id, items={"glow": "no"}, text="x")
        )


@pytest.mark.mechanism(24)
async def test_a_form_is_told_what_it_must_not_ask(town_hall: Registry) -> None:
    resident = await town_hall.person("resident", CITY)
    told = await resident.claims.CheckForm(
        claims_pb2.CheckFormRequest(kind=PERSON, fields={"a": "联系电话", "b": "联系电话", "c": "您怎么看"})
    )
    assert [(row.field, row.why, row.source_department) for row in told.known] == [
        ("a", "known", "D01"),
        ("b", "twice", "D01"),
    ]
