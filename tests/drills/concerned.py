"""Finds the tests whose outcome can depend on which departments' folders are there, by what they import and start.

A test looks at the folders when it, its conftest files or anything of this tree that it imports reads the list of them,
asks git or the import rules about the whole tree, builds a wheel of it, or starts a program that runs whatever is
installed. Everything else never learns whether a folder is there. `python -m tests.drills departments --whole` runs the
other tests as well, to see that this is so.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

PARTS: Final = ("services", "plugins", "tests")
LOOKING: Final = re.compile(
    r"gridward\.plugins|plugins\.__path__"  # the list of those installed
    r'|(?:ROOT|parents\[\d\])\)? / "plugins"|"plugins/'  # the folders themselves
    r'|"ls-files"|"lint-imports"|"hatchling"'  # programs that look at the whole tree
    r'|"services\.(?:host|machine|demo)"'  # programs that run what is installed
)
#: Need no server and take seconds; of the others, those below acceptance need a whole city.
QUICK: Final = ("tests/unit/", "tests/tidy/", "tests/contract/", "tests/chart/test_code.py")


def tests_that_look(tree: Path) -> dict[str, str]:
    """Each test file that looks at the departments' folders, and the module through which it does."""
    files = {_module(path.relative_to(tree)): path for path in _sources(tree)}
    looking = {name for name, path in files.items() if _looks(name, path.read_text(encoding="utf-8"))}
    imports = {name: _imports(name, path, files) for name, path in files.items()}
    found: dict[str, str] = {}
    for name, path in files.items():
        if name.startswith("tests.") and path.name.startswith("test_"):
            through = sorted(_reached(name, imports, files) & looking, key=lambda other: (other != name, other))
            if through:
                found[str(path.relative_to(tree))] = through[0]
    return dict(sorted(found.items()))


def names(file: Path, department: str) -> bool:
    """Whether a test speaks of a department by its name."""
    return re.search(rf'"{department}"|\bplugins[./]{department}\b', file.read_text(encoding="utf-8")) is not None


def _sources(tree: Path) -> Iterator[Path]:
    for part in PARTS:
        yield from (tree / part).rglob("*.py")


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _looks(name: str, text: str) -> bool:
    # The departments themselves are nobody's but their own tests'; the drills are no tests.
    if name.startswith("tests.drills") or (name.startswith("plugins.") and not name.startswith("plugins.sdk")):
        return False
    return LOOKING.search(text) is not None


def _imports(name: str, path: Path, files: Mapping[str, Path]) -> set[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found.update((base, *(f"{base}.{alias.name}" for alias in node.names)))
    # Whoever imports a module runs its packages too.
    whole = {".".join(one.split(".")[:end]) for one in found for end in range(1, one.count(".") + 2)}
    return whole & files.keys()


def _reached(name: str, imports: Mapping[str, set[str]], files: Mapping[str, Path]) -> set[str]:
    parts = name.split(".")
    beside = {".".join([*parts[:end], "conftest"]) for end in range(1, len(parts))} & files.keys()
    reached, ahead = set[str](), [name, *beside]
    while ahead:
        one = ahead.pop()
        if one not in reached:
            reached.add(one)
            ahead += imports[one] - reached
    return reached
