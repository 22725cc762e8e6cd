"""Every role of one grid, at every read and write that names a place: nothing of the grid across, told or changed."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from gridward.registry.v1 import (
    claims_pb2,
    elements_pb2,
    force_pb2,
    patrols_pb2,
    quiet_pb2,
    search_pb2,
    visits_pb2,
)

from services.platform.errors import GridwardError
from tests.integration.registry.conftest import Person, Registry
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROLES: tuple[str, ...] = tuple(
    role
    for role in tomllib.loads(files("services.platform").joinpath("roles.toml").read_text())
    if role not in {"service", "plugin"}
)
#: Who may do all of this in a grid of theirs.
FIELD = ("grid_worker", "grid_leader")
DEPARTMENTS = ("department_specialist", "department_leader", "handler")
PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}"
PERSON, HOUSEHOLD = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_HOUSEHOLD
LAMP = elements_pb2.ELEMENT_KIND_COMPONENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A grid, and what there is in it."""

    grid: str
    point: tuple[float, float]
    name: str
    person: str
    household: str
    lamp: str


Deed = Callable[[Person, Spot], Awaitable[object]]


def key() -> str:
    return uuid4().hex


async def _listed(person: Person, spot: Spot, kind: Any) -> object:
    asked = elements_pb2.ListElementsRequest(kind=kind, area_code=spot.grid)
    return list((await person.elements.ListElements(asked)).elements)


async def _revealed(person: Person, spot: Spot) -> object:
    asked = elements_pb2.RevealElementRequest(id=spot.person, purpose="核对", items=["name"])
    return (await person.elements.RevealElement(asked)).items


async def _found(person: Person, spot: Spot) -> object:
    asked = search_pb2.SearchRequest(query=spot.name, kinds=[PERSON])
    return list((await person.search.Search(asked)).found)


async def _counted(person: Person, spot: Spot) -> object:
    told = await person.elements.CountElements(elements_pb2.CountElementsRequest(area_code=spot.grid))
    return told.headcount or any(row.count for row in told.kinds)


async def _sent(person: Person, spot: Spot) -> object:
    sent = force_pb2.ForceMember(staff_code=f"staff:{key()}", kind=force_pb2.FORCE_KIND_CADRE, grid_codes=[spot.grid])
    return (await person.force.PlaceForce(force_pb2.PlaceForceRequest(request_id=key(), members=[sent]))).changed_count


def _claim(spot: Spot) -> claims_pb2.MakeClaimRequest:
    return claims_pb2.MakeClaimRequest(request_id=key(), element_id=spot.person, item="gender", value="女")


def _visit(spot: Spot) -> visits_pb2.RecordVisitRequest:
    return visits_pb2.RecordVisitRequest(request_id=key(), household_id=spot.household, occasion="home", met=True)


DEEDS: Mapping[str, Deed] = {
    "list people": lambda person, spot: _listed(person, spot, PERSON),
    "list lamps": lambda person, spot: _listed(person, spot, LAMP),
    "see a person": lambda person, spot: person.elements.GetElement(elements_pb2.GetElementRequest(id=spot.person)),
    "see a lamp": lambda person, spot: person.elements.GetElement(elements_pb2.GetElementRequest(id=spot.lamp)),
    "see in clear": _revealed,
    "find by name": _found,
    "count": _counted,
    "note a lamp": lambda person, spot: person.save(LAMP, where=spot.point, class_code="0137"),
    "change a lamp": lambda person, spot: person.save(LAMP, id=spot.lamp, version=1, state="damaged"),
    "retire a lamp": lambda person, spot: person.elements.RetireElement(
        elements_pb2.RetireElementRequest(request_id=key(), id=spot.lamp, version=1, reason="拆除")
    ),
    "state a fact": lambda person, spot: person.claims.MakeClaim(_claim(spot)),
    "read claims": lambda person, spot: person.claims.ListClaims(claims_pb2.ListClaimsRequest(element_id=spot.person)),
    "visit": lambda person, spot: person.visits.RecordVisit(_visit(spot)),
    "write the diary": lambda person, spot: person.visits.WriteDiary(
        visits_pb2.WriteDiaryRequest(request_id=key(), grid_code=spot.grid, text="平安")
    ),
    "go on patrol": lambda person, spot: person.patrols.BeginPatrol(
        patrols_pb2.BeginPatrolRequest(request_id=key(), grid_code=spot.grid)
    ),
    "say all is quiet": lambda person, spot: person.quiet.ReportQuiet(
        quiet_pb2.ReportQuietRequest(request_id=key(), grid_code=spot.grid)
    ),
    "send somebody": _sent,
}
#: What the field does only in part, because others do it.
NOT_OF_THE_FIELD = {"send somebody", "change a lamp", "retire a lamp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Two grids of one registry."""

    registry: Registry
    here: Spot
    there: Spot

    async def somebody(self, role: str) -> Person:
        """Somebody in a role whose area is the first grid."""
        unit = "D07" if role in DEPARTMENTS else ""
        return await self.registry.person(role, f"{PATH}.{self.here.grid}", department=unit, subject=f"staff:{role}-1")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(town_hall: Registry) -> Ground:
    admin = await town_hall.service("demo")
    spots = []
    for number, name in ((0, "李小明"), (3, "赵安然")):
        point = middle_of(number % 2, number // 2)
        home = (await admin.save(HOUSEHOLD, where=point, key=f"HH{number}")).element
        person = (await admin.save(PERSON, within_id=home.id, items={"name": name, "phone": "13900000001"})).element
        lamp = (await admin.save(LAMP, where=point, class_code="0137")).element
        spots.append(
            Spot(grid=grid_code(number), point=point, name=name, person=person.id, household=home.id, lamp=lamp.id)
        )
    return Ground(registry=town_hall, here=spots[0], there=spots[1])


async def outcome(deed: Deed, person: Person, spot: Spot) -> str:
    """What came of it: done, nothing, or the reason of the refusal."""
    try:
        return "done" if await deed(person, spot) else "nothing"
    except GridwardError as error:
        return error.reason


async def test_no_role_reads_or_writes_across_the_border_of_its_area(ground: Ground) -> None:
    kept = (
        "SELECT (SELECT count(*) FROM element) AS elements, (SELECT sum(version) FROM element) AS versions,"
        " (SELECT count(*) FROM visit) AS visits, (SELECT count(*) FROM diary_entry) AS entries,"
        " (SELECT count(*) FROM patrol) AS patrols, (SELECT count(*) FROM claim) AS claims"
    )
    before = await ground.registry.rows(kept)
    across: dict[tuple[str, str], str] = {}
    for role in ROLES:
        person = await ground.somebody(role)
        across |= {(role, name): await outcome(deed, person, ground.there) for name, deed in DEEDS.items()}
    assert {which: what for which, what in across.items() if what == "done"} == {}
    assert await ground.registry.rows(kept) == before


@pytest.mark.parametrize("role", FIELD)
async def test_the_same_is_done_at_home(ground: Ground, role: str) -> None:
    person = await ground.somebody(role)
    found = {name: await outcome(deed, person, ground.here) for name, deed in DEEDS.items()}
    assert {name: what for name, what in found.items() if name not in NOT_OF_THE_FIELD and what != "done"} == {}
