"""Runs every test side by side, and the few that failed once more by themselves.

Many tests start real servers, browsers and programs; with more of them than cores, one may be starved of
its seconds. What fails alone too has failed. What passes alone is named, because it is still owed a better test.
"""

import compileall
import json
import os
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
LAST_FAILED: Final = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
#: More than these are no accident.
ALONE_MAX: Final = 6


def main() -> int:
    """The exit code of the tests; the arguments are pytest's."""
    LAST_FAILED.unlink(missing_ok=True)
    read_once()
    # In the order of tests/order.py rather than by the number of tests in a file.
    order = ("--dist", "loadfile", "--no-loadscope-reorder")
    code = run("-n", os.environ.get("TEST_WORKERS", "3"), *order, *sys.argv[1:])
    failed = sorted(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []
    if code != pytest.ExitCode.TESTS_FAILED or not 0 < len(failed) <= ALONE_MAX:
        return code
    print("\nOnce more, each by itself:", *failed, sep="\n  ", flush=True)
    if any(run("-q", name) for name in failed):
        return code
    print("\nPASSED ONLY BY THEMSELVES, after failing among the others:", *failed, sep="\n  ", flush=True)
    return pytest.ExitCode.OK


def read_once() -> None:
    """Keep what Python makes of the sources, also where it is told to keep nothing.

    Tests start hundreds of programs, each of which would read it all anew: a third of a second every time.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for folder in ("services", "plugins", "protos/gen"):
        compileall.compile_dir(ROOT / folder, quiet=1, workers=0)


def run(*arguments: str) -> int:
    """One run of pytest in a process of its own."""
    return os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-m", "pytest", *arguments])


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
