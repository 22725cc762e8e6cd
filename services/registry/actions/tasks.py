"""Lets plugins join with their task types, and keeps what the centre decides about those."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import structlog

from services.platform.database import Transaction
from services.platform.errors import Forbidden
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.lifecycle import Drain
from services.registry import events
from services.registry.actions import presence
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import require_citywide
from services.registry.domain.errors import DepartmentUnknown, LeaseLost, TaskTypeUnknown
from services.registry.domain.plugins import PluginLife
from services.registry.domain.staff import Department
from services.registry.domain.tasks import (
    Admission,
    Decision,
    Lease,
    Offered,
    Plugin,
    PluginSeen,
    TaskType,
    decided,
    imported,
    registered,
    require_own,
    require_sound,
)
from services.registry.store import changes, plugins, staff, tasks
from services.registry.store.changes import Head, Writing

log = structlog.get_logger()

BATCH_SIZE = 100
#: A form may have 64 KB, and a message four megabytes.
BATCH_BYTES = 3_000_000
#: The path of no area: what a plugin may touch whose areas have all ended.
NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a running plugin must know of itself: where it stands, and in which areas it may act."""

    life: PluginLife
    area_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A plugin that is in: its lease, its task types as they stand, and what it must know of itself."""

    lease: Lease
    task_types: tuple[TaskType, ...]
    orders: Orders


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTypeBatch:
    """Some versions that changed, the number up to which all is told, and whether there is no more for now."""

    task_types: tuple[TaskType, ...]
    version: int
    complete: bool


class TaskActions:
    """What can be done with task types and the plugins that bring them."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def register_plugin(
        self, plugin: Plugin, offered: Sequence[Offered], *, instance_id: str, release: str = "", caller: Caller
    ) -> Registration:
        """Let a plugin join. Fails with TASK_TYPE_TAKEN, DEPARTMENT_UNKNOWN, FORM_INVALID, PLUGIN_WITHDRAWN."""
        _require_itself(caller, plugin.name, plugin.department_code)
        now = self._office.clock.now()
        lease = Lease(
            id=str(uuid7()),
            plugin=plugin.name,
            instance_id=instance_id,
            expires_at=now + self._office.settings.lease_life,
            release=release,
        )
        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.TASK_TYPES)
            departments = await self._sound(transaction, offered)
            if plugin.department_code not in departments:
                raise DepartmentUnknown(code=plugin.department_code)
            require_own(plugin, departments[plugin.department_code], offered)
            life = await plugins.find_life(transaction, plugin.name, now=now) or PluginLife(
                name=plugin.name, department_code=plugin.department_code
            )
            life.require_welcome()
            await tasks.save_plugin(transaction, plugin, lease, newest=life.defines_types(release), now=now)
            stored = await self._stored(transaction, plugin.name, offered, define=life.defines_types(release))
            after = await presence.arrive(transaction, life, plugin, lease, office=self._office, now=now)
        await self._office.heads.look_after_change()
        log.info("plugin_registered", plugin=plugin.name, version=plugin.version, task_types=len(stored))
        return Registration(lease=lease, task_types=stored, orders=await self._orders(after))

    async def _stored(
        self, transaction: Transaction, plugin: str, offered: Sequence[Offered], *, define: bool
    ) -> tuple[TaskType, ...]:
        """What is offered, as it stands now. An older release beside a newer one defines nothing."""
        if define:
            return await self._save(transaction, offered, lambda offer, known: registered(offer, known, plugin=plugin))
        known = await tasks.read_newest(transaction, [offer.code for offer in offered])
        return tuple(known[offer.code] for offer in offered if offer.code in known)

    async def _orders(self, life: PluginLife) -> Orders:
        if not life.area_codes:
            return Orders(life=life, area_paths=())
        known = (await self._office.atlas.current()).areas
        # An area that ended since leaves a plugin with less, never with everything.
        paths = tuple(known[code].path for code in life.area_codes if code in known)
        return Orders(life=life, area_paths=paths or (NOWHERE,))

    async def import_task_types(
        self, offered: Sequence[Offered], *, caller: Caller, asked: Asked[tuple[TaskType, ...]]
    ) -> bytes:
        """Bring in types of departments without a plugin. Fails with TASK_TYPE_TAKEN, DEPARTMENT_UNKNOWN, FORM_INVALID."""
        require_citywide(caller, "registry.tasks.write")

        async def work() -> tuple[TaskType, ...]:
            await self._sound(transaction, offered)
            return await self._save(transaction, offered, imported)

        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.TASK_TYPES)
            answer = await asked.answered(transaction, work)
        await self._office.heads.look_after_change()
        return answer

    async def _sound(self, transaction: Transaction, offered: Sequence[Offered]) -> dict[str, Department]:
        """All departments by code, once nothing is wrong with what is offered."""
        departments = {department.code: department for department in await staff.read_departments(transaction)}
        require_sound(offered, departments)
        return departments

    async def _save(
        self,
        transaction: Transaction,
        offered: Sequence[Offered],
        become: Callable[[Offered, TaskType | None], TaskType],
    ) -> tuple[TaskType, ...]:
        """Write what changed and tell of it; every type offered, as it stands now."""
        now = self._office.clock.now()
        codes = [offer.code for offer in offered]
        known = await tasks.read_newest(transaction, codes)
        for offer in offered:
            before = known.get(offer.code)
            task_type = become(offer, before)
            if task_type != before:
                await tasks.save_type(transaction, task_type, before=before, now=now)
                await events.publish_task_type_changed(transaction, task_type, at=now)
        stored = await tasks.read_newest(transaction, codes)
        return tuple(stored[code] for code in codes)

    async def renew_lease(self, lease_id: str, *, caller: Caller) -> tuple[Lease, Orders]:
        """The lease for longer; fails with LEASE_LOST when it ran out or is somebody else's, and PLUGIN_WITHDRAWN."""
        now = self._office.clock.now()
        async with self._office.database.transaction() as transaction:
            lease = await tasks.find_lease(transaction, lease_id)
            if lease is None or not _speaks_as(caller, lease.plugin):
                raise LeaseLost
            renewed = lease.renewed(now=now, life=self._office.settings.lease_life)
            await tasks.renew_lease(transaction, renewed, now=now)
            await plugins.touch_release(transaction, lease.plugin, lease.release, now=now)
            life = await plugins.find_life(transaction, lease.plugin, now=now)
        if life is None:
            raise LeaseLost
        life.require_welcome()
        return renewed, await self._orders(life)

    async def list_plugins(self) -> list[PluginSeen]:
        """All plugins, by name."""
        async with self._office.database.connection() as connection:
            return await tasks.list_plugins(connection, now=self._office.clock.now())

    async def list_task_types(self, *, department_code: str, admission: int) -> list[TaskType]:
        """Task types in their newest version, by code."""
        async with self._office.database.connection() as connection:
            return await tasks.list_types(connection, department_code=department_code, admission=admission)

    async def decide_admission(
        self, code: str, *, admission: Admission, reason: str, caller: Caller, asked: Asked[TaskType]
    ) -> bytes:
        """Admit, suspend or retire a type, for the whole city. Fails with TASK_TYPE_UNKNOWN, ADMISSION_NOT_POSSIBLE."""
        require_citywide(caller, "registry.admission.decide")

        async def work() -> TaskType:
            before = (await tasks.read_newest(transaction, [code])).get(code)
            if before is None:
                raise TaskTypeUnknown(code=code)
            now = self._office.clock.now()
            decision = Decision(
                code=code,
                before=before.admission,
                admission=admission,
                decided_by=caller.subject,
                reason=reason,
                decided_at=now,
            )
            await tasks.save_type(transaction, decided(before, admission), before=before, now=now)
            await tasks.insert_decision(transaction, decision)
            await events.publish_admission_decided(transaction, decision)
            return (await tasks.read_newest(transaction, [code]))[code]

        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.TASK_TYPES)
            answer = await asked.answered(transaction, work)
        await self._office.heads.look_after_change()
        log.info("admission_decided", code=code, admission=admission.name.lower(), by=caller.subject)
        return answer

    async def watch_task_types(self, after_version: int, *, drain: Drain) -> AsyncIterator[TaskTypeBatch]:
        """Versions newer than a number, then each change as it happens, until it is time to finish."""
        version, told = after_version, False
        while not drain.begun:
            async with self._office.database.connection() as connection:
                rows = await tasks.read_after(connection, after_version=version, size=BATCH_SIZE)
            batch = _batch(rows, after_version=version)
            if batch.task_types or not told:
                yield batch
            version, told = batch.version, batch.complete
            if batch.complete:
                await self._office.heads.wait_beyond({Head.TASK_TYPES: version}, drain=drain)


def _batch(rows: Sequence[TaskType], *, after_version: int) -> TaskTypeBatch:
    """As many rows as fit into one message, one at least."""
    fitting: list[TaskType] = []
    size_bytes = 0
    for row in rows:
        size_bytes += len(row.definition.form_schema.encode())
        if fitting and size_bytes > BATCH_BYTES:
            break
        fitting.append(row)
    return TaskTypeBatch(
        task_types=tuple(fitting),
        version=fitting[-1].change_version if fitting else after_version,
        complete=len(fitting) == len(rows) < BATCH_SIZE,
    )


def _require_itself(caller: Caller, plugin: str, department_code: str) -> None:
    """Fails with FORBIDDEN when a plugin registers under another's name or for a department that is not its own."""
    own = any(grant.department_code in {"", department_code} for grant in caller.grants)
    if not _speaks_as(caller, plugin) or not own:
        raise Forbidden


def _speaks_as(caller: Caller, plugin: str) -> bool:
    return caller.is_service or caller.subject == f"plugin:{plugin}"
