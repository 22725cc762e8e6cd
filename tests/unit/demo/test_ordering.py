"""What the demo brings to incidents is whole and names only what the city has."""

from __future__ import annotations

from services.demo import city, ordering
from services.platform import validation


def test_the_202_items_and_the_rules_name_only_what_the_city_has() -> None:
    request = ordering.items()
    validation.check(request)
    departments = {department.code for department in city.departments()}
    task_types = {row["code"] for row in city.data()["task_types"]}
    assert len(request.items) == 202
    assert {item.line for item in request.items} == {line.code for line in request.lines}
    assert {item.rectify_department for item in request.items} <= departments
    assert {item.task_type for item in request.items} <= task_types
    rules = ordering.rules()
    validation.check(rules)
    assert {code for rule in rules.rules for code in rule.conditions.task_types} <= task_types
    assert {rule.outcome.owner_unit for rule in rules.rules} - {""} <= {unit.code for unit in city.owner_units()}


def test_forty_shops_lie_in_forty_places() -> None:
    request = ordering.shops()
    validation.check(request)
    assert len({(site.point.longitude_deg, site.point.latitude_deg) for site in request.sites}) == 40
