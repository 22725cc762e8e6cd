"""Whatever is done with a person, the name, number and phone lie nowhere in clear: no table, no event, no log."""

from __future__ import annotations

from uuid import uuid4

import pytest
from google.protobuf.message import Message
from gridward.registry.v1 import claims_pb2, elements_pb2, search_pb2

from services.platform import errors
from tests.integration.registry.conftest import Person, Registry
from tests.integration.registry.test_imports import bring
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of, town

GRID = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}.{grid_code(0)}"
NAME, OTHER = "欧阳静雯", "慕容云海"
IDENTITY, PHONE, NEWER = "110101199003071234", "13912345678", "13987654321"
SECRETS = (NAME, OTHER, IDENTITY, PHONE, NEWER)
PERSON = elements_pb2.ELEMENT_KIND_PERSON


async def test_a_person_is_in_clear_nowhere_but_in_the_answer_to_a_purpose(
    registry: Registry, admin: Person, capfd: pytest.CaptureFixture[str]
) -> None:
    await admin.import_areas(town())
    worker = await registry.person("grid_worker", GRID, subject="staff:W0")
    items = {"name": NAME, "identity_number": IDENTITY, "phone": PHONE}
    answers = [await worker.save(PERSON, where=middle_of(0, 0), items=items)]
    element = answers[0].element.id
    claim = claims_pb2.MakeClaimRequest(request_id=uuid4().hex, element_id=element, item="phone", value=NEWER)
    told: list[object] = [await worker.claims.MakeClaim(claim)]
    neighbour = await registry.person("volunteer", CITY, subject="volunteer:v")
    clue = claims_pb2.SubmitClueRequest(
        request_id=uuid4().hex, element_id=element, items={"phone": PHONE}, text="换了号码"
    )
    told += [await neighbour.claims.SubmitClue(clue)]
    for query in (NAME, IDENTITY, NEWER, NAME[:2]):
        told += [await worker.search.Search(search_pb2.SearchRequest(query=query))]
    east, north = middle_of(1, 0)
    rows = f"name,phone,longitude,latitude\n{OTHER},{PHONE},{east},{north}\n"
    told += [await bring(admin, PERSON, rows.encode())]
    bad = f"name,phone,longitude,latitude\n{OTHER},{IDENTITY},{east},{north}\n{OTHER},{PHONE},nowhere,{north}\n"
    refused = await bring(admin, PERSON, bad.encode())
    assert refused.fault_count
    told += [refused]
    for wrong in (f"电话{PHONE}", f"{NAME}{NAME}" * 40):
        with pytest.raises(errors.GridwardError) as error:
            await worker.save(PERSON, where=middle_of(0, 0), items={"phone": wrong})
        told += [error.value.message, error.value.details]
    told += [await worker.elements.ListElements(elements_pb2.ListElementsRequest(kind=PERSON))]
    said = b"\n".join(in_bytes(answer) for answer in (*answers, *told))
    assert NAME[:1].encode() in said
    assert [secret for secret in SECRETS if secret.encode() in said] == []

    reveal = elements_pb2.RevealElementRequest(id=element, purpose="上门核实", items=["name", "phone"])
    shown = await worker.elements.RevealElement(reveal)
    assert dict(shown.items) == {"name": NAME, "phone": NEWER}
    assert await clear_in_tables(registry) == []
    logs = "".join(capfd.readouterr())
    assert "import_read" in logs
    assert [secret for secret in SECRETS if secret in logs] == []


def in_bytes(answer: object) -> bytes:
    """An answer as it travels."""
    return answer.SerializeToString() if isinstance(answer, Message) else str(answer).encode()


async def clear_in_tables(registry: Registry) -> list[tuple[str, str]]:
    """Tables, and what they hold in clear; bytes are looked through as well."""
    tables = await registry.rows(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
    )
    found = []
    for table in (row["name"] for row in tables):
        rows = await registry.rows(f'SELECT row_to_json(held)::text AS text FROM "{table}" AS held')
        for secret in SECRETS:
            coded = secret.encode().hex()
            if any(secret in row["text"] or coded in row["text"] for row in rows):
                found.append((table, secret))
    return found
