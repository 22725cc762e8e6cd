"""House rules that no linter has."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 400
FUNCTION_LINES_MAX = 70
CUPBOARDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
SOURCES = ("services", "plugins")
#: Folders of somebody's own machine.
HOME_FOLDERS = re.compile(r"(?:/home|/Users)/[A-Za-z]")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def python_sources() -> list[Path]:
    return tracked(*(f"{folder}/**/*.py" for folder in SOURCES), *(f"{folder}/*.py" for folder in SOURCES))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in python_sources()}
    assert {name: lines for name, lines in long.items() if lines > LINES_MAX} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in python_sources()
        for node in functions(ast.parse(path.read_text()))
        if (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert long == []


def test_no_module_is_a_cupboard() -> None:
    assert [str(path) for path in python_sources() if path.stem in CUPBOARDS or path.parent.name in CUPBOARDS] == []


def test_every_module_says_in_one_sentence_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_sources()
        if "tests" not in path.parts and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_tracked_file_names_a_folder_of_one_machine() -> None:
    here = Path(__file__).resolve()
    guilty = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".sql", ".proto", ".yaml", ".html", ".js", ".mjs", ".css", ".sh", ""}
        and "vendor" not in path.parts
        and path.resolve() != here
        and HOME_FOLDERS.search(path.read_text(errors="ignore"))
    ]
    assert guilty == []


def test_lock_files_name_no_host() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text()
        assert "://" not in text
        assert text.count("--hash=sha256:") > text.count("==")


@pytest.mark.parametrize(
    "queries", [str(p.relative_to(ROOT)) for p in tracked("services/**/*.sql") if "migrations" not in p.parts]
)
def test_every_named_query_is_used(queries: str) -> None:
    path = ROOT / queries
    names = re.findall(r"^-- name: (\w+)", path.read_text(), re.MULTILINE)
    package = path.parent
    code = "\n".join(source.read_text() for source in package.parent.rglob("*.py") if "__pycache__" not in source.parts)
    assert names
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []


def test_every_service_has_its_main_its_settings_and_its_sentence() -> None:
    for name in ("registry", "incidents", "video", "points", "gateway", "host"):
        folder = ROOT / "services" / name
        for room in ("__init__.py", "__main__.py", "settings.py"):
            assert (folder / room).exists(), f"{name} has no {room}"


def test_the_same_version_stands_everywhere() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {version}" in changelog or "## Unreleased" in changelog


def test_the_list_of_mechanisms_is_whole_and_every_mark_names_one() -> None:
    titles = tomllib.loads((ROOT / "docs" / "mechanisms.toml").read_text())["mechanisms"]
    assert [int(number) for number in titles] == list(range(1, 60))
    marks = {
        int(row)
        for path in tracked("tests/**/*.py", "plugins/**/*.py")
        for row in re.findall(r"@pytest\.mark\.mechanism\((\d+)\)", path.read_text())
    }
    assert marks
    assert {str(row) for row in marks} <= set(titles)
