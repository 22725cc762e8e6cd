"""Imports a module as it would be imported inside an image: `python only_locked.py LOCK MODULE`.

Whatever is installed here and is not in the lock is as absent as it would be there.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType


def name_of(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


class Absent:
    """Says of every package outside the lock that it is not there."""

    def __init__(self, lock: Path) -> None:
        held = {name_of(name) for name in re.findall(r"^([\w.-]+)(?:\[.*?\])?==", lock.read_text(), re.MULTILINE)}
        held.add("gridward")
        self._absent = {
            package
            for package, owners in metadata.packages_distributions().items()
            if not held & {name_of(owner) for owner in owners}
        }

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Called by the import system before all others."""
        del path, target
        if name.partition(".")[0] in self._absent:
            raise ModuleNotFoundError(f"No module named {name!r} in this image", name=name)
        return None


def main(lock: str, module: str) -> None:
    sys.meta_path.insert(0, Absent(Path(lock)))  # type: ignore[arg-type]
    if module == "services.host.__main__":
        importlib.import_module("eventlet").monkey_patch()
        importlib.import_module("services.host.native_grpc")
        module = "services.host.process"
    importlib.import_module(module)


if __name__ == "__main__":
    main(*sys.argv[1:])
