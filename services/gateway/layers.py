"""Keeps the map's outlines ready as bytes, so that a thousand pages cost one question to registry."""

import asyncio
import gzip
import time
from dataclasses import dataclass, field

from gridward.registry.v1 import areas_pb2, changes_pb2

from services.gateway import contract
from services.gateway.backends import Backends
from services.platform.errors import Unavailable

FRESH_S = 20.0
#: Lines are true to half a metre, finer than anybody can zoom.
ZOOM = 18
_GET_LAYER = contract.call_of(
    changes_pb2.DESCRIPTOR.services_by_name["AreaChangesService"].methods_by_name["GetMapLayer"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One level's outlines, packed."""

    etag: str
    packed: bytes
    asked_at_s: float

    @property
    def plain(self) -> bytes:
        """The same unpacked, for the rare program that cannot do it itself."""
        return gzip.decompress(self.packed)


@dataclass(slots=True)
class Layers:
    """The layers asked for so far."""

    backends: Backends
    _kept: dict[int, Layer] = field(default_factory=dict)
    _asking: dict[int, asyncio.Lock] = field(default_factory=dict)

    async def of_level(self, level: int) -> Layer:
        """A level's outlines, at most a few seconds old; older ones while registry cannot be asked."""
        kept = self._kept.get(level)
        if kept and time.monotonic() - kept.asked_at_s < FRESH_S:
            return kept
        async with self._asking.setdefault(level, asyncio.Lock()):
            kept = self._kept.get(level)
            if kept and time.monotonic() - kept.asked_at_s < FRESH_S:
                return kept
            try:
                self._kept[level] = await self._asked(level)
            except Unavailable:
                if kept is None:
                    raise
                return kept
            return self._kept[level]

    async def _asked(self, level: int) -> Layer:
        request = changes_pb2.GetMapLayerRequest(level=areas_pb2.AreaLevel.ValueType(level), zoom=ZOOM)
        answer = await self.backends.ask(_GET_LAYER, request, changes_pb2.GetMapLayerResponse)
        etag = f'"{level}-{answer.etag.strip(chr(34))}"'
        return Layer(etag=etag, packed=answer.geojson_gzip, asked_at_s=time.monotonic())
