"""Reads and writes the resources of the rescue circle, and calls for help."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.video.domain.cameras import Place
from services.video.domain.rescue import Call, Kind, Resource

queries = sql.load(__package__, "rescue.sql")


def _place(row: Row) -> Place:
    return Place(longitude_deg=row["longitude_deg"], latitude_deg=row["latitude_deg"])


async def save_resources(transaction: Transaction, resources: Sequence[Resource]) -> None:
    """Keep resources."""
    await transaction.cursor().executemany(
        queries.upsert_resource,
        [
            {
                "id": resource.id,
                "name": resource.name,
                "kind": resource.kind.value,
                "longitude_deg": resource.place.longitude_deg,
                "latitude_deg": resource.place.latitude_deg,
                "phone": resource.phone,
                "on_duty": resource.on_duty,
                "grid_code": resource.grid_code,
            }
            for resource in resources
        ],
    )


async def on_duty(transaction: Transaction) -> list[Resource]:
    """All that are on duty."""
    rows = await (await transaction.execute(queries.list_resources)).fetchall()
    return [
        Resource(
            id=row["id"],
            name=row["name"],
            kind=Kind(row["kind"]),
            place=_place(row),
            phone=row["phone"],
            on_duty=row["on_duty"],
            grid_code=row["grid_code"],
        )
        for row in rows
    ]


def _call(row: Row) -> Call:
    return Call(
        id=row["id"],
        place=_place(row),
        words=row["words"],
        raised_at=row["raised_at"],
        raised_by=row["raised_by"],
        on_site_at=row["on_site_at"],
        on_site_by=row["on_site_by"],
    )


async def save_call(transaction: Transaction, call: Call) -> None:
    """Keep a call."""
    values = {
        "id": call.id,
        "longitude_deg": call.place.longitude_deg,
        "latitude_deg": call.place.latitude_deg,
        "words": call.words,
        "raised_at": call.raised_at,
        "raised_by": call.raised_by,
    }
    await transaction.execute(queries.insert_call, values)


async def find_call(transaction: Transaction, call_id: UUID) -> Call | None:
    """One call."""
    row = await (await transaction.execute(queries.find_call, {"id": call_id})).fetchone()
    return _call(row) if row else None


async def mark_on_site(transaction: Transaction, call_id: UUID, *, by: str, at: datetime) -> Call | None:
    """Help is there; None when there is no such call."""
    row = await (await transaction.execute(queries.mark_on_site, {"id": call_id, "by": by, "at": at})).fetchone()
    return _call(row) if row else None


async def list_calls(transaction: Transaction, *, since: datetime | None) -> list[Call]:
    """Newest first."""
    return [_call(row) for row in await (await transaction.execute(queries.list_calls, {"since": since})).fetchall()]
