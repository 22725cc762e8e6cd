"""Restores a city into an empty place, all of it, and proves that it is what was backed up."""

import time
from hashlib import sha256
from pathlib import Path
from typing import Final

import psycopg
import structlog
from minio import Minio
from psycopg import sql

from services.machine import database, objectstore
from services.operations import fingerprints, tools
from services.operations.archive import CHUNK_BYTES, Archive, KeptObject, check, objects_of
from services.operations.faults import PlaceNotEmpty, RestoredDiffers
from services.operations.places import Place

log = structlog.get_logger()

STORE_S: Final = 60.0
SHOWN_MAX: Final = 5


def restore(place: Place, backup: Path) -> None:
    """Check the backup, restore database and objects, compare every table and every object with what was written."""
    began_s = time.monotonic()
    archive = Archive(backup.resolve().parent)
    manifest = check(archive, backup)
    log.info("backup_whole", backup=str(backup), as_of=manifest.as_of)
    database.prepare(place.server, place.passwords, database=place.database)
    objectstore.create_bucket(place.store)
    client = place.store.client(wait_s=STORE_S)
    _require_empty(place, client)
    _restore_database(place, backup / "database.dump")
    # What roles may do in the shared schema and where they look for tables is said of the server, not of a dump.
    database.prepare(place.server, place.passwords, database=place.database)
    count = sum(_put_back(client, place.store.bucket, archive, kept) for kept in objects_of(backup))
    found, sequences = fingerprints.of_database(place.whole, place.role_urls)
    different = fingerprints.differences(manifest.fingerprint, found)
    different += fingerprints.behind(manifest.sequences, sequences)
    if different:
        raise RestoredDiffers(what="; ".join(different[:SHOWN_MAX]))
    log.info("restored", tables=len(found), objects=count, took_s=round(time.monotonic() - began_s, 3))


def _require_empty(place: Place, client: Minio) -> None:
    with psycopg.connect(place.whole) as connection:
        tables = fingerprints.take(connection, place.role_urls)
    if tables:
        raise PlaceNotEmpty(place=f"database {place.database}", found=", ".join(list(tables)[:SHOWN_MAX]))
    first = next(iter(client.list_objects(place.store.bucket, recursive=True)), None)
    if first is not None:
        raise PlaceNotEmpty(place=f"bucket {place.store.bucket}", found=first.object_name)


def _restore_database(place: Place, dump: Path) -> None:
    """The empty schemas make room for those of the dump, which come with their owners and rights."""
    with psycopg.connect(place.whole, autocommit=True) as connection:
        for role in place.role_urls:
            connection.execute(sql.SQL("DROP SCHEMA {} RESTRICT").format(sql.Identifier(role)))
    tools.run("pg_restore", place.whole, "--exit-on-error", "--single-transaction", str(dump))
    with psycopg.connect(place.whole, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _put_back(client: Minio, bucket: str, archive: Archive, kept: KeptObject) -> bool:
    """Store one object, then read it back: what was stored is what the digest says."""
    file = archive.object_file(kept.sha256)
    client.fput_object(bucket, kept.key, str(file), content_type=kept.content_type)
    answer = client.get_object(bucket, kept.key)
    digest = sha256()
    try:
        for piece in answer.stream(CHUNK_BYTES):
            digest.update(piece)
    finally:
        answer.close()
        answer.release_conn()
    if digest.hexdigest() != kept.sha256:
        raise RestoredDiffers(what=kept.key)
    return True
