"""Keeps every program alive: tells supervisord what to run, and asks it how each one is."""

import configparser
import io
import os
import pwd
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from xmlrpc.client import Error, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from services.machine.home import Home, write_private
from services.machine.plan import MARK, Program, Stage

LOG_BYTES_MAX: Final = "10MB"
LOG_BACKUPS: Final = 3
#: A program that ends sooner is held to have failed; each further attempt waits a second longer.
START_S: Final = 2
ATTEMPTS: Final = 3
ANSWER_S_MAX: Final = 15.0
STOP_S_MAX: Final = 12.0
POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the supervisor sees a program: its state, its process, and when that began."""

    name: str
    state: str
    pid: int
    began_at_s: int

    @property
    def given_up(self) -> bool:
        """It failed again and again, and the supervisor tries no more."""
        return self.state == "FATAL"

    @property
    def running(self) -> bool:
        """It runs, well or not."""
        return self.state in {"RUNNING", "STARTING"}


class SupervisorGone(Exception):
    """The supervisor does not answer."""


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """supervisord as our child, spoken to through a socket in the data folder."""

    home: Home
    password: str
    process: subprocess.Popen[bytes] | None = None
    groups: dict[str, str] = field(default_factory=dict)

    def start(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        """Start the supervisor; it starts no program by itself."""
        file = self.home.run / "supervisor.conf"
        write_private(file, configuration(self.home, programs, self.password))
        self.groups = {program.name: program.stage.value for program in programs}
        self.home.socket.unlink(missing_ok=True)
        with (self.home.log("supervisor-start")).open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(file)],
                env={**environment, MARK: str(self.home.folder)},
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
            )
        deadline = time.monotonic() + ANSWER_S_MAX
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SupervisorGone
            time.sleep(POLL_S)

    def run(self, program: str) -> None:
        """Start a program and do not wait for it."""
        self._call("startProcess", f"{self.groups[program]}:{program}", False)

    def standings(self) -> dict[str, Standing]:
        """How every program stands."""
        rows: list[dict[str, Any]] = self._call("getAllProcessInfo")
        return {
            row["name"]: Standing(
                name=row["name"], state=row["statename"], pid=int(row["pid"]), began_at_s=int(row["start"])
            )
            for row in rows
        }

    def answers(self) -> bool:
        """Whether the supervisor is there."""
        try:
            self._call("getState")
        except SupervisorGone:
            return False
        return True

    def alive(self) -> bool:
        """Whether our child still runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stop all programs, those first that others do not stand on, and then the supervisor; within STOP_S_MAX."""
        try:
            self._call("shutdown")
        except SupervisorGone:
            if self.process is not None:
                self.process.terminate()
        if self.process is not None:
            try:
                self.process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _call(self, method: str, *arguments: object) -> Any:
        transport = SupervisorTransport("gridward", self.password, f"unix://{self.home.socket}")
        proxy = ServerProxy("http://supervisor", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, Error) as error:
            raise SupervisorGone(str(error)) from error
        finally:
            transport.close()


def configuration(home: Home, programs: Sequence[Program], password: str) -> str:
    """The supervisor's settings, as it reads them."""
    config = configparser.RawConfigParser()
    config.optionxform = str  # type: ignore[assignment,method-assign]
    config["unix_http_server"] = {
        "file": _plain(str(home.socket)),
        "chmod": "0700",
        "username": "gridward",
        "password": _plain(password),
    }
    config["supervisord"] = {
        "logfile": _plain(str(home.log("supervisor"))),
        "logfile_maxbytes": LOG_BYTES_MAX,
        "logfile_backups": str(LOG_BACKUPS),
        "pidfile": _plain(str(home.run / "supervisor.pid")),
        "childlogdir": _plain(str(home.logs)),
        "nocleanup": "true",
        "silent": "true",
        **({"user": "root"} if os.geteuid() == 0 else {}),
    }
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for priority, stage in enumerate(Stage, start=1):
        members = [program for program in programs if program.stage is stage]
        if members:
            names = ",".join(program.name for program in members)
            config[f"group:{stage.value}"] = {"programs": names, "priority": str(priority * 100)}
    for program in programs:
        config[f"program:{program.name}"] = _section(home, program)
    stream = io.StringIO()
    config.write(stream)
    return stream.getvalue()


def _section(home: Home, program: Program) -> dict[str, str]:
    section = {
        "command": _plain(shlex.join(program.command)),
        "directory": "/",
        "environment": _environment(program),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": str(START_S),
        "startretries": str(ATTEMPTS),
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_s),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": _plain(str(home.log(program.name))),
        "stdout_logfile_maxbytes": LOG_BYTES_MAX,
        "stdout_logfile_backups": str(LOG_BACKUPS),
    }
    if program.account is not None:
        section["user"] = program.account.name
    return section


def _environment(program: Program) -> str:
    told = dict(program.environment)
    if program.account is not None:
        told |= {"HOME": pwd.getpwnam(program.account.name).pw_dir, "USER": program.account.name}
    return ",".join(f'{name}="{_quotable(name, value)}"' for name, value in told.items())


def _quotable(name: str, value: str) -> str:
    if '"' in value or "\n" in value:
        raise ValueError(f"{name} must hold neither a double quote nor a line break")
    return _plain(value)


def _plain(text: str) -> str:
    """Text in which supervisord expands nothing."""
    return text.replace("%", "%%")
