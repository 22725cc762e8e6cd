"""Starts each service as its image would, and tells how long it takes until it serves, and how large the image is.

What an image holds is made by the script that makes it (`helm/slim_packages.py`: locked packages, thinned and compiled),
into a folder of its own; then the service is started from there, beside a demo city whose other parts all run.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.drills.replicas import GATEWAY, PLUGINS, SERVERS, Replica, TwoOfEach, two_of_each

ROOT: Final = Path(__file__).resolve().parents[2]
SERVICES: Final = (*SERVERS, GATEWAY, PLUGINS)
TIMES: Final = 5
AIM_S: Final = 3.0
AIM_MB: Final = 250
#: Video carries OpenCV, and host what nameko needs; the aim is for the plain ones.
PLAIN: Final = ("registry", "incidents", "points", "gateway")
#: What is left below it when the image is flattened without what installs and teaches, as buildah made it of a Debian 12
#: with CPython 3.11 that weighs 130 MB, as the slim official image does.
BASE_MB: Final = 100


def run(*, trees: Path) -> int:
    """Every service, five times each; 1 when one took longer or weighs more than is aimed at."""
    for service in SERVICES:
        make_tree(trees, service)
    missed = 0
    with two_of_each() as city:
        for service in SERVICES:
            missed += measure(city, service, trees / service)
    return 1 if missed else 0


def make_tree(trees: Path, service: str) -> None:
    """What the image of a service holds, unless it was made before."""
    if (trees / service / "bin" / "python").exists():
        return
    trees.mkdir(parents=True, exist_ok=True)
    wheels = trees / "wheels"
    if not wheels.exists():
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(build, check=True, cwd=ROOT)
    # A plain Python, as in the image: nothing of the environment that runs the drill may be found by it.
    python = Path(sys.executable).resolve()
    script, lock = ROOT / "helm" / "slim_packages.py", ROOT / "locks" / f"{service}.lock"
    subprocess.run([python, script, trees / service, lock, wheels, service], check=True, cwd=trees)


def measure(city: TwoOfEach, service: str, tree: Path) -> int:
    """One replica goes, and comes again from the tree of its image."""
    old = city.replicas[service][-1]
    old.stop()
    new = from_tree(old, tree)
    walls_s, cpus_s = [], []
    for _ in range(TIMES):
        new.start()
        walls_s.append(new.wait_until_well())
        cpus_s.append(new.cpu_s())
        new.stop()
    old.start()
    old.wait_until_well()
    wall_s, cpu_s, size_mb = statistics.median(walls_s), statistics.median(cpus_s), size_of(tree) + BASE_MB
    load = os.getloadavg()[0]
    print(
        f"{service:10} serves after {wall_s:.2f} s ({min(walls_s):.2f}-{max(walls_s):.2f}), {cpu_s:.2f} s of processor "
        f"({min(cpus_s):.2f}-{max(cpus_s):.2f}), load {load:.1f}; {size_mb} MB on a base of {BASE_MB}",
        flush=True,
    )
    return int(wall_s >= AIM_S or (service in PLAIN and size_mb >= AIM_MB))


def from_tree(replica: Replica, tree: Path) -> Replica:
    """The same replica, run from what its image holds and from nothing else."""
    paths = replica.environment.get("PYTHONPATH", "").split(":")
    beside = [path for path in paths if path and not Path(path).is_relative_to(ROOT)]
    environment = {**replica.environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ":".join(beside)}
    command = [str(tree / "bin" / "python"), *replica.command[1:]]
    return replace(replica, command=command, environment=environment, process=None)


def size_of(tree: Path) -> int:
    """Millions of bytes of all files below a folder."""
    return sum(file.lstat().st_size for file in tree.rglob("*") if not file.is_dir()) // 1_000_000
