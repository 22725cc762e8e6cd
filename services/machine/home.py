"""Keeps house in the data folder: who runs on it, which ports and secrets it chose, and where everything lies."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from services.machine import accounts
from services.machine.faults import AlreadyRunning, DiskFull, FolderNotWritable

ROOM_MB_MIN: Final = 500
#: The longest address of a UNIX socket that every system takes, with some room.
SOCKET_PATH_MAX: Final = 90


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie in the data folder."""

    folder: Path

    @property
    def lock(self) -> Path:
        """Held by the launcher that runs on this folder; its text is the process id."""
        return self.folder / "launcher.lock"

    @property
    def logs(self) -> Path:
        """One log for each program."""
        return self.folder / "log"

    @property
    def keys(self) -> Path:
        """The key pair of each process, and the file that says whom to trust."""
        return self.folder / "keys"

    @property
    def run(self) -> Path:
        """What is of use only while the suite runs."""
        return self.folder / "run"

    @property
    def videos(self) -> Path:
        """Clips that cameras of the demo city play."""
        return self.folder / "videos"

    @property
    def plugins(self) -> Path:
        """Departments that were installed into this city, beside those that came with the suite."""
        return self.folder / "plugins"

    @property
    def socket(self) -> Path:
        """Where the supervisor listens; in the system's temporary folder when this one's path is too long."""
        wanted = self.run / "supervisor.sock"
        if len(str(wanted)) <= SOCKET_PATH_MAX:
            return wanted
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"gridward-{os.geteuid()}-{digest}" / "supervisor.sock"

    def log(self, program: str) -> Path:
        """The log of a program."""
        return self.logs / f"{program}.log"

    def make(self) -> None:
        """Create the folders and see that they can be written to and hold what will come."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for folder in (self.logs, self.keys, self.run, self.videos, self.plugins, self.socket.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(b"x")
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            account = accounts.own_name()
            raise FolderNotWritable(folder=self.folder, why=why, account=account) from error
        require_room(self.folder, needed_mb=ROOM_MB_MIN)

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Be the only launcher on this folder for a while. The system gives the claim back even after kill -9."""
        with self.lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise AlreadyRunning(folder=self.folder, pid=self.holder() or "?") from error
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            yield
            lock.truncate(0)

    def holder(self) -> int | None:
        """The launcher that runs on this folder now."""
        try:
            with self.lock.open("r+") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    text = lock.read().strip()
                    return int(text) if text.isdigit() else None
        except OSError:
            return None
        return None


@dataclass(slots=True, kw_only=True)
class Memory:
    """What was chosen at the first start and stays: ports, passwords, how far the demo city has come."""

    file: Path
    ports: dict[str, int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    demo: str = ""

    @classmethod
    def of(cls, home: Home) -> "Memory":
        """What is remembered in the data folder; a fresh memory where nothing is."""
        file = home.folder / "memory.json"
        try:
            told = json.loads(file.read_text())
        except (FileNotFoundError, ValueError):
            return cls(file=file)
        return cls(file=file, ports=told["ports"], secrets=told["secrets"], demo=told["demo"])

    def secret(self, name: str) -> str:
        """A secret of our own, made when first asked for."""
        if name not in self.secrets:
            self.secrets[name] = secrets.token_urlsafe(24)
        return self.secrets[name]

    def save(self) -> None:
        """Write it down, whole or not at all; for our eyes only."""
        told: Mapping[str, object] = {"ports": self.ports, "secrets": self.secrets, "demo": self.demo}
        write_private(self.file, json.dumps(told, indent=1))


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)


def require_room(folder: Path, *, needed_mb: int) -> None:
    """Fail when the disk has less free space than needed."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise DiskFull(folder=folder, free_mb=free_mb, needed_mb=needed_mb)
