"""Accounts are looked after from the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

ROW = {
    "login": "Anna",
    "password": "kept-for-anna",
    "subject": "staff:A-1",
    "kind": "staff",
    "name": "安娜",
    "name_en": "Anna",
    "language": "en",
}


@pytest.fixture
def dsn(make_database: Callable[[str], str]) -> str:
    return make_database("gateway")


def command(dsn: str, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GRIDWARD_DATABASE_URL": dsn}
    line = [sys.executable, "-m", "services.gateway", "accounts", *arguments]
    return subprocess.run(line, env=environment, input=given, capture_output=True, text=True, check=False, timeout=60)


def logins(dsn: str) -> list[tuple[str, bool]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT login, disabled FROM account ORDER BY login").fetchall()


def test_a_file_is_taken_in_and_an_account_closed_and_opened(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps([ROW]))
    assert command(dsn, "import", str(file)).returncode == 0
    assert command(dsn, "import", "-", given=json.dumps([ROW])).returncode == 0
    assert logins(dsn) == [("anna", False)]
    assert command(dsn, "close", "anna").returncode == 0
    assert logins(dsn) == [("anna", True)]
    assert command(dsn, "open", "ANNA").returncode == 0
    assert logins(dsn) == [("anna", False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "not a JSON list"),
        ("nonsense", "Expecting value"),
        (json.dumps([ROW, {**ROW, "subject": "staff:A-2"}]), "its login comes twice"),
        (json.dumps([ROW, {**ROW, "login": "b"}]), "its subject comes twice"),
        (json.dumps([ROW, {"login": "b", "kind": "robot"}]), "kind is staff, resident or volunteer"),
    ],
)
def test_a_faulty_file_leaves_nothing_and_names_the_fault(dsn: str, text: str, said: str) -> None:
    done = command(dsn, "import", "-", given=text)
    assert done.returncode == 1
    assert said in done.stderr
    assert logins(dsn) == []


def test_closing_an_account_nobody_has_is_told(dsn: str) -> None:
    done = command(dsn, "close", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stderr
