"""What becomes of a task type: who owns it, when it is a new version, when cases may be made of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.platform.errors import Invalid
from services.registry.domain.errors import (
    AdmissionNotPossible,
    DepartmentUnknown,
    FormInvalid,
    LeaseLost,
    TaskTypeTaken,
)
from services.registry.domain.forms import require_form
from services.registry.domain.staff import Department
from services.registry.domain.tasks import (
    POSSIBLE,
    Admission,
    Definition,
    FilingCondition,
    Lease,
    Offered,
    Plugin,
    TaskType,
    decided,
    imported,
    registered,
    require_own,
    require_sound,
)

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
USUAL = FilingCondition(
    code="usual",
    title="属实",
    title_en="",
    limit_value=4.0,
    limit_unit=3,
    closing_condition="",
    closing_condition_en="",
)


def a_definition(*, title: str = "井盖", department: str = "D09", form_schema: str = "") -> Definition:
    return Definition(
        title=title,
        title_en="",
        department_code=department,
        co_department_codes=(),
        category_code="C0101",
        filing_conditions=(USUAL,),
        form_schema=form_schema,
        min_photos=1,
        check_mode="photo",
        emergency=False,
        keywords=("井盖",),
        beneficiary="",
        base_points=0,
        duplicate_distance_m=0,
    )


def an_offer(code: str = "manhole_cover", **given: str) -> Offered:
    return Offered(code=code, definition=a_definition(**given))


@pytest.mark.mechanism(51)
def test_a_type_seen_for_the_first_time_waits_for_admission() -> None:
    task_type = registered(an_offer(), None, plugin="municipal_works")
    assert (task_type.version, task_type.admission, task_type.plugin) == (1, Admission.PENDING, "municipal_works")


def test_the_same_definition_is_the_same_version_and_a_changed_one_the_next() -> None:
    first = registered(an_offer(), None, plugin="municipal_works")
    admitted = decided(first, Admission.ADMITTED)
    assert registered(an_offer(), admitted, plugin="municipal_works") == admitted
    second = registered(an_offer(title="雨水井盖"), admitted, plugin="municipal_works")
    assert (second.version, second.admission) == (2, Admission.ADMITTED)
    back = registered(an_offer(), second, plugin="municipal_works")
    assert back.version == 3


def test_a_plugin_takes_over_what_an_administrator_brought_in_and_the_admission_stays() -> None:
    brought = decided(imported(an_offer(), None), Admission.ADMITTED)
    taken = registered(an_offer(), brought, plugin="municipal_works")
    assert taken == replace(brought, plugin="municipal_works")


def test_a_code_that_somebody_else_owns_is_taken() -> None:
    owned = registered(an_offer(), None, plugin="municipal_works")
    with pytest.raises(TaskTypeTaken):
        registered(an_offer(), owned, plugin="police")
    with pytest.raises(TaskTypeTaken):
        imported(an_offer(), owned)
    with pytest.raises(TaskTypeTaken):
        registered(an_offer(department="D01"), imported(an_offer(), None), plugin="police")


def test_an_administrator_may_bring_a_type_in_again_or_give_it_to_another_department() -> None:
    brought = imported(an_offer(), None)
    assert imported(an_offer(), brought) == brought
    assert imported(an_offer(department="D01"), brought).version == 2


@pytest.mark.mechanism(51)
@given(st.lists(st.sampled_from(Admission), max_size=8))
def test_decisions_follow_the_table_and_a_retired_type_stays_retired(wanted: list[Admission]) -> None:
    task_type = registered(an_offer(), None, plugin="p")
    for admission in wanted:
        if admission in POSSIBLE[task_type.admission]:
            task_type = decided(task_type, admission)
            assert task_type.admission is admission
        else:
            with pytest.raises(AdmissionNotPossible):
                decided(task_type, admission)
        assert task_type.version == 1
    if Admission.RETIRED in wanted:
        assert task_type.admission is Admission.RETIRED


def test_what_is_offered_must_name_departments_there_are_and_each_code_once() -> None:
    require_sound([an_offer()], ["D09"])
    with pytest.raises(DepartmentUnknown):
        require_sound([an_offer()], ["D01"])
    helped = replace(a_definition(), co_department_codes=("D99",))
    with pytest.raises(DepartmentUnknown):
        require_sound([Offered(code="a", definition=helped)], ["D09"])
    with pytest.raises(Invalid):
        require_sound([an_offer(), an_offer()], ["D09"])
    doubled = replace(a_definition(), filing_conditions=(USUAL, USUAL))
    with pytest.raises(Invalid):
        require_sound([Offered(code="a", definition=doubled)], ["D09"])


def test_a_plugin_speaks_for_its_own_department_alone() -> None:
    plugin = Plugin(name="municipal_works", version="1", sdk_version="1", department_code="D09")
    for spokesman in ("", "municipal_works"):
        require_own(plugin, Department(code="D09", name="市政", plugin=spokesman), [an_offer()])
    with pytest.raises(Invalid):
        require_own(plugin, Department(code="D09", name="市政", plugin="police"), [])
    with pytest.raises(Invalid):
        require_own(plugin, Department(code="D09", name="市政"), [an_offer(department="D01")])


def test_a_lease_is_renewed_while_it_lasts() -> None:
    lease = Lease(id="1", plugin="p", instance_id="i", expires_at=NOW)
    life = timedelta(seconds=30)
    assert lease.renewed(now=NOW - timedelta(seconds=1), life=life).expires_at == NOW + timedelta(seconds=29)
    with pytest.raises(LeaseLost):
        lease.renewed(now=NOW, life=life)


def a_form(**properties: object) -> str:
    return json.dumps({"type": "object", "properties": properties, "additionalProperties": False})


def test_a_form_is_a_schema_of_an_object_or_nothing() -> None:
    require_form("", code="t")
    require_form(a_form(size={"type": "integer", "minimum": 0}), code="t")


@pytest.mark.parametrize(
    "form",
    [
        "{",
        "[]",
        '{"type":"string"}',
        a_form(size={"type": "whole number"}),
        a_form(size={"minimum": "low"}),
        a_form(size={"pattern": "["}),
        a_form(size={"$ref": "https://elsewhere.example/schema"}),
        a_form(size={"$ref": "#"}),
        '{"type":"object","properties":' + '{"a":{"properties":' * 30 + "{}" + "}}" * 30 + "}",
        "[" * 50_000,
    ],
)
def test_a_form_that_cannot_be_used_is_refused(form: str) -> None:
    with pytest.raises(FormInvalid) as refused:
        require_form(form, code="manhole_cover")
    assert refused.value.details["code"] == "manhole_cover"


def test_a_property_may_be_called_anything() -> None:
    require_form(a_form(**{"$ref": {"type": "string"}}), code="t")


def test_types_that_differ_in_nothing_are_equal() -> None:
    assert imported(an_offer(), None) == TaskType(
        code="manhole_cover", version=1, definition=a_definition(), plugin="", admission=Admission.PENDING
    )
