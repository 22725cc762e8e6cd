"""The embedded object store: obeys one key, listens to nobody outside, loses nothing when it is killed."""

import io
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import psutil
import pytest
from minio.error import S3Error

from services.machine import objectstore, ports
from services.machine.faults import StoreUnreachable
from tests.support import servers
from tests.support.servers import Leashed, ObjectStoreServer


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreServer]:
    """An object store for the tests of this module, which may kill it."""
    server = servers.start_object_store(tmp_path_factory.mktemp("shop"))
    yield server
    server.stop()


def family(leashed: Leashed) -> list[psutil.Process]:
    return psutil.Process(leashed.process.pid).children(recursive=True)


def test_a_file_comes_back_as_it_was_put(shop: ObjectStoreServer) -> None:
    client = shop.store.access.client()
    client.put_object(objectstore.BUCKET, "a/photo.jpg", io.BytesIO(b"pixels"), 6, "image/jpeg")
    answer = client.get_object(objectstore.BUCKET, "a/photo.jpg")
    try:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"pixels", "image/jpeg")
    finally:
        answer.close()
        answer.release_conn()


def test_strangers_are_turned_away(shop: ObjectStoreServer) -> None:
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(f"http://{shop.endpoint}/{objectstore.BUCKET}", timeout=5)
    assert refused.value.code == 403
    refused.value.close()
    guessed = objectstore.Access(endpoint=shop.endpoint, access_key=shop.access_key, secret_key="guessed")
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        guessed.client().list_buckets()


def test_no_side_door_shows_files_without_a_key(shop: ObjectStoreServer) -> None:
    client = shop.store.access.client()
    client.put_object(objectstore.BUCKET, "private", io.BytesIO(b"face"), 4)
    address = f"http://{ports.LOOPBACK}:{shop.store.ports['filer.port']}/buckets/{objectstore.BUCKET}/private"
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(address, timeout=5)
    assert refused.value.code == 404
    refused.value.close()


def test_a_long_film_goes_in_pieces_and_comes_back_by_a_signed_address(shop: ObjectStoreServer) -> None:
    film = bytes(range(256)) * 50_000
    client = shop.store.access.client()
    client.put_object(objectstore.BUCKET, "film.mp4", io.BytesIO(film), -1, part_size=5 * 1024 * 1024)
    with urllib.request.urlopen(client.presigned_get_object(objectstore.BUCKET, "film.mp4"), timeout=20) as answer:
        assert answer.read() == film
    client.remove_object(objectstore.BUCKET, "film.mp4")


def test_a_store_that_refuses_our_keys_is_told_in_a_sentence(
    shop: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objectstore, "BUCKET_S_MAX", 0.0)
    guessed = objectstore.Access(endpoint=shop.endpoint, access_key="nobody", secret_key="guessed")
    with pytest.raises(StoreUnreachable, match="GRIDWARD_S3_ACCESS_KEY"):
        objectstore.create_bucket(guessed)


def test_every_door_of_the_store_is_a_chosen_one_on_this_machine(shop: ObjectStoreServer) -> None:
    doors = [
        connection.laddr
        for process in family(shop.leashed)
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {door.ip for door in doors} == {ports.LOOPBACK}
    assert {door.port for door in doors} <= set(shop.store.ports.values())


def test_the_keys_are_for_our_eyes_only(shop: ObjectStoreServer) -> None:
    assert stat.S_IMODE((shop.store.folder / "s3.json").stat().st_mode) == 0o600


def test_what_was_acknowledged_survives_a_power_cut(tmp_path: Path) -> None:
    server = servers.start_object_store(tmp_path)
    client = server.store.access.client()
    for number in range(20):
        client.put_object(objectstore.BUCKET, f"{number}", io.BytesIO(b"%d" % number), len(b"%d" % number))
    gone = family(server.leashed)
    server.leashed.kill()
    psutil.wait_procs(gone, timeout=10)
    server.leashed = Leashed.start(server.store.command, log=tmp_path / "objects.log")
    assert objectstore.wait_ready(server.store.access)
    kept = {thing.object_name for thing in server.store.access.client().list_objects(objectstore.BUCKET)}
    assert kept == {str(number) for number in range(20)}
    server.stop()
