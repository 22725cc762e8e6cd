"""Asks registry who has a tag and how they like to be told; each number that is read there leaves its trace."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import grpc
from gridward.registry.v1 import elements_pb2, elements_pb2_grpc

from services.incidents.campaigns.domain import Lent
from services.platform.errors import Forbidden, Invalid, NotFound, Unavailable

PAGE_SIZE: Final = 100
AT_ONCE: Final = 8
PHONE: Final = "phone"
CHANNEL: Final = "contact_channel"


class Lending(Protocol):
    """Whoever knows people by their tags."""

    async def page(self, *, tag: str, area_code: str, purpose: str, token: str) -> tuple[Sequence[Lent], str]:
        """Some of those with a tag in an area, and the token of the next page; empty when that was the last."""
        ...


class RegistryLending:
    """Registry, which holds the register of people."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: elements_pb2_grpc.ElementsServiceAsyncStub = elements_pb2_grpc.ElementsServiceStub(channel)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def page(self, *, tag: str, area_code: str, purpose: str, token: str) -> tuple[Sequence[Lent], str]:
        """Some of those with a tag in an area; fails with UNAVAILABLE while registry is away."""
        request = elements_pb2.ListElementsRequest(
            kind=elements_pb2.ELEMENT_KIND_PERSON,
            tag=tag,
            area_code=area_code,
            page_size=PAGE_SIZE,
            page_token=token,
        )
        try:
            answer = await self._stub.ListElements(request)
            people = [element for element in answer.elements if not element.retired]
            phones = await asyncio.gather(*(self._phone(element, purpose) for element in people))
        except grpc.aio.AioRpcError as error:
            raise Unavailable(part="registry") from error
        lent = [
            Lent(
                person_id=element.id,
                grid_code=element.grid_code,
                phone=phone,
                preferred=element.items.get(CHANNEL, ""),
            )
            for element, phone in zip(people, phones, strict=True)
        ]
        return lent, answer.next_page_token

    async def _phone(self, element: elements_pb2.Element, purpose: str) -> str:
        """The number in clear; empty where none is known, or registry shows no more of them: then there is a visit."""
        if PHONE not in element.items:
            return ""
        request = elements_pb2.RevealElementRequest(id=element.id, purpose=purpose, items=[PHONE])
        async with self._turns:
            try:
                return (await self._stub.RevealElement(request)).items.get(PHONE, "")
            except (Invalid, NotFound, Forbidden):
                return ""
