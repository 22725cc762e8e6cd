"""Keeps what people in the field do: patrols and tracks, visits, diaries, the daily word, and training."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.platform import sql
from services.platform.database import Transaction
from services.registry.domain.patrols import TrackPoint, Walked
from services.registry.domain.quiet import DailyWord

queries = sql.load(__package__, "field.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patrol:
    """A walk through a grid, and what its track proves."""

    id: UUID
    grid_code: str
    walker: str
    parties: tuple[str, ...]
    began_at: datetime
    ended_at: datetime | None = None
    seconds: int = 0
    distance_m: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit to a household."""

    id: UUID
    household_id: UUID
    grid_code: str
    occasion: str
    met: bool
    note: str
    visitor: str
    visited_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many households of a building were met."""

    building_id: UUID | None
    name: str
    grid_code: str
    households: int
    visited: int
    last_visit_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unvisited:
    """A household nobody met yet."""

    household_id: UUID
    key: str
    address: str
    grid_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryEntry:
    """An entry in the diary of a grid."""

    id: UUID
    grid_code: str
    text: str
    mood: int
    author: str
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPost:
    """A post with whoever stands in on it now."""

    code: str
    role: str
    area_code: str
    department_code: str
    staff_code: str
    title: str
    title_en: str
    duty_phone: str
    area_path: str
    stand_in: str

    @property
    def vacant(self) -> bool:
        """Nobody holds it, not even for a while."""
        return not (self.stand_in or self.staff_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """How much somebody learnt in a year."""

    staff_code: str
    count: int
    minutes: int


async def insert_patrol(transaction: Transaction, patrol: Patrol) -> None:
    """Begin a patrol."""
    await transaction.execute(
        queries.insert_patrol,
        {
            "id": patrol.id,
            "grid_code": patrol.grid_code,
            "walker": patrol.walker,
            "parties": list(patrol.parties),
            "began_at": patrol.began_at,
        },
    )


async def find_running(transaction: Transaction, walker: str) -> Patrol | None:
    """The patrol somebody is on."""
    row = await (await transaction.execute(queries.find_running, {"walker": walker})).fetchone()
    return Patrol(**{**row, "parties": tuple(row["parties"])}) if row else None


async def find_patrol(transaction: Transaction, patrol_id: UUID, *, walker: str = "") -> Patrol | None:
    """A patrol; held until the transaction ends when its walker is named."""
    statement = queries.lock_patrol if walker else queries.find_patrol
    row = await (await transaction.execute(statement, {"id": patrol_id, "walker": walker})).fetchone()
    return Patrol(**{**row, "parties": tuple(row["parties"])}) if row else None


async def save_patrol(transaction: Transaction, patrol_id: UUID, walked: Walked, *, ended_at: datetime | None) -> None:
    """What its track proves now, and whether it ended."""
    await transaction.execute(
        queries.save_patrol,
        {"id": patrol_id, "ended_at": ended_at, "seconds": walked.seconds, "distance_m": walked.distance_m},
    )


async def list_patrols(
    transaction: Transaction, *, grids: Sequence[str], begin: datetime, end: datetime, size: int
) -> list[Patrol]:
    """The patrols that began in a span."""
    cursor = await transaction.execute(
        queries.list_patrols, {"grids": list(grids), "begin": begin, "end": end, "size": size}
    )
    return [Patrol(**{**row, "parties": tuple(row["parties"])}) for row in await cursor.fetchall()]


async def read_track(transaction: Transaction, patrol_id: UUID) -> list[TrackPoint]:
    """The track kept."""
    cursor = await transaction.execute(queries.read_track, {"id": patrol_id})
    return [TrackPoint(**row) for row in await cursor.fetchall()]


async def save_track(
    transaction: Transaction, patrol_id: UUID, *, added: Sequence[TrackPoint], dropped: Sequence[datetime]
) -> None:
    """Add points, and let go of those that tell nothing any more."""
    if dropped:
        await transaction.execute(queries.delete_track_points, {"id": patrol_id, "times": list(dropped)})
    async with transaction.cursor() as cursor:
        await cursor.executemany(
            queries.insert_track_point,
            [
                {
                    "id": patrol_id,
                    "at": point.at,
                    "longitude_deg": point.longitude_deg,
                    "latitude_deg": point.latitude_deg,
                    "inside": point.inside,
                }
                for point in added
            ],
        )


async def delete_old_tracks(transaction: Transaction, *, before: datetime, size: int) -> int:
    """Let a slice of old points go; how many."""
    return (await transaction.execute(queries.delete_old_tracks, {"before": before, "size": size})).rowcount


async def insert_visit(transaction: Transaction, visit: Visit) -> None:
    """Keep a visit."""
    await transaction.execute(
        queries.insert_visit,
        {
            "id": visit.id,
            "household_id": visit.household_id,
            "grid_code": visit.grid_code,
            "occasion": visit.occasion,
            "met": visit.met,
            "note": visit.note,
            "visitor": visit.visitor,
            "visited_at": visit.visited_at,
        },
    )


async def list_visits(
    transaction: Transaction,
    *,
    grids: Sequence[str],
    household_id: UUID | None,
    before: tuple[datetime, UUID],
    size: int,
) -> list[Visit]:
    """One page of visits, newest first."""
    told = {"grids": list(grids), "household_id": household_id, "before": before[0], "before_id": before[1]}
    cursor = await transaction.execute(queries.list_visits, {**told, "size": size})
    return [Visit(**row) for row in await cursor.fetchall()]


async def list_coverage(
    transaction: Transaction, *, grids: Sequence[str], begin: datetime, end: datetime
) -> list[Coverage]:
    """Coverage of each building in a span."""
    cursor = await transaction.execute(queries.list_coverage, {"grids": list(grids), "begin": begin, "end": end})
    return [Coverage(**row) for row in await cursor.fetchall()]


async def list_unvisited(
    transaction: Transaction,
    *,
    grids: Sequence[str],
    begin: datetime,
    end: datetime,
    after: tuple[str, UUID],
    size: int,
) -> list[Unvisited]:
    """One page of households not met in a span."""
    told = {"grids": list(grids), "begin": begin, "end": end, "after_grid": after[0], "after_id": after[1]}
    cursor = await transaction.execute(queries.list_unvisited, {**told, "size": size})
    return [Unvisited(**row) for row in await cursor.fetchall()]


async def insert_diary(transaction: Transaction, entry: DiaryEntry) -> None:
    """Keep an entry."""
    await transaction.execute(
        queries.insert_diary,
        {
            "id": entry.id,
            "grid_code": entry.grid_code,
            "text": entry.text,
            "mood": entry.mood,
            "author": entry.author,
            "written_at": entry.written_at,
        },
    )


async def list_diary(
    transaction: Transaction, *, grids: Sequence[str], before: tuple[datetime, UUID], size: int
) -> list[DiaryEntry]:
    """One page of diaries, newest first."""
    told = {"grids": list(grids), "before": before[0], "before_id": before[1], "size": size}
    return [DiaryEntry(**row) for row in await (await transaction.execute(queries.list_diary, told)).fetchall()]


async def insert_word(transaction: Transaction, word_id: UUID, word: DailyWord) -> None:
    """Keep what a grid said."""
    await transaction.execute(
        queries.insert_word,
        {
            "id": word_id,
            "grid_code": word.grid_code,
            "day": word.day,
            "trouble": word.trouble,
            "text": word.text,
            "said_by": word.said_by,
            "said_at": word.said_at,
        },
    )


async def list_words(transaction: Transaction, *, grids: Sequence[str], day: date) -> list[DailyWord]:
    """What grids said of a day, by grid and time."""
    cursor = await transaction.execute(queries.list_words, {"grids": list(grids), "day": day})
    return [DailyWord(**row) for row in await cursor.fetchall()]


async def answered_text(transaction: Transaction, message_id: str) -> tuple[str, str] | None:
    """The reply given to a text message before, and the grid it was about; waits for one being answered now."""
    await transaction.execute(queries.claim_text, {"message_id": message_id})
    row = await (await transaction.execute(queries.find_text, {"message_id": message_id})).fetchone()
    return (row["reply"], row["grid_code"]) if row else None


async def keep_text(transaction: Transaction, message_id: str, *, reply: str, grid_code: str, now: datetime) -> None:
    """Keep the reply given to a text message."""
    await transaction.execute(
        queries.insert_text, {"message_id": message_id, "reply": reply, "grid_code": grid_code, "now": now}
    )


async def list_team_posts(transaction: Transaction, *, areas: Sequence[str], now: datetime) -> list[TeamPost]:
    """The posts of some areas, the deepest first."""
    cursor = await transaction.execute(queries.list_team_posts, {"areas": list(areas), "now": now})
    return [TeamPost(**row) for row in await cursor.fetchall()]


async def read_templates(transaction: Transaction) -> dict[str, tuple[str, ...]]:
    """The roles each kind of grid needs."""
    cursor = await transaction.execute(queries.list_templates)
    return {row["kind"]: tuple(row["roles"]) for row in await cursor.fetchall()}


async def insert_training(
    transaction: Transaction,
    training_id: UUID,
    *,
    title: str,
    day: date,
    minutes: int,
    staff_codes: Sequence[str],
    by: str,
    now: datetime,
) -> None:
    """Keep a training and who took part."""
    told = {"id": training_id, "title": title, "day": day, "minutes": minutes, "by": by, "now": now}
    await transaction.execute(queries.insert_training, told)
    await transaction.execute(queries.insert_trained, {"id": training_id, "staff_codes": list(staff_codes)})


async def list_trained(
    transaction: Transaction, staff_codes: Sequence[str], *, begin: date, end: date
) -> list[Trained]:
    """How much each of these learnt in a span."""
    cursor = await transaction.execute(
        queries.list_trained, {"staff_codes": list(staff_codes), "begin": begin, "end": end}
    )
    return [Trained(**row) for row in await cursor.fetchall()]
