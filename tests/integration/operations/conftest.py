"""Cities whose data is looked after: a database with every schema, a bucket, and the files that name them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
import pytest
from minio import Minio
from psycopg import sql
from pydantic import SecretStr

from services.machine import database
from services.operations import places
from services.operations.places import Place
from services.operations.settings import OperationsSettings
from tests.support.servers import PASSWORD, ObjectStoreServer, PostgresServer

_numbers = itertools.count(1)
BuildPlace: TypeAlias = Callable[[], "Site"]


@dataclass(frozen=True, slots=True)
class Site:
    """A place and how to look at it."""

    place: Place
    settings: OperationsSettings

    @property
    def bucket(self) -> Minio:
        return self.place.store.client()

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.place.whole, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def new_site(
    postgres: PostgresServer, object_store: ObjectStoreServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BuildPlace]:
    made: list[str] = []

    def build() -> Site:
        name = f"site_{next(_numbers)}"
        made.append(name)
        folder = tmp_path_factory.mktemp(name)
        for role in database.SERVICES:
            url = database.in_database(postgres.dsn_admin, name, role=role, password=PASSWORD)
            (folder / role).write_text(f"{url}\n")
        settings = OperationsSettings(
            databases_dir=folder,
            database_admin_url=SecretStr(postgres.dsn_admin),
            s3_endpoint=object_store.endpoint,
            s3_access_key=SecretStr(object_store.access_key),
            s3_secret_key=SecretStr(object_store.secret_key),
            s3_bucket=name.replace("_", "-"),
        )
        return Site(places.find(settings), settings)

    yield build
    with psycopg.connect(postgres.dsn_admin, autocommit=True) as connection:
        for name in made:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
