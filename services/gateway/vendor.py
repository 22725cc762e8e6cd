"""Fetches what pages need from elsewhere, once, and checks it against the lock: `python -m services.gateway.vendor [--update]`.

The files are committed, so that nothing is fetched where the gateway runs. `--update` writes the lock anew.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).with_name("static") / "vendor"
LOCK = FOLDER / "vendor.lock.toml"
#: Package and version, its licence, and the files taken from it, by their names in the package.
PACKAGES = {
    ("maplibre-gl", "6.17.0"): (
        "BSD-3-Clause",
        (
            "dist/maplibre-gl.mjs",
            "dist/maplibre-gl-worker.mjs",
            "dist/maplibre-gl.css",
            "LICENSE.txt",
        ),
    ),
}
_SOURCE_MAP = b"//# sourceMappingURL="


def fetch(name: str, version: str, scratch: Path) -> tarfile.TarFile:
    """The package as npm packs it."""
    command = ["npm", "pack", "--silent", f"{name}@{version}"]
    done = subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True)  # noqa: S603
    return tarfile.open(scratch / done.stdout.strip().splitlines()[-1])


def taken(archive: tarfile.TarFile, file: str) -> bytes:
    """One file, without its pointer to a source map that is not shipped."""
    member = archive.extractfile(f"package/{file}")
    if member is None:
        sys.exit(f"the package has no {file}")
    content = member.read()
    head, mark, _ = content.rpartition(_SOURCE_MAP)
    return head if mark and file.endswith(".mjs") else content


def digests() -> dict[str, str]:
    """The digest of every vendored file."""
    files = sorted(path for path in FOLDER.rglob("*") if path.is_file() and path != LOCK)
    return {str(path.relative_to(FOLDER)): sha256(path.read_bytes()).hexdigest() for path in files}


def locked() -> dict[str, str]:
    """The digests in the lock."""
    lock = tomllib.loads(LOCK.read_text())
    return {name: digest for package in lock["package"] for name, digest in package["files"].items()}


def lock_text() -> str:
    """The lock for the files that are there."""
    found = digests()
    blocks = ["# What pages need from elsewhere. Written by `python -m services.gateway.vendor --update`."]
    for (name, version), (licence, _) in PACKAGES.items():
        own = {file: digest for file, digest in found.items() if file.startswith(f"{name}-{version}/")}
        lines = [
            "[[package]]",
            f'name = "{name}"',
            f'version = "{version}"',
            f'licence = "{licence}"',
            "[package.files]",
        ]
        blocks.append("\n".join([*lines, *(f'"{file}" = "{digest}"' for file, digest in own.items())]))
    return "\n\n".join(blocks) + "\n"


def main() -> None:
    """Fetch everything, then hold it against the lock."""
    parser = argparse.ArgumentParser(prog="python -m services.gateway.vendor", description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the lock anew")
    update = parser.parse_args().update
    for (name, version), (_, files) in PACKAGES.items():
        target = FOLDER / f"{name}-{version}"
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch, fetch(name, version, Path(scratch)) as archive:
            for file in files:
                (target / Path(file).name).write_bytes(taken(archive, file))
    if update:
        LOCK.write_text(lock_text())
    if digests() != locked():
        sys.exit("the files are not those of the lock")


if __name__ == "__main__":
    main()
