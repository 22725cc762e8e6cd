"""Reads and writes the tree of areas."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.platform import sql
from services.platform.database import Row, Transaction
from services.registry.domain.areas import Area, AreaLevel, AreaMode

queries = sql.load(__package__, "areas.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerArea:
    """An area as a map draws it."""

    code: str
    name: str
    name_en: str
    kind: str
    outline: str


async def read_standing(transaction: Transaction) -> dict[str, Area]:
    """Every area there ever was, by code, with outlines."""
    cursor = await transaction.execute(queries.read_standing_areas)
    return {row["code"]: _area(row) for row in await cursor.fetchall()}


async def read_map(transaction: Transaction) -> list[Area]:
    """Every area in force, grids with their outlines."""
    cursor = await transaction.execute(queries.read_map)
    return [_area(row) for row in await cursor.fetchall()]


async def find_area(transaction: Transaction, code: str, *, with_outline: bool = False) -> Area | None:
    """One area, retired or not."""
    cursor = await transaction.execute(queries.find_area, {"code": code, "with_outline": with_outline})
    row = await cursor.fetchone()
    return _area(row) if row else None


async def list_areas(
    transaction: Transaction, *, under_code: str, level: int, words: str, after_code: str, size: int
) -> list[Area]:
    """One page of areas in force."""
    parameters = {
        "under_code": under_code,
        "level": level,
        "words": words.lower().split(),
        "after_code": after_code,
        "size": size,
    }
    cursor = await transaction.execute(queries.list_areas, parameters)
    return [_area(row) for row in await cursor.fetchall()]


async def read_after(transaction: Transaction, *, after_version: int, with_outline: bool, size: int) -> list[Area]:
    """Areas that changed after a version, oldest change first."""
    cursor = await transaction.execute(
        queries.read_areas_after, {"after_version": after_version, "with_outline": with_outline, "size": size}
    )
    return [_area(row) for row in await cursor.fetchall()]


async def read_layer(transaction: Transaction, *, level: int, under_code: str) -> tuple[int, list[LayerArea]]:
    """The newest version at a level, and the outlines to draw."""
    version = await (await transaction.execute(queries.read_level_version, {"level": level})).fetchone()
    cursor = await transaction.execute(queries.read_layer, {"level": level, "under_code": under_code})
    return int(version["version"]) if version else 0, [LayerArea(**row) for row in await cursor.fetchall()]


async def save_areas(transaction: Transaction, areas: Sequence[Area]) -> dict[str, int]:
    """Write areas as they are now; the new version of each by its code."""
    async with transaction.cursor() as cursor:
        await cursor.executemany(queries.save_area, [_parameters(area) for area in areas])
    cursor = await transaction.execute(queries.read_area_versions, {"codes": [area.code for area in areas]})
    return {row["code"]: row["version"] for row in await cursor.fetchall()}


async def read_paths(transaction: Transaction, codes: Sequence[str]) -> dict[str, str]:
    """Where areas in force lie in the tree; unknown ones are left out."""
    cursor = await transaction.execute(queries.read_area_paths, {"codes": list(codes)})
    return {row["code"]: row["path"] for row in await cursor.fetchall()}


def _parameters(area: Area) -> dict[str, object]:
    return {**asdict(area), "level": int(area.level), "adjacent_codes": list(area.adjacent_codes)}


def _area(row: Row) -> Area:
    told = {
        "level": AreaLevel(row["level"]),
        "adjacent_codes": tuple(row["adjacent_codes"]),
        "mode": _mode(row["mode"]),
    }
    return Area(**{**row, **told})


def _mode(told: Mapping[str, Any] | None) -> AreaMode | None:
    if told is None:
        return None
    return AreaMode(
        emergency_id=told["emergency_id"],
        opened_task_types=tuple(told["opened_task_types"]),
        paused_task_types=tuple(told["paused_task_types"]),
        report_minutes=told["report_minutes"],
        since=datetime.fromisoformat(told["since"]),
    )
