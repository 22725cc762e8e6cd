"""Who stands on a post, and what a grid's team lacks."""

from datetime import UTC, datetime, timedelta

import pytest

from services.platform.errors import Invalid
from services.platform.identity import Caller, Grant
from services.registry.actions.reach import covers, require_citywide, require_reach
from services.registry.actions.staff import is_staff_role
from services.registry.domain.errors import BeyondReach, DepartmentUnknown
from services.registry.domain.staff import (
    Post,
    Shift,
    StoredPost,
    TeamTemplate,
    check_team,
    on_duty,
    require_departments,
    require_once,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
URBAN = ("grid_leader", "grid_guide", "grid_info_officer", "grid_security_officer", "grid_urban_officer")


def a_shift(*, starts_at: datetime = NOON, ends_at: datetime = NOON + HOUR) -> Shift:
    return Shift(staff_code="staff:B", starts_at=starts_at, ends_at=ends_at)


def test_a_shift_goes_before_the_standing_holder_while_it_lasts() -> None:
    post = Post(code="P", role="grid_worker", area_code="1", staff_code="staff:A")
    stored = StoredPost(post=post, area_path="1", shifts=(a_shift(),), version=1)
    found = [on_duty(stored, at=at) for at in (NOON - HOUR, NOON, NOON + HOUR)]
    assert [(duty.staff_code, duty.by_shift) for duty in found] == [
        ("staff:A", False),
        ("staff:B", True),
        ("staff:A", False),
    ]


@pytest.mark.parametrize(
    "shift",
    [
        a_shift(ends_at=NOON),
        a_shift(starts_at=NOON - 2 * HOUR, ends_at=NOON - HOUR),
        a_shift(ends_at=NOON + 2400 * HOUR),
    ],
)
def test_a_shift_must_make_sense(shift: Shift) -> None:
    with pytest.raises(Invalid):
        shift.require_sensible(now=NOON)
    a_shift().require_sensible(now=NOON)


@pytest.mark.mechanism(4)
def test_an_urban_team_without_its_security_post_is_four_of_five() -> None:
    filled = {role: role != "grid_security_officer" for role in ("grid_worker", *URBAN)}
    for roles in (URBAN, ("grid_worker", *URBAN)):
        check = check_team(TeamTemplate(kind="urban", pattern="1+5+N", roles=roles), filled)
        assert (check.filled_count, check.required_count) == (4, 5)
        assert check.vacant_roles == ("grid_security_officer",)
        assert check.required_roles == roles


@pytest.mark.mechanism(4)
def test_a_missing_core_role_is_named_though_only_those_around_it_are_counted() -> None:
    template = TeamTemplate(kind="urban", pattern="1+5+N", roles=("grid_worker", *URBAN))
    check = check_team(template, dict.fromkeys(URBAN, True))
    assert (check.filled_count, check.required_count, check.vacant_roles) == (5, 5, ("grid_worker",))


def test_a_pattern_that_says_no_numbers_counts_every_role() -> None:
    check = check_team(TeamTemplate(kind="odd", pattern="all", roles=("a", "b")), {"a": True})
    assert (check.filled_count, check.required_count) == (1, 2)
    assert check_team(None, {"a": True}).required_count == 0


def test_nobody_is_put_on_a_post_of_a_process_or_of_a_passer_by() -> None:
    assert is_staff_role("grid_worker")
    assert is_staff_role("system_admin")
    assert [role for role in ("service", "plugin", "resident", "king", "") if is_staff_role(role)] == []


def test_a_list_names_each_code_once_and_only_departments_there_are() -> None:
    require_once(["a", "b"])
    with pytest.raises(Invalid):
        require_once(["a", "b", "a"])
    require_departments(["", "D1"], ["D1"])
    with pytest.raises(DepartmentUnknown):
        require_departments(["D2"], ["D1"])


def test_a_subtree_is_the_area_itself_and_what_lies_below() -> None:
    assert covers("", "1.2")
    assert covers("1.2", "1.2")
    assert covers("1.2", "1.2.3")
    assert not covers("1.2", "1.23")
    assert not covers("1.2", "1")


def test_a_grant_covers_its_area_and_its_department_together() -> None:
    caller = Caller(
        subject="staff:A",
        grants=(
            Grant(role="system_admin", area_path="1.2", department_code="D1"),
            Grant(role="system_admin", area_path="1.3"),
        ),
    )
    scope = caller.scope("registry.staff.write")
    require_reach(scope, subject="P", area_path="1.2.9", department_code="D1")
    require_reach(scope, subject="P", area_path="1.3", department_code="D2")
    for area_path, department in (("1.2", "D2"), ("1.2", ""), ("1", "D1")):
        with pytest.raises(BeyondReach):
            require_reach(scope, subject="P", area_path=area_path, department_code=department)


def test_the_whole_city_is_reached_from_its_root_and_for_every_department() -> None:
    def caller(area_path: str, department: str = "") -> Caller:
        grant = Grant(role="system_admin", area_path=area_path, department_code=department)
        return Caller(subject="staff:A", grants=(grant,))

    require_citywide(caller("999100"), "registry.staff.write")
    require_citywide(caller(""), "registry.staff.write")
    for narrow in (caller("999100.999102"), caller("999100", "D1")):
        with pytest.raises(BeyondReach):
            require_citywide(narrow, "registry.staff.write")
