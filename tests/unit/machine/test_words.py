"""What the operator is told when something is in the way."""

import re
import string
from pathlib import Path

import pytest

from services.machine import faults, logs
from services.machine.__main__ import require_python
from services.machine.faults import Fault, WrongPython

KINDS = [kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, Fault)]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_says_the_same_in_both_languages(kind: type[Fault]) -> None:
    assert placeholders(kind.chinese) == placeholders(kind.english)
    assert re.search(r"[\u4e00-\u9fff]", kind.chinese)
    assert not re.search(r"[\u4e00-\u9fff]", kind.english)
    assert kind.english.endswith(".")
    assert kind.chinese.endswith("。")


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_one_line_in_two_languages(kind: type[Fault]) -> None:
    fault = kind(**dict.fromkeys(placeholders(kind.english), "x"))
    assert "\n" not in str(fault)
    assert fault.zh in str(fault)
    assert fault.en in str(fault)


def test_no_two_faults_share_an_exit_code() -> None:
    codes = [kind.exit_code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert 0 not in codes


def test_an_old_python_is_refused_with_its_number() -> None:
    with pytest.raises(WrongPython, match=r"Python 3\.9\.2 is too old, Gridward needs 3\.11"):
        require_python((3, 9, 2))
    require_python((3, 11, 0))


def test_what_must_run_on_an_old_python_uses_no_new_grammar() -> None:
    import ast

    folder = Path(faults.__file__).parent
    for name in ("__init__.py", "__main__.py", "faults.py"):
        ast.parse((folder / name).read_text(), feature_version=(3, 7))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "-"),
        ("starting\nlistening\n", "listening"),
        (
            "LOG: starting\nFATAL:  could not bind\nLOG:  database system is shut down\n",
            "FATAL:  could not bind",
        ),
        (
            'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no such city\n',
            "ValueError: no such city",
        ),
        (
            "pydantic_core.ValidationError: 1 error for S\ntrust_file\n  Field required\n    For further information visit x\n",
            "pydantic_core.ValidationError: 1 error for S · trust_file · Field required",
        ),
        ('{"level": "info", "event": "x"}\n{"level": "error", "event": "y"}\n', '{"level": "error", "event": "y"}'),
    ],
)
def test_the_last_words_of_a_program_are_those_that_explain(tmp_path: Path, text: str, expected: str) -> None:
    log = tmp_path / "program.log"
    log.write_text(text)
    assert logs.last_error(log) == expected


def test_a_missing_log_is_no_second_fault(tmp_path: Path) -> None:
    assert logs.last_error(tmp_path / "none.log") == "-"
