"""The demo city's catalogue, loans, councils and people in the grids come in once, however often they are loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from gridward.registry.v1 import catalogue_pb2, councils_pb2, emergencies_pb2, force_pb2

from services.demo import city, councils, force, lending
from services.demo.people import SHOWN_GRID
from services.platform.clock import ManualClock
from services.platform.grpc_client import connect
from services.platform.identity import service_caller
from tests.conftest import clone_database
from tests.integration.registry.conftest import Person, Registry, open_registry
from tests.support import servers
from tests.support.tokens import TestTokens

pytestmark = pytest.mark.asyncio(loop_scope="module")

ITEMS = 12_706
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A registry into which the demo city was loaded twice, and how much that was each time."""

    hall: Registry
    clerk: Person
    first: tuple[int, int, int]
    second: tuple[int, int, int]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loaded(
    postgres: servers.PostgresServer, database_templates: Callable[[str], str], tokens: TestTokens
) -> AsyncIterator[Loaded]:
    dsn = clone_database(postgres, database_templates("registry"), "registry")
    registry = await open_registry(dsn, tokens, ManualClock(NOW))
    demo = await registry.service("demo")
    await demo.import_areas(city.area_collection()["features"])
    address = f"127.0.0.1:{registry.process.port}"
    async with connect(address, signer=tokens.signer("demo"), caller=service_caller("demo")) as channel:
        first, second = [
            (await lending.load(channel), await councils.load(channel), await force.load(channel)) for _ in range(2)
        ]
    yield Loaded(hall=registry, clerk=demo, first=first, second=second)
    await registry.close()
    await registry.process.stop()


@pytest.mark.mechanism(58)
async def test_65_units_1083_tables_and_12706_items_are_published_counted_and_found(loaded: Loaded) -> None:
    assert loaded.first == loaded.second == (ITEMS, len(councils.ASSEMBLIES), 608 + 44 + 40)
    totals = await loaded.clerk.catalogue.GetCatalogueTotals(catalogue_pb2.GetCatalogueTotalsRequest())
    assert (totals.units, totals.tables, totals.items) == (65, 1083, ITEMS)
    assert sum(totals.items_by_openness) == ITEMS
    assert 0 < totals.items_by_openness[0] / ITEMS < 0.05
    ask = catalogue_pb2.SearchCatalogueRequest(query="气象局值班值守", page_size=5)
    found = await loaded.clerk.catalogue.SearchCatalogue(ask)
    ask.page_token = found.next_page_token
    ask.page_size = 50
    rest = (await loaded.clerk.catalogue.SearchCatalogue(ask)).items
    names = {item.table_name for item in (*found.items, *rest)}
    assert (len(found.items), names) == (5, {"气象局值班值守"})
    assert len(rest) in {5, 6, 7}


async def test_loans_wait_for_their_owners_and_what_is_open_to_government_is_lent_at_once(loaded: Loaded) -> None:
    loans = (await loaded.clerk.catalogue.ListLoans(catalogue_pb2.ListLoansRequest())).loans
    assert {loan.purpose for loan in loans} == {wish.purpose for wish in lending.WISHES}
    assert Counter(loan.state for loan in loans) == {"waiting": 7, "granted": 2}


@pytest.mark.mechanism(50)
async def test_what_departments_hooks_ask_for_is_lent_by_its_owner_and_read_as_it_was_lent(loaded: Loaded) -> None:
    loans = {
        row.purpose: row for row in (await loaded.clerk.catalogue.ListLoans(catalogue_pb2.ListLoansRequest())).loans
    }
    wishes = {
        wish.borrower: wish for wish in lending.WISHES if wish.decision == "granted" and wish.area == lending.CITY
    }
    assert {borrower: wish.unmasked for borrower, wish in wishes.items()} == {"D01": False, "D02": True}
    for borrower, wish in wishes.items():
        loan = loans[wish.purpose]
        owner = await loaded.hall.person("department_leader", lending.CITY, department=loan.lender)
        decision = catalogue_pb2.DecideLoanRequest(
            request_id=f"decide-{loan.id}", id=loan.id, grant=True, unmasked=wish.unmasked
        )
        assert (await owner.catalogue.DecideLoan(decision)).loan.state == "granted"
        program = await loaded.hall.plugin(f"plugin_{borrower}", borrower)
        tags = ["released"] if any(code.endswith("-tags") for code in wish.items) else []
        wanted = catalogue_pb2.ReadLoanRequest(id=loan.id, area_code=SHOWN_GRID, tags=tags)
        assert list((await program.catalogue.ReadLoan(wanted)).rows) == [], "nobody lives here yet"


async def test_councils_stand_at_every_stage(loaded: Loaded) -> None:
    told = await loaded.clerk.councils.ListCouncils(councils_pb2.ListCouncilsRequest())
    assert {each.council.kind for each in told.councils} == set(councils_pb2.CouncilKind.values()) - {0}
    matters = [matter for assembly in councils.ASSEMBLIES for matter in assembly.matters]
    proposals = (await loaded.clerk.councils.ListProposals(councils_pb2.ListProposalsRequest())).proposals
    assert len(proposals) == len(matters)
    assert {proposal.state for proposal in proposals} == set(councils_pb2.ProposalState.values()) - {0}
    open_to_vote = [p for p in proposals if p.state == councils_pb2.PROPOSAL_STATE_PROPOSED]
    assert sorted(len(proposal.deliberations) for proposal in open_to_vote) == [1, 1, 2]


async def test_everybody_sent_down_stands_in_a_grid_and_was_trained_and_a_drill_is_over(loaded: Loaded) -> None:
    told = await loaded.clerk.force.SummarizeForce(force_pb2.SummarizeForceRequest(year=NOW.year))
    assert (told.cadre_count, told.recruit_count, told.social_count) == (608, 44, 40)
    assert (told.training_count, told.untrained_count) == (6, 40)
    assert all(grid.people_count for grid in told.grids)
    drills = (await loaded.clerk.emergencies.ListEmergencies(emergencies_pb2.ListEmergenciesRequest())).emergencies
    assert [drill.HasField("ended_at") for drill in drills] == [True]
