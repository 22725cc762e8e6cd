"""pg_dump reaches a server that takes nothing but TLS, and only the one that proves itself as the DSN wants."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.operations import tools, tunnel
from services.operations.faults import ToolFailed
from tests.support.certificates import Authority
from tests.support.servers import PASSWORD, PostgresServer


@pytest.fixture
def front(postgres: PostgresServer, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A door before the real server that insists on TLS; its port, and the authority it goes by."""
    files = Authority("city").write(tmp_path / "server", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["tls_certificate_file"], files["tls_key_file"])
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=carry, args=(client,), daemon=True).start()

    def carry(client: socket.socket) -> None:
        with client:
            if client.recv(8) != tunnel.ASK_FOR_TLS:
                return
            client.sendall(tunnel.AGREED)
            try:
                with (
                    context.wrap_socket(client, server_side=True) as sealed,
                    socket.create_connection(("127.0.0.1", postgres.cluster.port)) as server,
                ):
                    tunnel._pass_on(server, sealed)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield door.getsockname()[1], files["tls_ca_file"]
    door.shutdown(socket.SHUT_RDWR)
    door.close()


def dsn(port: int, mode: str, authority: Path | str) -> str:
    rest = f"&sslrootcert={authority}" if authority else ""
    return f"postgresql://postgres:{PASSWORD}@localhost:{port}/postgres?sslmode={mode}{rest}"


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_dump_goes_through_tls(front: tuple[int, Path], tmp_path: Path, mode: str) -> None:
    port, authority = front
    tools.run("pg_dump", dsn(port, mode, authority), "--file", str(tmp_path / "dump.sql"))
    assert "PostgreSQL database dump complete" in (tmp_path / "dump.sql").read_text()


def test_a_server_of_another_authority_is_told_nothing(front: tuple[int, Path], tmp_path: Path) -> None:
    other = Authority("city").write(tmp_path / "other", "localhost")["tls_ca_file"]
    with pytest.raises(ToolFailed):
        tools.run("pg_dump", dsn(front[0], "verify-full", other), "--file", str(tmp_path / "dump.sql"))


def test_a_name_that_is_not_the_servers_is_refused_when_names_count(front: tuple[int, Path], tmp_path: Path) -> None:
    port, authority = front
    wrong = dsn(port, "verify-full", authority).replace("@localhost", "@ip6-localhost") + "&hostaddr=127.0.0.1"
    with pytest.raises(ToolFailed):
        tools.run("pg_dump", wrong, "--file", str(tmp_path / "dump.sql"))


def test_where_no_tls_is_wanted_nothing_stands_between(postgres: PostgresServer) -> None:
    with tunnel.through({"host": "db", "sslmode": "disable"}) as parts:
        assert parts == {"host": "db", "sslmode": "disable"}
