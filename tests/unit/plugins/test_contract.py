"""The contract kit finds what an outside author got wrong, with no part of the suite running."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from plugins.sdk.contract import main, problems
from plugins.sdk.quality import LADDER, lacking, rung
from plugins.sdk.scaffold.__main__ import write

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A new department under a name of its own, importable for one test."""
    name = f"trial_{abs(hash(request.node.name)) % 10**9}"
    write(tmp_path / name, name=name, package=name, department="D08")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / name


def load(folder: Path) -> ModuleType:
    importlib.invalidate_caches()
    return importlib.import_module(folder.name)


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_new_department_has_no_problems(folder: Path) -> None:
    assert problems(load(folder)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("hooks.py", "rules.people_needed(case)", "1 // 0", "ZeroDivisionError"),
        ("hooks.py", "people=rules", "persons=rules", "KeyError: 'people'"),
        ("hooks.py", "city.note(case,", "city.memory.put('a', city.memory.get('a') + 'x'); city.note(case,", ""),
        ("locale/en.toml", "Please send {people} to the place.", "请派{people}人到场。", "the same in both languages"),
        ("manifest.toml", 'permissions = ["cases.note"]', "permissions = []", "PERMISSION_NOT_ASKED"),
        ("hooks.py", "def incident_reported", "def incident_repotred", "incident_reported"),
        ("README.md", "`incident_reported`", "it", "README.md does not tell of `incident_reported`"),
        ("tests/test_hooks.py", "def test_hook_incident", "def test_incident", "no test is called test_hook_"),
        ("rules.py", "from plugins.sdk import Case", "from plugins.sdk import Case, City", "rules.py knows City"),
        ("rules.py", "def people_needed(case: Case) -> int:", "def people_needed(case):", "has no types"),
        ("rules.py", "    count = case", "    sum(range(300_000))\n    count = case", ""),
    ],
)
def test_what_is_wrong_is_named(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    spoil(folder, file, old, new)
    try:
        found = problems(load(folder))
    except ImportError as error:
        found = [str(error)]
    assert any(expected in problem for problem in found) if expected else found == []


def test_a_hook_that_does_something_else_the_second_time_is_found_out(folder: Path) -> None:
    spoil(folder, "hooks.py", "words = Words", "calls = []\nwords = Words")
    spoil(
        folder,
        "hooks.py",
        "    city.note(",
        "    calls.append(1)\n    if len(calls) % 2:\n        return\n    city.note(",
    )
    assert any("asks the city something else" in problem for problem in problems(load(folder)))


def test_platinum_is_measured(folder: Path) -> None:
    spoil(folder, "manifest.toml", '"gold"', '"platinum"')
    spoil(folder, "rules.py", "    count = case", "    sum(range(300_000))\n    count = case")
    assert any("claims platinum, but incident_reported takes" in problem for problem in problems(load(folder)))


def test_a_rung_is_reached_when_nothing_below_it_is_lacking() -> None:
    assert rung({}) == LADDER[-1]
    assert rung({"silver": ["a readme"]}) == "bronze"
    assert rung({"bronze": ["a test"], "silver": []}) == "none"


def test_the_departments_that_come_with_the_suite_deserve_what_they_claim() -> None:
    from plugins.sdk.hooks import Hooks
    from plugins.sdk.manifest import read

    for path in sorted((ROOT / "plugins").glob("*/manifest.toml")):
        manifest = read(path.parent)
        hooks = Hooks(manifest.name, importlib.import_module(f"plugins.{manifest.name}")).names
        assert LADDER.index(rung(lacking(path.parent, manifest, hooks))) >= LADDER.index(manifest.quality), (
            manifest.name
        )


def test_the_kit_runs_without_the_suite(folder: Path) -> None:
    program = (
        "import sys; from plugins.sdk.contract import main; code = main([sys.argv[1]]);"
        "assert not {'services', 'grpc', 'google', 'nameko', 'eventlet', 'psycopg'} & set(sys.modules); sys.exit(code)"
    )
    environment = {"PYTHONPATH": f"{folder.parent}:{ROOT}", "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", program, folder.name], env=environment, capture_output=True, text=True, check=False
    )
    kept = f"{folder.name}: 符合约定 keeps the contract\n"
    assert (run.returncode, run.stdout) == (0, kept), run.stderr


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        (("rules.py", "return PEOPLE", "retrun PEOPLE"), "rules.py:16: SyntaxError: invalid syntax"),
        (("rules.py", "MUCH: Final = 10", "MUCH: Final = TEN"), "rules.py:9: NameError: name 'TEN' is not defined"),
        (("rules.py", "count = case", "count = 1 // 0 + case"), "rules.py:14: ZeroDivisionError"),
        (("manifest.toml", 'unit = "work_day"', 'unit = "fortnight"'), "'fortnight' is none of minute, urgent_hour"),
        (("hooks.py", "case: Case, city", "cse: Case, city"), "cse"),
        (("__init__.py", "from", "raise SystemExit(3)\nfrom"), "__init__.py:3: SystemExit: 3"),
    ],
)
def test_the_command_line_says_what_is_wrong_and_where(
    folder: Path, capsys: pytest.CaptureFixture[str], spoilt: tuple[str, str, str], expected: str
) -> None:
    spoil(folder, *spoilt)
    importlib.invalidate_caches()
    assert main([folder.name]) == 1
    said = capsys.readouterr().out
    assert expected in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["nobody_s", "nobody.s", "json.decoder", ""])
def test_the_command_line_says_that_there_is_no_such_department(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name]) == 1
    assert f"there is no package {name!r}" in capsys.readouterr().out
