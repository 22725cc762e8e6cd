"""Looks ahead at a change of areas: what would end and begin, and all that would move with it."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import structlog

from services.platform.areaindex import AreaIndex
from services.platform.database import Transaction
from services.platform.errors import GridwardError
from services.registry.actions.office import Office
from services.registry.domain.areachange import Spot, Wanted, file_of, heirs_of
from services.registry.domain.areaimport import ImportPlan, plan_import
from services.registry.domain.areas import Area, AreaLevel
from services.registry.domain.schema import ElementKind
from services.registry.neighbours import Neighbours
from services.registry.store import areachanges, areas, force
from services.registry.store.areachanges import Placed

log = structlog.get_logger()

Place = TypeVar("Place", Placed, Spot)

#: What others count, by the word it has in a preview, and who counts it.
FOREIGN: Final[Mapping[str, str]] = {"open_cases": "incidents", "cameras": "video"}
#: What is told beside the kinds of elements.
BESIDE: Final = frozenset({"posts", "terminals", "force", *FOREIGN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The areas as they would be, who follows whom, and which elements would be bound elsewhere."""

    plan: ImportPlan
    heirs: Mapping[str, str]
    #: Areas that there would be, changed or new.
    after: Sequence[Area]
    #: Grids whose outline would change.
    touched: Sequence[str]
    moved: Sequence[tuple[Placed, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What would move of that which other services keep; those that could not be asked are named."""

    moves: Mapping[tuple[str, str], Mapping[str, int]]
    uncounted: tuple[str, ...]

    @classmethod
    def of(cls, preview: Mapping[str, Any]) -> Self:
        """As a preview told it when the change was planned."""
        told = {
            (move["from"], move["to"]): {word: move["counts"][word] for word in FOREIGN if word in move["counts"]}
            for move in preview["moves"]
        }
        return cls(moves=told, uncounted=tuple(preview.get("uncounted", ())))


class LookAhead:
    """Works out what a change would do, and asks the neighbours what they keep there."""

    def __init__(self, office: Office, neighbours: Neighbours) -> None:
        self._office = office
        self._neighbours = neighbours

    async def look(self, transaction: Transaction, wanted: Wanted) -> Outlook:
        """What a change would do; fails with AREA_UNKNOWN, AREA_CHANGE_REFUSED, AREA_IMPORT_REFUSED."""
        present = await areas.read_standing(transaction)
        file = file_of(wanted, present)
        plan = await asyncio.to_thread(plan_import, file, present, self._office.area_rules)
        ended = [present[area.code] for area in plan.retired]
        after = [area for area in (*plan.created, *plan.updated) if not area.retired]
        heirs = await asyncio.to_thread(heirs_of, ended, after)
        touched = [
            area.code
            for area in (*plan.retired, *plan.updated)
            if area.level is AreaLevel.GRID and (area.retired or present[area.code].outline != area.outline)
        ]
        placed = await areachanges.read_points(transaction, touched)
        moved = await asyncio.to_thread(_rebound, placed, after, heirs)
        return Outlook(plan=plan, heirs=heirs, after=after, touched=touched, moved=moved)

    async def ask_others(self, outlook: Outlook) -> Others:
        """What the neighbours keep in the grids concerned; who does not answer is named, not waited for."""
        asked = {
            "open_cases": self._neighbours.open_cases(outlook.touched),
            "cameras": self._neighbours.cameras(outlook.touched),
        }
        told = dict(zip(asked, await asyncio.gather(*(_answer(question) for question in asked.values())), strict=True))
        moves: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for word, spots in told.items():
            for spot, grid in await asyncio.to_thread(_rebound, spots or (), outlook.after, outlook.heirs):
                moves[spot.grid_code, grid][word] += 1
        uncounted = tuple(FOREIGN[word] for word, spots in told.items() if spots is None)
        if uncounted:
            log.warning("preview_uncounted", services=uncounted)
        return Others(moves=moves, uncounted=uncounted)

    async def preview(self, transaction: Transaction, outlook: Outlook, others: Others) -> dict[str, Any]:
        """What a change does, as people look at it before and after."""
        plan = outlook.plan
        gone = [area.code for area in plan.retired]
        posts, phones = await areachanges.count_at(transaction, gone)
        places = await force.count_at(transaction, gone)
        moves: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for element, grid in outlook.moved:
            moves[element.grid_code, grid][ElementKind(element.kind).word] += 1
        for code, heir in outlook.heirs.items():
            moves[code, heir].update(posts=posts.get(code, 0), terminals=phones.get(code, 0), force=places.get(code, 0))
        for way, counts in others.moves.items():
            moves[way].update(counts)
        sizes = {area.code: area.area_m2 for area in plan.retired}
        return {
            "ended": gone,
            "begun": [area.code for area in plan.created],
            "changed": [area.code for area in plan.updated],
            "moves": [
                {"from": old, "to": new, "counts": dict(counts), "area_m2": sizes.get(old, 0.0)}
                for (old, new), counts in sorted(moves.items())
            ],
            "warnings": [[fault.subject, fault.reason, fault.message] for fault in plan.warnings],
            "uncounted": list(others.uncounted),
        }


async def _answer(question: Awaitable[list[Spot]]) -> list[Spot] | None:
    try:
        return await question
    except GridwardError as error:
        log.warning("neighbour_silent", reason=error.reason)
        return None


def _rebound(placed: Sequence[Place], after: Sequence[Area], heirs: Mapping[str, str]) -> list[tuple[Place, str]]:
    """What lies in another grid afterwards. What lies in none of those that changed goes to the heir."""
    index = AreaIndex.from_geojson(
        [(area.code, area.outline.encode()) for area in after if area.level is AreaLevel.GRID and area.outline]
    )
    found = index.locate_many([(spot.longitude_deg, spot.latitude_deg) for spot in placed])
    bound = [
        (spot, grid or heirs.get(spot.grid_code, spot.grid_code)) for spot, grid in zip(placed, found, strict=True)
    ]
    return [(spot, grid) for spot, grid in bound if grid != spot.grid_code]
