"""Reads and writes duties."""

from datetime import datetime
from uuid import UUID

from services.incidents.duties.domain import Appraisal, Appraiser, Duty
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)


async def save_draft(transaction: Transaction, duty: Duty) -> None:
    """Write a draft."""
    await transaction.execute(
        queries.save_draft,
        {
            "id": UUID(duty.id),
            "version": duty.version,
            "area_code": duty.area_code,
            "area_path": duty.area_path,
            "title": duty.title,
            "definition": duty.definition,
            "quantity": duty.quantity,
            "unit": duty.unit,
            "steps": list(duty.steps),
            "measure": duty.measure,
            "accountable": duty.accountable,
            "due_at": duty.due_at,
        },
    )


async def publish(transaction: Transaction, duty: Duty) -> None:
    """Publish one."""
    parameters = {"id": UUID(duty.id), "version": duty.version, "published_at": duty.published_at}
    await transaction.execute(queries.publish, parameters)


async def record_work(
    transaction: Transaction, duty_id: str, *, quantity: int, words: str, by: str, at: datetime
) -> None:
    """Add what was done."""
    parameters = {"id": UUID(duty_id), "quantity": quantity, "words": words, "by": by, "at": at}
    await transaction.execute(queries.record_work, parameters)


async def appraise(transaction: Transaction, duty_id: str, appraisal: Appraisal, *, by: str, at: datetime) -> None:
    """Keep an appraisal."""
    parameters = {
        "id": UUID(duty_id),
        "quarter": appraisal.quarter,
        "appraiser": appraisal.appraiser,
        "score": appraisal.score,
        "words": appraisal.words,
        "by": by,
        "at": at,
    }
    await transaction.execute(queries.appraise, parameters)


async def find_duty(
    transaction: Transaction, duty_id: str, scope: dict[str, list[str]], *, upwards: bool
) -> Duty | None:
    """One the caller may see, draft or not, locked for a change; upwards also a published one of an area above."""
    await transaction.execute(queries.lock_duty, {"id": UUID(duty_id)})
    parameters = {**scope, "id": UUID(duty_id), "under": "", "with_drafts": True, "size": 1, "upwards": upwards}
    row = await (await transaction.execute(queries.list_duties, parameters)).fetchone()
    return _duty_of(row) if row else None


async def list_duties(
    connection: Transaction, scope: dict[str, list[str]], *, under: str, with_drafts: bool, size: int
) -> list[Duty]:
    """Duties within an area, and without drafts the published ones of the areas above it."""
    parameters = {
        **scope,
        "id": None,
        "under": under,
        "with_drafts": with_drafts,
        "size": size,
        "upwards": not with_drafts,
    }
    cursor = await connection.execute(queries.list_duties, parameters)
    return [_duty_of(row) for row in await cursor.fetchall()]


def _duty_of(row: Row) -> Duty:
    return Duty(
        id=str(row["id"]),
        version=row["version"],
        area_code=row["area_code"],
        area_path=row["area_path"],
        title=row["title"],
        definition=row["definition"],
        quantity=row["quantity"],
        unit=row["unit"],
        steps=tuple(row["steps"]),
        measure=row["measure"],
        accountable=row["accountable"],
        due_at=row["due_at"],
        published_at=row["published_at"],
        done=row["done"],
        appraisals=tuple(
            Appraisal(
                quarter=each["quarter"],
                appraiser=Appraiser(each["appraiser"]),
                score=each["score"],
                words=each["words"],
            )
            for each in row["appraisals"] or ()
        ),
    )
