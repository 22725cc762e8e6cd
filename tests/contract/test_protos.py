"""The contract is linted, unbroken, and its generated code is what the files say."""

import filecmp
import subprocess
import sys
from pathlib import Path

import pytest
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import incidents_pb2
from gridward.points.v1 import points_pb2
from gridward.registry.v1 import areas_pb2, staff_pb2, tasks_pb2
from gridward.video.v1 import video_pb2

from services.platform.rules import rules_of

ROOT = Path(__file__).resolve().parents[2]
PROTOS = ROOT / "protos"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("protos") / "image.binpb"
    subprocess.run([sys.executable, str(PROTOS / "generate.py"), "image", str(target)], check=True)
    return target


def buf(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "buf"
    return subprocess.run([str(program), *arguments], cwd=PROTOS, capture_output=True, text=True, check=False)


def test_every_file_passes_the_standard_lint(image: Path) -> None:
    done = buf("lint", str(image), "--config", "buf.yaml")
    assert done.stdout + done.stderr == ""


def test_nothing_that_was_released_is_broken(image: Path) -> None:
    done = buf("breaking", str(image), "--against", str(PROTOS / "baseline.binpb"), "--config", "buf.yaml")
    assert done.stdout + done.stderr == ""


def test_the_committed_code_is_what_the_files_generate(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(PROTOS / "generate.py"), str(tmp_path)], check=True)
    fresh = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.py*") if "__pycache__" not in path.parts)
    committed = sorted(
        path.relative_to(PROTOS / "gen") for path in (PROTOS / "gen").rglob("*.py*") if "__pycache__" not in path.parts
    )
    assert fresh == committed
    assert [str(name) for name in fresh if not filecmp.cmp(tmp_path / name, PROTOS / "gen" / name, shallow=False)] == []


def test_every_rpc_says_who_may_call_it() -> None:
    files = (events_pb2, incidents_pb2, points_pb2, areas_pb2, staff_pb2, tasks_pb2, video_pb2)
    services = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    rules = rules_of(services)
    assert len(rules) >= 40
    assert all(rule.permission or rule.public for rule in rules.values())
    assert [rule.method for rule in rules.values() if rule.public] == []
