"""Every kind of cover on the form has an owner, and danger is never overlooked."""

from pathlib import Path

import pytest

from plugins.municipal_works import rules
from plugins.sdk import Words
from plugins.sdk.manifest import read
from plugins.sdk.testing import a_case

MANIFEST = read(Path(__file__).resolve().parents[1])
MANHOLE = next(task_type for task_type in MANIFEST.task_types if task_type.code == rules.MANHOLE)
KINDS = [option.value for field in MANHOLE.fields if field.name == "cover_kind" for option in field.options]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_cover_has_an_owner_with_a_name(kind: str) -> None:
    owner = rules.owner_of(a_case(form_answers={"cover_kind": kind}))
    assert Words("plugins.municipal_works")(f"owner.{owner.key}").en
    assert (owner == rules.UNKNOWN_OWNER) == (kind == "unknown")


@pytest.mark.parametrize(("condition", "dangerous"), [("", True), ("missing", True), ("broken", False), ("rim", False)])
def test_a_hole_is_dangerous_until_somebody_has_looked(condition: str, dangerous: bool) -> None:
    assert rules.is_dangerous(a_case(filing_condition=condition)) is dangerous


def test_conditions_named_in_rules_are_those_of_the_manifest() -> None:
    codes = {condition.code for task_type in MANIFEST.task_types for condition in task_type.filing_conditions}
    assert codes >= rules.DANGEROUS_CONDITIONS
    assert {"collapsed", "surface"} <= codes


def test_a_cover_is_filed_under_the_limit_of_its_condition() -> None:
    limits = {c.code: (c.limit.value, c.limit.unit.value) for c in MANHOLE.filing_conditions}
    assert limits == {
        "missing": (2, "urgent_hour"),
        "broken": (4, "work_hour"),
        "rattling": (2, "work_day"),
        "rim": (5, "work_day"),
    }
    assert (MANHOLE.points.beneficiary, MANHOLE.points.base_points) == ("reporter", 10)
