"""Puts people on duty, and says who answers for an area and who may do what."""

from datetime import datetime

from services.platform.database import Transaction
from services.platform.identity import Caller, allows
from services.registry import events
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import reaches
from services.registry.actions.staff import READ, WRITE, require_post_in_reach, require_staff_role
from services.registry.domain.areas import Area
from services.registry.domain.errors import AreaUnknown, BeyondReach, PostUnknown
from services.registry.domain.staff import HeldGrant, OnDuty, Shift, StoredPost, TeamCheck, check_team, on_duty
from services.registry.store import areas, changes, staff
from services.registry.store.changes import Writing


class DutyActions:
    """What can be done with posts as people stand on them."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def set_shift(self, post_code: str, shift: Shift, *, caller: Caller, asked: Asked[StoredPost]) -> bytes:
        """Put somebody on a post for a while; fails with POST_UNKNOWN, SHIFT_OVERLAPS, INVALID_REQUEST."""
        async with self._office.database.transaction() as transaction:
            await changes.lock(transaction, Writing.STAFF)
            answer = await asked.answered(transaction, lambda: self._save_shift(transaction, post_code, shift, caller))
        await self._office.heads.look_after_change()
        return answer

    async def _save_shift(self, transaction: Transaction, post_code: str, shift: Shift, caller: Caller) -> StoredPost:
        now = self._office.clock.now()
        shift.require_sensible(now=now)
        found = (await staff.read_posts(transaction, [post_code], now=now)).get(post_code)
        if found is None:
            raise PostUnknown(code=post_code)
        require_may_fill(caller, found)
        await staff.insert_shift(transaction, post_code, shift, set_by=caller.subject, now=now)
        saved = (await staff.read_posts(transaction, [post_code], now=now))[post_code]
        await events.publish_posts_changed(transaction, [saved], at=now)
        return saved

    async def find_on_duty(
        self, area_code: str, *, role: str, department_code: str, at: datetime | None, caller: Caller
    ) -> list[OnDuty]:
        """Every post of a role from the area up to the city, the nearest first, filled or vacant.

        The area must be the caller's own; whom to turn to may lie above it. Fails with AREA_UNKNOWN, ROLE_UNKNOWN.
        """
        require_staff_role(role)
        moment = at or self._office.clock.now()
        async with self._office.database.connection() as connection:
            area = await self._area_in_sight(connection, area_code, caller)
            posts = await staff.read_upwards(
                connection, area_path=area.path, role=role, department_code=department_code, at=moment
            )
        return [on_duty(post, at=moment) for post in posts]

    async def check_grid_team(self, area_code: str, *, caller: Caller) -> TeamCheck:
        """The team of a grid held against the template of its kind; fails with AREA_UNKNOWN."""
        async with self._office.database.connection() as connection:
            area = await self._area_in_sight(connection, area_code, caller)
            template = await staff.find_template(
                connection, area.kind, otherwise=self._office.settings.team_kind_default
            )
            filled = await staff.read_filled_roles(connection, area_code, now=self._office.clock.now())
        return check_team(template, filled)

    async def list_grants(self, staff_code: str) -> list[HeldGrant]:
        """What a person may do now, and where."""
        async with self._office.database.connection() as connection:
            return await staff.read_grants(connection, staff_code, now=self._office.clock.now())

    async def _area_in_sight(self, connection: Transaction, code: str, caller: Caller) -> Area:
        area = await areas.find_area(connection, code)
        if area is None or not reaches(caller.scope(READ), area.path):
            raise AreaUnknown(code=code)
        return area


def require_may_fill(caller: Caller, stored: StoredPost) -> None:
    """Fails with POST_UNKNOWN outside the caller's reach; administrators are only appointed by administrators."""
    try:
        require_post_in_reach(caller.scope("registry.duty.write"), stored.post, stored.area_path)
    except BeyondReach as error:
        raise PostUnknown(code=stored.post.code) from error
    if allows(stored.post.role, WRITE):
        require_post_in_reach(caller.scope(WRITE), stored.post, stored.area_path)
