"""Keeps the map's outlines ready as bytes, so that a thousand pages cost one question to registry."""

import asyncio
import gzip
import time
from dataclasses import dataclass, field

from gridward.registry.v1 import areas_pb2

from services.gateway import contract
from services.gateway.backends import Backends
from services.platform.errors import Unavailable

FRESH_S = 20.0
_GET_LAYER = contract.call_of(areas_pb2.DESCRIPTOR.services_by_name["AreasService"].methods_by_name["GetAreaLayer"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One level's outlines, plain and packed."""

    etag: str
    plain: bytes
    packed: bytes
    asked_at_s: float


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
                self._kept[level] = await self._asked(level, kept)
            except Unavailable:
                if kept is None:
                    raise
                return kept
            return self._kept[level]

    async def _asked(self, level: int, kept: Layer | None) -> Layer:
        request = areas_pb2.GetAreaLayerRequest(level=areas_pb2.AreaLevel.ValueType(level))
        answer = await self.backends.ask(_GET_LAYER, request, areas_pb2.GetAreaLayerResponse)
        etag = f'"{level}-{answer.version}-{len(answer.geojson)}"'
        packed = (
            kept.packed if kept and kept.etag == etag else await asyncio.to_thread(gzip.compress, answer.geojson, 6)
        )
        return Layer(etag=etag, plain=answer.geojson, packed=packed, asked_at_s=time.monotonic())
