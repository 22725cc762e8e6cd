"""Decides under which account of this machine PostgreSQL runs, and where that account can reach its files."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from services.machine.faults import NoAccountForDatabase

#: Accounts without rights of their own that systems bring along; PostgreSQL never runs as root.
UNPRIVILEGED = ("postgres", "nobody")
#: Where files go that an unprivileged account must reach when the project lies in a closed place such as /root.
REACHABLE = Path("/var/lib/gridward")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of this machine; `foreign` when it is not the one that runs this program."""

    name: str
    uid: int
    gid: int
    foreign: bool


def database_account() -> Account:
    """Our own account, or an unprivileged one when that is root."""
    if os.geteuid() != 0:
        return Account(name=own_name(), uid=os.geteuid(), gid=os.getegid(), foreign=False)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, foreign=True)
    raise NoAccountForDatabase


def run_as(account: Account, command: list[str], *, words: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program to its end under the account, from a folder that everybody may enter; words are its input."""
    return subprocess.run(
        command,
        cwd="/",
        check=False,
        capture_output=True,
        text=True,
        input=words,
        user=account.uid if account.foreign else None,
        group=account.gid if account.foreign else None,
        extra_groups=[] if account.foreign else None,
    )


def give(folder: Path, account: Account) -> None:
    """Make a folder and all in it the account's own; nobody else may look inside."""
    folder.mkdir(parents=True, exist_ok=True)
    if account.foreign:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    folder.chmod(0o700)


def can_use(account: Account, path: Path) -> bool:
    """Whether the account itself can get to the path and use it; parents may be closed to it."""
    wanted = "-w" if path.is_dir() else "-r"
    return run_as(account, ["test", "-x", str(path), "-a", wanted, str(path)]).returncode == 0


def reachable_folder(wanted: Path, account: Account) -> Path:
    """The wanted folder, owned by the account; elsewhere, with a link at the wanted place, when that is closed to it.

    The parents' rights are never changed: what the owner closed stays closed.
    """
    if not wanted.is_symlink():
        give(wanted, account)
    if can_use(account, wanted):
        return wanted.resolve()
    if wanted.is_symlink():
        real = wanted.resolve()
        give(real, account)
        return real
    REACHABLE.mkdir(mode=0o755, parents=True, exist_ok=True)
    outer = Path(tempfile.mkdtemp(prefix="data-", dir=REACHABLE))
    outer.chmod(0o711)
    real = Path(shutil.move(wanted, outer / wanted.name))
    give(real, account)
    wanted.symlink_to(real)
    return real


def reachable_program(folder: Path, program: str, account: Account, *, also: tuple[Path, ...] = ()) -> Path:
    """The folder a program was installed in; a copy of it elsewhere when the account cannot get there."""
    if can_use(account, folder / program):
        return folder
    stamp = f"{folder.parent.name}-{int((folder / program).stat().st_mtime)}"
    copy = REACHABLE / stamp / folder.name
    copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    for source in (*also, folder):
        target = copy.parent / source.name
        if not target.exists():
            partial = copy.parent / f".{source.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(source, partial, symlinks=True)
            partial.replace(target)
    return copy


def own_name() -> str:
    """The name of the account that runs this program."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
