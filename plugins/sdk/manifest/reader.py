"""Reads a plugin's folder: the manifest, the inspection items and the words, with every fault that is in them."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from plugins.sdk import locale
from plugins.sdk.manifest.asks import permissions_of, secrets_of, settings_of
from plugins.sdk.manifest.faults import Fault, ManifestInvalid
from plugins.sdk.manifest.inspection import lines_and_items_of
from plugins.sdk.manifest.lines import Address, line_at, lines_of
from plugins.sdk.manifest.model import Manifest
from plugins.sdk.manifest.table import Table
from plugins.sdk.manifest.tasktypes import DEPARTMENT, NAME, task_types_of
from plugins.sdk.version import SDK_VERSION, admits

FILE: Final = "manifest.toml"
ITEMS_FILE: Final = "inspection.toml"
VERSION: Final = r"\d+\.\d+\.\d+"
QUALITIES: Final = ("bronze", "silver", "gold", "platinum")

_SYNTAX_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")


def read(folder: Path) -> Manifest:
    """What a plugin offers; fails with ManifestInvalid, which lists every fault."""
    manifest, faults = check(folder)
    if manifest is None or faults:
        raise ManifestInvalid(folder.name, faults)
    return manifest


def check(folder: Path) -> tuple[Manifest | None, tuple[Fault, ...]]:
    """What a plugin offers, as far as it can be read, and everything that is wrong with its files."""
    found: list[Fault] = []
    table = _open(folder, FILE, found)
    if table is None:
        return None, tuple(found)
    items = _open(folder, ITEMS_FILE, found) if folder.joinpath(ITEMS_FILE).exists() else None
    manifest = _manifest(table, items, folder.name)
    found.extend(Fault(file=file, key=key, problem=problem) for file, key, problem in locale.faults(folder))
    return manifest, tuple(sorted(found, key=lambda fault: (fault.file != FILE, fault.line)))


def _open(folder: Path, file: str, found: list[Fault]) -> Table | None:
    """The file as a table whose faults are put among those found; None when it cannot be read at all."""
    try:
        text = folder.joinpath(file).read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError:
        found.append(Fault(file=file, key="", problem="the file is missing"))
        return None
    except (OSError, ValueError) as error:
        line = _SYNTAX_LINE.search(str(error))
        found.append(Fault(file=file, key="", problem=str(error), line=int(line[1]) if line else 0))
        return None

    def note(address: Address, key: str, problem: str) -> None:
        found.append(Fault(file=file, key=key, problem=problem, line=line_at(lines_of(text), address)))

    return Table(values, "", note)


def _manifest(table: Table, items: Table | None, folder_name: str) -> Manifest:
    name = table.text("name", max_length=60, pattern=NAME)
    if name and name != folder_name:
        table.fault("name", f"{name!r} is not the name of the folder, {folder_name!r}")
    department = table.text("department", max_length=40, pattern=DEPARTMENT)
    task_types = task_types_of(table, department)
    inspected = lines_and_items_of(items) if items is not None else ((), ())
    manifest = Manifest(
        name=name,
        title=table.text("title", max_length=100),
        title_en=table.text("title_en", max_length=200),
        version=table.text("version", max_length=40, pattern=VERSION),
        sdk=_sdk(table),
        department=department,
        owner=table.text("owner", max_length=200),
        quality=table.choice("quality", QUALITIES),
        task_types=task_types,
        permissions=permissions_of(table),
        settings=settings_of(table),
        secrets=secrets_of(table),
        inspection_lines=inspected[0],
        inspection_items=inspected[1],
    )
    table.finish()
    for problem in _cross_faults(manifest):
        table.fault("permissions", problem)
    return manifest


def _cross_faults(manifest: Manifest) -> Iterator[str]:
    settings = {setting.name for setting in manifest.settings}
    secrets = {secret.name for secret in manifest.secrets}
    if "link.send" in manifest.permissions and "link_url" not in settings:
        yield "link.send needs a setting called link_url"
    if {"link.send", "link.receive"} & set(manifest.permissions) and "link_key" not in secrets:
        yield "a link needs a secret called link_key"


def _sdk(table: Table) -> str:
    wanted = table.text("sdk", max_length=40)
    try:
        if wanted and not admits(wanted):
            table.fault("sdk", f"{wanted} does not admit version {SDK_VERSION}, which is what this city offers")
    except ValueError as error:
        table.fault("sdk", str(error))
    return wanted
