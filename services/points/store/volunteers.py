"""Rows of volunteers, teams, calls and posts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Row, Transaction
from services.points.domain.volunteers import Member, Post, PostReport, Team, Volunteer, masked

queries = sql.load(__package__, "volunteers.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which rows: the caller's areas, and an area asked for within them."""

    scope_areas: tuple[str, ...]
    area: str = ""


async def volunteers(transaction: Transaction, subjects: Iterable[str]) -> dict[str, Volunteer]:
    """Volunteers by subject; who is none is left out."""
    rows = await (await transaction.execute(queries.read_volunteers, {"subjects": list(subjects)})).fetchall()
    return {row["subject"]: _volunteer(row) for row in rows}


async def volunteer(transaction: Transaction, subject: str) -> Volunteer | None:
    """One volunteer."""
    return (await volunteers(transaction, [subject])).get(subject)


async def save_volunteers(transaction: Transaction, people: Iterable[tuple[Volunteer, bytes]]) -> None:
    """Enter or change, all in one go; each with the name as it goes in, sealed."""
    rows = [
        {name: getattr(person, name) for name in Volunteer.__slots__ if name != "name"}
        | {"skills": list(person.skills), "masked_name": masked(person.name), "sealed_name": sealed_name}
        for person, sealed_name in people
    ]
    async with transaction.cursor() as cursor:
        await cursor.executemany(queries.save_volunteer, rows)


async def sealed_name(transaction: Transaction, subject: str) -> bytes | None:
    """A name as it is kept; None for whom is no volunteer."""
    row = await (await transaction.execute(queries.read_sealed_name, {"subject": subject})).fetchone()
    return bytes(row["sealed_name"]) if row else None


async def list_volunteers(
    transaction: Transaction,
    window: Window,
    *,
    skill: str,
    text: str,
    name_indexes: Sequence[bytes],
    after: tuple[str, str],
    size: int,
) -> list[Volunteer]:
    """By name as it is shown; `text` is part of a nickname, or by its indexes a whole name."""
    values = {
        "scope_areas": list(window.scope_areas),
        "area": window.area,
        "skill": skill,
        "text": text,
        "name_indexes": list(name_indexes),
        "after_name": after[0],
        "after_subject": after[1],
        "size": size,
    }
    return [_volunteer(row) for row in await (await transaction.execute(queries.list_volunteers, values)).fetchall()]


def _volunteer(row: Row) -> Volunteer:
    return Volunteer(**{**row, "skills": tuple(row["skills"]), "name_index": bytes(row["name_index"])})


async def save_team(transaction: Transaction, team: Team, *, at: datetime) -> None:
    """A team with its members."""
    values = {
        "code": team.code,
        "name": team.name,
        "kind": team.kind,
        "area_path": team.area_path,
        "unit": team.unit,
        "saved_at": at,
    }
    await transaction.execute(queries.save_team, values)
    await transaction.execute(queries.clear_team, {"code": team.code})
    members = {
        "code": team.code,
        "subjects": [member.subject for member in team.members],
        "roles": [member.role for member in team.members],
    }
    await transaction.execute(queries.insert_members, members)


async def list_teams(
    transaction: Transaction, window: Window, *, kind: str, vacant_only: bool, after: str, size: int
) -> list[Team]:
    """By code."""
    values = {
        "scope_areas": list(window.scope_areas),
        "area": window.area,
        "kind": kind,
        "vacant_only": vacant_only,
        "after": after,
        "size": size,
    }
    return [_team(row) for row in await (await transaction.execute(queries.list_teams, values)).fetchall()]


async def count_teams(transaction: Transaction, window: Window, *, kind: str) -> tuple[int, int, int]:
    """Teams, different people, teams with a vacancy."""
    values = {"scope_areas": list(window.scope_areas), "area": window.area, "kind": kind}
    row = await (await transaction.execute(queries.count_teams, values)).fetchone()
    return (row["total"], row["people"], row["vacant"]) if row else (0, 0, 0)


async def teams_of(transaction: Transaction, subject: str) -> list[Team]:
    """Teams somebody is in."""
    rows = await (await transaction.execute(queries.teams_of, {"subject": subject})).fetchall()
    return [_team(row) for row in rows]


def _team(row: Row) -> Team:
    return Team(
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        area_path=row["area_path"],
        unit=row["unit"],
        dispatch_id=row["dispatch_id"],
        members=tuple(
            Member(subject=subject, role=role) for subject, role in zip(row["subjects"], row["roles"], strict=True)
        ),
    )


