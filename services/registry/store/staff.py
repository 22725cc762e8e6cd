"""Reads and writes departments, posts, shifts and team templates."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from psycopg.errors import ExclusionViolation, UniqueViolation

from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope
from services.registry.domain.errors import ShiftOverlaps
from services.registry.domain.staff import (
    Department,
    HeldGrant,
    OwnerUnit,
    Post,
    Shift,
    StoredPost,
    TeamTemplate,
)

queries = sql.load(__package__, "staff.sql")


async def read_departments(transaction: Transaction) -> list[Department]:
    """All departments, by code."""
    cursor = await transaction.execute(queries.read_departments)
    return [Department(**row) for row in await cursor.fetchall()]


async def read_owner_units(transaction: Transaction) -> list[OwnerUnit]:
    """All owner units, by code."""
    cursor = await transaction.execute(queries.read_owner_units)
    return [OwnerUnit(**row) for row in await cursor.fetchall()]


async def save_departments(
    transaction: Transaction, departments: Sequence[Department], owner_units: Sequence[OwnerUnit]
) -> None:
    """Write departments and owner units as they are now."""
    async with transaction.cursor() as cursor:
        await cursor.executemany(queries.save_department, [asdict(department) for department in departments])
        await cursor.executemany(queries.save_owner_unit, [asdict(unit) for unit in owner_units])


async def read_posts(transaction: Transaction, codes: Sequence[str], *, now: datetime) -> dict[str, StoredPost]:
    """Some posts, by code; unknown ones are left out."""
    cursor = await transaction.execute(queries.read_posts, {"codes": list(codes), "now": now})
    return {row["code"]: _stored(row) for row in await cursor.fetchall()}


async def list_posts(
    transaction: Transaction, *, scope: Scope, under_code: str, role: str, after_code: str, size: int, now: datetime
) -> list[StoredPost]:
    """One page of the posts a caller may see."""
    cursor = await transaction.execute(
        queries.list_posts,
        {
            "scope_areas": list(scope.area_paths),
            "scope_departments": list(scope.departments),
            "under_code": under_code,
            "role": role,
            "after_code": after_code,
            "size": size,
            "now": now,
        },
    )
    return [_stored(row) for row in await cursor.fetchall()]


async def read_after(transaction: Transaction, *, after_version: int, size: int, now: datetime) -> list[StoredPost]:
    """Posts that changed after a version, oldest change first."""
    cursor = await transaction.execute(
        queries.read_posts_after, {"after_version": after_version, "size": size, "now": now}
    )
    return [_stored(row) for row in await cursor.fetchall()]


async def read_upwards(
    transaction: Transaction, *, area_path: str, role: str, department_code: str, at: datetime
) -> list[StoredPost]:
    """Posts of a role from an area up to the city, the nearest first, with shifts not over at that moment."""
    cursor = await transaction.execute(
        queries.read_posts_upwards,
        {"area_path": area_path, "role": role, "department_code": department_code, "now": at},
    )
    return [_stored(row) for row in await cursor.fetchall()]


async def save_posts(transaction: Transaction, posts: Sequence[Post]) -> None:
    """Write posts as they are now."""
    async with transaction.cursor() as cursor:
        await cursor.executemany(queries.save_post, [asdict(post) for post in posts])


async def insert_shift(transaction: Transaction, post_code: str, shift: Shift, *, set_by: str, now: datetime) -> None:
    """Put somebody on a post for a while; fails with SHIFT_OVERLAPS."""
    try:
        await transaction.execute(
            queries.insert_shift, {**asdict(shift), "post_code": post_code, "set_by": set_by, "now": now}
        )
    except (ExclusionViolation, UniqueViolation) as error:
        raise ShiftOverlaps(post_code=post_code) from error
    await transaction.execute(queries.touch_post, {"code": post_code})


async def read_filled_roles(transaction: Transaction, area_code: str, *, now: datetime) -> dict[str, bool]:
    """Each role that has a post at an area, and whether anybody stands on one."""
    cursor = await transaction.execute(queries.read_filled_roles, {"area_code": area_code, "now": now})
    return {row["role"]: row["filled"] for row in await cursor.fetchall()}


async def read_grants(transaction: Transaction, staff_code: str, *, now: datetime) -> list[HeldGrant]:
    """What follows from the posts a person holds now."""
    cursor = await transaction.execute(queries.read_grants, {"staff_code": staff_code, "now": now})
    return [HeldGrant(**row) for row in await cursor.fetchall()]


async def find_template(transaction: Transaction, kind: str, *, otherwise: str) -> TeamTemplate | None:
    """The template of a kind of grid, or of the kind that stands in for it."""
    cursor = await transaction.execute(queries.find_team_template, {"kind": kind, "otherwise": otherwise})
    row = await cursor.fetchone()
    return _template(row) if row else None


async def read_templates(transaction: Transaction) -> dict[str, TeamTemplate]:
    """All templates, by kind."""
    cursor = await transaction.execute(queries.read_team_templates)
    return {row["kind"]: _template(row) for row in await cursor.fetchall()}


async def save_templates(transaction: Transaction, templates: Sequence[TeamTemplate]) -> None:
    """Write templates as they are now."""
    async with transaction.cursor() as cursor:
        await cursor.executemany(
            queries.save_team_template, [{**asdict(template), "roles": list(template.roles)} for template in templates]
        )


def _template(row: Row) -> TeamTemplate:
    return TeamTemplate(kind=row["kind"], pattern=row["pattern"], roles=tuple(row["roles"]))


def _stored(row: Row) -> StoredPost:
    post = Post(
        code=row["code"],
        role=row["role"],
        area_code=row["area_code"],
        department_code=row["department_code"],
        staff_code=row["staff_code"],
        title=row["title"],
        title_en=row["title_en"],
        duty_phone=row["duty_phone"],
    )
    shifts = tuple(
        Shift(
            staff_code=shift["staff_code"],
            starts_at=datetime.fromisoformat(shift["starts_at"]),
            ends_at=datetime.fromisoformat(shift["ends_at"]),
        )
        for shift in row["shifts"]
    )
    return StoredPost(post=post, area_path=row["area_path"], shifts=shifts, version=row["version"])
