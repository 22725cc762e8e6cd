"""The embedded PostgreSQL: made once, found again, closed to strangers, healed after a crash."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import errors, sql

from services.machine import accounts, database, ports, postgres
from services.machine.faults import DatabaseInUse, DatabaseOfAnotherVersion, DatabaseUnreachable
from tests.support import servers
from tests.support.servers import PostgresServer


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account of the database can reach."""
    import shutil
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="gridward-tests-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def prepare(folder: Path, *, password: str = "first", forgotten: bool = False) -> postgres.Cluster:
    port = ports.choose(("postgres",), {})["postgres"]
    return postgres.prepare(folder, port=port, password=password, forgotten=forgotten)


def start(cluster: postgres.Cluster, folder: Path, *, named: bool = True) -> subprocess.Popen[bytes]:
    command = cluster.command if named else [word for word in cluster.command if "cluster_name" not in word][:-1]
    account = cluster.account if cluster.account.foreign else None
    with (folder / "log").open("ab") as words:
        server = subprocess.Popen(
            command,
            cwd="/",
            stdout=words,
            stderr=words,
            user=account.uid if account else None,
            group=account.gid if account else None,
        )
    assert postgres.wait_ready(cluster), (folder / "log").read_text()
    return server


def ask(dsn: str, question: str) -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server set up as in use, on which the schemas of all services are made, twice."""
    server = servers.start_postgres(tmp_path_factory.mktemp("city"))
    server.create_schemas("city")
    server.create_schemas("city")
    yield server
    server.stop()


def test_each_service_owns_its_schema_and_finds_its_tables_there(city: PostgresServer) -> None:
    for service in database.SERVICES:
        with psycopg.connect(city.dsn("city", service), autocommit=True) as connection:
            connection.execute("CREATE TABLE thing (id int)")
            found = connection.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'thing'").fetchall()
            assert (service,) in found
            connection.execute("DROP TABLE thing")


def test_no_service_sees_into_another_ones_schema(city: PostgresServer) -> None:
    with psycopg.connect(city.dsn("city", "points"), autocommit=True) as own:
        own.execute("CREATE TABLE IF NOT EXISTS account (id int)")
    with psycopg.connect(city.dsn("city", "video"), autocommit=True) as other:
        with pytest.raises(errors.InsufficientPrivilege):
            other.execute("SELECT id FROM points.account")
        with pytest.raises(errors.InsufficientPrivilege):
            other.execute("CREATE TABLE public.left_behind (id int)")
        with pytest.raises(errors.InsufficientPrivilege):
            other.execute("SET ROLE points")


def test_every_service_can_use_the_extensions(city: PostgresServer) -> None:
    dsn = city.dsn("city", "incidents")
    assert ask(dsn, "SELECT 'a.b'::ltree <@ 'a'::ltree") is True
    assert ask(dsn, "SELECT similarity('井盖破损', '井盖丢失') > 0.1") is True


def test_a_wrong_password_and_an_unknown_role_stay_outside(city: PostgresServer) -> None:
    dsn = database.in_database(city.dsn_admin, "city", role="points", password="guessed")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dsn)


def test_records_are_checked_and_written_through_and_kept_off_the_network(city: PostgresServer) -> None:
    shown = {name: ask(city.dsn_admin, f"SHOW {name}") for name in ("data_checksums", "fsync", "full_page_writes")}
    assert set(shown.values()) == {"on"}
    assert ask(city.dsn_admin, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(city.dsn_admin, "SHOW unix_socket_directories") == ""
    assert oct(city.cluster.data.stat().st_mode & 0o777) == "0o700"


def test_an_administrator_without_all_power_can_prepare_a_given_server(city: PostgresServer) -> None:
    with psycopg.connect(city.dsn_admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE keeper LOGIN CREATEDB CREATEROLE PASSWORD 'k'")
    keeper = database.in_database(city.dsn_admin, "postgres", role="keeper", password="k")
    passwords = {"given_registry": "p w%'d", "given_points": "q"}
    for _ in range(2):
        database.prepare(keeper, passwords, database="given")
    for role, password in passwords.items():
        dsn = database.in_database(keeper, "given", role=role, password=password)
        assert ask(dsn, "SELECT current_schema()") == role


def test_a_given_server_that_does_not_answer_is_told_in_a_sentence() -> None:
    nowhere = f"postgresql://x:y@127.0.0.1:{ports.choose(('a',), {})['a']}/postgres"
    with pytest.raises(DatabaseUnreachable, match=r"GRIDWARD_DATABASE_ADMIN_URL .*refused"):
        database.prepare(nowhere, {"registry": "x"})


def test_a_given_server_that_refuses_the_password_is_told_in_a_sentence(city: PostgresServer) -> None:
    wrong = database.in_database(city.dsn_admin, "postgres", role="postgres", password="guessed")
    with pytest.raises(DatabaseUnreachable, match="password authentication failed"):
        database.prepare(wrong, {"registry": "x"})


def test_a_second_start_finds_the_records_of_the_first(folder: Path) -> None:
    cluster = prepare(folder)
    server = start(cluster, folder)
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    server.send_signal(signal.SIGINT)
    server.wait(10)
    again = prepare(folder)
    server = start(again, folder)
    assert ask(again.dsn(), "SELECT number FROM kept") == 7
    server.send_signal(signal.SIGINT)
    server.wait(10)


def test_a_start_after_a_power_cut_removes_the_lock_and_recovers(folder: Path) -> None:
    cluster = prepare(folder)
    server = start(cluster, folder)
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    family = psutil.Process(server.pid).children()
    server.kill()
    server.wait()
    psutil.wait_procs(family, timeout=10)
    assert (cluster.data / "postmaster.pid").exists()
    again = prepare(folder)
    assert not (cluster.data / "postmaster.pid").exists()
    server = start(again, folder)
    assert ask(again.dsn(), "SELECT number FROM kept") == 7
    server.send_signal(signal.SIGINT)
    server.wait(10)


@pytest.mark.parametrize("text", ["", "not a number\n", "{pid}\n/somewhere/else\n"])
def test_a_broken_or_borrowed_lock_is_removed(folder: Path, text: str) -> None:
    cluster = prepare(folder)
    (cluster.data / "postmaster.pid").write_text(text.format(pid=os.getpid()))
    again = prepare(folder)
    server = start(again, folder)
    server.send_signal(signal.SIGINT)
    server.wait(10)


def test_a_server_that_an_earlier_start_left_running_is_ended(folder: Path) -> None:
    cluster = prepare(folder)
    server = start(cluster, folder)
    prepare(folder)
    assert server.wait(10) == 0


def test_a_strange_server_on_our_folder_is_left_alone_and_named(folder: Path) -> None:
    cluster = prepare(folder)
    conf = cluster.data / "postgresql.conf"
    conf.write_text(conf.read_text().replace("cluster_name = 'gridward'\n", ""))
    server = start(cluster, folder, named=False)
    with pytest.raises(DatabaseInUse, match=f"kill -INT {server.pid}"):
        prepare(folder)
    assert server.poll() is None
    server.send_signal(signal.SIGINT)
    server.wait(10)


def test_a_forgotten_password_is_replaced(folder: Path) -> None:
    prepare(folder, password="first")
    cluster = prepare(folder, password='it\'s "second"', forgotten=True)
    server = start(cluster, folder)
    server.send_signal(signal.SIGINT)
    server.wait(10)


def test_records_of_another_version_are_not_touched(folder: Path) -> None:
    cluster = prepare(folder)
    version = cluster.data / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(DatabaseOfAnotherVersion, match="made by PostgreSQL 15 and this is 18"):
        prepare(folder)


def test_an_initialisation_that_was_cut_off_is_done_again(folder: Path) -> None:
    half = folder / ".fresh"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    cluster = prepare(folder)
    server = start(cluster, folder)
    server.send_signal(signal.SIGINT)
    server.wait(10)


def test_a_cluster_can_be_cloned_from_a_template(city: PostgresServer) -> None:
    city.create_database("copy_of_city", template="city")
    assert ask(city.dsn("copy_of_city", "gateway"), "SELECT 1") == 1
    with psycopg.connect(city.dsn_admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier("copy_of_city")))


def shut(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place that the database's account cannot enter; for an ordinary account, that is ourselves, only said to be."""
    monkeypatch.setattr(accounts, "REACHABLE", folder / "reachable")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    if not accounts.database_account().foreign:
        real = accounts.can_use
        monkeypatch.setattr(
            accounts, "can_use", lambda account, path: not path.is_relative_to(closed) and real(account, path)
        )
    return closed