async def read_force(transaction: Transaction) -> tuple[list[Team], set[str]]:
    """Every team of the force and who is out now; nobody else puts a call together until the transaction ends."""
    await transaction.execute(queries.lock_force)
    teams = await (await transaction.execute(queries.list_force)).fetchall()
    called = await (await transaction.execute(queries.list_called)).fetchall()
    return [_team(row) for row in teams], {row["subject"] for row in called}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A call for teams."""

    id: UUID
    area_path: str
    purpose: str
    called_by: str
    at: datetime


async def insert_dispatch(transaction: Transaction, call: Dispatch) -> bool:
    """Whether it is new."""
    values = {name: getattr(call, name) for name in Dispatch.__slots__}
    return await (await transaction.execute(queries.insert_dispatch, values)).fetchone() is not None


async def send_teams(transaction: Transaction, dispatch_id: UUID, codes: Sequence[str]) -> None:
    """Teams and their people go out."""
    await transaction.execute(queries.send_teams, {"id": dispatch_id, "codes": list(codes)})
    await transaction.execute(queries.insert_called, {"id": dispatch_id, "codes": list(codes)})


async def list_dispatched(transaction: Transaction, dispatch_id: UUID) -> list[Team]:
    """Teams out on a call."""
    rows = await (await transaction.execute(queries.list_dispatched, {"id": dispatch_id})).fetchall()
    return [_team(row) for row in rows]


async def count_free_teams(transaction: Transaction) -> int:
    """Teams that could be called."""
    row = await (await transaction.execute(queries.count_free_teams)).fetchone()
    return int(row["free"]) if row else 0


async def end_dispatch(transaction: Transaction, dispatch_id: UUID, *, at: datetime) -> int | None:
    """How many teams went home; None when there is no such call any more."""
    ended = await (await transaction.execute(queries.end_dispatch, {"id": dispatch_id, "at": at})).fetchone()
    if ended is None:
        return None
    await transaction.execute(queries.delete_called, {"id": dispatch_id})
    return (await transaction.execute(queries.return_teams, {"id": dispatch_id})).rowcount


async def save_community(transaction: Transaction, code: str, area_path: str, type: str) -> None:
    """A community's type."""
    await transaction.execute(queries.save_community, {"code": code, "area_path": area_path, "type": type})


async def community_type(transaction: Transaction, code: str) -> str:
    """A community's type; empty when not said."""
    row = await (await transaction.execute(queries.read_community, {"code": code})).fetchone()
    return str(row["type"]) if row else ""


async def lock_post(transaction: Transaction, id: UUID) -> Post | None:
    """A post that nobody else changes now."""
    row = await (await transaction.execute(queries.lock_post, {"id": id})).fetchone()
    return Post(**row) if row else None


async def save_post(transaction: Transaction, post: Post, *, at: datetime) -> None:
    """A post as it is offered now."""
    values = {
        "id": post.id,
        "category": post.category,
        "title": post.title,
        "community_code": post.community_code,
        "area_path": post.area_path,
        "quota": post.quota,
        "saved_at": at,
    }
    await transaction.execute(queries.save_post, values)


async def list_posts(
    transaction: Transaction,
    *,
    subject: str,
    community: str = "",
    ids: Sequence[UUID] | None = None,
    held: bool = False,
) -> list[Post]:
    """Posts of a community, some by id, or those somebody holds."""
    values = {"subject": subject, "community": community, "ids": None if ids is None else list(ids), "held": held}
    rows = await (await transaction.execute(queries.list_posts, values)).fetchall()
    return [
        Post(
            id=row["id"],
            category=row["category"],
            title=row["title"],
            community_code=row["community_code"],
            area_path=row["area_path"],
            quota=row["quota"],
            left=row["left_over"],
            mine=row["mine"],
        )
        for row in rows
    ]


async def insert_post_claims(
    transaction: Transaction, claims: Sequence[tuple[UUID, UUID, str]], *, at: datetime
) -> set[UUID]:
    """Enter claims (id, post, subject); the ids of those that are new and possible."""
    ids, posts, subjects = zip(*claims, strict=True)
    values = {"ids": list(ids), "posts": list(posts), "subjects": list(subjects), "at": at}
    return {row["id"] for row in await (await transaction.execute(queries.insert_post_claims, values)).fetchall()}


async def delete_post_claims(transaction: Transaction, ids: Iterable[UUID]) -> None:
    """Claims for which there was no place."""
    await transaction.execute(queries.delete_post_claims, {"ids": list(ids)})


async def release_post_claim(
    transaction: Transaction, post_id: UUID, subject: str, *, at: datetime
) -> tuple[UUID, datetime] | None:
    """The claim that was given up, and when it was made; None when there was none."""
    values = {"post_id": post_id, "subject": subject, "at": at}
    row = await (await transaction.execute(queries.release_post_claim, values)).fetchone()
    return (row["id"], row["claimed_at"]) if row else None


async def report_posts(transaction: Transaction, window: Window) -> PostReport:
    """How posts are taken."""
    values = {"scope_areas": list(window.scope_areas), "area": window.area}
    rows = await (await transaction.execute(queries.report_posts, values)).fetchall()
    people = await (await transaction.execute(queries.count_claimants, values)).fetchone()
    counts = {row["category"]: row["claims"] for row in rows}
    return PostReport(claims=sum(counts.values()), claimants=people["claimants"] if people else 0, by_category=counts)


async def list_claims_on_posts(
    transaction: Transaction, window: Window, *, category: str, before: tuple[datetime, UUID] | None, size: int
) -> list[Row]:
    """id, post_id, title, category, community_code, subject, nickname, claimed_at; newest first."""
    values = {
        "scope_areas": list(window.scope_areas),
        "area": window.area,
        "category": category,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "size": size,
    }
    return await (await transaction.execute(queries.list_claims_on_posts, values)).fetchall()


async def move(transaction: Transaction, ended: str, heir: str, path: str) -> None:
    """Everything here that lay in an area that ended lies in its heir; nothing happens the second time."""
    values = {"ended": ended, "heir": heir, "path": path}
    for statement in (
        queries.move_grid,
        queries.move_orders,
        queries.move_community,
        queries.move_posts,
        queries.move_teams,
    ):
        await transaction.execute(statement, values)
