"""What the suite is made of is known, may be used, and can be made again byte for byte."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT: Final = Path(__file__).resolve().parents[2]
IMAGES: Final = ("registry", "incidents", "points", "video", "gateway", "host", "operations")
#: Licences under which a city may run, change and pass on the whole; LGPL and MPL concern those packages alone.
ALLOWED: Final = re.compile(
    r"^\(?(Apache-2\.0|MIT|MIT-0|0BSD|BSD-[23]-Clause|ISC|PSF-2\.0|Python-2\.0|PostgreSQL|Unlicense|CC0-1\.0|Zlib|"
    r"HPND|MIT-CMU|MPL-2\.0|LGPL-[23](\.[01])?(-only|-or-later)?|BlueOak-1\.0\.0)\)?$"
)
#: Packages that say nothing usable, looked up by hand in what they ship.
BY_HAND: Final = {
    "amqp": "BSD-3-Clause",
    "kombu": "BSD-3-Clause",
    "vine": "BSD-3-Clause",
    "docopt": "MIT",
    "colorama": "BSD-3-Clause",
    "supervisor": "BSD-3-Clause",
}


def installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sbom", ROOT / "locks" / "sbom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sbom"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("image", IMAGES)
def test_the_bill_of_an_image_is_valid_and_names_everything_in_its_lock(sbom: ModuleType, image: str) -> None:
    text = json.dumps(sbom.bill(image))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    named = {(part["name"], part["version"]) for part in json.loads(text)["components"]}
    locked = set(
        re.findall(
            r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;\\]+)",
            (ROOT / "locks" / f"{image}.lock").read_text(),
            re.MULTILINE,
        )
    )
    assert locked
    assert locked <= named


def test_the_same_lock_gives_the_same_bill(sbom: ModuleType) -> None:
    assert json.dumps(sbom.bill("points")) == json.dumps(sbom.bill("points"))


def test_every_licence_is_known_and_lets_a_city_use_the_whole(sbom: ModuleType) -> None:
    odd = {}
    for locked in sbom.read_lock(ROOT / "requirements.lock"):
        told = BY_HAND.get(locked.name) or sbom.licence_of(locked.name)
        if told is None and not installed(locked.name):
            continue  # for another system
        told = told or "nothing"
        parts = re.split(r"\s+(?:OR|AND|and)\s+|;|/", re.sub(r"\s+WITH\s+[\w.-]+", "", told))
        if not all(ALLOWED.match(part.strip()) for part in parts):
            odd[locked.name] = told
    assert not odd


def test_every_locked_package_is_held_against_digests(sbom: ModuleType) -> None:
    for lock in [ROOT / "requirements.lock", ROOT / "requirements-dev.lock", *(ROOT / "locks").glob("*.lock")]:
        locked = list(sbom.read_lock(lock))
        assert locked, lock
        assert all(one.digests for one in locked), lock


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel built twice, from two places, with files of different ages."""
    made = []
    for number, age_s in enumerate((0, 100_000)):
        place = tmp_path_factory.mktemp(f"source-{number}") / ("x" * (number + 1))
        for part in ("services", "plugins", "protos/gen"):
            shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / part, place / part)
        for file in place.rglob("*.py"):
            os.utime(file, (1_700_000_000 + age_s, 1_700_000_000 + age_s))
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600", "PYTHONHASHSEED": str(number)}
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"]
        subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)
        made.append(next((place / "out").glob("*.whl")))
    return made


def test_the_same_source_gives_the_same_wheel(wheels: list[Path]) -> None:
    first, second = (sha256(wheel.read_bytes()).hexdigest() for wheel in wheels)
    assert first == second


def test_the_provenance_of_a_wheel_names_its_bytes_its_source_and_its_tools(wheels: list[Path]) -> None:
    command = [sys.executable, str(ROOT / "locks" / "provenance.py"), "1767225600", str(wheels[0])]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert told["predicateType"] == "https://slsa.dev/provenance/v1"
    assert told["subject"] == [
        {"name": wheels[0].name, "digest": {"sha256": sha256(wheels[1].read_bytes()).hexdigest()}}
    ]
    definition = told["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["SOURCE_DATE_EPOCH"] == "1767225600"
    source, *materials = definition["resolvedDependencies"]
    assert re.fullmatch(r"[0-9a-f]{40}", source["digest"]["gitCommit"])
    for material in materials:
        path = ROOT / material["uri"].removeprefix("file:")
        assert material["digest"] == {"sha256": sha256(path.read_bytes()).hexdigest()}


def test_the_wheel_holds_what_runs_and_no_tests(wheels: list[Path]) -> None:
    names = zipfile.ZipFile(wheels[0]).namelist()
    for needed in (
        "services/incidents/migrations/0001_incidents.sql",
        "services/gateway/static/vendor/vendor.lock.toml",
        "services/gateway/locale/zh.toml",
        *(str(manifest.relative_to(ROOT)) for manifest in ROOT.glob("plugins/*/manifest.toml")),
        "gridward/incidents/v1/cases_pb2.py",
    ):
        assert needed in names
    assert not [name for name in names if name.endswith(".py") and ("/tests/" in name or name.startswith("tests/"))]
