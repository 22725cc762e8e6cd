"""Knows how a backup lies on disk: one folder for each, and the files of all of them kept once, by their digest.

2026-11-21T173000.000000Z/manifest.json    what is in it and how it can be told to be whole; written last
2026-11-21T173000.000000Z/database.dump    pg_dump's own format
2026-11-21T173000.000000Z/objects.jsonl    each object's key, digest, size and type
objects/ab/abcdef…                  the files themselves, shared by all backups
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from services.operations.faults import BackupDamaged
from services.operations.fingerprints import Fingerprint

FORMAT: Final = 1
PARTIAL: Final = ".partial-"
CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    gridward: str
    #: All that was committed before this moment is in it.
    as_of: str
    took_s: float
    server_version: int
    database: str
    dump_sha256: str
    objects_sha256: str
    objects: int
    objects_bytes: int
    fingerprint: Fingerprint
    #: Each sequence had come at least so far.
    sequences: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptObject:
    """A file of the object store."""

    key: str
    sha256: str
    size: int
    content_type: str


@dataclass(frozen=True, slots=True)
class Archive:
    """The folder in which backups lie."""

    folder: Path

    def backups(self) -> list[Path]:
        """All whole backups, the oldest first."""
        return sorted(path.parent for path in self.folder.glob("[0-9]*/manifest.json"))

    def object_file(self, digest: str) -> Path:
        """Where a file of this digest lies."""
        return self.folder / "objects" / digest[:2] / digest

    def keep_only(self, count: int) -> list[str]:
        """Remove all but the newest backups, what was never finished, and files that none needs any more."""
        gone = self.backups()[:-count]
        for left in (*gone, *self.folder.glob(f"{PARTIAL}*")):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        needed = {kept.sha256 for backup in self.backups() for kept in objects_of(backup)}
        for file in self.folder.glob("objects/??/*"):
            if file.name not in needed:
                file.unlink()
        return [backup.name for backup in gone]


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """The last thing that is written: with it a backup is whole."""
    (backup / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1) + "\n")


def manifest_of(backup: Path) -> Manifest:
    """What a backup says of itself; fails when that cannot be read."""
    try:
        told = json.loads((backup / "manifest.json").read_text())
        manifest = Manifest(**told)
    except (OSError, ValueError, TypeError) as error:
        raise BackupDamaged(backup=backup, what="manifest.json") from error
    if manifest.format != FORMAT:
        raise BackupDamaged(backup=backup, what=f"format {manifest.format}, not {FORMAT}")
    return manifest


def objects_of(backup: Path) -> Iterator[KeptObject]:
    """The files that belong to a backup."""
    with (backup / "objects.jsonl").open() as lines:
        for line in lines:
            yield KeptObject(**json.loads(line))


def digest_of(file: Path) -> str:
    """The digest of a file, read piece by piece."""
    digest = sha256()
    with file.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def check(archive: Archive, backup: Path) -> Manifest:
    """See that every byte of a backup is as it was written."""
    manifest = manifest_of(backup)
    for name, wanted in (("database.dump", manifest.dump_sha256), ("objects.jsonl", manifest.objects_sha256)):
        file = backup / name
        if not file.exists() or digest_of(file) != wanted:
            raise BackupDamaged(backup=backup, what=name)
    for kept in objects_of(backup):
        file = archive.object_file(kept.sha256)
        if not file.exists() or digest_of(file) != kept.sha256:
            raise BackupDamaged(backup=backup, what=kept.key)
    return manifest
