"""The real servers that tests stand on: started once, on loopback ports of their own choosing."""

from __future__ import annotations

import gc
import itertools
import os
import sys
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from services.platform.clock import ManualClock
from services.platform.migrate import migrate
from tests.order import place_of
from tests.support import servers
from tests.support.tokens import TestTokens

MakeDatabase = Callable[[str], str]
ROLE_PASSWORD = "only-for-tests"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are read at once and all of them stay: nobody looks for rubbish among them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        # Modules that tests write are read as they stand: two that differ may be written within one second, and Python
        # tells what it keeps by the second and the size. What stands in the tree is kept before (tests/everything.py).
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; within a file everything stays as it is written."""
    items.sort(key=lambda item: place_of(item.nodeid.partition("::")[0]))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.PostgresServer]:
    """One PostgreSQL for the whole run."""
    server = servers.start_postgres(tmp_path_factory.mktemp("postgres"), hurried=True)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database_templates(postgres: servers.PostgresServer) -> Callable[[str], str]:
    """A migrated database for each service, made the first time it is asked for; tests clone it."""
    made: dict[str, str] = {}

    def template(service: str) -> str:
        if service not in made:
            made[service] = f"template_{service}"
            postgres.create_database(made[service])
            _prepare_schema(postgres.dsn(made[service]), service)
            migrate(_role_dsn(postgres, made[service], service), "services.platform", f"services.{service}")
        return made[service]

    return template


@pytest.fixture
def make_database(postgres: servers.PostgresServer, database_templates: Callable[[str], str]) -> MakeDatabase:
    """A fresh, migrated database of a service; the DSN of its role."""
    return lambda service: clone_database(postgres, database_templates(service), service)


_numbers = itertools.count(1)


def clone_database(postgres: servers.PostgresServer, template: str, service: str) -> str:
    """A new database like the template; the DSN of the service's role in it."""
    name = f"{service}_{next(_numbers)}"
    postgres.create_database(name, template=template)
    return _role_dsn(postgres, name, service)


def _prepare_schema(admin_dsn: str, service: str) -> None:
    role, reader = sql.Identifier(service), sql.Identifier(f"{service}_reader")
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        for extension in ("ltree", "pg_trgm", "btree_gist"):
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        _create_role(connection, service, sql.SQL("LOGIN PASSWORD {}").format(ROLE_PASSWORD))
        _create_role(connection, f"{service}_reader", sql.SQL("NOLOGIN"))
        connection.execute(sql.SQL("GRANT {} TO {}").format(reader, role))
        # A whole city may have made the role before, on the same server, with a path for that city's database alone.
        connection.execute(sql.SQL("ALTER ROLE {} SET search_path = {}, public").format(role, role))
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(role, role))


def _create_role(connection: psycopg.Connection, name: str, how: sql.Composable) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), how))


def _role_dsn(postgres: servers.PostgresServer, database: str, role: str) -> str:
    return conninfo.make_conninfo(postgres.dsn(database), user=role, password=ROLE_PASSWORD)


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.ObjectStoreServer]:
    """One S3 service for the whole run, with the bucket `evidence`."""
    server = servers.start_object_store(tmp_path_factory.mktemp("objects"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Broker]:
    """One RabbitMQ for the whole run."""
    broker = servers.start_rabbitmq(tmp_path_factory.mktemp("rabbitmq"))
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> TestTokens:
    """Keys of all processes."""
    return TestTokens(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def manual_clock() -> ManualClock:
    """A clock that stands at Monday 2026-03-02 10:00 in the city (02:00 UTC)."""
    return ManualClock(datetime(2026, 3, 2, 2, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def demo_data() -> Path:
    """The folder of the demo city's files."""
    return Path(__file__).resolve().parents[1] / "services" / "demo" / "data"
