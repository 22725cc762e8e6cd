"""Reads what statements, walls, rankings, certificates, reviews and the list of oddities need."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.statements import Certificate, Review
from services.points.store.names import Names

queries = sql.load(__package__, "statements.sql")


async def titles(transaction: Transaction, causes: Sequence[str]) -> dict[str, str]:
    """Causes in words, as far as they are known here."""
    rows = await (await transaction.execute(queries.name_causes, {"causes": list(causes)})).fetchall()
    return {row["cause"]: row["title"] for row in rows}


async def services_of(
    transaction: Transaction, volunteer: str, *, from_day: date, until_day: date
) -> tuple[int, int, date | None]:
    """Minutes, services and the first day of one volunteer in a period."""
    values = {"volunteer": volunteer, "from_day": from_day, "until_day": until_day}
    row = await (await transaction.execute(queries.sum_services, values)).fetchone()
    return (row["minutes"], row["services"], row["first_day"]) if row else (0, 0, None)


async def keep_certificate(transaction: Transaction, certificate: Certificate, names: Names) -> Certificate:
    """The certificate of these facts, as it was issued first; the name on it is kept sealed."""
    values = {name: getattr(certificate, name) for name in Certificate.__slots__ if name != "name"}
    values |= {
        "masked_name": certificate.masked_name,
        "sealed_name": names.seal_paper(certificate.number, certificate.name),
    }
    row = await (await transaction.execute(queries.insert_certificate, values)).fetchone()
    assert row is not None
    sealed = bytes(row.pop("sealed_name"))
    return Certificate(**{**row, "name": names.open_paper(row["number"], sealed) or row["name"]})


async def certificate(transaction: Transaction, number: str) -> Certificate | None:
    """One by its number, with the name masked."""
    row = await (await transaction.execute(queries.read_certificate, {"number": number})).fetchone()
    return Certificate(**row) if row else None


async def wall(transaction: Transaction, *, area: str, size: int) -> list[Row]:
    """place, subject, sealed_name (for who agreed), nickname, name_public, community_code, minutes."""
    return await (await transaction.execute(queries.list_wall, {"area": area, "size": size})).fetchall()


async def communities(transaction: Transaction, *, from_day: date, until_day: date) -> list[Row]:
    """place, community_code, minutes, services, volunteers."""
    values = {"from_day": from_day, "until_day": until_day}
    return await (await transaction.execute(queries.rank_communities, values)).fetchall()


async def counted(
    transaction: Transaction,
    community: str,
    *,
    from_day: date,
    until_day: date,
    before: tuple[date, UUID] | None,
    size: int,
) -> list[Row]:
    """id, served_on, nickname, category, minutes, order_id, number, area_path; newest first."""
    values = {"community": community, "from_day": from_day, "until_day": until_day, "size": size} | {
        "before_day": before[0] if before else None,
        "before_id": before[1] if before else None,
    }
    return await (await transaction.execute(queries.list_counted, values)).fetchall()


async def hours(transaction: Transaction, *, scope_areas: Sequence[str], area: str, unit: str) -> list[Row]:
    """subject, masked_name, sealed_name, unit, community_code, minutes, points, services."""
    values = {"scope_areas": list(scope_areas), "area": area, "unit": unit}
    return await (await transaction.execute(queries.export_hours, values)).fetchall()


async def insert_review(transaction: Transaction, owner: str, year: int, review: Review) -> bool:
    """Whether it was not given before."""
    values = {"owner": owner, "year": year} | {name: getattr(review, name) for name in Review.__slots__}
    return await (await transaction.execute(queries.insert_review, values)).fetchone() is not None


async def reviews(transaction: Transaction, owner: str, year: int) -> tuple[Review, ...]:
    """Those given."""
    rows = await (await transaction.execute(queries.list_reviews, {"owner": owner, "year": year})).fetchall()
    return tuple(Review(**row) for row in rows)


async def anomalies(
    transaction: Transaction,
    *,
    since: datetime,
    points_per_hour_max: int,
    pair_min: int,
    device_min: int,
    night_min: int,
) -> list[Row]:
    """kind, subjects, times, orders."""
    values = {
        "since": since,
        "points_per_hour_max": points_per_hour_max,
        "pair_min": pair_min,
        "device_min": device_min,
        "night_min": night_min,
    }
    return await (await transaction.execute(queries.list_anomalies, values)).fetchall()
