"""Each department is taken away in turn, folder and all, and one is added: every other test still passes.

    python -m tests.drills departments                       each one, then all at once, then one more
    python -m tests.drills departments --only justice        one, or several at once: --only justice,labour
    python -m tests.drills departments --only all            all at once
    python -m tests.drills departments --only all --whole    and the tests that never look at a department's folder

Works on a copy of what is committed, and runs the tests that look at the folders (tests/drills/concerned.py finds them
by what they import and start): first those that need no server, seconds for each department; then, of the slow ones,
those that call the department by its name; with all away, every one. What fails without a folder is told at once and
run again, with nothing beside it; what fails then too is run with every folder in place: only what passes there is the
folder's doing.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.drills import concerned

ROOT = Path(__file__).resolve().parents[2]
WHOLE = ("tests", "plugins")
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadfile")
#: Runs a whole city with whatever departments are there; each of the others tells a story or two more.
CITIES = "tests/acceptance/"
ALL = "all"
#: Of pytest: all passed, some failed, nothing was there to be run.
ENDED = (0, 1, 5)
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)(.*)$", re.MULTILINE)


def run(*, only: str, whole: bool = False) -> int:
    """Take each department away; 0 when nothing failed that passes with every folder in place."""
    every = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/manifest.toml"))
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _copy(tree)
        looking = concerned.tests_that_look(tree)
        quick = [test for test in looking if test.startswith(concerned.QUICK)]
        _say(f"{len(looking)} files of tests look at the folders, {len(quick)} of them need no server")
        worse = 0
        for names in [] if only == ALL else [only.split(",")] if only else [[name] for name in every]:
            lanes = [quick, [test for test in looking if test not in quick and _names_any(tree / test, names)]]
            worse += _fails_without(tree, names, lanes)
        if only in {"", ALL}:
            servers = [test for test in looking if test not in quick and not test.startswith(CITIES)]
            cities = [test for test in looking if test.startswith(CITIES)]
            worse += _fails_without(tree, every, [WHOLE] if whole else [quick, servers, cities])
        if not only:
            worse += _fails_with_one_more(tree, quick)
    return int(worse > 0)


def _names_any(file: Path, names: Sequence[str]) -> bool:
    return any(concerned.names(file, name) for name in names)


def _fails_without(tree: Path, names: Sequence[str], lanes: Iterable[Sequence[str]]) -> bool:
    """Whether anything fails that passes with the folders in place."""
    began_s = time.monotonic()
    aside = tree.with_name("aside")
    aside.mkdir()
    for name in names:
        shutil.move(tree / "plugins" / name, aside / name)
    after = set[str]().union(*_each_lane(tree, lanes))
    after = _failures(tree, _files_of(after), beside=False)
    for name in names:
        shutil.move(aside / name, tree / "plugins" / name)
    aside.rmdir()
    after -= _failures(tree, _files_of(after), beside=False)
    told = "; ".join(sorted(after)) or "nothing fails"
    without = names[0] if len(names) == 1 else f"all {len(names)}"
    _say(f"without {without}: {told} ({time.monotonic() - began_s:.0f} s)")
    return bool(after)


def _each_lane(tree: Path, lanes: Iterable[Sequence[str]]) -> Iterator[set[str]]:
    for lane in lanes:
        began_s = time.monotonic()
        yield _failures(tree, lane)
        _say(f"  {len(lane)} files in {time.monotonic() - began_s:.0f} s")


def _fails_with_one_more(tree: Path, tests: Sequence[str]) -> bool:
    """Whether anything fails when a newcomer has made a department, and touched nothing else."""
    made = [sys.executable, "-m", "plugins.sdk.scaffold", "parks", "--department", "D19"]
    subprocess.run(made, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, check=True, capture_output=True)
    found = _failures(tree, ["plugins/parks", *tests])
    shutil.rmtree(tree / "plugins" / "parks")
    found -= _failures(tree, _files_of(found), beside=False)
    _say(f"with one more: {'; '.join(sorted(found)) or 'nothing fails'}")
    return bool(found)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _files_of(failed: Iterable[str]) -> list[str]:
    return sorted({name.partition("::")[0] for name in failed})


def _copy(tree: Path) -> None:
    tree.mkdir()
    with subprocess.Popen(["git", "archive", "HEAD"], cwd=ROOT, stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "x", "-C", str(tree)], stdin=archive.stdout, check=True)
    # Some tests ask git what belongs to the project; what was taken away belonged to it.
    for command in (["init", "-q"], ["add", "-A", "-f"]):
        subprocess.run(["git", *command], cwd=tree, check=True, capture_output=True)


def _failures(tree: Path, tests: Iterable[str], *, beside: bool = True) -> set[str]:
    path = os.pathsep.join([str(tree), str(tree / "protos" / "gen")])
    tests = [test for test in tests if (tree / test).exists()]
    if not tests:
        return set()
    alone = not beside or all(test.startswith(concerned.QUICK) for test in tests) or len(tests) == 1
    how = ["-q", "-p", "no:cacheprovider", "--continue-on-collection-errors", *(() if alone else SIDE_BY_SIDE)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *how, *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in ENDED:
        _say(f"  pytest ended with {done.returncode}: {done.stdout[-300:]}")
        return set(tests)
    found = FAILED.findall(done.stdout)
    for name, why in found:
        _say(f"  failed: {name}{why}")
    return {name for name, _why in found}