def test_records_in_a_closed_place_lie_where_the_database_can_reach_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = shut(folder, monkeypatch)
    cluster = prepare(closed / "postgres")
    assert cluster.data.is_relative_to(folder / "reachable")
    assert (closed / "postgres" / "data").resolve() == cluster.data
    assert oct(closed.stat().st_mode & 0o777) == "0o700"
    assert prepare(closed / "postgres").data == cluster.data


def test_programs_in_a_closed_place_are_copied_to_where_the_database_can_run_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = shut(folder, monkeypatch)
    (closed / "product" / "bin").mkdir(parents=True)
    program = closed / "product" / "bin" / "run"
    program.write_text("#!/bin/sh\necho runs\n")
    program.chmod(0o755)
    account = accounts.database_account()
    for _ in range(2):
        found = accounts.reachable_program(closed / "product", "bin/run", account)
        assert accounts.run_as(account, [str(found / "bin" / "run")]).stdout == "runs\n"


def test_the_tests_own_server_ends_with_the_test_run(tmp_path: Path) -> None:
    leashed = servers.Leashed.start(["sleep", "600"], log=tmp_path / "log")
    family = psutil.Process(leashed.process.pid)
    while not family.children():
        time.sleep(0.01)
    sleeper = family.children()[0]
    assert leashed.process.stdin is not None
    leashed.process.stdin.close()
    assert not psutil.wait_procs([sleeper], timeout=10)[1]
    leashed.process.wait()
