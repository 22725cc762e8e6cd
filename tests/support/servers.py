"""Starts the real servers that tests stand on, on loopback ports of their own choosing.

Each server hangs on a leash: when the test run ends in any way, even by kill -9, the server ends too.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import psycopg
from psycopg import sql

from services.machine import accounts, database, objectstore, ports, postgres
from services.machine.accounts import Account

PASSWORD: Final = "only-for-tests"
STOP_S_MAX: Final = 20.0
RABBITMQ_PROGRAM: Final = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
RABBITMQ_READY_S_MAX: Final = 90.0

#: Waits for the end of its input, that is for the end of the test run, and then ends the server with the signal.
_LEASH: Final = """
signal=$1; shift
"$@" </dev/null &
server=$!
trap : TERM INT
read -r _
kill -s "$signal" "$server" 2>/dev/null
wait "$server"
"""

#: As durable as in use, and smaller: dozens of short-lived databases, each cloned from a template.
_TEST_SETTINGS: Final[Mapping[str, str]] = {
    "shared_buffers": "'128MB'",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "file_copy_method": "clone",
    "log_min_duration_statement": "-1",
}
#: For those who make a database for each test. A server that is killed loses nothing by it: the system has what was
#: written. Only a machine without power would lose something, and no test can take that away. Nor is there anything
#: to tidy up in a database of a second; looking for it in hundreds of them would be most of what the server does.
_HURRIED: Final[Mapping[str, str]] = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(slots=True)
class Leashed:
    """A server process that does not outlive the test run."""

    process: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls,
        command: Sequence[str],
        *,
        log: Path,
        stop_signal: str = "TERM",
        account: Account | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Leashed:
        """Run the command in a process group of its own, its words going to the log."""
        foreign = account if account is not None and account.foreign else None
        with log.open("ab") as words:
            return cls(
                subprocess.Popen(
                    ["/bin/sh", "-c", _LEASH, "leash", stop_signal, *command],
                    stdin=subprocess.PIPE,
                    stdout=words,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    start_new_session=True,
                    env=environment,
                    user=foreign.uid if foreign else None,
                    group=foreign.gid if foreign else None,
                    extra_groups=[] if foreign else None,
                )
            )

    def stop(self) -> None:
        """End it in good order."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait(STOP_S_MAX)
        if self.process.stdin is not None:
            self.process.stdin.close()


