"""A city is backed up with one command and restored with another, and what comes back is what was there."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from services.operations import backup, fingerprints, schemas
from services.operations import restore as restoring
from services.operations.archive import Archive, check, manifest_of, objects_of
from services.operations.faults import BackupDamaged, PlaceNotEmpty, RestoredDiffers
from tests.integration.operations.conftest import BuildPlace, Site

PHOTOS = {"photos/a.jpg": b"\xff\xd8" + bytes(range(256)) * 4000, "photos/同名.jpg": b"same", "b/empty": b""}


def fill(site: Site) -> None:
    schemas.bring_forward(site.place)
    for role in ("registry", "incidents", "video", "points", "gateway"):
        site.execute(
            f"INSERT INTO {role}.outbox (id, type, subject, occurred_at, payload, position) "
            f"SELECT gen_random_uuid(), '事件', 'x', now(), decode('00ff', 'hex'), nextval('{role}.outbox_position') "
            "FROM generate_series(1, 300)"
        )
    for key, content in PHOTOS.items():
        site.bucket.put_object(site.place.store.bucket, key, io.BytesIO(content), len(content), "image/jpeg")


@pytest.fixture(scope="module")
def city(new_site: BuildPlace) -> Site:
    site = new_site()
    fill(site)
    return site


@pytest.fixture(scope="module")
def first(city: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that tests only read."""
    return backup.make(city.place, tmp_path_factory.mktemp("backups"))


@pytest.fixture
def made(first: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may harm."""
    shutil.copytree(first.parent, tmp_path / "backups")
    return tmp_path / "backups" / first.name


def test_what_is_restored_is_what_was_backed_up_and_serves(city: Site, first: Path, new_site: BuildPlace) -> None:
    city.execute("INSERT INTO registry.handled (source, event_id) VALUES ('late', gen_random_uuid())")
    other = new_site()
    restoring.restore(other.place, first)
    found, sequences = fingerprints.of_database(other.place.whole, other.place.role_urls)
    assert found == manifest_of(first).fingerprint
    assert sequences == manifest_of(first).sequences
    for key, content in PHOTOS.items():
        answer = other.bucket.get_object(other.place.store.bucket, key)
        assert answer.read() == content
        assert answer.headers["Content-Type"] == "image/jpeg"
        answer.release_conn()
    assert other.execute("SELECT count(*) FROM registry.handled") == [(0,)]
    schemas.bring_forward(other.place)
    for role, url in other.place.role_urls.items():
        with psycopg.connect(url, autocommit=True) as connection:
            owners = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'migration'").fetchall()
            assert (role,) in owners
            assert connection.execute("SELECT count(*) > 0 FROM migration").fetchone() == (True,)
    assert other.execute("SELECT nextval('incidents.outbox_position')") == [(301,)]
    with pytest.raises(PlaceNotEmpty):
        restoring.restore(other.place, first)


def test_the_next_backup_fetches_only_what_is_new(city: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "backups"
    backup.make(city.place, folder)
    city.bucket.put_object(city.place.store.bucket, "photos/new.jpg", io.BytesIO(b"new"), 3, "image/jpeg")
    fetched: list[str] = []
    real = backup._fetch
    monkeypatch.setattr(backup, "_fetch", lambda *given: (fetched.append(given[2]), real(*given))[1])
    second = backup.make(city.place, folder)
    assert fetched == ["photos/new.jpg"]
    assert {kept.key for kept in objects_of(second)} == {*PHOTOS, "photos/new.jpg"}


def test_only_as_many_backups_are_kept_as_are_wanted(city: Site, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    first = backup.make(city.place, folder)
    city.bucket.remove_object(city.place.store.bucket, "photos/a.jpg")
    (folder / ".partial-left-by-a-crash").mkdir()
    second, third = (backup.make(city.place, folder, keep=2) for _ in range(2))
    archive = Archive(folder)
    assert archive.backups() == [second, third]
    assert not first.exists()
    assert not list(folder.glob(".partial-*"))
    kept = {one.name for one in folder.glob("objects/??/*")}
    assert kept == {one.sha256 for one in objects_of(third)}
    assert sha256(PHOTOS["photos/a.jpg"]).hexdigest() not in kept
    check(archive, second)


@pytest.mark.parametrize("part", ["database.dump", "objects.jsonl", "manifest.json", "object"])
def test_a_damaged_backup_is_told_before_anything_is_done(made: Path, part: str) -> None:
    file = (
        max((made.parent / "objects").glob("??/*"), key=lambda one: one.stat().st_size)
        if part == "object"
        else made / part
    )
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(BackupDamaged):
        check(Archive(made.parent), made)


def test_a_row_that_did_not_come_back_is_found(made: Path, new_site: BuildPlace) -> None:
    told = json.loads((made / "manifest.json").read_text())
    told["fingerprint"]["registry.outbox"] = "301 rows, 0"
    (made / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(RestoredDiffers, match=r"registry\.outbox"):
        restoring.restore(new_site().place, made)


def test_a_backup_of_a_busy_city_can_be_restored(city: Site, new_site: BuildPlace, tmp_path: Path) -> None:
    """Numbers are drawn while the dump is being written, and no transaction holds a sequence still."""
    stop = threading.Event()

    def draw() -> None:
        with psycopg.connect(city.place.whole, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("SELECT nextval('incidents.outbox_position')")

    drawing = threading.Thread(target=draw)
    drawing.start()
    try:
        made = backup.make(city.place, tmp_path / "backups")
    finally:
        stop.set()
        drawing.join()
    other = new_site()
    restoring.restore(other.place, made)
    wanted = manifest_of(made).sequences["incidents.outbox_position"]
    assert other.execute("SELECT last_value FROM incidents.outbox_position")[0][0] >= wanted


def test_a_sequence_that_fell_behind_is_found() -> None:
    assert fingerprints.behind({"a": 5, "b": 5}, {"a": 4, "b": 6}) == ["sequence a: 4 < 5"]


def test_a_backup_without_its_manifest_is_none(made: Path) -> None:
    (made / "manifest.json").unlink()
    assert Archive(made.parent).backups() == []


def test_the_commands_do_what_they_say(city: Site, first: Path, tmp_path: Path) -> None:
    environment = {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "GRIDWARD_DATABASES_DIR": str(city.settings.databases_dir),
        "GRIDWARD_DATABASE_ADMIN_URL": str(city.place.admin_url),
        "GRIDWARD_S3_ENDPOINT": city.place.store.endpoint,
        "GRIDWARD_S3_ACCESS_KEY": city.place.store.access_key,
        "GRIDWARD_S3_SECRET_KEY": city.place.store.secret_key,
        "GRIDWARD_S3_BUCKET": city.place.store.bucket,
    }

    def run(*arguments: str) -> int:
        command = [sys.executable, "-m", "services.operations", *arguments]
        return subprocess.run(command, env=environment, check=False, capture_output=True).returncode

    assert run("migrate") == 0
    assert run("backup", str(tmp_path / "backups"), "--keep", "3") == 0
    assert run("verify", str(Archive(tmp_path / "backups").backups()[0])) == 0
    assert run("restore", str(first)) == PlaceNotEmpty.exit_code
    assert run("verify", str(tmp_path)) == BackupDamaged.exit_code
    assert run("keys", str(tmp_path / "keys")) == 0
    assert {"trust.json", "gateway.json", "gateway.seal.json"} <= {one.name for one in (tmp_path / "keys").iterdir()}
