"""A database server and a points process of their own, which may be killed and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from services.machine import database, ports, postgres
from services.platform.migrate import migrate
from tests.support.servers import PASSWORD
from tests.support.tokens import TestTokens

DATABASE = "points_stand"
READY_S_MAX = 120.0
#: As durable as in use, with room for what is measured.
SETTINGS = {"shared_buffers": "'512MB'", "log_min_duration_statement": "-1"}

#: Starts the server each time it is told to, and ends it in good order at the end of its input. It is there before any
#: call is made: a process that is in the middle of gRPC calls cannot well be forked under another account.
_STARTER = """
trap : TERM INT
while read -r _; do
    "$@" </dev/null &
    server=$!
done
kill -s INT "$server" 2>/dev/null
wait "$server"
"""


@dataclass(slots=True)
class Stand:
    """PostgreSQL, and `python -m services.points` before it."""

    folder: Path
    cluster: postgres.Cluster
    starter: subprocess.Popen[bytes]
    tokens: TestTokens
    port: int
    service: subprocess.Popen[bytes] | None = None
    _log: Path = field(init=False)

    def __post_init__(self) -> None:
        self._log = self.folder / "points.log"

    @classmethod
    def build(cls) -> Stand:
        """A fresh server with the schemas of points and of its books."""
        folder = Path(tempfile.mkdtemp(prefix="gridward-points-stand-"))
        folder.chmod(0o755)
        cluster = postgres.prepare(
            folder, port=ports.choose(("postgres",), {})["postgres"], password=PASSWORD, settings=SETTINGS
        )
        account = cluster.account if cluster.account.foreign else None
        with (folder / "postgres.log").open("ab") as log:
            starter = subprocess.Popen(
                ["/bin/sh", "-c", _STARTER, "starter", *cluster.command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        keys = folder / "keys"
        keys.mkdir()
        stand = cls(folder, cluster, starter, TestTokens(keys), ports.choose(("points",), {})["points"])
        stand.start_server()
        database.prepare(cluster.dsn(), dict.fromkeys(("points", "ledger"), PASSWORD), database=DATABASE)
        migrate(stand.dsn_of("ledger"), "services.points.books")
        migrate(stand.dsn_of("points"), "services.platform", "services.points")
        return stand

    def dsn_of(self, role: str) -> str:
        """As a role comes in."""
        return postgres.dsn(port=self.cluster.port, database=DATABASE, role=role, password=PASSWORD)

    @property
    def dsn(self) -> str:
        """As the service comes in."""
        return self.dsn_of("points")

    @property
    def admin_dsn(self) -> str:
        """As the server's administrator comes in."""
        return self.dsn_of(postgres.ADMIN)

    @property
    def address(self) -> str:
        """Where the service answers."""
        return f"127.0.0.1:{self.port}"

    def start_service(self) -> None:
        """Start the process; callers wait for it by calling."""
        environment = {
            **os.environ,
            "GRIDWARD_TRUST_FILE": str(self.tokens.trust_file),
            "GRIDWARD_SIGNING_KEY_FILE": str(self.tokens.key_file("points")),
            "GRIDWARD_SEAL_FILE": str(self.tokens.seal_file("points")),
            "GRIDWARD_DATABASE_URL": self.dsn,
            "GRIDWARD_LISTEN": self.address,
            "GRIDWARD_INCIDENTS_ADDRESS": "127.0.0.1:9",
            "GRIDWARD_REGISTRY_ADDRESS": "127.0.0.1:9",
        }
        with self._log.open("ab") as log:
            self.service = subprocess.Popen(
                [sys.executable, "-m", "services.points"], env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def keep_service(self) -> None:
        """As a supervisor does: start the process again when it has ended by itself, say for want of a database."""
        if self.service is not None and self.service.poll() is not None:
            self.start_service()

    def stop_service(self) -> None:
        """In good order, so that nothing runs beside what is measured next."""
        if self.service is not None and self.service.poll() is None:
            self.service.terminate()
            try:
                self.service.wait(15)
            except subprocess.TimeoutExpired:
                self.kill_service()

    def kill_service(self) -> None:
        """As the kernel does when memory runs out."""
        if self.service is not None:
            self.service.send_signal(signal.SIGKILL)
            self.service.wait()

    def kill_server(self) -> None:
        """As a power cut does: all of its processes at once."""
        killed = psutil.Process(self.starter.pid).children(recursive=True)
        for process in killed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        until = time.monotonic() + READY_S_MAX
        while any(map(_lives, killed)):
            assert time.monotonic() < until, "the killed server goes on"
            time.sleep(0.02)

    def start_server(self) -> None:
        """Start it on whatever a cut left, and wait for its recovery."""
        assert self.starter.stdin is not None
        self.starter.stdin.write(b"start\n")
        self.starter.stdin.flush()
        assert postgres.wait_ready(self.cluster, within_s=READY_S_MAX), self.words()

    def words(self) -> str:
        """The end of what the server and the service said."""
        logs = (self.folder / "postgres.log", self._log)
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in logs if path.exists())

    def connect(self) -> psycopg.Connection:
        """As the administrator."""
        return psycopg.connect(self.admin_dsn, autocommit=True)

    def end(self) -> None:
        """Stop all and throw the data away."""
        self.stop_service()
        if self.starter.stdin is not None:
            self.starter.stdin.close()
        self.starter.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
