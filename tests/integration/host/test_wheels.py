"""A department outside the tree is built as a wheel, installed and run; its maker needs the kit and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pluggy
import pytest

from tests.integration.host.conftest import EXTERNAL, MakeHost, eventually, lay_out_distribution
from tests.support.core_double import CoreDouble, reported

ROOT = Path(__file__).resolve().parents[3]


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wheel_of(project: Path, into: Path) -> Path:
    run("-P", "-m", "hatchling", "build", "-t", "wheel", "-d", str(into), cwd=project)
    [wheel] = into.glob("*.whl")
    return wheel


def test_a_department_that_is_installed_from_a_wheel_runs_like_any_other(
    make_host: MakeHost, core: CoreDouble, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXTERNAL, project, ignore=shutil.ignore_patterns("__pycache__"))
    wheel = wheel_of(project, tmp_path / "dist")
    site = tmp_path / "site"
    run("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site), str(wheel), cwd=tmp_path)
    shutil.rmtree(project)
    host = make_host("heritage")
    [event] = core.tell(reported("note"))
    host.start_and_wait()
    eventually(lambda: core.acks.get("host.heritage") == 1, "the acknowledgement")
    assert host.calls() == [event.subject]
    assert core.registrations[0][1].plugin_version == "1.2.0"
    assert core.history[event.subject][0].opinion_en == "Ask the heritage centre first: 北门."


def test_a_host_without_any_department_waits_for_the_first_and_runs_it_as_soon_as_it_is_installed(
    make_host: MakeHost, core: CoreDouble, tmp_path: Path
) -> None:
    kit_alone, site = tmp_path / "alone", tmp_path / "site"
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "plugins" / "sdk", kit_alone / "plugins" / "sdk", ignore=without_caches)
    (kit_alone / "plugins" / "__init__.py").touch()
    site.mkdir()
    host = make_host()
    host.environment |= {"PYTHONPATH": f"{kit_alone}:{site}", "PYTHONSAFEPATH": "1"}
    host.start_and_wait()
    assert host.health() == (200, {"ok": True, "plugins": {}})
    lay_out_distribution(site)
    eventually(lambda: host.health()[1]["plugins"].get("heritage", {}).get("state") == "well", "the first department")
    [event] = core.tell(reported("note"))
    eventually(lambda: core.acks.get("host.heritage") == 1, "the acknowledgement")
    assert host.calls() == [event.subject]
    assert host.logged("newcomer")
    assert host.terminate() == 0


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kit's own wheel and what it depends on, and nothing of the suite."""
    folder = tmp_path_factory.mktemp("kit")
    project = folder / "project"
    shutil.copytree(ROOT / "plugins" / "sdk", project, ignore=shutil.ignore_patterns("__pycache__"))
    site = folder / "site"
    with zipfile.ZipFile(wheel_of(project, folder / "dist")) as wheel:
        wheel.extractall(site)
    shutil.copytree(Path(pluggy.__file__).parent, site / "pluggy", ignore=shutil.ignore_patterns("__pycache__"))
    return site


def test_a_newcomer_with_nothing_but_the_kit_makes_a_department_that_keeps_the_contract(
    kit: Path, tmp_path: Path
) -> None:
    # Without site-packages: whatever the kit needed of the suite would be missing.
    made = run(
        "-S",
        "-m",
        "plugins.sdk.scaffold",
        "night_market",
        "--outside",
        str(tmp_path),
        cwd=tmp_path,
        PYTHONPATH=str(kit),
    )
    assert "night_market/hooks.py" in made
    path = f"{kit}:{tmp_path}"
    kept = run("-S", "-m", "plugins.sdk.contract", "night_market", cwd=tmp_path, PYTHONPATH=path)
    assert kept == "night_market: 符合约定 keeps the contract\n"
    with pytest.raises(AssertionError, match="No module named 'services'"):
        run("-S", "-c", "import services", cwd=tmp_path, PYTHONPATH=path)
