"""Knows which households live in an area, so that nobody votes for one that does not; registry keeps the register."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import grpc
from gridward.registry.v1 import elements_pb2, elements_pb2_grpc

from services.incidents.stations.domain import HouseholdUnknown
from services.platform.clock import Clock
from services.platform.errors import Unavailable

PAGE_SIZE: Final = 500
WAIT_S: Final = 5.0
#: A register that was read is good for so long; one in which a household is missing only for so long.
LENT_FOR: Final = timedelta(minutes=10)
MISSED_FOR: Final = timedelta(seconds=30)
AREAS_MAX: Final = 200


class Households(Protocol):
    """Whoever knows the households of an area."""

    async def require(self, area_code: str, household_code: str) -> None:
        """Fails with HOUSEHOLD_UNKNOWN when no such household lives there."""
        ...


class NoRegister:
    """For a city that keeps no register of households: whoever collects the votes answers for them."""

    async def require(self, area_code: str, household_code: str) -> None:
        """Takes every one."""


@dataclass(frozen=True, slots=True)
class _Register:
    read_at: datetime
    codes: frozenset[str]


class RegistryHouseholds:
    """Asks registry once for an area; an area of which it knows no household at all cannot be checked."""

    def __init__(self, channel: grpc.aio.Channel, *, clock: Clock) -> None:
        self._stub: elements_pb2_grpc.ElementsServiceAsyncStub = elements_pb2_grpc.ElementsServiceStub(channel)
        self._clock = clock
        self._registers: OrderedDict[str, _Register] = OrderedDict()

    async def require(self, area_code: str, household_code: str) -> None:
        """Fails with HOUSEHOLD_UNKNOWN, and with UNAVAILABLE while registry is away and nothing is at hand."""
        register = self._registers.get(area_code)
        age = self._clock.now() - register.read_at if register else LENT_FOR
        known = register is not None and household_code in register.codes
        if register is None or age >= (LENT_FOR if known else MISSED_FOR):
            register = await self._read(area_code)
        if register.codes and household_code not in register.codes:
            raise HouseholdUnknown(household_code=household_code)

    async def _read(self, area_code: str) -> _Register:
        codes: set[str] = set()
        token = ""
        while True:
            request = elements_pb2.ListElementsRequest(
                kind=elements_pb2.ELEMENT_KIND_HOUSEHOLD, area_code=area_code, page_size=PAGE_SIZE, page_token=token
            )
            try:
                answer = await self._stub.ListElements(request, timeout=WAIT_S)
            except grpc.aio.AioRpcError as error:
                raise Unavailable(part="registry") from error
            codes |= {element.key for element in answer.elements if element.key and not element.retired}
            token = answer.next_page_token
            if not token:
                break
        register = self._registers[area_code] = _Register(self._clock.now(), frozenset(codes))
        self._registers.move_to_end(area_code)
        while len(self._registers) > AREAS_MAX:
            self._registers.popitem(last=False)
        return register
