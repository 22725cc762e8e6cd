"""Lets pg_dump and pg_restore, which come without TLS, speak with a server that asks for it.

What they say in plain text on this machine's own loopback goes on encrypted, to a server that has proved itself as
the DSN wants it proved.
"""

import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

LOOPBACK: Final = "127.0.0.1"
#: What a client of PostgreSQL sends first to ask for TLS, and what the server says when it agrees.
ASK_FOR_TLS: Final = struct.pack("!ii", 8, 80877103)
AGREED: Final = b"S"
ENCRYPTED: Final = frozenset({"require", "verify-ca", "verify-full"})
PIECE_BYTES: Final = 1 << 16
CONNECT_S: Final = 10.0
LOOK_S: Final = 0.2


@contextmanager
def through(parts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The same server under an address at which no TLS is needed, for as long as the block lasts."""
    if parts.get("sslmode", "prefer") not in ENCRYPTED:
        yield dict(parts)
        return
    context = _context(parts)
    ended = threading.Event()
    with socket.create_server((LOOPBACK, 0)) as door:
        door.settimeout(LOOK_S)
        threading.Thread(target=_welcome, args=(door, parts, context, ended), daemon=True).start()
        rest = {name: value for name, value in parts.items() if not name.startswith("ssl") and name != "hostaddr"}
        try:
            yield {**rest, "host": LOOPBACK, "port": str(door.getsockname()[1]), "sslmode": "disable"}
        finally:
            ended.set()


def _context(parts: Mapping[str, str]) -> ssl.SSLContext:
    """What the DSN wants proved: nothing (require), the authority (verify-ca), or the name as well (verify-full)."""
    authorities = parts.get("sslrootcert", "")
    context = ssl.create_default_context(cafile=authorities if authorities not in {"", "system"} else None)
    context.check_hostname = parts["sslmode"] == "verify-full"
    if parts["sslmode"] == "require" and not authorities:
        context.verify_mode = ssl.CERT_NONE
    if "sslcert" in parts:
        context.load_cert_chain(parts["sslcert"], parts.get("sslkey"))
    return context


def _welcome(door: socket.socket, parts: Mapping[str, str], context: ssl.SSLContext, ended: threading.Event) -> None:
    while not ended.is_set():
        with suppress(TimeoutError):
            try:
                client, _ = door.accept()
            except OSError as error:
                if isinstance(error, TimeoutError):
                    raise
                return
            threading.Thread(target=_carry, args=(client, parts, context), daemon=True).start()


def _carry(client: socket.socket, parts: Mapping[str, str], context: ssl.SSLContext) -> None:
    """One connection; whatever goes wrong ends it, and the tool says so."""
    host, port = parts.get("host", LOOPBACK), int(parts.get("port", "5432"))
    with client, suppress(OSError):
        server = socket.create_connection((parts.get("hostaddr", host), port), CONNECT_S)
        server.settimeout(None)
        server.sendall(ASK_FOR_TLS)
        if server.recv(1) != AGREED:
            server.close()
            return
        with context.wrap_socket(server, server_hostname=host) as sealed:
            _pass_on(client, sealed)


def _pass_on(client: socket.socket, sealed: ssl.SSLSocket) -> None:
    """Both ways on one thread, for a TLS connection bears no second one."""
    while True:
        ready = [sealed] if sealed.pending() else select.select([client, sealed], [], [])[0]
        for source in ready:
            piece = _piece(source)
            if piece is None:
                continue
            if not piece:
                return
            (client if source is sealed else sealed).sendall(piece)


def _piece(source: socket.socket) -> bytes | None:
    """What came; None when it was only TLS's own, which must not be waited behind."""
    source.setblocking(False)
    try:
        return source.recv(PIECE_BYTES)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    finally:
        source.setblocking(True)
