"""Reads and writes task types, what was decided about them, and the plugins that bring them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.ids import uuid7
from services.registry.domain.tasks import (
    Admission,
    Decision,
    Definition,
    FilingCondition,
    Lease,
    Plugin,
    PluginSeen,
    TaskType,
)

queries = sql.load(__package__, "tasks.sql")


async def read_newest(transaction: Transaction, codes: Sequence[str]) -> dict[str, TaskType]:
    """Some task types in their newest version, by code; unknown ones are left out."""
    cursor = await transaction.execute(queries.read_newest_types, {"codes": list(codes)})
    return {row["code"]: _task_type(row) for row in await cursor.fetchall()}


async def list_types(transaction: Transaction, *, department_code: str, admission: int) -> list[TaskType]:
    """Task types in their newest version, by code; 0 and the empty code choose all."""
    cursor = await transaction.execute(
        queries.list_task_types, {"department_code": department_code, "admission": admission}
    )
    return [_task_type(row) for row in await cursor.fetchall()]


async def read_after(transaction: Transaction, *, after_version: int, size: int) -> list[TaskType]:
    """Versions of task types that changed after a number, oldest change first."""
    cursor = await transaction.execute(queries.read_types_after, {"after_version": after_version, "size": size})
    return [_task_type(row) for row in await cursor.fetchall()]


async def save_type(transaction: Transaction, task_type: TaskType, *, before: TaskType | None, now: datetime) -> None:
    """Write a task type as it is now; older versions stay as they are."""
    await transaction.execute(
        queries.save_task_type,
        {
            "code": task_type.code,
            "department_code": task_type.definition.department_code,
            "plugin": task_type.plugin,
            "admission": int(task_type.admission),
            "version": task_type.version,
        },
    )
    definition = Jsonb(asdict(task_type.definition))
    await transaction.execute(
        queries.insert_task_type_version,
        {"code": task_type.code, "version": task_type.version, "definition": definition, "now": now},
    )
    if before and (before.plugin, before.admission) != (task_type.plugin, task_type.admission):
        await transaction.execute(queries.touch_task_type_versions, {"code": task_type.code})


async def insert_decision(transaction: Transaction, decision: Decision) -> None:
    """Keep what was decided, by whom and why."""
    row = {**asdict(decision), "before": int(decision.before), "admission": int(decision.admission), "id": uuid7()}
    await transaction.execute(queries.insert_decision, row)


async def save_plugin(
    transaction: Transaction, plugin: Plugin, lease: Lease, *, newest: bool = True, now: datetime
) -> None:
    """Write a plugin as its newest release is now, with a new lease for one of its instances."""
    await transaction.execute(queries.save_plugin, {**asdict(plugin), "newest": newest, "now": now})
    await transaction.execute(queries.delete_lost_leases, {"plugin": plugin.name, "now": now})
    await transaction.execute(queries.save_lease, asdict(lease))


async def find_lease(transaction: Transaction, lease_id: str) -> Lease | None:
    """A lease, held fast until the transaction ends; None for anything that is no lease of ours."""
    try:
        key = UUID(lease_id)
    except ValueError:
        return None
    row = await (await transaction.execute(queries.find_lease, {"id": key})).fetchone()
    return Lease(**{**row, "id": str(row["id"])}) if row else None


async def renew_lease(transaction: Transaction, lease: Lease, *, now: datetime) -> None:
    """Write how long a lease lasts now, and that its plugin was seen."""
    await transaction.execute(queries.renew_lease, {"id": lease.id, "expires_at": lease.expires_at})
    await transaction.execute(queries.touch_plugin, {"name": lease.plugin, "now": now})


async def list_plugins(transaction: Transaction, *, now: datetime) -> list[PluginSeen]:
    """All plugins, by name."""
    cursor = await transaction.execute(queries.list_plugins, {"now": now})
    return [_plugin_seen(row) for row in await cursor.fetchall()]


def _plugin_seen(row: Row) -> PluginSeen:
    return PluginSeen(
        plugin=Plugin(
            name=row["name"],
            version=row["version"],
            sdk_version=row["sdk_version"],
            department_code=row["department_code"],
        ),
        online=row["online"],
        seen_at=row["seen_at"],
        task_types=tuple(row["task_types"]),
    )


def _task_type(row: Row) -> TaskType:
    return TaskType(
        code=row["code"],
        version=row["version"],
        definition=_definition(row["definition"]),
        plugin=row["plugin"],
        admission=Admission(row["admission"]),
        change_version=row["change_version"],
    )


def _definition(stored: Row) -> Definition:
    conditions = tuple(FilingCondition(**condition) for condition in stored["filing_conditions"])
    lists = {
        "filing_conditions": conditions,
        "co_department_codes": tuple(stored["co_department_codes"]),
        "keywords": tuple(stored["keywords"]),
    }
    return Definition(**{**stored, **lists})
