"""Gives each service a schema and a role of its own in one database, and shows it nobody else's."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from services.machine.faults import DatabaseUnreachable
from services.platform.wall import READER

DATABASE: Final = "gridward"
#: Besides the services, the owner of the points ledger: points itself may only read it and call its posting function.
SERVICES: Final = ("registry", "incidents", "video", "points", "gateway", "ledger")
#: Schemas in which a second role reads behind policies; see services.platform.wall.
WALLED: Final = ("registry", "incidents", "points", "video")
EXTENSIONS: Final = ("ltree", "pg_trgm", "btree_gist")
VERSION_MIN: Final = 150_000
CONNECT_TIMEOUT_S: Final = 5


def prepare(admin_dsn: str, passwords: Mapping[str, str], *, database: str = DATABASE) -> None:
    """Create database, extensions, roles and schemas where missing; doing it again changes nothing but passwords."""
    try:
        with psycopg.connect(admin_dsn, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as server:
            _require_version(server)
            _create_database(server, database)
            for role, password in passwords.items():
                _create_role(server, role, password)
                if role in WALLED:
                    _create_reader(server, role)
        with psycopg.connect(in_database(admin_dsn, database), autocommit=True) as connection:
            _create_extensions(connection)
            for role in passwords:
                _create_schema(connection, database, role)
            _close_to_others(connection, database, tuple(passwords))
    except psycopg.Error as error:
        why = str(error).strip().splitlines() or [type(error).__name__]
        raise DatabaseUnreachable(why=why[0]) from error


def in_database(dsn: str, database: str, *, role: str = "", password: str = "") -> str:
    """The same server as the DSN, another database, and perhaps another role."""
    parts = conninfo_to_dict(dsn)
    changes: dict[str, str] = {"dbname": database}
    if role:
        parts.pop("password", None)
        changes |= {"user": role, "password": password}
    return _as_url({**parts, **changes})


def _as_url(parts: Mapping[str, object]) -> str:
    """An address with nothing in it that a shell, an environment or a settings file would misread."""
    rest = {key: str(value) for key, value in parts.items() if key not in {"user", "password", "dbname"}}
    login = f"{quote(str(parts.get('user', '')), safe='')}:{quote(str(parts.get('password', '')), safe='')}"
    name = quote(str(parts["dbname"]), safe="")
    return f"postgresql://{login}@/{name}?{urlencode(rest, quote_via=quote)}"


def _require_version(server: Connection) -> None:
    if server.info.server_version < VERSION_MIN:
        raise DatabaseUnreachable(why=f"PostgreSQL {server.info.server_version // 10_000} < 15")


def _create_database(server: Connection, database: str) -> None:
    if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone() is None:
        server.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(database))
        )


def _create_role(server: Connection, role: str, password: str) -> None:
    known = server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verb = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}")
    server.execute(verb.format(sql.Identifier(role), _verifier(server, role, password)))


def _create_reader(server: Connection, role: str) -> None:
    """The role that only reads, and only what policies show; nobody signs in as it, its service takes its place."""
    reader = sql.Identifier(f"{role}{READER}")
    if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (f"{role}{READER}",)).fetchone() is None:
        server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(reader))
    server.execute(sql.SQL("GRANT {} TO {}").format(reader, sql.Identifier(role)))


def _verifier(server: Connection, role: str, password: str) -> sql.Literal:
    """The password as the server will store it, so that the words themselves never reach its log."""
    return sql.Literal(server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode())


def _create_extensions(connection: Connection) -> None:
    for extension in EXTENSIONS:
        connection.execute(
            sql.SQL("CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA public").format(sql.Identifier(extension))
        )


def _create_schema(connection: Connection, database: str, role: str) -> None:
    """A schema named after its owner; an administrator who is no superuser must belong to the role to give it away."""
    name = sql.Identifier(role)
    member = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", (role,)).fetchone() == (True,)
    if not member or connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (role,)).fetchone() is None:
        superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        if superuser != (True,):
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {0} AUTHORIZATION {0}").format(name))
    connection.execute(
        sql.SQL("ALTER ROLE {0} IN DATABASE {1} SET search_path = {0}, public").format(name, sql.Identifier(database))
    )


def _close_to_others(connection: Connection, database: str, roles: Sequence[str]) -> None:
    """Only the services come in, each sees its own schema, and nobody puts anything into the shared one."""
    place = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(place))
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    for role in roles:
        name = sql.Identifier(role)
        connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(place, name))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(name))
