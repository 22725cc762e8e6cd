"""A city that was loaded once and stopped: each whole city of the tests that need not see the loading begins as its copy."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from services.machine.home import Home, Memory
from tests.acceptance.suite import Suite


def cast(place: Path) -> Iterator[Path]:
    """The folder of the stopped city; whoever comes first makes it for all who run beside, and who leaves last clears it."""
    place.mkdir(exist_ok=True)
    city = place / "city"
    with (place / "coming-and-going").open("w") as door, (place / "in-use").open("w") as use:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(use, fcntl.LOCK_SH)
        if not city.exists():
            _make(city)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield city
        fcntl.flock(door, fcntl.LOCK_EX)
        with suppress(BlockingIOError):
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(city)


def copied(city: Path, home: Path) -> None:
    """The folder once more, with the accounts that its files belong to; its ports are chosen anew, for others are copied too."""
    subprocess.run(["cp", "-a", f"{city}/.", str(home)], check=True)
    memory = Memory.of(Home(home))
    memory.ports.clear()
    memory.save()


def _make(city: Path) -> None:
    """Started as a user starts it, until all is loaded, and stopped with Ctrl-C; it is there whole or not at all."""
    home = Path(tempfile.mkdtemp(prefix="gridward-mould-"))
    home.chmod(0o711)
    try:
        suite = Suite(home)
        try:
            suite.wait_until_up()
        finally:
            suite.stop()
        subprocess.run(["mv", str(home), str(city)], check=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
