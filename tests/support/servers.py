"""Starts the real servers that tests stand on, on loopback ports of their own choosing."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from services.machine import ports, postgres

PASSWORD = "only-for-tests"


@dataclass(slots=True, kw_only=True)
class PostgresServer:
    """A running PostgreSQL."""

    cluster: postgres.Cluster
    process: subprocess.Popen[bytes]

    @property
    def dsn_admin(self) -> str:
        return self.cluster.dsn()

    def dsn(self, database: str, role: str | None = None) -> str:
        address = self.cluster.dsn(database)
        return conninfo.make_conninfo(address, user=role) if role else address

    def create_database(self, name: str, template: str | None = None) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        with psycopg.connect(self.dsn_admin, autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


def start_postgres(directory: Path) -> PostgresServer:
    """A fresh cluster in the directory."""
    cluster = postgres.prepare(directory, port=ports.choose(("postgres",), {})["postgres"], password=PASSWORD)
    account = cluster.account
    with (directory / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            cluster.command,
            cwd="/",
            stdout=log,
            stderr=subprocess.STDOUT,
            user=account.uid if account.foreign else None,
            group=account.gid if account.foreign else None,
            extra_groups=[] if account.foreign else None,
        )
    assert postgres.wait_ready(cluster), (directory / "postgres.log").read_text()
    return PostgresServer(cluster=cluster, process=process)
