"""The demo's items, shops and rules are taken in by the real service, and a second load changes nothing."""

from __future__ import annotations

from services.demo import city, ordering
from services.platform.identity import service_caller
from tests.integration.incidents import town
from tests.integration.incidents.hall import Hall


async def test_the_demo_is_loaded_once_and_its_rules_are_in_force(still: Hall) -> None:
    still.view.take_owner_units(city.owner_units())
    caller = service_caller("gateway")
    still.stub(caller)
    assert [await ordering.load(still.channels[repr(caller)]) for _ in range(2)] == [202, 202]
    assert [await still.count(table) for table in ("inspection_plan", "site", "routing_rules")] == [1, 40, 1]
    case = await still.report(task_type="gas_leak", description="煤气味很重", grid=town.GRID)
    assert case.route.rules[0].why.startswith("按路由规则gas_company")
