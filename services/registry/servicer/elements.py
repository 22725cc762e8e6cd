"""Answers calls about elements; all that is personal leaves masked, but for what was revealed on purpose."""

from collections.abc import Mapping
from typing import Any, TypeAlias
from uuid import UUID

import grpc
from gridward.common.v1 import place_pb2
from gridward.registry.v1 import elements_pb2, elements_pb2_grpc

from services.platform import paging
from services.platform.identity import current_caller
from services.registry.actions.elements import ElementActions, Saved, Saving
from services.registry.actions.revealing import Look, Revealing
from services.registry.domain.coordinates import WGS84, one_to_wgs84
from services.registry.domain.elements import KEY, NAME, Draft, Element, shown, shown_address
from services.registry.domain.errors import ElementUnknown
from services.registry.domain.schema import ElementKind, ItemClass, Term, schema
from services.registry.servicer.asking import PAGE_SIZE, asked
from services.registry.servicer.moments import day_of, stamp
from services.registry.store.elements import PersonLink

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class ElementsServicer(elements_pb2_grpc.ElementsServiceServicer):
    """See elements.proto."""

    def __init__(self, actions: ElementActions, revealing: Revealing) -> None:
        self._actions = actions
        self._revealing = revealing

    async def SaveElement(
        self, request: elements_pb2.SaveElementRequest, context: Context
    ) -> elements_pb2.SaveElementResponse:
        """See elements.proto."""
        caller = current_caller()
        answer = await self._actions.save_element(
            _saving(request),
            caller=caller,
            asked=asked(request, caller=caller, request_id=request.request_id, answer=_saved),
        )
        return elements_pb2.SaveElementResponse.FromString(answer)

    async def GetElement(
        self, request: elements_pb2.GetElementRequest, context: Context
    ) -> elements_pb2.GetElementResponse:
        """See elements.proto."""
        found = await self._actions.get_element(
            UUID(request.id), terminal_id=request.terminal_id, caller=current_caller()
        )
        grid = await self._actions.grid_of(found)
        return elements_pb2.GetElementResponse(
            element=element_message(found),
            grid_name=grid.name if grid else "",
            adjacent_grid_codes=grid.adjacent_codes if grid else (),
        )

    async def ListElements(
        self, request: elements_pb2.ListElementsRequest, context: Context
    ) -> elements_pb2.ListElementsResponse:
        """See elements.proto."""
        size = request.page_size or PAGE_SIZE
        found = await self._actions.list_elements(
            ElementKind(request.kind),
            area_code=request.area_code,
            within_id=id_given(request.within_id),
            tag=request.tag,
            class_code=request.class_code,
            terminal_id=request.terminal_id,
            after=place_in_list(request.page_token),
            size=size,
            caller=current_caller(),
        )
        return elements_pb2.ListElementsResponse(
            elements=[element_message(element) for element in found],
            next_page_token=paging.encode(found[-1].grid_code, str(found[-1].id)) if len(found) == size else "",
        )

    async def RevealElement(
        self, request: elements_pb2.RevealElementRequest, context: Context
    ) -> elements_pb2.RevealElementResponse:
        """See elements.proto."""
        look = Look(
            element_id=UUID(request.id),
            items=[_ALIASES.get(code, code) for code in request.items],
            purpose=request.purpose,
            case_id=request.case_id,
        )
        revealed = await self._revealing.reveal(look, caller=current_caller())
        return elements_pb2.RevealElementResponse(items=revealed.items, shown_until=stamp(revealed.shown_until))

    async def RetireElement(
        self, request: elements_pb2.RetireElementRequest, context: Context
    ) -> elements_pb2.RetireElementResponse:
        """See elements.proto."""
        caller = current_caller()
        answer = await self._actions.retire_element(
            UUID(request.id),
            reason=request.reason,
            version=request.version,
            terminal_id=request.terminal_id,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda element: elements_pb2.RetireElementResponse(element=element_message(element)),
            ),
        )
        return elements_pb2.RetireElementResponse.FromString(answer)

    async def LinkPerson(
        self, request: elements_pb2.LinkPersonRequest, context: Context
    ) -> elements_pb2.LinkPersonResponse:
        """See elements.proto."""
        caller = current_caller()
        link = PersonLink(
            person_id=UUID(request.person_id),
            dwelling_id=UUID(request.dwelling_id),
            kind=request.kind,
            since=day_of(request.since),
            until=day_of(request.until) if request.until else None,
        )
        answer = await self._actions.link_person(
            link,
            terminal_id=request.terminal_id,
            caller=caller,
            asked=asked(
                request,
                caller=caller,
                request_id=request.request_id,
                answer=lambda told: elements_pb2.LinkPersonResponse(link=_link(told[0]), split_residence=told[1]),
            ),
        )
        return elements_pb2.LinkPersonResponse.FromString(answer)

    async def ListPersonLinks(
        self, request: elements_pb2.ListPersonLinksRequest, context: Context
    ) -> elements_pb2.ListPersonLinksResponse:
        """See elements.proto."""
        links, split = await self._actions.list_links(UUID(request.id), caller=current_caller())
        return elements_pb2.ListPersonLinksResponse(links=[_link(link) for link in links], split_residence=split)

    async def CountElements(
        self, request: elements_pb2.CountElementsRequest, context: Context
    ) -> elements_pb2.CountElementsResponse:
        """See elements.proto."""
        counts = await self._actions.count_elements(request.area_code, caller=current_caller())
        return elements_pb2.CountElementsResponse(
            kinds=_figures({kind.word: counts.kinds.get(kind, 0) for kind in ElementKind}),
            classes=_figures(counts.classes),
            tags=_figures(counts.tags),
            headcount=counts.kinds.get(ElementKind.PERSON, 0),
            tagged_headcount=counts.tagged,
        )

    async def GetElementSchema(
        self, request: elements_pb2.GetElementSchemaRequest, context: Context
    ) -> elements_pb2.GetElementSchemaResponse:
        """See elements.proto."""
        known = schema()
        terms = [term for table in known.terms.values() for term in table.values()]
        return elements_pb2.GetElementSchemaResponse(
            item_classes=[_item_class(told) for told in known.classes if request.kind in {0, told.kind}],
            classes=[_term(term) for term in terms if request.kind in {0, term.kind}],
            tags=[_term(term) for term in known.tags.values() if request.kind in {0, term.kind}],
        )


