"""The page of figures names tests and drills that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations" / "figures.md"
NAMED = re.compile(r"`((?:tests/|Makefile)[\w/.]*)(?:::(\w+))?`")


def rows() -> list[str]:
    """The lines of the table, without its head."""
    return [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_every_figure_names_a_test_or_drill_that_is_there(row: str) -> None:
    named = NAMED.findall(row.split("|")[-2])
    assert named, "nothing measures it"
    for path, name in named:
        content = (ROOT / path).read_text()
        assert not name or f"def {name}(" in content, f"{path} has no {name}"
