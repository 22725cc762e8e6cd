"""Asks registry where a community lies; remembers the answer, as areas seldom move."""

from dataclasses import dataclass, field
from typing import Final, Protocol

import grpc
from gridward.registry.v1 import areas_pb2, areas_pb2_grpc

AREAS_REMEMBERED_MAX: Final = 5000


class City(Protocol):
    """Whoever knows the areas."""

    async def path_of(self, area_code: str) -> str:
        """Codes from the city to an area, joined by dots. Fails with AREA_UNKNOWN."""
        ...


@dataclass(slots=True)
class RegistryCity:
    """The areas as registry knows them; asked as the points service itself."""

    channel: grpc.aio.Channel
    _paths: dict[str, str] = field(default_factory=dict)

    async def path_of(self, area_code: str) -> str:
        """See City."""
        if area_code not in self._paths:
            stub = areas_pb2_grpc.AreasServiceStub(self.channel)
            answer = await stub.GetArea(areas_pb2.GetAreaRequest(code=area_code))
            if len(self._paths) >= AREAS_REMEMBERED_MAX:
                self._paths.clear()
            self._paths[area_code] = answer.area.path
        return self._paths[area_code]
