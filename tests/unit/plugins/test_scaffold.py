"""A new department's tests pass at once, and its maker need touch nothing outside its folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from plugins.sdk.manifest import read
from plugins.sdk.scaffold.__main__ import main, write

ROOT = Path(__file__).resolve().parents[3]


def test_a_department_made_outside_passes_its_own_tests_at_once(tmp_path: Path) -> None:
    assert main(["night_market", "--department", "D06", "--outside", str(tmp_path)]) == 0
    manifest = read(tmp_path / "night_market")
    assert (manifest.name, manifest.department, manifest.quality) == ("night_market", "D06", "gold")
    assert 'night_market = "night_market"' in (tmp_path / "pyproject.toml").read_text()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:pytest_nameko", str(tmp_path)],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "7 passed" in run.stdout


def test_a_department_made_in_the_tree_is_one_folder_as_the_linter_wants_it(tmp_path: Path) -> None:
    folder = tmp_path / "parks"
    written = write(folder, name="parks", package="plugins.parks", department="D08")
    assert {path.relative_to(tmp_path).parts[0] for path in written} == {"parks"}
    lint = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--ignore", "D,INP,S"]
    lint += ["--config", 'lint.isort.known-first-party=["plugins"]']
    run = subprocess.run([*lint, str(folder)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "parks").mkdir()
    with pytest.raises(SystemExit):
        main(["parks", "--outside", str(tmp_path)])
    assert list((tmp_path / "parks").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "department", "expected"),
    [
        ("Parks", "D19", "small letters"),
        ("my-parks", "D19", "small letters"),
        ("1st", "D19", "small letters"),
        ("parks", "19", "looks like D19"),
        ("json", "D19", "Python knows a package called json already"),
    ],
)
def test_a_name_that_would_not_work_makes_no_department(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, department: str, expected: str
) -> None:
    with pytest.raises(SystemExit):
        main([name, "--department", department, "--outside", str(tmp_path)])
    assert expected in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
