"""Finds a free door on this machine for each part that needs one."""

import os
import secrets
import socket

import psutil

from services.machine.faults import NoFreePort, PortForbidden, PortTaken

LOOPBACK = "127.0.0.1"
#: Below the range that systems use for outgoing connections, so that no chance connection takes a chosen port.
FIRST, LAST = 18_000, 31_999
ATTEMPTS_MAX = 2_000
UNPRIVILEGED_FIRST = 1024


def is_free(port: int) -> bool:
    """Whether a program could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(names: tuple[str, ...], remembered: dict[str, int]) -> dict[str, int]:
    """A free port for each name: the remembered one where that is still free, else a new one."""
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name, 0)
        usable = FIRST <= port <= LAST and port not in chosen.values() and is_free(port)
        chosen[name] = port if usable else _another(avoid={*chosen.values(), *remembered.values()})
    return chosen


def require(port: int) -> None:
    """Fail with a sentence that names the holder when somebody else listens on the port."""
    if is_free(port):
        return
    if port < UNPRIVILEGED_FIRST and os.geteuid() != 0:
        raise PortForbidden(port=port)
    other = next((candidate for candidate in range(port + 1, port + 100) if is_free(candidate)), port + 1)
    raise PortTaken(port=port, holder=_holder(port), other=other)


def _another(avoid: set[int]) -> int:
    for _ in range(ATTEMPTS_MAX):
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if port not in avoid and is_free(port):
            return port
    raise NoFreePort(first=FIRST, last=LAST)


def _holder(port: int) -> str:
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):
        connections = []
    for connection in connections:
        listening = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        if listening and connection.pid:
            return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return "another program / 其他程序"