@dataclass(slots=True, kw_only=True)
class PostgresServer:
    """A running PostgreSQL."""

    cluster: postgres.Cluster
    leashed: Leashed

    def kill(self) -> None:
        """End it as a power cut would: its backends too, which lead groups of their own and would live a moment more."""
        family = psutil.Process(self.leashed.process.pid).children(recursive=True)
        self.leashed.kill()
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=STOP_S_MAX)

    @property
    def dsn_admin(self) -> str:
        """The administrator's address of the server."""
        return self.cluster.dsn()

    def dsn(self, database_name: str, role: str | None = None) -> str:
        """The administrator's address of a database, or a role's; each role that tests make has PASSWORD."""
        return postgres.dsn(
            port=self.cluster.port, database=database_name, role=role or postgres.ADMIN, password=PASSWORD
        )

    def create_database(self, name: str, template: str | None = None) -> None:
        """A new database, cloned from the template where one is named."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1"), sql.SQL("file_copy")
        )
        with psycopg.connect(self.dsn_admin, autocommit=True) as connection:
            connection.execute(statement)

    def create_schemas(self, database_name: str, services: Sequence[str] = database.SERVICES) -> None:
        """The extensions, and for each service its role (with PASSWORD) and schema, as the launcher makes them."""
        database.prepare(self.dsn_admin, dict.fromkeys(services, PASSWORD), database=database_name)

    def stop(self) -> None:
        """End it and throw its data away; nobody waits until the files of a thousand databases are gone."""
        self.kill()
        os.spawnlp(os.P_NOWAIT, "rm", "rm", "-rf", str(self.cluster.data))


@dataclass(slots=True, kw_only=True)
class ObjectStoreServer:
    """A running S3 service with the bucket `evidence`."""

    store: objectstore.Store
    leashed: Leashed

    @property
    def endpoint(self) -> str:
        """Where it is, as host:port."""
        return self.store.endpoint

    @property
    def access_key(self) -> str:
        """The name of its one key."""
        return self.store.access_key

    @property
    def secret_key(self) -> str:
        """The secret of its one key."""
        return self.store.secret_key

    def stop(self) -> None:
        """End it at once: what it keeps goes with its folder, and nobody waits until it has said farewell."""
        self.leashed.kill()


@dataclass(slots=True, kw_only=True)
class Broker:
    """A running RabbitMQ that tests may also kill and start again."""

    directory: Path
    ports: Mapping[str, int]
    cookie: str = field(default_factory=lambda: secrets.token_hex(16))
    names: Leashed | None = None
    leashed: Leashed | None = None

    @property
    def amqp_url(self) -> str:
        """Where AMQP is spoken."""
        return f"amqp://guest:guest@{ports.LOOPBACK}:{self.ports['amqp']}/"

    def start(self) -> None:
        """Start it and wait until it takes connections; what it had kept is there again."""
        environment = self._environment()
        self._write_files()
        log = self.directory / "rabbitmq.log"
        self.names = Leashed.start(
            ["epmd", "-port", str(self.ports["epmd"]), "-address", ports.LOOPBACK], log=log, environment=environment
        )
        _wait_for(lambda: not ports.is_free(self.ports["epmd"]), self.names, log)
        self.leashed = Leashed.start([str(RABBITMQ_PROGRAM)], log=log, environment=environment)
        _wait_for(lambda: _answers_amqp(self.ports["amqp"]), self.leashed, log)

    def stop(self) -> None:
        """End it in good order."""
        for leashed in (self.leashed, self.names):
            if leashed is not None:
                leashed.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        for leashed in (self.leashed, self.names):
            if leashed is not None:
                leashed.kill()
        while not all(map(ports.is_free, self.ports.values())):
            time.sleep(0.02)

    def restart(self) -> None:
        """Stop it where it still runs, and start it again on the same port with the same data."""
        self.stop()
        self.start()

    def _write_files(self) -> None:
        cookie = self.directory / ".erlang.cookie"
        cookie.unlink(missing_ok=True)
        cookie.write_text(self.cookie)
        cookie.chmod(0o400)
        settings = (
            f"listeners.tcp.local = {ports.LOOPBACK}:{self.ports['amqp']}",
            f"distribution.listener.interface = {ports.LOOPBACK}",
            "loopback_users.guest = true",
            "log.console = true",
            "log.console.level = warning",
            "log.file = false",
            "disk_free_limit.absolute = 50MB",
            "total_memory_available_override_value = 2GB",
        )
        (self.directory / "rabbitmq.conf").write_text("\n".join(settings) + "\n")
        (self.directory / "enabled_plugins").write_text("[].\n")

    def _environment(self) -> dict[str, str]:
        folder = str(self.directory)
        return {
            "PATH": os.defpath + ":/usr/sbin:/sbin",
            "HOME": folder,
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_EPMD_ADDRESS": ports.LOOPBACK,
            "RABBITMQ_NODENAME": f"tests-{self.ports['amqp']}@localhost",
            "RABBITMQ_NODE_PORT": str(self.ports["amqp"]),
            "RABBITMQ_NODE_IP_ADDRESS": ports.LOOPBACK,
            "RABBITMQ_DIST_PORT": str(self.ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -start_epmd false",
        }


def _wait_for(ready: Callable[[], bool], leashed: Leashed, log: Path) -> None:
    deadline = time.monotonic() + RABBITMQ_READY_S_MAX
    while not ready():
        assert leashed.process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _answers_amqp(port: int) -> bool:
    """Whether a broker greets whoever opens a connection."""
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=2.0) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def start_postgres(directory: Path, *, hurried: bool = False) -> PostgresServer:
    """A fresh cluster in the directory; beside it, when root runs the tests and the directory is closed to others.

    One in a hurry does not wait until the disk has what it writes.
    """
    if accounts.database_account().foreign:
        directory = Path(tempfile.mkdtemp(prefix="gridward-tests-"))
        directory.chmod(0o711)
    cluster = postgres.prepare(
        directory,
        port=ports.choose(("postgres",), {})["postgres"],
        password=PASSWORD,
        settings={**_TEST_SETTINGS, **(_HURRIED if hurried else {})},
    )
    log = directory / "postgres.log"
    leashed = Leashed.start(cluster.command, log=log, stop_signal="INT", account=cluster.account)
    assert postgres.wait_ready(cluster), log.read_text()
    return PostgresServer(cluster=cluster, leashed=leashed)


def start_object_store(directory: Path) -> ObjectStoreServer:
    """A fresh object store in the directory."""
    store = objectstore.prepare(
        directory,
        ports=ports.choose(objectstore.PORTS, {}),
        access_key="tests",
        secret_key=secrets.token_urlsafe(16),
    )
    log = directory / "objects.log"
    leashed = Leashed.start(store.command, log=log)
    assert objectstore.wait_ready(store.access), log.read_text()
    objectstore.create_bucket(store.access)
    return ObjectStoreServer(store=store, leashed=leashed)


def start_rabbitmq(directory: Path) -> Broker:
    """A fresh broker in the directory, with a node name, cookie and name server that nobody else uses."""
    directory.mkdir(parents=True, exist_ok=True)
    broker = Broker(directory=directory, ports=ports.choose(("amqp", "epmd", "distribution"), {}))
    broker.start()
    return broker
