"""Draws map layers: simplified for the zoom so that neighbours still meet, compressed once, and kept until areas change."""

import asyncio
import gzip
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np
import shapely

from services.platform.database import Row
from services.registry.actions.office import Office
from services.registry.domain.areas import AreaLevel
from services.registry.domain.errors import LayerTooLarge
from services.registry.store import areachanges
from services.registry.store.changes import Head

LAYERS_KEPT: Final = 128
LAYER_BYTES_MAX: Final = 3_900_000
#: Metres of a pixel at zoom 0 on the equator, for tiles of 256 pixels.
PIXEL_M: Final = 156_543.03
METRES_PER_DEGREE: Final = 111_320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer ready to be sent."""

    content: bytes
    version: int
    etag: str


class Layers:
    """Keeps the layers that were asked for last."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._kept: OrderedDict[tuple[int, str, int], Layer] = OrderedDict()
        self._drawing = asyncio.Lock()

    async def get(self, level: AreaLevel, *, under_code: str, zoom: int) -> Layer:
        """A layer; fails with LAYER_TOO_LARGE."""
        version = (await self._office.atlas.current()).version
        key = (int(level), under_code, zoom)
        kept = self._kept.get(key)
        if kept is None or kept.version < version:
            async with self._drawing:
                kept = self._kept.get(key)
                if kept is None or kept.version < version:
                    kept = self._kept[key] = await self._draw(level, under_code, zoom)
        self._kept.move_to_end(key)
        while len(self._kept) > LAYERS_KEPT:
            self._kept.popitem(last=False)
        return kept

    async def _draw(self, level: AreaLevel, under_code: str, zoom: int) -> Layer:
        version = max(self._office.heads.of(Head.AREAS), (await self._office.atlas.current()).version)
        async with self._office.database.connection() as connection:
            rows = await areachanges.read_shapes(connection, level=level, under_code=under_code)
        content = await asyncio.to_thread(draw, rows, zoom)
        if len(content) > LAYER_BYTES_MAX:
            raise LayerTooLarge(limit_bytes=LAYER_BYTES_MAX)
        return Layer(content=content, version=version, etag=sha256(content).hexdigest()[:32])


def draw(rows: Sequence[Row], zoom: int) -> bytes:
    """The layer as compressed GeoJSON. Borders that areas share are simplified once, so nothing gapes or overlaps."""
    shapes = np.array(shapely.from_geojson([row["outline"] for row in rows]), dtype=object)
    tolerance_deg = PIXEL_M / 2**zoom / METRES_PER_DEGREE / 2
    if len(shapes) and shapely.coverage_is_valid(shapes):
        shapes = shapely.coverage_simplify(shapes, tolerance_deg)
    decimals = min(7, max(3, 2 + round(zoom * 0.31)))
    features = [_feature(row, shape, decimals) for row, shape in zip(rows, shapes, strict=True)]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def _feature(row: Row, shape: Any, decimals: int) -> dict[str, Any]:
    drawn = shapely.transform(shape, lambda points: np.round(points, decimals))
    return {
        "type": "Feature",
        "id": row["code"],
        "properties": {name: row[name] for name in ("code", "name", "name_en", "kind")},
        "geometry": json.loads(shapely.to_geojson(drawn)),
    }
