"""Where a report goes, and that the reasons can be read."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incidents.domain.errors import TaskTypeNotAdmitted, TaskTypeUnknown
from services.incidents.domain.explain import CHINESE, ENGLISH, TEXTS, lines, why
from services.incidents.domain.responsibility import Area, OwnerUnit, PostOnDuty, Responsibilities
from services.incidents.domain.routing import Owner, Route, Rule, RuleTrace, loop_receiver, route
from services.incidents.domain.tasktypes import Admission, Hint, TaskType
from tests.unit.incidents.builders import (
    CHAIN,
    COMMUNITY,
    DEPARTMENTS,
    EVERYBODY,
    GARBAGE,
    GRID,
    MANHOLE,
    MONDAY_8,
    RESPONSIBILITIES,
    SUBDISTRICT,
    Duty,
)

EXCLUSIVE_CHAIN = (*CHAIN[:-1], replace(CHAIN[-1], kind="exclusive"))
RICH = Responsibilities(
    departments=DEPARTMENTS,
    owner_units={
        "U01": OwnerUnit(code="U01", department_code="D11"),
        "U99": OwnerUnit(code="U99", department_code="D99"),
    },
    by_category={"C01": "D09", "C0102": "D11", "E": "D07"},
    by_exclusive_grid={GRID: "D11"},
)


def routed(
    task_type: TaskType | None = GARBAGE,
    *,
    chain: tuple[Area, ...] = CHAIN,
    duty: Duty = EVERYBODY,
    responsibilities: Responsibilities = RESPONSIBILITIES,
    owner_unit: str = "",
    component: str = "",
    form_answers: str = "",
) -> Route:
    return route(
        task_type,
        area_chain=chain,
        duty=duty,
        responsibilities=responsibilities,
        at=MONDAY_8,
        owner=Owner(owner_unit=owner_unit, component=component, distance_m=12.4),
        form_answers=form_answers,
    )


def reasons(found: Route, rule: Rule) -> list[tuple[bool, str]]:
    return [(trace.matched, trace.reason) for trace in found.explanation if trace.rule is rule]


def test_an_ordinary_report_goes_to_its_department_and_its_grid_worker() -> None:
    found = routed()
    assert replace(found, explanation=()) == Route(
        department_code="D07",
        co_department_codes=(),
        owner_unit="",
        worker_post="GW-1",
        worker="worker-1",
        worker_area=GRID,
        loop_level=1,
        desk="",
        receiver="GW-1",
        explanation=(),
    )
    assert [(trace.rule, trace.matched, trace.reason) for trace in found.explanation] == [
        (Rule.TASK_TYPE_ADMITTED, True, "ADMITTED"),
        (Rule.EXCLUSIVE_GRID, False, "NOT_EXCLUSIVE"),
        (Rule.OWNER_UNIT, False, "NO_OWNER_UNIT"),
        (Rule.TASK_TYPE_DEPARTMENT, True, "TASK_TYPE_DEPARTMENT"),
        (Rule.CATEGORY_DEPARTMENT, False, "NO_CATEGORY_DEPARTMENT"),
        (Rule.FIRST_LOOP, True, "BEGINS_ON_THE_GROUND"),
        (Rule.ON_DUTY, True, "POST_FILLED"),
        (Rule.DISPATCH_DESK, False, "DESK_NOT_NEEDED"),
    ]


@pytest.mark.parametrize("admission", [Admission.PENDING, Admission.SUSPENDED, Admission.RETIRED])
def test_a_matter_that_is_not_admitted_goes_nowhere(admission: Admission) -> None:
    with pytest.raises(TaskTypeNotAdmitted):
        routed(replace(GARBAGE, admission=admission))


def test_an_unknown_matter_is_refused_by_name() -> None:
    with pytest.raises(TaskTypeUnknown) as caught:
        route(
            None,
            area_chain=CHAIN,
            duty=EVERYBODY,
            responsibilities=RICH,
            at=MONDAY_8,
            task_type_code="no_such",
        )
    assert caught.value.details == {"task_type": "no_such"}


def test_the_owners_supervisor_comes_before_the_task_types_own_department() -> None:
    found = routed(MANHOLE, responsibilities=RICH, owner_unit="U01")
    assert (found.department_code, found.owner_unit, found.co_department_codes) == ("D11", "U01", ("D09",))
    assert reasons(found, Rule.TASK_TYPE_DEPARTMENT) == [(False, "ALREADY_DECIDED")]


@pytest.mark.parametrize(("unit", "reason"), [("U77", "OWNER_UNIT_UNKNOWN"), ("U99", "DEPARTMENT_NOT_KNOWN")])
def test_an_owner_nobody_knows_decides_nothing(unit: str, reason: str) -> None:
    found = routed(MANHOLE, responsibilities=RICH, owner_unit=unit)
    assert found.department_code == "D09"
    assert reasons(found, Rule.OWNER_UNIT) == [(False, reason)]


def test_the_owner_of_the_component_that_stands_there_must_repair_it_and_the_account_names_it() -> None:
    found = routed(MANHOLE, responsibilities=RICH, owner_unit="U01", component="9991020102000007")
    assert (found.department_code, found.owner_unit) == ("D11", "U01")
    assert "✓ 12米处部件9991020102000007的产权单位U01由D11监管" in lines(found.explanation, CHINESE)


HINTED = replace(
    GARBAGE,
    hints=(
        Hint(field="matter", value="wages", department_code="D09"),
        Hint(field="many", value="true", department_code="D11"),
    ),
)


@pytest.mark.parametrize(
    ("answers", "department"),
    [
        ('{"matter": "wages"}', "D09"),
        ('{"matter": ["safety", "wages"]}', "D09"),
        ('{"many": true}', "D11"),
        ('{"matter": "safety"}', "D07"),
        ("not json", "D07"),
        ("[1]", "D07"),
        ("", "D07"),
    ],
)
def test_an_answer_to_the_form_points_to_the_department_its_own_task_type_names(answers: str, department: str) -> None:
    found = routed(HINTED, responsibilities=RICH, form_answers=answers)
    assert found.department_code == department
    assert reasons(found, Rule.FORM_ANSWER) == ([(True, "FORM_ANSWER_DEPARTMENT")] if department != "D07" else [])


def test_whoever_must_repair_goes_before_what_the_form_answers() -> None:
    found = routed(HINTED, responsibilities=RICH, owner_unit="U01", form_answers='{"matter": "wages"}')
    assert found.department_code == "D11"
    assert reasons(found, Rule.FORM_ANSWER) == [(False, "ALREADY_DECIDED")]


def test_an_exclusive_place_has_its_own_department_and_passes_over_the_community() -> None:
    vacant = Duty(
        PostOnDuty(post_code="CA-1", role="community_admin", area_code=COMMUNITY, staff_code="community-1"),
        PostOnDuty(post_code="SA-1", role="subdistrict_admin", area_code=SUBDISTRICT, staff_code="subdistrict-1"),
    )
    found = routed(chain=EXCLUSIVE_CHAIN, responsibilities=RICH, duty=vacant)
    assert (found.department_code, found.worker_post) == ("D11", "SA-1")
    assert (False, "EXCLUSIVE_PASSED_OVER") in reasons(found, Rule.ON_DUTY)
    plain = routed(chain=EXCLUSIVE_CHAIN, duty=vacant)
    assert (plain.department_code, reasons(plain, Rule.EXCLUSIVE_GRID)) == (
        "D07",
        [(False, "EXCLUSIVE_WITHOUT_DEPARTMENT")],
    )


def test_the_longest_beginning_of_a_category_answers_when_nobody_else_does() -> None:
    assert routed(replace(MANHOLE, department_code=""), responsibilities=RICH).department_code == "D11"
    assert routed(replace(GARBAGE, department_code="D99"), responsibilities=RICH).department_code == "D07"


def test_vacant_posts_are_passed_upwards_and_each_is_named() -> None:
    duty = Duty(
        PostOnDuty(post_code="GW-1", role="grid_worker", area_code=GRID),
        PostOnDuty(post_code="SA-1", role="subdistrict_admin", area_code=SUBDISTRICT, staff_code="s", by_shift=True),
    )
    found = routed(duty=duty)
    assert (found.worker_post, found.worker, found.worker_area, found.desk) == ("SA-1", "s", SUBDISTRICT, "")
    assert reasons(found, Rule.ON_DUTY) == [
        (False, "POST_VACANT"),
        (False, "NO_POST"),
        (False, "NO_POST"),
        (True, "POST_BY_SHIFT"),
    ]


def test_the_desk_stands_in_where_nobody_is() -> None:
    found = routed(duty=Duty())
    assert (found.desk, found.receiver, found.worker) == ("city_dispatch_desk", "city_dispatch_desk", "")
    assert reasons(found, Rule.DISPATCH_DESK) == [(True, "DESK_STANDS_IN")]
    nobody = routed(replace(MANHOLE, department_code=""))
    assert (nobody.desk, nobody.receiver) == ("city_dispatch_desk", "city_dispatch_desk")
    assert reasons(nobody, Rule.DISPATCH_DESK) == [(True, "DESK_DECIDES")]


def test_an_emergency_begins_in_the_top_loop() -> None:
    found = routed(MANHOLE)
    assert (found.loop_level, found.receiver, found.worker_post) == (3, "D09", "GW-1")


@pytest.mark.parametrize(
    ("level", "department", "receiver"),
    [(1, "D07", "GW-1"), (2, "D07", "SA-1"), (3, "D07", "D07"), (3, "", "desk")],
)
def test_each_loop_has_somebody_to_take_over(level: int, department: str, receiver: str) -> None:
    found = loop_receiver(level, area_chain=CHAIN, duty=EVERYBODY, department_code=department, desk="desk", at=MONDAY_8)
    assert found == receiver
    lonely = loop_receiver(2, area_chain=CHAIN, duty=Duty(), department_code="D07", desk="desk", at=MONDAY_8)
    assert lonely == "desk"


def test_the_reasons_read_well_in_both_languages() -> None:
    found = routed(MANHOLE, responsibilities=RICH, owner_unit="U01")
    assert lines(found.explanation, CHINESE)[2:4] == (
        "✓ 产权单位U01由D11监管",
        "· 本规则指向D09，前面已定为D11",
    )
    assert lines(found.explanation, ENGLISH)[6] == f"✓ worker-1 holds post GW-1 (grid_worker) at {GRID}"


codes = st.sampled_from(["", "D07", "D09", "D99"])
people = st.sampled_from(["", "somebody"])


@st.composite
def duties(draw: st.DrawFn) -> Duty:
    places = (
        (GRID, "grid_worker"),
        (GRID, "grid_leader"),
        (COMMUNITY, "community_admin"),
        (SUBDISTRICT, "subdistrict_admin"),
    )
    kept = draw(st.lists(st.sampled_from(places), unique=True))
    return Duty(
        *(
            PostOnDuty(
                post_code=f"P-{role}", role=role, area_code=area, staff_code=draw(people), by_shift=draw(st.booleans())
            )
            for area, role in kept
        )
    )


@given(
    duty=duties(),
    department=codes,
    exclusive=st.booleans(),
    owner_unit=st.sampled_from(["", "U01", "U77", "U99"]),
    emergency=st.booleans(),
    rich=st.booleans(),
    depth=st.integers(min_value=0, max_value=5),
)
def test_a_report_never_goes_nowhere_and_every_reason_has_words(  # noqa: PLR0917
    duty: Duty, department: str, exclusive: bool, owner_unit: str, emergency: bool, rich: bool, depth: int
) -> None:
    chain = (EXCLUSIVE_CHAIN if exclusive else CHAIN)[:depth]
    found = routed(
        replace(GARBAGE, department_code=department, emergency=emergency),
        chain=chain,
        duty=duty,
        responsibilities=RICH if rich else RESPONSIBILITIES,
        owner_unit=owner_unit,
    )
    assert found.receiver
    assert found.department_code or found.desk
    assert found.worker or found.desk
    assert found.department_code not in found.co_department_codes
    order = [list(Rule).index(trace.rule) for trace in found.explanation]
    assert order == sorted(order)
    for language in (CHINESE, ENGLISH):
        assert not any("{" in line for line in lines(found.explanation, language))


def test_every_text_names_the_same_figures_in_both_languages() -> None:
    for reason in TEXTS:
        figures = [{part.split("}")[0] for part in text.split("{")[1:]} for text in TEXTS[reason]]
        assert figures[0] == figures[1], reason


def test_an_unknown_language_is_told_in_english() -> None:
    trace = RuleTrace(rule=Rule.OWNER_UNIT, matched=False, reason="NO_OWNER_UNIT")
    assert why(trace, "fr") == "No owner unit was named"


def test_the_moment_is_handed_to_whoever_knows_the_shifts() -> None:
    asked: list[datetime] = []

    class Watching(Duty):
        def posts(self, area_code: str, role: str, at: datetime) -> list[PostOnDuty]:
            asked.append(at)
            return []

    routed(duty=Watching())
    assert set(asked) == {MONDAY_8}
