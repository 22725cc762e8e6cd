"""Schemas are brought forward by one, and awaited by the rest."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from services.platform import migrate
from services.platform.settings import DatabaseSettings
from tests.conftest import MakeDatabase, _prepare_schema, _role_dsn
from tests.support.servers import PostgresServer

PACKAGES = ("services.platform", "services.registry")


def settings_for(dsn: str, *, migrate_at_start: bool) -> DatabaseSettings:
    return DatabaseSettings(
        trust_file=Path("none"),
        signing_key_file=Path("none"),
        database_url=SecretStr(dsn),
        migrate_at_start=migrate_at_start,
    )


def test_nothing_is_missing_where_all_was_applied(make_database: MakeDatabase) -> None:
    assert migrate.missing(make_database("registry"), *PACKAGES) == []


def test_what_a_newer_release_applied_does_no_harm(make_database: MakeDatabase) -> None:
    dsn = make_database("registry")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO migration (package, name) VALUES ('services.registry', '9999_later.sql')")
    assert migrate.missing(dsn, *PACKAGES) == []


def test_a_process_that_may_not_migrate_waits_until_another_has(postgres: PostgresServer) -> None:
    postgres.create_database("awaited")
    _prepare_schema(postgres.dsn("awaited"), "registry")
    dsn = _role_dsn(postgres, "awaited", "registry")
    waiting = threading.Thread(
        target=migrate.prepare, args=(settings_for(dsn, migrate_at_start=False), *PACKAGES), daemon=True
    )
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    assert "0001_requests_and_events.sql" in migrate.missing(dsn, *PACKAGES)
    migrate.prepare(settings_for(dsn, migrate_at_start=True), *PACKAGES)
    waiting.join(20)
    assert not waiting.is_alive()


def test_a_server_that_is_away_is_waited_for_and_named() -> None:
    lacking = migrate._lacking_or_why("postgresql://registry:hidden@127.0.0.1:1/gridward", PACKAGES)
    assert len(lacking) == 1
    assert "hidden" not in lacking[0]


@pytest.fixture
def later_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package whose migration changes a table that is in use."""
    folder = tmp_path / "later_release" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "0001_more.sql").write_text("ALTER TABLE handled ADD COLUMN note text NOT NULL DEFAULT '';\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "later_release"


def test_a_migration_that_waits_for_a_busy_table_holds_up_nobody_for_long(
    make_database: MakeDatabase, later_release: str
) -> None:
    dsn = make_database("registry")
    write = "INSERT INTO handled (source, event_id) VALUES ('x', gen_random_uuid())"
    slowest_s = 0.0
    with psycopg.connect(dsn) as long_transaction, psycopg.connect(dsn, autocommit=True) as people:
        long_transaction.execute(write.encode())
        migrating = threading.Thread(target=migrate.migrate, args=(dsn, later_release), daemon=True)
        migrating.start()
        until_s = time.monotonic() + 3 * migrate.LOCK_WAIT_S
        while time.monotonic() < until_s:
            began_s = time.monotonic()
            people.execute(write.encode())
            slowest_s = max(slowest_s, time.monotonic() - began_s)
        assert migrating.is_alive()
        long_transaction.rollback()
        migrating.join(30)
        assert not migrating.is_alive()
        people.execute(write.encode())
    assert slowest_s < 2 * migrate.LOCK_WAIT_S
    assert migrate.missing(dsn, later_release) == []
