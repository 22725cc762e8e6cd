"""Knows where a city's data lies: in a cluster by files and settings, on one machine by what its launcher remembers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict

from services.machine import database
from services.machine.home import Home, Memory
from services.machine.objectstore import Access
from services.operations.faults import DataUnknown
from services.operations.settings import OperationsSettings

#: An operator's secret may name no database, or any.
NO_DATABASE: Final = frozenset({"", "*", "postgres", "template1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """All data of one city."""

    role_urls: Mapping[str, str]
    admin_url: str | None
    objects: Access | None

    @property
    def database(self) -> str:
        """The name of the database that all roles share."""
        names = {str(conninfo_to_dict(url).get("dbname", "")) for url in self.role_urls.values()} - NO_DATABASE
        if len(names) != 1:
            raise DataUnknown(lacking=f"one database for all roles, found {sorted(names)}")
        return names.pop()

    @property
    def passwords(self) -> dict[str, str]:
        """The password of each role, out of its DSN."""
        return {role: str(conninfo_to_dict(url).get("password", "")) for role, url in self.role_urls.items()}

    @property
    def server(self) -> str:
        """The administrator's DSN of the server; fails where none was given."""
        if not self.admin_url:
            raise DataUnknown(lacking="GRIDWARD_DATABASE_ADMIN_URL")
        return database.in_database(self.admin_url, "postgres", **self._administrator())

    @property
    def whole(self) -> str:
        """The administrator's DSN of the city's database."""
        return database.in_database(self.server, self.database, **self._administrator())

    @property
    def store(self) -> Access:
        """The object store; fails where none was given."""
        if self.objects is None:
            raise DataUnknown(lacking="GRIDWARD_S3_ENDPOINT")
        return self.objects

    def _administrator(self) -> dict[str, str]:
        parts = conninfo_to_dict(self.admin_url or "")
        return {"role": str(parts.get("user", "")), "password": str(parts.get("password", ""))}


def find(settings: OperationsSettings) -> Place:
    """Where the data lies, by what was set."""
    if settings.home is not None:
        return _on_one_machine(settings.home)
    if settings.databases_dir is None:
        raise DataUnknown(lacking="GRIDWARD_DATABASES_DIR")
    files = [file for file in sorted(settings.databases_dir.iterdir()) if file.is_file()]
    admin = settings.database_admin_url
    return Place(
        role_urls={file.name: file.read_text().strip() for file in files},
        admin_url=admin.get_secret_value() if admin else None,
        objects=_store(settings),
    )


def _store(settings: OperationsSettings) -> Access | None:
    if not settings.s3_endpoint:
        return None
    return Access(
        endpoint=settings.s3_endpoint,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        bucket=settings.s3_bucket,
        secure=settings.s3_secure,
    )


def _on_one_machine(folder: Path) -> Place:
    """The embedded servers of a machine, which must be running; others are named by settings of their own."""
    from services.machine import postgres  # noqa: PLC0415 knows processes, which the image of a cluster need not

    memory = Memory.of(Home(folder.expanduser().absolute()))
    if "postgres" not in memory.secrets:
        raise DataUnknown(lacking=f"a city in {folder}")
    admin = postgres.dsn(
        port=memory.ports["postgres"],
        database="postgres",
        role=postgres.ADMIN,
        password=memory.secret("postgres"),
    )
    roles = {role: memory.secret(f"role.{role}") for role in database.SERVICES}
    return Place(
        role_urls={
            role: database.in_database(admin, database.DATABASE, role=role, password=password)
            for role, password in roles.items()
        },
        admin_url=admin,
        objects=Access(
            endpoint=f"127.0.0.1:{memory.ports['s3.port']}",
            access_key=memory.secret("s3.access"),
            secret_key=memory.secret("s3.secret"),
        ),
    )
