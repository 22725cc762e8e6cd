"""Keeps departments, posts and the teams that grids need."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog

from services.platform.database import Transaction
from services.platform.identity import Caller, Scope, allows
from services.platform.lifecycle import Drain
from services.registry import events
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import require_citywide, require_reach
from services.registry.domain.errors import AreaUnknown, RoleUnknown
from services.registry.domain.holders import IMPORTED, named
from services.registry.domain.staff import (
    Department,
    OwnerUnit,
    Post,
    StoredPost,
    TeamTemplate,
    require_departments,
    require_once,
)
from services.registry.store import areas, changes, holders, staff
from services.registry.store.changes import Head, Writing

log = structlog.get_logger()

BATCH_SIZE = 200
READ = "registry.staff.read"
WRITE = "registry.staff.write"
#: Roles of processes and of people without a post; nobody is ever put on one of these.
NO_STAFF_ROLES = frozenset({"service", "plugin", "resident"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PostBatch:
    """Some posts that changed, all departments when any of them did, and whether there is no more for now."""

    posts: tuple[StoredPost, ...]
    departments: tuple[Department, ...]
    version: int
    complete: bool


def is_staff_role(role: str) -> bool:
    """Whether a post may carry a role."""
    return role not in NO_STAFF_ROLES and allows(role, "registry.read")


def require_staff_role(role: str) -> None:
    """Fails with ROLE_UNKNOWN."""
    if not is_staff_role(role):
        raise RoleUnknown(role=role)


class StaffActions:
    """What can be done with departments, posts and teams."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def import_departments(
        self,
        departments: Sequence[Department],
        owner_units: Sequence[OwnerUnit],
        *,
        caller: Caller,
        asked: Asked[int],
    ) -> bytes:
        """Create or change departments and owner units; fails with DEPARTMENT_UNKNOWN, INVALID_REQUEST."""
        require_citywide(caller, WRITE)
        require_once([department.code for department in departments])
        require_once([unit.code for unit in owner_units])
        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.STAFF)
            answer = await asked.answered(
                transaction, lambda: self._save_departments(transaction, departments, owner_units)
            )
        await self._office.heads.look_after_change()
        return answer

    async def _save_departments(
        self, transaction: Transaction, departments: Sequence[Department], owner_units: Sequence[OwnerUnit]
    ) -> int:
        known = {department.code: department for department in await staff.read_departments(transaction)}
        known_units = {unit.code: unit for unit in await staff.read_owner_units(transaction)}
        named = {*known, *(department.code for department in departments)}
        require_departments((unit.department_code for unit in owner_units), named)
        new = [department for department in departments if known.get(department.code) != department]
        new_units = [unit for unit in owner_units if known_units.get(unit.code) != unit]
        await staff.save_departments(transaction, new, new_units)
        await events.publish_departments_changed(transaction, new, new_units, at=self._office.clock.now())
        return len(new) + len(new_units)

    async def list_departments(self) -> tuple[list[Department], list[OwnerUnit]]:
        """All departments and owner units, by code."""
        async with self._office.database.connection() as connection:
            return await staff.read_departments(connection), await staff.read_owner_units(connection)

    async def import_posts(self, posts: Sequence[Post], *, caller: Caller, asked: Asked[int]) -> bytes:
        """Create or change posts and their holders.

        Fails with AREA_UNKNOWN, DEPARTMENT_UNKNOWN, ROLE_UNKNOWN, BEYOND_REACH.
        """
        require_once([post.code for post in posts])
        for post in posts:
            require_staff_role(post.role)
        scope = caller.scope(WRITE)
        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.STAFF)
            answer = await asked.answered(
                transaction, lambda: self._save_posts(transaction, posts, scope, by=caller.subject)
            )
        await self._office.heads.look_after_change()
        return answer

    async def _save_posts(self, transaction: Transaction, posts: Sequence[Post], scope: Scope, *, by: str) -> int:
        now = self._office.clock.now()
        known = await staff.read_posts(transaction, [post.code for post in posts], now=now)
        new = [post for post in posts if post.code not in known or known[post.code].post != post]
        paths = await areas.read_paths(transaction, [post.area_code for post in new])
        departments = await staff.read_departments(transaction)
        require_departments((post.department_code for post in new), (row.code for row in departments))
        for post in new:
            if post.area_code not in paths:
                raise AreaUnknown(code=post.area_code)
            require_post_in_reach(scope, post, paths[post.area_code])
            if post.code in known:
                require_post_in_reach(scope, known[post.code].post, known[post.code].area_path)
        await staff.save_posts(transaction, new)
        moved = [
            post for post in new if post.staff_code != (known[post.code].post.staff_code if post.code in known else "")
        ]
        await holders.note(
            transaction,
            [named(post.code, post.staff_code, from_at=None, reason=IMPORTED, by=by, now=now) for post in moved],
        )
        saved = await staff.read_posts(transaction, [post.code for post in new], now=now)
        await events.publish_posts_changed(transaction, list(saved.values()), at=now)
        return len(new)

    async def list_posts(
        self, *, caller: Caller, under_code: str, role: str, after_code: str, size: int
    ) -> list[StoredPost]:
        """One page of the posts the caller may see."""
        async with self._office.database.connection() as connection:
            return await staff.list_posts(
                connection,
                scope=caller.scope(READ),
                under_code=under_code,
                role=role,
                after_code=after_code,
                size=size,
                now=self._office.clock.now(),
            )

    async def import_team_templates(
        self, templates: Sequence[TeamTemplate], *, caller: Caller, asked: Asked[int]
    ) -> bytes:
        """Set what kinds of grid need; fails with ROLE_UNKNOWN, INVALID_REQUEST."""
        require_citywide(caller, WRITE)
        require_once([template.kind for template in templates])
        for template in templates:
            require_once(template.roles)
            for role in template.roles:
                require_staff_role(role)
        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.STAFF)
            return await asked.answered(transaction, lambda: self._save_templates(transaction, templates))

    async def _save_templates(self, transaction: Transaction, templates: Sequence[TeamTemplate]) -> int:
        known = await staff.read_templates(transaction)
        new = [template for template in templates if known.get(template.kind) != template]
        await staff.save_templates(transaction, new)
        return len(new)

    async def watch_posts(self, after_version: int, *, drain: Drain) -> AsyncIterator[PostBatch]:
        """What is newer than a version, then each change as it happens, until it is time to finish."""
        version, departments_version, told = after_version, -1, False
        while not drain.begun:
            async with self._office.database.connection() as connection:
                departments = await staff.read_departments(connection)
                posts = await staff.read_after(
                    connection, after_version=version, size=BATCH_SIZE, now=self._office.clock.now()
                )
            newest = max((department.version for department in departments), default=0)
            news = newest > departments_version
            version = posts[-1].version if posts else version
            complete = len(posts) < BATCH_SIZE
            if news or posts or not told:
                yield PostBatch(
                    posts=tuple(posts),
                    departments=tuple(departments) if news else (),
                    version=version,
                    complete=complete,
                )
            departments_version, told = newest, complete
            if complete:
                await self._office.heads.wait_beyond({Head.POSTS: version, Head.DEPARTMENTS: newest}, drain=drain)


def require_post_in_reach(scope: Scope, post: Post, area_path: str) -> None:
    """Fails with BEYOND_REACH unless a grant covers the post's area and department."""
    require_reach(scope, subject=post.code, area_path=area_path, department_code=post.department_code)
