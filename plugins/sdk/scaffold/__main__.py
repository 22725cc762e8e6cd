"""Writes the files of a new department: `python -m plugins.sdk.scaffold parks --department D19`."""

import argparse
import importlib.util
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Final

from plugins.sdk.manifest.tasktypes import DEPARTMENT, NAME

SUFFIX: Final = ".tmpl"
#: Only a department with a distribution of its own needs this; in the tree a folder is enough.
OUTSIDE_ONLY: Final = "pyproject.toml"


def write(folder: Path, *, name: str, package: str, department: str) -> list[Path]:
    """Fill a folder with a department that works; the files written."""
    outside = package == name
    words = {
        "name": name,
        "package": package,
        "department": department,
        "title": name.replace("_", " ").title(),
        "hook_imports": _sorted(f"from {package} import rules", "from plugins.sdk import Case, City, Words, hookimpl"),
        "rule_imports": _sorted(f"from {package} import rules", "from plugins.sdk.testing import a_case"),
    }
    written = []
    for place, template in _templates(files(__package__).joinpath("template"), ""):
        if place == OUTSIDE_ONLY and not outside:
            continue
        path = (folder.parent if place == OUTSIDE_ONLY else folder) / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
        written.append(path)
    return written


def _sorted(*lines: str) -> str:
    return "\n".join(sorted(lines))


def _templates(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _templates(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield prefix + entry.name.removesuffix(SUFFIX), entry


def main(arguments: list[str]) -> int:
    """Make a department as told at the command line; 0 when it is there."""
    parser = argparse.ArgumentParser(prog="plugins.sdk.scaffold", description=__doc__)
    parser.add_argument("name", help="name of the plugin and its folder, such as parks")
    parser.add_argument("--department", default="D00", help="code of the department it speaks for, such as D19")
    parser.add_argument("--outside", type=Path, help="make a distribution of its own in this folder")
    told = parser.parse_args(arguments)
    if not re.fullmatch(NAME, told.name) or not re.fullmatch(DEPARTMENT, told.department):
        parser.error("a name is made of small letters, digits and _, such as parks; a department's code looks like D19")
    inside = Path(__file__).resolve().parents[2]
    folder = (told.outside or inside) / told.name
    if folder.exists():
        parser.error(f"{folder} is there already")
    if told.outside and importlib.util.find_spec(told.name):
        parser.error(f"Python knows a package called {told.name} already: choose another name")
    package = told.name if told.outside else f"plugins.{told.name}"
    for path in write(folder, name=told.name, package=package, department=told.department):
        sys.stdout.write(f"{path}\n")
    test = f"cd {told.outside} && pytest" if told.outside else f"{Path(sys.executable).parent / 'pytest'} {folder}"
    sys.stdout.write(
        f"\n接下来 next: {test}\n然后改 then edit: {folder / 'manifest.toml'}, {folder / 'rules.py'}\n"
        f"怎么走 the way from here: {folder / 'README.md'}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
