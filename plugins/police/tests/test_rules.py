"""A name is never shown whole, and an absence is never counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.police import rules
from plugins.sdk.testing import a_case


@given(st.text(min_size=1, max_size=20))
def test_at_most_the_first_character_of_a_name_is_shown(name: str) -> None:
    masked = rules.masked(name)
    assert masked[0] == name[0]
    assert set(masked[1:]) == {"*"}


@given(st.lists(st.sampled_from("123456"), max_size=20))
def test_each_case_counts_as_one_absence(numbers: list[str]) -> None:
    noted = ""
    for number in numbers:
        noted = rules.with_absence(noted, a_case(number=number))
    assert rules.count_of(noted) == len(set(numbers))


def test_a_note_holds_five_names() -> None:
    assert rules.shown(["张*"] * 6).count("张*") == rules.NAMES_SHOWN_MAX


@pytest.mark.parametrize(("tenants", "crowded"), [(5, False), (6, True), (None, False)])
def test_six_tenants_are_a_crowd(tenants: int | None, crowded: bool) -> None:
    case = a_case(task_type=rules.RENTAL, form_answers={"tenant_count": tenants, "registered": False})
    assert rules.is_crowded(case) is crowded
