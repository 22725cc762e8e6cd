"""Each department is taken away in turn, folder and all, and one is added: every test that knows them still passes.

    python -m tests.drills departments                  all of them, one after the other, and all at once
    python -m tests.drills departments --only justice   one

Works on a copy of what is committed; what fails with every folder in place is told apart from what fails without one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Whatever looks into a department's folder, its entry point, its task types or its line in the chart. The tests of
#: the other departments run no code but their own and the kit's, as tests/unit/plugins makes sure.
TESTS = (
    "tests/unit/plugins",
    "tests/unit/host",
    "tests/unit/demo/test_city.py",
    "tests/supply/test_supply.py",
    "tests/tidy",
    "tests/contract/test_imports.py",
    "tests/chart/test_code.py",
    "tests/integration/registry/test_task_traits.py",
    "tests/integration/incidents/test_department_items.py",
)
#: Run a whole city with whatever departments are there: without those whose matters they tell of, and without any.
CITY = ("tests/acceptance/test_manhole.py", "tests/acceptance/test_everywhere.py")
TOLD_OF = ("municipal_works", "sanitation")
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def run(*, only: str) -> int:
    """Take each department away; 0 when nothing failed that did not fail before."""
    every = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/manifest.toml"))
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _copy(tree)
        before = _failures(tree, [*TESTS, *CITY])
        sys.stdout.write(f"with all departments: {len(before)} failures\n")
        worse = len(_failures_with_one_more(tree) - before)
        for name in [only] if only else every:
            worse += _fails_without(tree, [name], before)
        if not only:
            worse += _fails_without(tree, every, before)
    return int(worse > 0)


def _fails_without(tree: Path, names: Sequence[str], before: set[str]) -> bool:
    """Whether anything fails that does not fail with the folders in place."""
    began_s = time.monotonic()
    aside = tree.with_name("aside")
    aside.mkdir()
    for name in names:
        shutil.move(tree / "plugins" / name, aside / name)
    city = CITY if len(names) > 1 or names[0] in TOLD_OF else ()
    after = _failures(tree, [*TESTS, *city]) - before
    for name in names:
        shutil.move(aside / name, tree / "plugins" / name)
    aside.rmdir()
    told = "; ".join(sorted(after)) or "nothing fails"
    without = names[0] if len(names) == 1 else f"all {len(names)}"
    sys.stdout.write(f"without {without}: {told} ({time.monotonic() - began_s:.0f} s)\n")
    sys.stdout.flush()
    return bool(after)


def _failures_with_one_more(tree: Path) -> set[str]:
    """What fails when a newcomer has made a department, and touched nothing else."""
    made = [sys.executable, "-m", "plugins.sdk.scaffold", "parks", "--department", "D08"]
    subprocess.run(made, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, check=True, capture_output=True)
    found = _failures(tree, ["plugins/parks", *TESTS])
    shutil.rmtree(tree / "plugins" / "parks")
    sys.stdout.write(f"with one more: {len(found)} failures\n")
    return found


def _copy(tree: Path) -> None:
    tree.mkdir()
    with subprocess.Popen(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "x", "-C", str(tree)], stdin=archive.stdout, check=True)
    # Some tests ask git what belongs to the project; what was taken away belonged to it.
    for command in (["init", "-q"], ["add", "-A", "-f"]):
        subprocess.run(["git", *command], cwd=tree, check=True, capture_output=True)


def _failures(tree: Path, tests: Iterable[str]) -> set[str]:
    path = os.pathsep.join([str(tree), str(tree / "protos" / "gen")])
    tests = [test for test in tests if (tree / test).exists()]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode > 1:
        return {f"pytest ended with {done.returncode}: {done.stdout[-300:]}"}
    return set(FAILED.findall(done.stdout))
