"""Reads and writes what cases have to do with one another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.incidents.domain.case import Point, Source, State
from services.incidents.duplicates.domain import Box, Compared, Likeness, box_around, cells_of
from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.identity import Scope

queries = sql.load(__package__)

#: Of each cell so many, the newest, are compared.
CELL_CASES_MAX = 50
#: So many cases, the newest, are looked at for places that come back.
SPAN_CASES_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A place to look around, and since when."""

    point: Point
    distance_m: float
    since: datetime
    task_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A newer case is like an older one."""

    case_id: str
    other_id: str
    kind: str
    score: float
    distance_m: float


async def find_open_around(connection: Transaction, places: Sequence[Around]) -> list[list[Compared]]:
    """For each place the open cases around it."""
    parts = _parts(places)
    edges = {
        "wests": _array(part.box.west for part in parts),
        "souths": _array(part.box.south for part in parts),
        "easts": _array(part.box.east for part in parts),
        "norths": _array(part.box.north for part in parts),
    }
    cursor = await connection.execute(queries.find_open_around, {**_cell_columns(places, parts), **edges})
    return _by_place(await cursor.fetchall(), len(places))


async def find_closed_around(connection: Transaction, places: Sequence[Around]) -> list[list[Compared]]:
    """For each place the closed cases of its kind around it."""
    parts = _parts(places)
    parameters = {**_cell_columns(places, parts), "task_types": [places[part.place].task_type for part in parts]}
    cursor = await connection.execute(queries.find_closed_around, parameters)
    return _by_place(await cursor.fetchall(), len(places))


async def read_compared(connection: Transaction, case_ids: Iterable[str]) -> dict[str, Compared]:
    """These cases, by id."""
    cursor = await connection.execute(queries.read_compared, {"ids": [UUID(case_id) for case_id in case_ids]})
    return {str(row["id"]): _compared_of(row) for row in await cursor.fetchall()}


async def list_span(
    connection: Transaction, *, scope: Scope, under_path: str, task_type: str, since: datetime
) -> list[Compared]:
    """What was reported since then in an area, newest first."""
    parameters = {
        "since": since,
        "task_type": task_type or None,
        "under": under_path,
        "areas": list(scope.area_paths),
        "departments": list(scope.departments),
        "most": SPAN_CASES_MAX + 1,
    }
    cursor = await connection.execute(queries.list_span, parameters)
    return [_compared_of(row) for row in await cursor.fetchall()]


async def lock_cases(transaction: Transaction, case_ids: Iterable[str]) -> None:
    """Nobody else joins these until the transaction ends."""
    await transaction.execute(queries.lock_cases, {"ids": [UUID(case_id) for case_id in case_ids]})


async def master_of(connection: Transaction, case_id: str) -> str:
    """The case into which one was merged; empty when it was not."""
    row = await (await connection.execute(queries.find_master, {"id": UUID(case_id)})).fetchone()
    return str(row["master_id"]) if row else ""


async def insert_merges(
    transaction: Transaction, *, master_id: str, case_ids: Sequence[str], by: str, at: datetime, opinion: str
) -> None:
    """These end in the master, and whoever followed them follows it."""
    ids = [UUID(case_id) for case_id in case_ids]
    await transaction.execute(
        queries.insert_merges,
        {"master_id": UUID(master_id), "ids": ids, "merged_by": by, "merged_at": at, "opinion": opinion},
    )
    await transaction.execute(queries.move_followers, {"master_id": UUID(master_id), "ids": ids, "at": at})


async def insert_follower(transaction: Transaction, *, case_id: str, subject: str, since: datetime, words: str) -> None:
    """Somebody follows a case; a second time changes nothing."""
    await transaction.execute(
        queries.insert_follower, {"id": UUID(case_id), "subject": subject, "since": since, "words": words}
    )


async def list_followed(connection: Transaction, subject: str, *, most: int) -> list[str]:
    """The ids of the cases somebody follows, newest first."""
    cursor = await connection.execute(queries.list_followed, {"subject": subject, "most": most})
    return [str(row["incident_id"]) for row in await cursor.fetchall()]


async def read_relations(connection: Transaction, case_id: str) -> list[Link]:
    """Everything one case has to do with others; besides links also "master" and "merged"."""
    cursor = await connection.execute(queries.read_relations, {"id": UUID(case_id)})
    return [
        Link(
            case_id=case_id,
            other_id=str(row["other_id"]),
            kind=row["kind"],
            score=row["score"],
            distance_m=row["distance_m"],
        )
        for row in await cursor.fetchall()
    ]


async def insert_links(transaction: Transaction, links: Sequence[Link]) -> None:
    """Remember what newly come cases are like."""
    parameters = {
        "ids": [UUID(link.case_id) for link in links],
        "others": [UUID(link.other_id) for link in links],
        "kinds": [link.kind for link in links],
        "scores": [link.score for link in links],
        "distances": [link.distance_m for link in links],
    }
    await transaction.execute(queries.insert_links, parameters)


async def read_likeness(connection: Transaction) -> dict[str, Likeness]:
    """The measures settled, by task type."""
    cursor = await connection.execute(queries.list_likeness)
    return {
        row["task_type"]: Likeness(
            distance_m=row["distance_m"], hours=row["hours"], recurrence_days=row["recurrence_days"]
        )
        for row in await cursor.fetchall()
    }


async def set_likeness(transaction: Transaction, task_type: str, likeness: Likeness) -> None:
    """Settle the measure of one task type."""
    parameters = {
        "task_type": task_type,
        "distance_m": likeness.distance_m,
        "hours": likeness.hours,
        "recurrence_days": likeness.recurrence_days,
    }
    await transaction.execute(queries.set_likeness, parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What is looked at for a place: a cell, and of it what lies in a box."""

    place: int
    cell: tuple[int, int]
    box: Box


def _parts(places: Sequence[Around]) -> list[_Part]:
    boxes = [box_around(around.point, around.distance_m) for around in places]
    return [_Part(place=place, cell=cell, box=box) for place, box in enumerate(boxes) for cell in cells_of(box)]


def _cell_columns(places: Sequence[Around], parts: Sequence[_Part]) -> dict[str, object]:
    return {
        "places": _array(part.place for part in parts),
        "rows": _array(part.cell[0] for part in parts),
        "columns": _array(part.cell[1] for part in parts),
        "sinces": _array(places[part.place].since.isoformat() for part in parts),
        "most": CELL_CASES_MAX,
    }


def _array(values: Iterable[float | str]) -> str:
    """Numbers and moments as PostgreSQL reads an array from text; a rush looks around thousands of cells a second."""
    return "{" + ",".join(map(str, values)) + "}"


def _by_place(rows: Sequence[Row], count: int) -> list[list[Compared]]:
    found: list[list[Compared]] = [[] for _ in range(count)]
    for row in rows:
        found[row["asked_place"]].append(_compared_of(row))
    return found


def _compared_of(values: Row) -> Compared:
    return Compared(
        case_id=str(values["id"]),
        number=values["number"],
        task_type=values["task_type"],
        point=Point(longitude_deg=values["longitude_deg"], latitude_deg=values["latitude_deg"]),
        description=values["description"],
        place=values["place"],
        reported_at=values["reported_at"],
        reporter=values["reporter"],
        source=Source(values["source"]),
        state=State(values["state"]),
        closed_at=values["closed_at"],
        grid_code=values["grid_code"],
        area_path=values["area_path"],
        department_code=values["department_code"],
        follower_count=values["follower_count"],
    )
