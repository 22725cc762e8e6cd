"""Finds the component a report is about, and so who must repair it; registry lends what it knows, once for a grid."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import grpc
import structlog
from gridward.registry.v1 import elements_pb2, elements_pb2_grpc

from services.incidents.domain.case import Point
from services.incidents.domain.distance import distance_between_m
from services.incidents.domain.routing import NO_OWNER, Owner
from services.platform.clock import Clock
from services.platform.errors import GridwardError

log = structlog.get_logger()

#: Phones find their place to about this; what stands farther off is another one.
REACH_M: Final = 30.0
LENT_FOR: Final = timedelta(minutes=10)
#: So long nobody asks again after registry did not answer.
AWAY_FOR: Final = timedelta(seconds=30)
#: A report waits at most so long for registry, and goes on without.
WAIT_S: Final = 0.5
GRIDS_MAX: Final = 4_000
COMPONENTS_MAX: Final = 2_000
PAGE_SIZE: Final = 500
_CLASS_LENGTH: Final = 5


class Components(Protocol):
    """Whatever knows which public facilities stand where."""

    async def owner_near(self, category_code: str, grid_code: str, point: Point) -> Owner:
        """The owner of the nearest component of a class; NO_OWNER when none is near."""
        ...


class NoComponents:
    """For a city that keeps no register of components."""

    async def owner_near(self, category_code: str, grid_code: str, point: Point) -> Owner:
        """Nobody."""
        return NO_OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A component: its 16 digits, where it stands, and whose it is."""

    key: str
    point: Point
    owner_unit: str


@dataclass(frozen=True, slots=True)
class Lent:
    """What registry lent of one class in one grid."""

    until: datetime
    components: tuple[Standing, ...]


class RegistryComponents:
    """Keeps what registry lent for some minutes; those who ask at the same time ask registry once.

    A phone does not know where one grid ends: what stands within reach across the border counts as well.
    `grids_around` names the grids that a circle around a point may touch.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        grids_around: Callable[[Point, float], Sequence[str]],
        clock: Clock,
        wait_s: float = WAIT_S,
    ) -> None:
        self._stub: elements_pb2_grpc.ElementsServiceAsyncStub = elements_pb2_grpc.ElementsServiceStub(channel)
        self._grids_around = grids_around
        self._clock = clock
        self._wait_s = wait_s
        self._lent: OrderedDict[tuple[str, str], Lent] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[tuple[Standing, ...]]] = {}

    async def owner_near(self, category_code: str, grid_code: str, point: Point) -> Owner:
        """The owner of the nearest component of a class; NO_OWNER when none is near, or registry is away."""
        if not category_code.startswith("C") or len(category_code) != _CLASS_LENGTH:
            return NO_OWNER
        grids = dict.fromkeys((grid_code, *self._grids_around(point, REACH_M)))
        standing = await asyncio.gather(*(self._standing(grid, category_code[1:]) for grid in grids))
        near = [
            (distance_m, component.key, component)
            for components in standing
            for component in components
            if (distance_m := distance_between_m(point, component.point)) <= REACH_M
        ]
        if not near:
            return NO_OWNER
        distance_m, key, component = min(near, key=lambda entry: entry[:2])
        return Owner(owner_unit=component.owner_unit, component=key, distance_m=distance_m)

    async def _standing(self, grid_code: str, class_code: str) -> tuple[Standing, ...]:
        key, now = (grid_code, class_code), self._clock.now()
        lent = self._lent.get(key)
        if lent is not None and now < lent.until:
            return lent.components
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(grid_code, class_code))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        try:
            # One who leaves does not take the question of the others along.
            components = await asyncio.shield(asking)
            until = now + LENT_FOR
        except (GridwardError, grpc.aio.AioRpcError) as error:
            log.warning("components_not_lent", grid_code=grid_code, problem=str(error)[:100])
            components, until = lent.components if lent else (), now + AWAY_FOR
        self._lent[key] = Lent(until, components)
        self._lent.move_to_end(key)
        while len(self._lent) > GRIDS_MAX:
            self._lent.popitem(last=False)
        return components

    async def _ask(self, grid_code: str, class_code: str) -> tuple[Standing, ...]:
        found: list[Standing] = []
        token = ""
        while True:
            request = elements_pb2.ListElementsRequest(
                kind=elements_pb2.ELEMENT_KIND_COMPONENT,
                area_code=grid_code,
                class_code=class_code,
                page_size=PAGE_SIZE,
                page_token=token,
            )
            answer = await self._stub.ListElements(request, timeout=self._wait_s)
            found += [
                _standing_of(element) for element in answer.elements if element.owner_unit and not element.retired
            ]
            token = answer.next_page_token
            if not token or len(found) >= COMPONENTS_MAX:
                return tuple(found)


def _standing_of(element: elements_pb2.Element) -> Standing:
    point = Point(longitude_deg=element.point.longitude_deg, latitude_deg=element.point.latitude_deg)
    return Standing(key=element.key or element.id, point=point, owner_unit=element.owner_unit)
