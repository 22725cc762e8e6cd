"""Finds and ends what an earlier run on the same data folder left behind, for example after kill -9."""

import os
import time
from pathlib import Path
from typing import Final

import psutil

from services.machine import postgres
from services.machine.home import Home
from services.machine.plan import MARK
from services.machine.supervisor import STOP_S_MAX, Supervisor

TERMINATE_S_MAX: Final = 3.0
POLL_S: Final = 0.1


def processes(home: Home) -> list[psutil.Process]:
    """Every process that carries the mark of the data folder, and its PostgreSQL; not ourselves."""
    marked = [process for process in psutil.process_iter() if process.pid != os.getpid() and _is_marked(process, home)]
    server = postgres.running(database_folder(home))
    return [*marked, server] if server is not None else marked


def end(home: Home, password: str) -> int:
    """End them in good order; how many there were."""
    found = processes(home)
    if not found:
        return 0
    supervisor = Supervisor(home=home, password=password)
    if supervisor.answers():
        supervisor.stop()
        _wait_until_gone(found, STOP_S_MAX)
    for process in (process for process in found if process.is_running() and _is_marked(process, home)):
        process.terminate()
    _wait_until_gone([process for process in found if _is_marked(process, home)], TERMINATE_S_MAX)
    for process in processes(home):
        if _is_marked(process, home):
            process.kill()
    postgres.clear_lock(database_folder(home))
    return len(found)


def database_folder(home: Home) -> Path:
    """Where the records really lie; the data folder holds a link when the database's account cannot get there."""
    return (home.folder / "postgres" / "data").resolve()


def _is_marked(process: psutil.Process, home: Home) -> bool:
    try:
        told: dict[str, str] = process.environ()
        return told.get(MARK) == str(home.folder) and _lives(process)
    except (psutil.Error, OSError):
        return False


def _wait_until_gone(found: list[psutil.Process], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and any(_lives(process) for process in found):
        time.sleep(POLL_S)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
