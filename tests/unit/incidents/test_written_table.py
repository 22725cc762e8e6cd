"""The page that describes the steps is the table itself."""

from __future__ import annotations

from pathlib import Path

from services.incidents.domain.table import TABLE
from services.incidents.domain.table.written import HEAD, written

PAGE = Path(__file__).resolve().parents[3] / "docs" / "workflow.md"


def test_the_page_of_steps_says_what_the_program_goes_by() -> None:
    assert PAGE.read_text() == written(), "python -m services.incidents.domain.table > docs/workflow.md"


def test_every_step_has_a_line_of_eight_cells() -> None:
    lines = written().removeprefix(HEAD).splitlines()
    assert len(lines) == len(TABLE)
    assert {line.count(" | ") for line in lines} == {7}
