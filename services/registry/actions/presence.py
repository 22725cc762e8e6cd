"""Notices which plugins came and which fell silent, and tells it."""

from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import Gauge

from services.platform.database import Transaction
from services.platform.rounds import again_and_again
from services.registry import events
from services.registry.actions.office import Office
from services.registry.domain.plugins import PluginLife, Release, Standing, joining
from services.registry.domain.tasks import Lease, Plugin
from services.registry.store import changes, plugins
from services.registry.store.changes import Writing

log = structlog.get_logger()

LOOK_EVERY_S: Final = 1.0

ONLINE = Gauge("registry_plugin_online", "1 while a release of the plugin holds a lease", ["plugin", "release"])
STANDING = Gauge("registry_plugin_standing", "1 enabled, 2 suspended, 3 withdrawn", ["plugin"])


class Presence:
    """Looks every second for leases that ran out. Any number of replicas may do so."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await again_and_again(self.look, every_s=LOOK_EVERY_S, waiting="presence_waits")

    async def look(self) -> None:
        """Mark releases offline whose last lease ran out."""
        database, now = self._office.database, self._office.clock.now()
        async with database.connection() as connection:
            silent = await plugins.find_silent(connection, now=now)
            lives = await plugins.read_lives(connection, now=now)
        _show(lives)
        if not silent:
            return
        async with database.transaction() as transaction:
            await changes.lock(transaction, Writing.TASK_TYPES)
            # Somebody may have come back, or another replica may have been here, while the lock was waited for.
            for plugin, name in await plugins.find_silent(transaction, now=now):
                await _mark_offline(transaction, plugin, name, now)


async def arrive(
    transaction: Transaction, life: PluginLife, plugin: Plugin, lease: Lease, *, office: Office, now: datetime
) -> PluginLife:
    """An instance of a release joins: the release is online now, with the version it brings."""
    known = life.release(lease.release)
    release = Release(
        plugin=plugin.name,
        name=lease.release,
        version=plugin.version,
        sdk_version=plugin.sdk_version,
        from_at=joining(life, lease.release, now=now, lease_life=office.settings.lease_life),
        ended_at=known.ended_at if known else None,
        online=True,
        since_at=known.since_at if known and known.online else now,
        seen_at=now,
    )
    await plugins.save_release(transaction, release)
    after = await plugins.find_life(transaction, plugin.name, now=now)
    if after is None:
        raise AssertionError("a plugin is written before its releases")
    if known is None or not known.online or known.version != plugin.version:
        concerned = after.standing_releases if known is None else (release,)
        await events.publish_plugin_changed(transaction, after, _among(after, concerned), at=now)
    return after


async def _mark_offline(transaction: Transaction, plugin: str, name: str, now: datetime) -> None:
    life = await plugins.find_life(transaction, plugin, now=now)
    release = life.release(name) if life else None
    if life is None or release is None:
        return
    await plugins.save_release(transaction, replace(release, online=False, since_at=now))
    after = await plugins.find_life(transaction, plugin, now=now)
    if after is not None and release.ended_at is None:
        await events.publish_plugin_changed(transaction, after, _among(after, (release,)), at=now)
    log.warning("plugin_offline", plugin=plugin, release=name, version=release.version)


def _among(life: PluginLife, releases: tuple[Release, ...]) -> tuple[Release, ...]:
    """The same releases as they stand now, those that are not ended."""
    names = {release.name for release in releases}
    return tuple(release for release in life.standing_releases if release.name in names)


def _show(lives: list[PluginLife]) -> None:
    for life in lives:
        STANDING.labels(life.name).set(life.standing)
        for release in life.releases:
            if release.ended_at is None:
                ONLINE.labels(life.name, release.name).set(release.online and life.standing is not Standing.WITHDRAWN)
