"""Replaces the signing keys of all processes while everything runs: first all trust the new ones, then all use them.

Between two steps every process is started anew with the folder as it is then; at each moment every key in use is
trusted by every process, those of the step before included.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from services.machine import keys
from services.machine.home import write_private


def begin(folder: Path) -> None:
    """New keys are made and trusted, and used by nobody yet."""
    for process in keys.PROCESSES:
        if not _next(folder, process).exists():
            fresh = OKPKey.generate_key(keys.CURVE, {"kid": _successor(folder, process), "use": "sig"}, private=True)
            write_private(_next(folder, process), json.dumps(fresh.as_dict(private=True)))
    _write_trust(folder)


def switch(folder: Path) -> None:
    """New keys are used; the old ones are still trusted."""
    for process in keys.PROCESSES:
        if _next(folder, process).exists():
            old = OKPKey.import_key(json.loads(keys.key_file(folder, process).read_text()))
            write_private(_previous(folder, process), json.dumps(old.as_dict(private=False)))
            _next(folder, process).replace(keys.key_file(folder, process))
    _write_trust(folder)


def finish(folder: Path) -> None:
    """Old keys are trusted no more."""
    for process in keys.PROCESSES:
        _previous(folder, process).unlink(missing_ok=True)
    _write_trust(folder)


STEPS: Final[Mapping[str, Callable[[Path], None]]] = {"begin": begin, "switch": switch, "finish": finish}


def _next(folder: Path, process: str) -> Path:
    return folder / f"{process}.next.json"


def _previous(folder: Path, process: str) -> Path:
    return folder / f"{process}.previous.json"


def _successor(folder: Path, process: str) -> str:
    _, _, number = str(json.loads(keys.key_file(folder, process).read_text())["kid"]).partition("~")
    return f"{process}~{int(number or 1) + 1}"


def _write_trust(folder: Path) -> None:
    files = [
        file
        for process in keys.PROCESSES
        for file in (keys.key_file(folder, process), _next(folder, process), _previous(folder, process))
        if file.exists()
    ]
    public = [OKPKey.import_key(json.loads(file.read_text())).as_dict(private=False) for file in files]
    write_private(keys.trust_file(folder), json.dumps({"keys": public}, indent=1))
