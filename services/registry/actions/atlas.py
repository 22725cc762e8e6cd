"""Keeps the map in memory, so that finding the grid of a point asks no database."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.platform.areaindex import AreaIndex
from services.platform.database import Database
from services.registry.actions.heads import Heads
from services.registry.domain.areas import Area, AreaLevel, AreaMode
from services.registry.store import areas
from services.registry.store.changes import Head, read_heads


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """All areas in force at one version, without outlines, and where each grid lies."""

    version: int
    areas: Mapping[str, Area]
    index: AreaIndex
    #: The grids below each area, in order; of a grid itself.
    grids: Mapping[str, tuple[str, ...]]

    def chain_of(self, grid_code: str) -> tuple[Area, ...]:
        """The areas from the city to a grid."""
        return tuple(self.areas[code] for code in self.areas[grid_code].path.split(".") if code in self.areas)

    def mode_of(self, area_code: str) -> AreaMode | None:
        """The emergency footing of an area: its own, or that of what it lies in."""
        held = (self.areas[code].mode for code in self.areas[area_code].path.split(".") if code in self.areas)
        return next((mode for mode in held if mode is not None), None)

    def locate(self, points: Sequence[tuple[float, float]]) -> list[str | None]:
        """For each (longitude, latitude) the code of its grid, or None."""
        return self.index.locate_many(points)


class Atlas:
    """Draws the map anew when an area changed."""

    def __init__(self, database: Database, heads: Heads) -> None:
        self._database = database
        self._heads = heads
        self._drawing = asyncio.Lock()
        self._map: Map | None = None

    async def current(self) -> Map:
        """The map as of the last change heard of."""
        drawn = self._map
        if drawn is not None and drawn.version >= self._heads.of(Head.AREAS):
            return drawn
        async with self._drawing:
            drawn = self._map
            if drawn is None or drawn.version < self._heads.of(Head.AREAS):
                drawn = self._map = await self._draw()
        return drawn

    async def _draw(self) -> Map:
        async with self._database.connection() as connection:
            # The version is read first: a change between the two is then drawn again, never missed.
            version = (await read_heads(connection))[Head.AREAS]
            rows = await areas.read_map(connection)
        return await asyncio.to_thread(_draw, version, rows)


def _draw(version: int, rows: Sequence[Area]) -> Map:
    grids = [(row.code, row.outline.encode()) for row in rows if row.level is AreaLevel.GRID and row.outline]
    return Map(
        version=version,
        areas={row.code: replace(row, outline="") for row in rows},
        index=AreaIndex.from_geojson(grids),
        grids=_grids_below(rows),
    )


def _grids_below(rows: Sequence[Area]) -> Mapping[str, tuple[str, ...]]:
    below: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.level is AreaLevel.GRID:
            for code in row.path.split("."):
                below[code].append(row.code)
    return {code: tuple(sorted(codes)) for code, codes in below.items()}
