"""Finds where a department's package lies, without running it."""

import importlib.util
from pathlib import Path


class PackageMissing(Exception):
    """There is no such package here."""


def folder_of(package: str) -> Path:
    """The package's folder; fails with PackageMissing, whose text says what to do."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise PackageMissing(f"there is no package {package!r}: run this in the folder in which it lies, or install it")
    return Path(next(iter(spec.submodule_search_locations)))
