"""Whoever chairs and shares follows from the form, and the paper says what is known."""

from pathlib import Path

import pytest

from plugins.justice import rules
from plugins.justice.agreement import LINE_LENGTH, lines_of, paper_of
from plugins.sdk.manifest import read
from plugins.sdk.testing import MONDAY_MORNING, a_case

[DISPUTES] = read(Path(__file__).resolve().parents[1]).task_types
TERMS = rules.terms(a_case(description="邻里" * 60, place="松风路18号", solver="调解员甲"), MONDAY_MORNING)


@pytest.mark.parametrize(("level", "chair"), [("simple", "community"), ("complex", "subdistrict"), ("", "community")])
def test_the_chair_follows_from_the_level(level: str, chair: str) -> None:
    assert rules.chair(a_case(form_answers={"level": level})) == chair


def test_partners_are_those_that_the_manifest_hints_at() -> None:
    hints = {hint.value: hint.department for hint in DISPUTES.hints}
    assert {kind: rules.PARTNERS[kind] for kind in hints} == hints


def test_the_reporter_is_told_at_sign_handling_and_close_in_this_order() -> None:
    assert [(notice.at, notice.to) for notice in DISPUTES.notices] == [
        ("sign", "reporter"),
        ("dispose", "reporter"),
        ("close", "reporter"),
    ]


def test_the_paper_names_the_case_and_leaves_room_for_the_terms() -> None:
    lines = lines_of(TERMS)
    assert any(TERMS.number in line for line in lines)
    assert sum(line.startswith("____") for line in lines) == 8
    assert all(len(line) <= LINE_LENGTH for line in lines[:8])


def test_the_same_terms_make_the_same_paper() -> None:
    assert paper_of(TERMS) == paper_of(TERMS)
