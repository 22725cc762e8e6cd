"""The town of four grids before a registry that is real: a family, a worker, offices, and what lies in their books."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from gridward.registry.v1 import catalogue_pb2, councils_pb2, elements_pb2, force_pb2, staff_pb2

from services.gateway.actions import import_accounts
from services.gateway.strictness import STRICTNESS, SecurityProfile
from services.platform.clock import ManualClock
from services.platform.database import open_database
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import PASSWORD, World, settings_for, world_of
from tests.integration.registry.conftest import Person, Registry, open_registry
from tests.integration.registry.test_catalogue import publish, table
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens
from tests.unit.registry.builders import CITY, DISTRICT, community_code, grid_code, middle_of, town

PHONE = "phone-of-the-day"
IDENTITY = "110101199003071234"
WORKER_PATH = f"{CITY}.{DISTRICT}.{DISTRICT}001.{community_code()}.{grid_code(0)}"
HIRED = (
    ("community", "community_admin", community_code(), ""),
    ("lender", "department_leader", CITY, "D05"),
    ("borrower", "department_specialist", CITY, "D07"),
)
PERSON, HOUSEHOLD = elements_pb2.ELEMENT_KIND_PERSON, elements_pb2.ELEMENT_KIND_HOUSEHOLD
BUILDING, DWELLING = elements_pb2.ELEMENT_KIND_BUILDING, elements_pb2.ELEMENT_KIND_DWELLING


@dataclass
class Books:
    """The gateway before a registry that is real."""

    world: World
    registry: Registry


@asynccontextmanager
async def opened(
    databases: tuple[str, str], object_store: ObjectStoreServer, tokens: TestTokens, demo_data: Path
) -> AsyncIterator[Books]:
    """The town of four grids, a family in the first, a worker and an administrator; databases of registry and gateway."""
    suite = FakeSuite(tokens, demo_data)
    addresses = await suite.start()
    registry_dsn, gateway_dsn = databases
    registry = await open_registry(registry_dsn, tokens, ManualClock(datetime.now(UTC)))
    await _settle(registry)
    addresses["registry_address"] = f"127.0.0.1:{registry.process.port}"
    async with world_of(settings_for(gateway_dsn, object_store, tokens, addresses), suite) as world:
        await _open_accounts(world, gateway_dsn)
        yield Books(world=world, registry=registry)
    await registry.close()
    await registry.process.stop()
    await suite.stop()


async def _open_accounts(world: World, dsn: str) -> None:
    database = await open_database(dsn, service="gateway")
    rows = [
        {"login": login, "password": PASSWORD, "subject": f"staff:{login}", "kind": "staff", "name": login,
         "name_en": login, "language": "zh", "shown": True}
        for login, *_ in HIRED
    ]  # fmt: skip
    await import_accounts(
        database, world.gate.door.passwords, rows, strictness=STRICTNESS[SecurityProfile.ASVS], now=datetime.now(UTC)
    )
    await database.close()


async def _settle(registry: Registry) -> None:
    admin = await registry.service("demo")
    await admin.import_areas(town())
    await admin.import_departments(*(staff_pb2.Department(code=code, name=code) for code in ("D05", "D07")))
    await admin.import_posts(
        staff_pb2.Post(code="W", role="grid_worker", area_code=grid_code(0), staff_code="staff:worker"),
        staff_pb2.Post(code="A", role="system_admin", area_code=CITY, staff_code="staff:admin"),
        staff_pb2.Post(code="C", role="duty_chief", area_code=CITY, staff_code="staff:chief"),
        *(
            staff_pb2.Post(code=login, role=role, area_code=area, department_code=unit, staff_code=f"staff:{login}")
            for login, role, area, unit in HIRED
        ),
    )
    await admin.staff.BindTerminal(
        staff_pb2.BindTerminalRequest(request_id=uuid4().hex, terminal_id=PHONE, grid_code=grid_code(0))
    )
    house = (await admin.save(BUILDING, where=middle_of(0, 0), name="松月街3号楼", address="松月街3号楼")).element
    home = (await admin.save(DWELLING, within_id=house.id, key="3-101", address="松月街3号楼101室")).element
    family = (await admin.save(HOUSEHOLD, within_id=home.id, key="HH-3-101", address="松月街3号楼101室")).element
    await admin.save(
        PERSON, within_id=family.id, items={"name": "李小明", "phone": "13900000001", "identity_number": IDENTITY}
    )


async def furnish(registry: Registry) -> None:
    """Something in each room: items to lend and a loan that waits, a council with a matter deliberated twice, people."""
    admin = await registry.service("demo")
    await publish(admin, table("D05", "T-R", ("phone", "", catalogue_pb2.OPENNESS_RELATED, PERSON)))
    until = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    loan = catalogue_pb2.RequestLoanRequest(
        request_id=uuid4().hex,
        item_codes=["T-R.phone"],
        area_code=CITY,
        purpose="核对租住",
        until=until,
        borrower="D07",
    )
    await admin.catalogue.RequestLoan(loan)
    sent = force_pb2.ForceMember(staff_code="staff:F9", kind=force_pb2.FORCE_KIND_SOCIAL, grid_codes=[grid_code(3)])
    await admin.force.PlaceForce(force_pb2.PlaceForceRequest(request_id=uuid4().hex, members=[sent]))
    await _assemble(admin)


async def _assemble(admin: Person) -> None:
    """A council before which a matter lies on which its members may vote."""
    council = councils_pb2.Council(
        area_code=community_code(), kind=councils_pb2.COUNCIL_KIND_HEARING, name="听证会", members=["staff:community"]
    )
    saving = councils_pb2.SaveCouncilRequest(request_id=uuid4().hex, council=council)
    council = (await admin.councils.SaveCouncil(saving)).council
    asked = councils_pb2.SubmitProposalRequest(
        request_id=uuid4().hex, council_id=council.id, title="加装电梯", text="二单元申请"
    )
    proposal = (await admin.councils.SubmitProposal(asked)).proposal
    for day in ("2026-01-05", "2026-02-05"):
        held = councils_pb2.RecordSessionRequest(
            request_id=uuid4().hex, council_id=council.id, day=day, attendees=council.members, minutes=f"{day} 陈述意见"
        )
        session = (await admin.councils.RecordSession(held)).session
        heard = councils_pb2.RecordDeliberationRequest(
            request_id=uuid4().hex, proposal_id=proposal.id, session_id=session.id, opinion="同意提交表决"
        )
        await admin.councils.RecordDeliberation(heard)
