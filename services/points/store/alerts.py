"""Keeps what somebody is to be told of until they were told."""

from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Transaction
from services.points.domain.alerts import Alert, Occasion

queries = sql.load(__package__, "alerts.sql")


async def insert(transaction: Transaction, alert: Alert, *, at: datetime) -> None:
    """Something happened; what is kept under the same mark stays."""
    values = {name: getattr(alert, name) for name in Alert.__slots__}
    values |= {"roles": list(alert.roles), "subjects": list(alert.subjects), "made_at": at}
    await transaction.execute(queries.insert_alert, values)


async def untold(connection: Transaction, *, since: datetime, size: int) -> list[Alert]:
    """Of which nobody was told yet, oldest first."""
    cursor = await connection.execute(queries.list_untold_alerts, {"since": since, "size": size})
    return [
        Alert(
            **{
                **row,
                "occasion": Occasion(row["occasion"]),
                "roles": tuple(row["roles"]),
                "subjects": tuple(row["subjects"]),
            }
        )
        for row in await cursor.fetchall()
    ]


async def note_told(transaction: Transaction, alert_id: UUID, *, at: datetime) -> None:
    """Whoever answers for it was told."""
    await transaction.execute(queries.note_alert_told, {"id": alert_id, "at": at})
