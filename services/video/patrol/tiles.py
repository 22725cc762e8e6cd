"""Keeps the newest small picture of each camera, so that any number of viewers cost one visit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from services.video.domain.geometry import Box

WIDTH_PX: Final = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A small picture, or why there is none."""

    picture: bytes = field(default=b"", repr=False)
    taken_at: datetime | None = None
    problem: str = ""
    #: Persons that a detector saw in it.
    persons: Sequence[Box] = field(default=(), repr=False)


class Tiles:
    """The newest tile of each camera."""

    def __init__(self) -> None:
        self._tiles: dict[str, Tile] = {}
        self._changed = asyncio.Event()

    def find(self, camera_id: str) -> Tile:
        """The newest tile; an empty one before the first visit."""
        return self._tiles.get(camera_id, Tile())

    def put(self, camera_id: str, picture: bytes, *, at: datetime, persons: Sequence[Box] = ()) -> Tile:
        """A fresh picture."""
        tile = self._tiles[camera_id] = Tile(picture=picture, taken_at=at, persons=persons)
        self._tell()
        return tile

    def fail(self, camera_id: str, problem: str) -> Tile:
        """No picture came; the last one stays, with what is wrong."""
        before = self.find(camera_id)
        tile = self._tiles[camera_id] = replace(before, problem=problem)
        self._tell()
        return tile

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Until any tile is new."""
        await self._changed.wait()
