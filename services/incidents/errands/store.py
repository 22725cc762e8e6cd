"""Reads and writes tickets and their lines."""

from uuid import UUID

from services.incidents.errands.domain import Consent, Errand, Line, Mode, Place, State
from services.incidents.newest_first import NewestFirst
from services.platform import sql
from services.platform.database import Row, Transaction

queries = sql.load(__package__)


async def insert_errand(transaction: Transaction, errand: Errand, line: Line) -> None:
    """Open a ticket with its first line."""
    await transaction.execute(
        queries.insert_errand,
        {
            **_changing(errand),
            "grid_code": errand.grid_code,
            "area_path": errand.area_path,
            "person_id": errand.person_id,
            "matter": errand.matter,
            "opened_at": errand.opened_at,
        },
    )
    await _insert_line(transaction, errand, line)


async def save_errand(transaction: Transaction, errand: Errand, line: Line) -> None:
    """Write down how a ticket goes on."""
    await transaction.execute(queries.save_errand, _changing(errand))
    await _insert_line(transaction, errand, line)


async def find_errand(
    connection: Transaction, errand_id: str, scope: dict[str, list[str]], *, lock: bool = False
) -> Errand | None:
    """One the caller may see."""
    statement = queries.lock_errand if lock else queries.find_errand
    row = await (await connection.execute(statement, {"id": UUID(errand_id), **scope})).fetchone()
    return _errand_of(row) if row else None


async def list_errands(
    connection: Transaction,
    scope: dict[str, list[str]],
    *,
    under: str,
    open_only: bool,
    page: NewestFirst,
) -> list[Errand]:
    """A page, newest first."""
    parameters = {**scope, **page.columns, "under": under, "open_only": open_only}
    cursor = await connection.execute(queries.list_errands, parameters)
    return [_errand_of(row) for row in await cursor.fetchall()]


async def list_lines(connection: Transaction, errand_id: str) -> list[Line]:
    """What was done, oldest first."""
    cursor = await connection.execute(queries.list_lines, {"id": UUID(errand_id)})
    return [
        Line(
            at=row["at"],
            by=row["by"],
            place=Place(row["place"]),
            mode=Mode(row["mode"]),
            state=State(row["state"]),
            words=row["words"],
        )
        for row in await cursor.fetchall()
    ]


def _changing(errand: Errand) -> dict[str, object]:
    return {
        "id": UUID(errand.id),
        "version": errand.version,
        "state": errand.state,
        "mode": errand.mode,
        "consent_key": errand.consent.object_key if errand.consent else "",
        "consent_until": errand.consent.until if errand.consent else None,
    }


async def _insert_line(transaction: Transaction, errand: Errand, line: Line) -> None:
    await transaction.execute(
        queries.insert_line,
        {
            "id": UUID(errand.id),
            "sequence": errand.version,
            "at": line.at,
            "by": line.by,
            "place": line.place,
            "mode": line.mode,
            "state": line.state,
            "words": line.words,
        },
    )


def _errand_of(row: Row) -> Errand:
    consent = Consent(object_key=row["consent_key"], until=row["consent_until"]) if row["consent_key"] else None
    return Errand(
        id=str(row["id"]),
        version=row["version"],
        state=State(row["state"]),
        mode=Mode(row["mode"]),
        grid_code=row["grid_code"],
        area_path=row["area_path"],
        person_id=row["person_id"],
        matter=row["matter"],
        consent=consent,
        opened_at=row["opened_at"],
    )
