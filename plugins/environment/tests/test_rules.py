"""Every kind of pollution on the form can be proved."""

from pathlib import Path

import pytest

from plugins.environment import rules
from plugins.sdk.manifest import read

[POLLUTION] = read(Path(__file__).resolve().parents[1]).task_types
MEDIA = [option.value for field in POLLUTION.fields if field.name == "medium" for option in field.options]


@pytest.mark.parametrize("medium", MEDIA)
def test_every_medium_on_the_form_has_its_proof(medium: str) -> None:
    assert 0 < rules.PROOFS[medium].within_min <= 240


def test_nothing_both_travels_and_is_carried_off() -> None:
    assert not rules.TRAVELLING & rules.WASTE
