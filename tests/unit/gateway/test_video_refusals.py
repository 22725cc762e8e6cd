"""What the video service says inside a refusal has words in both languages: why a source, a route, a zone or a sheet is refused."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import services
from services.gateway.words import words_in
from services.video.sight import WORDS
from services.video.sources.allowed import NOT_ALLOWED

FOLDER = Path(next(iter(services.__path__)))
FILES = [*sorted((FOLDER / "video").rglob("*.py")), FOLDER / "platform" / "sheets.py"]
#: Calls whose text becomes the problem of a refusal.
REFUSING = {"_Refused", "_require"}


def said_in_code() -> Iterator[str]:
    """Every sentence that is given to a refusal as its problem."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "problem" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSING:
                yield from (
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_problem_of_a_refusal_has_words(language: str) -> None:
    told = words_in(language)["problems"]
    said = {*said_in_code(), *WORDS.values(), NOT_ALLOWED} - {""}
    assert len(said) > 30
    assert sorted(said - set(told)) == []