#: A person's name and key are items.
_ALIASES = {"key": KEY}


def element_message(element: Element) -> elements_pb2.Element:
    """An element as others are told of it: masked."""
    told = shown(element.kind, element.items)
    person = element.kind is ElementKind.PERSON
    message = elements_pb2.Element(
        id=str(element.id),
        kind=elements_pb2.ElementKind.ValueType(element.kind),
        key=told.items.get(KEY, "") if person else element.key,
        name=told.items.get(NAME, "") if person else element.name,
        address=shown_address(element),
        class_code=element.class_code,
        state=element.state,
        owner_unit=element.owner_unit,
        point=place_pb2.Point(longitude_deg=element.longitude_deg, latitude_deg=element.latitude_deg),
        grid_code=element.grid_code,
        within_id=str(element.within_id or ""),
        tags=element.tags,
        items=told.items,
        masked_items=told.masked_items,
        version=element.version,
        retired=element.retired,
        updated_by=element.updated_by,
    )
    if element.updated_at is not None:
        message.updated_at.FromDatetime(element.updated_at)
    return message


def place_in_list(token: str) -> tuple[str, UUID] | None:
    """After which element a page begins."""
    keys = paging.decode(token, keys=2)
    return (keys[0], UUID(keys[1])) if keys else None


def id_given(text: str) -> UUID | None:
    """An id that may be left out; fails with ELEMENT_UNKNOWN for what is none."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise ElementUnknown from error


def _saving(request: elements_pb2.SaveElementRequest) -> Saving:
    told = request.element
    items = dict(told.items)
    kind = ElementKind(told.kind)
    person = kind is ElementKind.PERSON
    if person:
        items |= {code: value for code, value in ((NAME, told.name), (KEY, told.key)) if value}
    point = (told.point.longitude_deg, told.point.latitude_deg) if told.HasField("point") else None
    return Saving(
        element_id=id_given(told.id),
        draft=Draft(
            kind=kind,
            key="" if person else told.key,
            name="" if person else told.name,
            address=told.address,
            class_code=told.class_code,
            state=told.state,
            owner_unit=told.owner_unit,
            within_id=id_given(told.within_id),
            tags=tuple(told.tags),
            replace_tags=request.replace_tags,
            items=items,
        ),
        point=one_to_wgs84(point, request.crs or WGS84) if point else None,
        version=told.version,
        terminal_id=request.terminal_id,
    )


def _saved(saved: Saved) -> elements_pb2.SaveElementResponse:
    return elements_pb2.SaveElementResponse(
        element=element_message(saved.element), created=saved.created, unchanged=saved.unchanged
    )


def _link(link: PersonLink) -> elements_pb2.PersonLink:
    return elements_pb2.PersonLink(
        person_id=str(link.person_id),
        dwelling_id=str(link.dwelling_id),
        kind=elements_pb2.LinkKind.ValueType(link.kind),
        since=link.since.isoformat(),
        until=link.until.isoformat() if link.until else "",
        address=link.address,
        grid_code=link.grid_code,
    )


def _figures(counts: Mapping[str, int]) -> list[elements_pb2.ElementCount]:
    return [elements_pb2.ElementCount(code=code, count=count) for code, count in counts.items()]


def _item_class(told: ItemClass) -> elements_pb2.ItemClass:
    return elements_pb2.ItemClass(
        code=told.code,
        name=told.name,
        name_en=told.name_en,
        kind=elements_pb2.ElementKind.ValueType(told.kind),
        items=[
            elements_pb2.ItemRule(
                code=rule.code,
                name=rule.name,
                name_en=rule.name_en,
                type=rule.type.value,
                sensitivity=elements_pb2.Sensitivity.ValueType(rule.sensitivity),
                source_department=rule.source,
                cycle=rule.cycle,
                writers=rule.writers,
            )
            for rule in told.items
        ],
    )


def _term(term: Term) -> elements_pb2.ElementClass:
    return elements_pb2.ElementClass(
        code=term.code,
        name=term.name,
        name_en=term.name_en,
        kind=elements_pb2.ElementKind.ValueType(term.kind),
        group=term.group,
    )
