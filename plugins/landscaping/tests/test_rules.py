"""What blocks is told apart from what can wait."""

from datetime import UTC, datetime

import pytest

from plugins.landscaping import rules
from plugins.sdk.testing import a_case


@pytest.mark.parametrize(
    ("damage", "blocking", "blocks"),
    [("tree_fallen", True, True), ("tree_fallen", False, False), ("dumping", True, False)],
)
def test_only_wood_blocks_the_way(damage: str, blocking: bool, blocks: bool) -> None:
    assert rules.blocks_the_way(a_case(form_answers={"damage": damage, "blocking_traffic": blocking})) is blocks


@pytest.mark.parametrize(("month", "waits"), [(3, False), (4, True), (10, True), (11, False)])
def test_trees_are_planted_from_november_to_march(month: int, waits: bool) -> None:
    at = datetime(2026, month, 1, tzinfo=UTC)
    assert rules.waits_for_season(a_case(form_answers={"damage": "withered"}, reported_at=at)) is waits
