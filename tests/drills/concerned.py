"""Finds the tests whose outcome can depend on which departments' folders are there, by what they import and start.

A test looks at the folders when it, its conftest files or anything of this tree that it imports reads the list of them,
asks git or the import rules about the whole tree, builds a wheel of it, or starts a program that runs whatever is
installed. Everything else never learns whether a folder is there. `python -m tests.drills departments --whole` runs the
other tests as well, to see that this is so.
"""

import ast
import re
from pathlib import Path
from typing import Final

PARTS: Final = ("services", "plugins", "tests")
LOOKING: Final = re.compile(
    r"gridward\.plugins|plugins\.__path__"  # the list of those installed
    r'|(?:ROOT|parents\[\d\])\)? / "plugins"|"plugins/[^"]'  # the folders themselves
    r'|"ls-files"|"lint-imports"|"hatchling"'  # programs that look at the whole tree
    r'|"services\.(?:host|machine|demo)"'  # programs that run what is installed
)
#: Need no server and take seconds; of the others, those below acceptance need a whole city.
QUICK: Final = ("tests/unit/", "tests/tidy/", "tests/contract/", "tests/chart/test_code.py")


def tests_that_look(tree: Path) -> dict[str, str]:
    """Each test file that looks at the departments' folders, and the module through which it does."""
    whole = _Tree(tree)
    tests = sorted(path.relative_to(tree).as_posix() for path in (tree / "tests").rglob("test_*.py"))
    return {test: through for test in tests if (through := whole.looks_through(test))}


def looks_through(tree: Path, test: str) -> str:
    """The module through which a test file looks at the departments' folders; empty when it does not."""
    return _Tree(tree).looks_through(test)


def names(file: Path, department: str) -> bool:
    """Whether a test speaks of a department by its name."""
    return re.search(rf'"{department}"|\bplugins[./]{department}\b', file.read_text(encoding="utf-8")) is not None


class _Tree:
    """The modules of a tree; each is read when it is first reached."""

    def __init__(self, root: Path) -> None:
        paths = (path for part in PARTS for path in (root / part).rglob("*.py"))
        self._files = {_module(path.relative_to(root)): path for path in paths}
        self._known: dict[str, tuple[bool, set[str]]] = {}

    def looks_through(self, test: str) -> str:
        name = _module(Path(test))
        parts = name.split(".")
        beside = {".".join([*parts[:end], "conftest"]) for end in range(1, len(parts))} & self._files.keys()
        reached, ahead, looking = set[str](), [name, *beside], set[str]()
        while ahead:
            one = ahead.pop()
            if one not in reached:
                reached.add(one)
                looks, imports = self._read(one)
                looking |= {one} if looks else set()
                ahead += imports - reached
        return min(looking, key=lambda other: (other != name, other), default="")

    def _read(self, name: str) -> tuple[bool, set[str]]:
        if name not in self._known:
            text = self._files[name].read_text(encoding="utf-8")
            self._known[name] = (_looks(name, text), self._imports(name, text))
        return self._known[name]

    def _imports(self, name: str, text: str) -> set[str]:
        package = name if self._files[name].name == "__init__.py" else name.rpartition(".")[0]
        found: set[str] = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                found.update((base, *(f"{base}.{alias.name}" for alias in node.names)))
        # Whoever imports a module runs its packages too.
        whole = {".".join(one.split(".")[:end]) for one in found for end in range(1, one.count(".") + 2)}
        return whole & self._files.keys()


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _looks(name: str, text: str) -> bool:
    # The departments themselves are nobody's but their own tests'; the drills are no tests.
    if name.startswith("tests.drills") or (name.startswith("plugins.") and not name.startswith("plugins.sdk")):
        return False
    return LOOKING.search(text) is not None
