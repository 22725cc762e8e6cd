"""Each department is taken away in turn, folder and all, and one is added: every test that knows them still passes.

    python -m tests.drills departments                  all of them, one after the other, and all at once
    python -m tests.drills departments --only justice   one, or several at once: --only justice,labour
    python -m tests.drills departments --only all       all at once, with the whole suite

Works on a copy of what is committed. What fails without a folder is run again with every folder in place: only what
passes then is the folder's doing. With all folders away the whole suite runs: what passes so, and with every folder in
place, and looks at none of them by name, cannot depend on one; what looks at them by name is run without each.
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
#: Whatever looks at the folders one by one, at their entry points or at their lines in the chart. The tests of the
#: other departments run no code but their own and the kit's, as tests/unit/plugins makes sure.
TESTS = (
    "tests/unit/plugins",
    "tests/unit/host/test_loader.py",
    "tests/unit/host/test_translate.py",
    "tests/unit/demo/test_city.py",
    "tests/tidy",
    "tests/contract/test_imports.py",
    "tests/chart/test_code.py",
    "tests/integration/incidents/test_department_items.py",
)
WHOLE = ("tests", "plugins")
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadfile")
#: Runs a whole city with whatever departments are there: without those whose matters its stories tell of.
CITY = ("tests/acceptance/test_manhole.py", "tests/acceptance/test_stories.py")
TOLD_OF = ("municipal_works", "social_work")
ALL = "all"
#: Of pytest: all passed, some failed, nothing was there to be run.
ENDED = (0, 1, 5)
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def run(*, only: str) -> int:
    """Take each department away; 0 when nothing failed that passes with every folder in place."""
    every = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/manifest.toml"))
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _copy(tree)
        worse = 0 if only else len(_failures_with_one_more(tree))
        for names in [] if only == ALL else [only.split(",")] if only else [[name] for name in every]:
            worse += _fails_without(tree, names, [*TESTS, *(CITY if set(names) & {*TOLD_OF} else ())])
        if only in {"", ALL}:
            worse += _fails_without(tree, every, WHOLE)
    return int(worse > 0)


def _fails_without(tree: Path, names: Sequence[str], tests: Iterable[str]) -> bool:
    """Whether anything fails that passes with the folders in place."""
    began_s = time.monotonic()
    aside = tree.with_name("aside")
    aside.mkdir()
    for name in names:
        shutil.move(tree / "plugins" / name, aside / name)
    after = _failures(tree, tests)
    for name in names:
        shutil.move(aside / name, tree / "plugins" / name)
    aside.rmdir()
    after -= _failures(tree, _files_of(after))
    told = "; ".join(sorted(after)) or "nothing fails"
    without = names[0] if len(names) == 1 else f"all {len(names)}"
    sys.stdout.write(f"without {without}: {told} ({time.monotonic() - began_s:.0f} s)\n")
    sys.stdout.flush()
    return bool(after)


def _failures_with_one_more(tree: Path) -> set[str]:
    """What fails when a newcomer has made a department, and touched nothing else."""
    made = [sys.executable, "-m", "plugins.sdk.scaffold", "parks", "--department", "D19"]
    subprocess.run(made, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, check=True, capture_output=True)
    found = _failures(tree, ["plugins/parks", *TESTS])
    shutil.rmtree(tree / "plugins" / "parks")
    found -= _failures(tree, _files_of(found))
    sys.stdout.write(f"with one more: {len(found)} failures\n")
    return found


def _files_of(failed: Iterable[str]) -> list[str]:
    return sorted({name.partition("::")[0] for name in failed})


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
    if not tests:
        return set()
    side_by_side = SIDE_BY_SIDE if tests == [*WHOLE] else ()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--continue-on-collection-errors",
            *side_by_side,
            *tests,
        ],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in ENDED:
        return {f"pytest ended with {done.returncode}: {done.stdout[-300:]}"}
    return set(FAILED.findall(done.stdout))
