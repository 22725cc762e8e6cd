"""Decides about whole plugins: suspended, resumed, withdrawn, enabled by area; and ends releases that are done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.registry import events
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import require_citywide
from services.registry.domain.errors import AreaUnknown, PluginUnknown
from services.registry.domain.plugins import (
    DEEDS,
    Deed,
    PluginDecision,
    PluginLife,
    Standing,
    ended,
    left_behind,
    require_possible,
    taken_up,
)
from services.registry.domain.tasks import Decision, TaskType
from services.registry.store import changes, plugins, tasks
from services.registry.store.changes import Writing

log = structlog.get_logger()

DECIDE = "registry.admission.decide"

Work = Callable[[Transaction, PluginLife, datetime], Awaitable[PluginDecision]]


class PluginActions:
    """What can be decided about plugins. Every decision is kept, and told in the same transaction."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def list_states(self) -> list[PluginLife]:
        """All plugins, by name."""
        async with self._office.database.connection() as connection:
            return await plugins.read_lives(connection, now=self._office.clock.now())

    async def list_decisions(self, plugin: str) -> list[PluginDecision]:
        """What was decided about one, newest first."""
        async with self._office.database.connection() as connection:
            return await plugins.list_decisions(connection, plugin)

    async def decide(
        self,
        plugin: str,
        standing: Standing,
        *,
        stop_types: bool,
        reason: str,
        caller: Caller,
        asked: Asked[PluginLife],
    ) -> bytes:
        """Suspend, resume or withdraw. Fails with PLUGIN_UNKNOWN, PLUGIN_STANDING."""

        async def work(transaction: Transaction, life: PluginLife, now: datetime) -> PluginDecision:
            require_possible(life, standing)
            before = await tasks.read_newest(transaction, life.task_types)
            if standing is Standing.ENABLED:
                changed = taken_up(before.values(), await plugins.list_decisions(transaction, plugin))
            else:
                changed = left_behind(before.values(), standing, stop=stop_types)
            decision = PluginDecision(
                plugin=plugin,
                deed=DEEDS[standing],
                decided_by=caller.subject,
                reason=reason,
                decided_at=now,
                task_types=tuple(sorted(each.code for each in changed)),
            )
            await plugins.save_standing(transaction, replace(life, standing=standing))
            await _change_types(transaction, before, changed, decision)
            return decision

        return await self._carry_out(plugin, work, caller=caller, asked=asked)

    async def enable(
        self, plugin: str, area_codes: Sequence[str], *, reason: str, caller: Caller, asked: Asked[PluginLife]
    ) -> bytes:
        """Say where a plugin is enabled; no area means everywhere. Fails with PLUGIN_UNKNOWN, AREA_UNKNOWN."""
        known = (await self._office.atlas.current()).areas

        async def work(transaction: Transaction, life: PluginLife, now: datetime) -> PluginDecision:
            unknown = next((code for code in area_codes if code not in known), None)
            if unknown is not None:
                raise AreaUnknown(code=unknown)
            codes = tuple(sorted(area_codes))
            await plugins.save_standing(transaction, replace(life, area_codes=codes))
            return PluginDecision(
                plugin=plugin,
                deed=Deed.ENABLE,
                decided_by=caller.subject,
                reason=reason,
                decided_at=now,
                area_codes=codes,
            )

        return await self._carry_out(plugin, work, caller=caller, asked=asked)

    async def end_release(
        self, plugin: str, release: str, *, reason: str, caller: Caller, asked: Asked[PluginLife]
    ) -> bytes:
        """End a release that is done. Fails with PLUGIN_UNKNOWN, RELEASE_UNKNOWN, RELEASE_NEWEST."""

        async def work(transaction: Transaction, life: PluginLife, now: datetime) -> PluginDecision:
            settled = ended(life, release, now=now, lease_life=self._office.settings.lease_life)
            await plugins.save_release(transaction, settled)
            return PluginDecision(
                plugin=plugin,
                deed=Deed.END_RELEASE,
                decided_by=caller.subject,
                reason=reason,
                decided_at=now,
                release=release,
            )

        return await self._carry_out(plugin, work, caller=caller, asked=asked)

    async def _carry_out(self, plugin: str, work: Work, *, caller: Caller, asked: Asked[PluginLife]) -> bytes:
        require_citywide(caller, DECIDE)

        async def decide() -> PluginLife:
            now = self._office.clock.now()
            before = await _find(transaction, plugin, now)
            decision = await work(transaction, before, now)
            await plugins.insert_decision(transaction, decision)
            after = await _find(transaction, plugin, now)
            # Whoever carries the open cases must hear of types that the plugin has lost by this as well.
            told = replace(after, task_types=before.task_types)
            gone = [release for release in after.releases if release not in before.releases and release.ended_at]
            await events.publish_plugin_changed(transaction, told, [*gone, *told.standing_releases], at=now)
            log.info("plugin_decided", plugin=plugin, deed=decision.deed, by=caller.subject)
            return after

        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.TASK_TYPES)
            answer = await asked.answered(transaction, decide)
        await self._office.heads.look_after_change()
        return answer


async def _find(transaction: Transaction, plugin: str, now: datetime) -> PluginLife:
    life = await plugins.find_life(transaction, plugin, now=now)
    if life is None:
        raise PluginUnknown(plugin=plugin)
    return life


async def _change_types(
    transaction: Transaction, before: Mapping[str, TaskType], changed: Sequence[TaskType], decided: PluginDecision
) -> None:
    """Write the types that change with their plugin; a changed admission is a decision of its own."""
    for after in changed:
        was = before[after.code]
        await tasks.save_type(transaction, after, before=was, now=decided.decided_at)
        if after.admission is was.admission:
            await events.publish_task_type_changed(transaction, after, at=decided.decided_at)
            continue
        decision = Decision(
            code=after.code,
            before=was.admission,
            admission=after.admission,
            decided_by=decided.decided_by,
            reason=decided.reason,
            decided_at=decided.decided_at,
        )
        await tasks.insert_decision(transaction, decision)
        await events.publish_admission_decided(transaction, decision)
