"""Reads and writes where plugins stand, their releases, and what was decided about them."""

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime

from services.platform import sql
from services.platform.database import Transaction
from services.platform.ids import uuid7
from services.registry.domain.plugins import Deed, PluginDecision, PluginLife, Release, Standing

queries = sql.load(__package__, "plugins.sql")


async def read_lives(transaction: Transaction, *, now: datetime, name: str = "") -> list[PluginLife]:
    """All plugins by name, or one."""
    rows = await (await transaction.execute(queries.read_lives, {"name": name})).fetchall()
    cursor = await transaction.execute(queries.read_releases, {"name": name, "now": now})
    releases: dict[str, list[Release]] = defaultdict(list)
    for row in await cursor.fetchall():
        releases[row["plugin"]].append(Release(**row))
    return [
        PluginLife(
            name=row["name"],
            department_code=row["department_code"],
            standing=Standing(row["standing"]),
            area_codes=tuple(row["area_codes"]),
            releases=tuple(releases[row["name"]]),
            task_types=tuple(row["task_types"]),
        )
        for row in rows
    ]


async def find_life(transaction: Transaction, name: str, *, now: datetime) -> PluginLife | None:
    """One plugin; None when it never joined."""
    return next(iter(await read_lives(transaction, now=now, name=name)), None)


async def save_release(transaction: Transaction, release: Release) -> None:
    """Write a release as it is now; from when it takes cases never changes."""
    row = asdict(release)
    row.pop("instances")
    await transaction.execute(queries.save_release, row)


async def touch_release(transaction: Transaction, plugin: str, name: str, *, now: datetime) -> None:
    """It was seen."""
    await transaction.execute(queries.touch_release, {"plugin": plugin, "name": name, "now": now})


async def find_silent(transaction: Transaction, *, now: datetime) -> list[tuple[str, str]]:
    """Plugin and name of releases whose last lease ran out unnoticed."""
    cursor = await transaction.execute(queries.find_silent, {"now": now})
    return [(row["plugin"], row["name"]) for row in await cursor.fetchall()]


async def save_standing(transaction: Transaction, life: PluginLife) -> None:
    """Write where a plugin stands, and in which areas it is enabled."""
    parameters = {"name": life.name, "standing": int(life.standing), "area_codes": list(life.area_codes)}
    await transaction.execute(queries.save_standing, parameters)


async def insert_decision(transaction: Transaction, decision: PluginDecision) -> None:
    """Keep what was decided, by whom and why."""
    lists = {"task_types": list(decision.task_types), "area_codes": list(decision.area_codes)}
    await transaction.execute(queries.insert_plugin_decision, {**asdict(decision), **lists, "id": uuid7()})


async def list_decisions(transaction: Transaction, plugin: str) -> list[PluginDecision]:
    """The latest decisions about a plugin, newest first."""
    cursor = await transaction.execute(queries.list_plugin_decisions, {"plugin": plugin})
    return [
        PluginDecision(
            **{
                **row,
                "deed": Deed(row["deed"]),
                "task_types": tuple(row["task_types"]),
                "area_codes": tuple(row["area_codes"]),
            }
        )
        for row in await cursor.fetchall()
    ]
