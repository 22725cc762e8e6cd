"""Replaces the signing keys of all processes while everything runs: first all trust the new ones, then all use them.

Sealing keys likewise: first all can open what a new one seals, then all seal with it. Old ones stay in the ring, for
they open what they sealed. Between two steps every process is started anew with the folder as it is then; at each moment every key in use is
trusted by every process, those of the step before included.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from services.machine import keys
from services.machine.home import write_private
from services.platform.seal import KeyRing


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


STEPS: Final[dict[str, Callable[[Path], None]]] = {"begin": begin, "switch": switch, "finish": finish}


def seal_begin(folder: Path) -> None:
    """Every ring gets a new sealing key, with which nobody seals yet."""
    for file in _rings(folder):
        ring = KeyRing.from_file(file)
        if _newest(ring) == ring.current:
            write_private(file, replace(ring.rotated(), current=ring.current).text())


def seal_switch(folder: Path) -> None:
    """The newest key of each ring seals from now on; whatever was sealed before still opens."""
    for file in _rings(folder):
        ring = KeyRing.from_file(file)
        write_private(file, replace(ring, current=_newest(ring)).text())


SEAL_STEPS: Final[dict[str, Callable[[Path], None]]] = {"seal-begin": seal_begin, "seal-switch": seal_switch}


def _rings(folder: Path) -> list[Path]:
    return [keys.seal_file(folder, process) for process in keys.SEALING]


def _newest(ring: KeyRing) -> str:
    """The key that came last; a file keeps them in that order."""
    return list(ring.keys)[-1]


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
