"""Writes what an image is made of as a CycloneDX 1.6 bill of materials: `python locks/sbom.py incidents > sbom.json`.

Everything in it comes from the lock and from what the packages say of themselves, so the same lock gives the same
bytes: no time of day, no random number.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
SPDX = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "isc license (iscl)": "ISC",
    "mit": "MIT",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "postgresql": "PostgreSQL",
    "python software foundation license": "PSF-2.0",
}


@dataclass(slots=True)
class Locked:
    """A package as the lock names it."""

    name: str
    version: str
    digests: list[str] = field(default_factory=list)


def read_lock(file: Path) -> Iterator[Locked]:
    """The packages of a lock with all digests that are accepted for them."""
    current: Locked | None = None
    for line in file.read_text().splitlines():
        if match := re.match(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;\\]+)", line):
            if current:
                yield current
            current = Locked(match[1], match[2])
        elif current and (match := re.search(r"--hash=sha256:([0-9a-f]{64})", line)):
            current.digests.append(match[1])
    if current:
        yield current


def licence_of(name: str) -> str | None:
    """The licence by its short name, or in the package's own words; None when it is not installed or says nothing."""
    try:
        told: Message = metadata.distribution(name).metadata  # type: ignore[assignment]
    except metadata.PackageNotFoundError:
        return None
    if expression := told.get("License-Expression"):
        return str(expression)
    classifiers = [line.rsplit(" :: ", 1)[1] for line in told.get_all("Classifier") or [] if line.startswith("License")]
    words = [line for line in classifiers if line != "OSI Approved"] or [str(told.get("License", "")).split("\n")[0]]
    names = [SPDX.get(line.strip().lower(), line.strip()) for line in words if line.strip()]
    return " OR ".join(names) or None


def component(locked: Locked) -> dict[str, object]:
    """A package as a component."""
    url = f"pkg:pypi/{locked.name}@{locked.version}"
    found: dict[str, object] = {
        "type": "library",
        "bom-ref": url,
        "name": locked.name,
        "version": locked.version,
        "purl": url,
        "externalReferences": [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{locked.name}/{locked.version}/",
                "hashes": [{"alg": "SHA-256", "content": digest} for digest in sorted(locked.digests)],
            }
        ],
    }
    if licence := licence_of(locked.name):
        found["licenses"] = [{"license": {"name": licence}}]
    return found


def vendored() -> Iterator[dict[str, object]]:
    """What browsers are given that others wrote: kept in the tree, held by a lock of its own."""
    lock = tomllib.loads((ROOT / "services" / "gateway" / "static" / "vendor" / "vendor.lock.toml").read_text())
    for entry in lock["package"]:
        url = f"pkg:npm/{entry['name']}@{entry['version']}"
        yield {
            "type": "library",
            "bom-ref": url,
            "name": entry["name"],
            "version": str(entry["version"]),
            "purl": url,
            "licenses": [{"license": {"name": entry["licence"]}}],
        }


def bill(image: str) -> dict[str, object]:
    """The bill of one image."""
    lock = ROOT / "locks" / f"{image}.lock"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    number = UUID(bytes=sha256(lock.read_bytes() + image.encode()).digest()[:16], version=4)
    components = [component(locked) for locked in read_lock(lock)]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": f"gridward-{image}", "version": version}},
        "components": components + (list(vendored()) if image == "gateway" else []),
    }


if __name__ == "__main__":
    print(json.dumps(bill(sys.argv[1]), indent=1))
