"""After a change of keys everything sealed is under the new key, and the old one can be thrown away."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from gridward.registry.v1 import claims_pb2, elements_pb2

from services.platform.seal import KeyRing, Sealer
from services.registry.actions.office import Office
from services.registry.actions.rotation import Rotation
from services.registry.store import claims
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, middle_of, town


async def test_a_new_key_reseals_people_claims_and_clues_and_the_old_key_is_needed_no_more(
    registry: Registry, admin: Person
) -> None:
    await admin.import_areas(town())
    items = {"name": "吴用", "phone": "13900000001"}
    person = (await admin.save(elements_pb2.ELEMENT_KIND_PERSON, where=middle_of(0, 0), items=items)).element
    bureau = await registry.person("department_specialist", CITY, department="D01")
    await bureau.claims.MakeClaim(
        claims_pb2.MakeClaimRequest(
            request_id=uuid4().hex, element_id=person.id, item="phone", value="13900000002", source="D01"
        )
    )
    neighbour = await registry.person("volunteer", CITY)
    clue = await neighbour.claims.SubmitClue(
        claims_pb2.SubmitClueRequest(
            request_id=uuid4().hex, element_id=person.id, items={"phone": "13900000003"}, text="换了号码"
        )
    )
    ring = KeyRing.from_file(registry.settings.seal_file).rotated()
    newer = registry.settings.seal_file.with_name("newer.seal.json")
    newer.write_text(ring.text())
    settings = registry.settings.model_copy(update={"seal_file": newer})
    rotation = Rotation(Office.open(registry.database, clock=registry.clock, settings=settings))
    assert await rotation.rotate() == 3
    assert await rotation.rotate() == 0

    alone = Sealer(replace(ring, keys={ring.current: ring.keys[ring.current]}))
    newer.write_text(replace(ring, keys={ring.current: ring.keys[ring.current]}).text())
    office = Office.open(registry.database, clock=registry.clock, settings=settings)
    async with registry.database.connection() as connection:
        found = await office.elements.find_many(connection, [UUID(person.id)])
        said = await claims.list_claims(connection, UUID(person.id), alone)
        clues = await claims.list_clues(connection, alone, given_by="staff:volunteer", grids=[], with_closed=True)
    assert [element.items["name"] for element in found.values()] == ["吴用"]
    assert {row.source: row.value for row in said} == {"register": "13900000001", "D01": "13900000002"}
    assert [(str(row.id), row.items) for row in clues] == [(clue.clue.id, {"phone": "13900000003"})]
