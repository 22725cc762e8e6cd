"""Makes a million cases out of a few real ones, inside the database, so that every column is as the service wrote it."""

from __future__ import annotations

import os

from psycopg import Connection, sql

#: Tables of a case, the one others refer to first; and the columns that must differ from copy to copy.
TABLES = ("incident", "dossier", "history", "leg", "timer")
ID_COLUMNS = {"id", "incident_id"}
#: A case every half a minute, a million in a year, so that no place has thousands in a day.
TIMES_BACK = "make_interval(secs => copy.number * 30.0 * %(originals)s)"


def multiply(connection: Connection, *, originals: int, wanted: int) -> int:
    """Copy the newest `originals` ended cases until about `wanted` cases are there; how many there are.

    Fails with ValueError when no case has ended.
    """
    present = _count(connection)
    connection.execute(
        """CREATE TEMP TABLE original AS
           SELECT id FROM incident WHERE closed_at IS NOT NULL AND number NOT LIKE '%%-%%-%%-%%' ORDER BY reported_at DESC LIMIT %s""",
        (originals,),
    )
    found = connection.execute("SELECT count(*) FROM original").fetchone()
    if not (found and found[0]):
        raise ValueError("no case has ended that could be copied")
    copies = max(0, (wanted - present) // int(found[0]))
    connection.execute("SET session_replication_role = replica")
    # Rows lie in the order of time, as they do where each was written when it happened.
    connection.execute("SET LOCAL work_mem = '512MB'")
    for table in TABLES:
        connection.execute(
            _copy_statement(connection, table), {"copies": copies, "salt": str(wanted), "originals": int(found[0])}
        )
    connection.execute("SET session_replication_role = origin")
    connection.execute("DROP TABLE original")
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM (ANALYZE)")
    # Gigabytes that were made at once are written out first: a year's cases do not come within three minutes.
    connection.execute("CHECKPOINT")
    os.sync()
    connection.autocommit = False
    return _count(connection)


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM incident").fetchone()
    return int(row[0]) if row else 0


def _copy_statement(connection: Connection, table: str) -> sql.Composed:
    columns = connection.execute(
        """SELECT column_name, data_type FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'
            ORDER BY ordinal_position""",
        (table,),
    ).fetchall()
    values = [_value(str(name), str(kind)) for name, kind in columns]
    key = "id" if table == "incident" else "incident_id"
    return sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} AS old JOIN original ON original.id = old.{key} "
        "CROSS JOIN generate_series(1, %(copies)s) AS copy(number) ORDER BY copy.number DESC"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(sql.Identifier(str(name)) for name, _ in columns),
        values=sql.SQL(", ").join(values),
        key=sql.Identifier(key),
    )


def _value(name: str, kind: str) -> sql.Composable:
    column = sql.SQL("old.{}").format(sql.Identifier(name))
    if name in ID_COLUMNS:
        return sql.SQL("md5({}::text || '/' || copy.number || '/' || %(salt)s)::uuid").format(column)
    if name == "number":
        return sql.SQL("{} || '-' || copy.number || '-' || %(salt)s").format(column)
    if kind == "timestamp with time zone":
        return sql.SQL("{} - " + TIMES_BACK).format(column)
    return column
