"""Backs a city up: the database as of one moment, and every object that it may speak of."""

import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Final

import psycopg
import structlog
from minio import Minio
from minio.error import S3Error

from services.operations import fingerprints, tools
from services.operations.archive import (
    CHUNK_BYTES,
    FORMAT,
    PARTIAL,
    Archive,
    KeptObject,
    Manifest,
    digest_of,
    objects_of,
    write_manifest,
)
from services.operations.places import Place

log = structlog.get_logger()

STAMP: Final = "%Y-%m-%dT%H%M%S.%fZ"
READ_S: Final = 60.0
NOT_THERE: Final = frozenset({"NoSuchKey", "NoSuchObject"})


def make(place: Place, folder: Path, *, keep: int = 0) -> Path:
    """One backup; the folder it lies in. The database first: what it speaks of was stored before, so it is copied too."""
    began_s = time.monotonic()
    archive = Archive(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = datetime.now(UTC).strftime(STAMP)
    partial = folder / f"{PARTIAL}{name}"
    partial.mkdir()
    dumped = _dump(place, partial / "database.dump")
    kept = _copy_objects(place, archive, partial / "objects.jsonl")
    manifest = Manifest(
        format=FORMAT,
        gridward=metadata.version("gridward"),
        as_of=dumped.as_of,
        took_s=round(time.monotonic() - began_s, 3),
        server_version=dumped.server_version,
        database=place.database,
        dump_sha256=digest_of(partial / "database.dump"),
        objects_sha256=digest_of(partial / "objects.jsonl"),
        objects=len(kept),
        objects_bytes=sum(one.size for one in kept),
        fingerprint=dumped.fingerprint,
        sequences=dumped.sequences,
    )
    write_manifest(partial, manifest)
    backup = folder / name
    partial.rename(backup)
    removed = archive.keep_only(keep) if keep else []
    log.info(
        "backed_up",
        backup=str(backup),
        tables=len(dumped.fingerprint),
        objects=manifest.objects,
        objects_bytes=manifest.objects_bytes,
        took_s=manifest.took_s,
        removed=removed,
    )
    return backup


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dumped:
    as_of: str
    server_version: int
    fingerprint: fingerprints.Fingerprint
    sequences: dict[str, int]


def _dump(place: Place, file: Path) -> _Dumped:
    """The dump, and the measure of exactly what is in it: both look through the same snapshot."""
    with psycopg.connect(place.whole) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot(), transaction_timestamp()").fetchone()
        if row is None:
            raise RuntimeError("a server that gives no snapshot")
        snapshot, as_of = row
        # Before the dump: what the dump says of a sequence is read later, and so at least as far.
        reached = fingerprints.sequences(connection, place.role_urls)
        schemas = [part for role in place.role_urls for part in ("--schema", role)]
        tools.run("pg_dump", place.whole, "--format=custom", f"--snapshot={snapshot}", "--file", str(file), *schemas)
        return _Dumped(
            as_of=as_of.astimezone(UTC).isoformat(),
            server_version=connection.info.server_version,
            fingerprint=fingerprints.take(connection, place.role_urls),
            sequences=reached,
        )


def _copy_objects(place: Place, archive: Archive, listing: Path) -> list[KeptObject]:
    """Every object of the bucket; one whose entity tag was seen at the last backup is not fetched again."""
    client = place.store.client(wait_s=READ_S)
    known = _known(archive)
    kept: list[KeptObject] = []
    with listing.open("w") as lines:
        for found in client.list_objects(place.store.bucket, recursive=True):
            key = str(found.object_name)
            one = _unchanged(archive, known.get(key), found.size) or _fetch(client, place.store.bucket, key, archive)
            if one is not None:
                kept.append(one)
                lines.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
    return kept


def _known(archive: Archive) -> dict[str, KeptObject]:
    """What the newest backup holds. Keys are never used twice for other content: evidence is not edited."""
    newest = archive.backups()[-1:]
    return {kept.key: kept for backup in newest for kept in objects_of(backup)}


def _unchanged(archive: Archive, known: KeptObject | None, size: int | None) -> KeptObject | None:
    if known is None or known.size != size or not archive.object_file(known.sha256).exists():
        return None
    return known


def _fetch(client: Minio, bucket: str, key: str, archive: Archive) -> KeptObject | None:
    """Bring one object in under its digest; None for one that was deleted meanwhile."""
    try:
        answer = client.get_object(bucket, key)
    except S3Error as error:
        if error.code in NOT_THERE:
            return None
        raise
    partial = archive.folder / f"{PARTIAL}object-{os.getpid()}"
    digest, size = sha256(), 0
    try:
        with partial.open("wb") as stream:
            for piece in answer.stream(CHUNK_BYTES):
                digest.update(piece)
                size += len(piece)
                stream.write(piece)
    finally:
        answer.close()
        answer.release_conn()
    target = archive.object_file(digest.hexdigest())
    target.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(target)
    content_type = str(answer.headers.get("Content-Type", "application/octet-stream"))
    return KeptObject(key=key, sha256=digest.hexdigest(), size=size, content_type=content_type)
