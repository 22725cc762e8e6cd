"""Whoever makes a department known to a city is told what stands in the way, before anything is asked of the city."""

from pathlib import Path

import pytest

from plugins.sdk.scaffold.__main__ import main as scaffold
from plugins.sdk.settle import main
from services.machine import ports


@pytest.fixture
def parks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A new department, somewhere Python finds it."""
    scaffold(["parks_to_settle", "--department", "D19", "--outside", str(tmp_path)])
    capsys.readouterr()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GRIDWARD_PASSWORD", "secret")
    return tmp_path / "parks_to_settle"


@pytest.mark.usefixtures("parks")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nobody_s"], "there is no package 'nobody_s'"),
        (["parks_to_settle", "--city", "localhost"], "localhost is no address of a city"),
        (["parks_to_settle", "--city", "file:///etc/passwd"], "is no address of a city"),
    ],
)
def test_what_was_typed_wrong_is_said(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    assert expected in capsys.readouterr().err


@pytest.mark.usefixtures("parks")
def test_a_city_that_does_not_run_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    port = ports.choose(("nobody",), {})["nobody"]
    assert main(["parks_to_settle", "--city", f"http://127.0.0.1:{port}"]) == 1
    assert "does not answer as a city" in capsys.readouterr().err


def test_faults_of_the_manifest_are_said_first(parks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = parks / "manifest.toml"
    manifest.write_text(manifest.read_text().replace('"D19"', '"19"'))
    assert main(["parks_to_settle", "--city", "localhost"]) == 1
    assert "manifest.toml:7: department: '19' does not look like" in capsys.readouterr().err
