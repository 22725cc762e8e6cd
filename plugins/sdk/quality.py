"""Says how good a plugin's folder is by the ladder bronze, silver, gold, platinum: by looking, not by asking.

| rung | what is looked for |
|---|---|
| bronze | a manifest without faults, words in both languages, a test named `test_hook_<hook>…` for each hook |
| silver | a README that names every hook and task type, a sentence at the top of each module, types on every function |
| gold | `rules.py` decides without asking the city, and is tested; the contract kit is run by a test |
| platinum | every hook handles a thousand made-up events in a second of computing (measured by the contract kit) |
"""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from plugins.sdk.manifest import Manifest

LADDER: Final = ("none", "bronze", "silver", "gold", "platinum")
#: What belongs to the city and has no place where a department decides.
CITY_NAMES: Final = frozenset({"City", "Words", "hookimpl"})


def lacking(folder: Path, manifest: Manifest, hooks: Sequence[str]) -> dict[str, list[str]]:
    """What a folder lacks for each rung but the last, which must be measured."""
    return {
        "bronze": list(_lacks_tests(folder, hooks)),
        "silver": [*_lacks_readme(folder, manifest, hooks), *_lacks_types(folder)],
        "gold": list(_lacks_rules(folder)),
    }


def rung(lacks: dict[str, list[str]]) -> str:
    """The highest rung below which nothing is lacking."""
    reached = LADDER[0]
    for name in LADDER[1:]:
        if lacks.get(name):
            return reached
        reached = name
    return reached


def shortfall(claimed: str, lacks: dict[str, list[str]]) -> list[str]:
    """What is lacking for the rung that a manifest claims."""
    below = LADDER[1 : LADDER.index(claimed) + 1]
    return [f"quality: claims {claimed}, but {lack}" for name in below for lack in lacks.get(name, [])]


def _lacks_tests(folder: Path, hooks: Sequence[str]) -> Iterator[str]:
    tests = _text(folder / "tests", "test_*.py")
    for hook in hooks:
        if f"def test_hook_{hook}" not in tests:
            yield f"no test is called test_hook_{hook}…"


def _lacks_readme(folder: Path, manifest: Manifest, hooks: Sequence[str]) -> Iterator[str]:
    readme = _text(folder, "README.md")
    for name in [*hooks, *(task_type.code for task_type in manifest.task_types)]:
        if f"`{name}`" not in readme:
            yield f"README.md does not tell of `{name}`"


def _lacks_types(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            yield f"{path.name} does not begin with a sentence"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not _typed(node):
                yield f"{path.name}:{node.lineno}: {node.name} has no types"


def _typed(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    named = [argument for argument in arguments if argument.arg not in {"self", "cls"}]
    return function.returns is not None and all(argument.annotation is not None for argument in named)


def _lacks_rules(folder: Path) -> Iterator[str]:
    rules = folder / "rules.py"
    if not rules.exists():
        yield "there is no rules.py"
        return
    tree = ast.parse(rules.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for name in sorted(CITY_NAMES & names):
        yield f"rules.py knows {name}, which belongs into hooks.py"
    tests = _text(folder / "tests", "test_*.py")
    if "rules" not in tests:
        yield "no test looks at rules.py"
    if "plugins.sdk.contract" not in tests:
        yield "no test runs the contract kit"


def _text(folder: Path, pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob(pattern)))
