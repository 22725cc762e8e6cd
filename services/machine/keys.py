"""Gives every process a key pair of its own, the list of all public halves, and keys to seal personal data with."""

import json
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from services.machine.home import write_private
from services.platform.seal import KeyRing

#: The services, the loader of the demo city, and the operator, who may speak for people from the command line.
PROCESSES: Final = ("registry", "incidents", "video", "points", "gateway", "host", "demo", "operator")
CURVE: Final = "Ed25519"
#: Those that keep personal data; each has a ring of its own, so that none can open what another keeps.
SEALING: Final = ("registry", "incidents", "video", "points", "gateway")


def key_file(folder: Path, process: str) -> Path:
    """Where a process's private key lies."""
    return folder / f"{process}.json"


def trust_file(folder: Path) -> Path:
    """Where the public keys of all processes lie."""
    return folder / "trust.json"


def seal_file(folder: Path, process: str) -> Path:
    """Where a process's sealing keys lie."""
    return folder / f"{process}.seal.json"


def prepare(folder: Path) -> None:
    """Make the keys that are missing and write down anew whom to trust. Sealing keys once made are never made anew."""
    for process in SEALING:
        if not seal_file(folder, process).exists():
            write_private(seal_file(folder, process), KeyRing.fresh().text())
    public = []
    for process in PROCESSES:
        file = key_file(folder, process)
        if not file.exists():
            fresh = OKPKey.generate_key(CURVE, {"kid": process, "use": "sig"}, private=True)
            write_private(file, json.dumps(fresh.as_dict(private=True)))
        key = OKPKey.import_key(json.loads(file.read_text()))
        public.append(key.as_dict(private=False))
    write_private(trust_file(folder), json.dumps({"keys": public}, indent=1))
