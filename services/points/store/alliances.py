"""Rows of alliances and their sessions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.alliances import Alliance, Session

queries = sql.load(__package__, "alliances.sql")


async def lock(transaction: Transaction, code: str) -> Alliance | None:
    """One that nobody else changes now, with its sessions."""
    row = await (await transaction.execute(queries.lock_alliance, {"code": code})).fetchone()
    return (await _with_sessions(transaction, [_alliance(row)]))[0] if row else None


async def search(transaction: Transaction, *, scope_areas: Sequence[str], area: str, code: str = "") -> list[Alliance]:
    """By code, with their sessions."""
    values = {"scope_areas": list(scope_areas), "area": area, "code": code}
    rows = await (await transaction.execute(queries.list_alliances, values)).fetchall()
    return await _with_sessions(transaction, [_alliance(row) for row in rows])


async def save(transaction: Transaction, alliance: Alliance, *, at: datetime) -> bool:
    """Whether nobody changed it since the version before."""
    values = {
        "code": alliance.code,
        "name": alliance.name,
        "area_path": alliance.area_path,
        "members": list(alliance.members),
        "version": alliance.version,
        "saved_at": at,
    }
    return await (await transaction.execute(queries.save_alliance, values)).fetchone() is not None


async def insert_session(transaction: Transaction, code: str, session: Session) -> None:
    """The next one."""
    values = {
        "code": code,
        "number": session.number,
        "chair": session.chair,
        "request_id": session.request_id,
        "opened_by": session.opened_by,
        "at": session.opened_at,
    }
    await transaction.execute(queries.insert_session, values)


async def write_minutes(transaction: Transaction, code: str, session: Session) -> bool:
    """Whether it had none."""
    values = {
        "code": code,
        "number": session.number,
        "minutes": session.minutes,
        "agreements": list(session.agreements),
        "activities": session.activities,
    }
    return await (await transaction.execute(queries.write_minutes, values)).fetchone() is not None


def _alliance(row: Row) -> Alliance:
    return Alliance(**{**row, "members": tuple(row["members"])})


async def _with_sessions(transaction: Transaction, alliances: Sequence[Alliance]) -> list[Alliance]:
    codes = [alliance.code for alliance in alliances]
    rows = await (await transaction.execute(queries.list_sessions, {"codes": codes})).fetchall()
    sessions: dict[str, list[Session]] = {code: [] for code in codes}
    for row in rows:
        sessions[row.pop("alliance")].append(Session(**{**row, "agreements": tuple(row["agreements"])}))
    return [replace(alliance, sessions=tuple(sessions[alliance.code])) for alliance in alliances]
