"""Keeps the books of what is in the grids: who may see and write what, and where each thing belongs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

import structlog

from services.platform import audit
from services.platform.audit import Deed
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.registry import events
from services.registry.actions.atlas import Map
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach, require_reach
from services.registry.actions.terminals import TerminalActions
from services.registry.domain import elements as rules
from services.registry.domain.areas import Area
from services.registry.domain.elements import Draft, Element, Stand
from services.registry.domain.errors import (
    AreaUnknown,
    ElementOccupied,
    ElementPlaceless,
    ElementStale,
    ElementUnknown,
    GroupFull,
    GroupTaken,
    ItemRefused,
    PointOutside,
)
from services.registry.domain.schema import ElementKind
from services.registry.store import elements
from services.registry.store.elements import FIRST_ID, Counts, PersonLink

log = structlog.get_logger()

WRITE: Final = "registry.elements.write"
READ: Final = "registry.elements.read"
READ_PEOPLE: Final = "people.read"
#: Item that names the ten-household group of a household.
GROUP: Final = "joint_group"
#: Links of which a person has one at a time.
RESIDENT, REGISTERED = 3, 4
#: What each kind may lie within.
CONTAINERS: Final[Mapping[ElementKind, frozenset[ElementKind]]] = {
    ElementKind.PERSON: frozenset({ElementKind.HOUSEHOLD, ElementKind.DWELLING}),
    ElementKind.HOUSEHOLD: frozenset({ElementKind.DWELLING, ElementKind.BUILDING}),
    ElementKind.DWELLING: frozenset({ElementKind.BUILDING}),
    ElementKind.PLACE: frozenset({ElementKind.BUILDING, ElementKind.DWELLING, ElementKind.ORGANISATION}),
    ElementKind.ORGANISATION: frozenset({ElementKind.BUILDING}),
    ElementKind.COMPONENT: frozenset({ElementKind.BUILDING, ElementKind.ROAD}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """An element as somebody wants it saved."""

    element_id: UUID | None
    draft: Draft
    #: Degrees east and north in WGS-84.
    point: tuple[float, float] | None
    version: int
    terminal_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of it."""

    element: Element
    created: bool
    unchanged: bool


class ElementActions:
    """What can be done with elements."""

    def __init__(self, office: Office, terminals: TerminalActions) -> None:
        self.office = self._office = office
        self._terminals = terminals

    async def save_element(self, saving: Saving, *, caller: Caller, asked: Asked[Saved]) -> bytes:
        """Create or change an element, bound to the grid it stands in.

        Fails with OUT_OF_GRID, BEYOND_REACH, OUT_OF_AREA, ITEM_REFUSED, ITEM_FOREIGN, ELEMENT_UNKNOWN, ELEMENT_STALE.
        """
        saving = replace(saving, draft=rules.checked(saving.draft))
        rules.require_writer(saving.draft, caller.roles)
        drawn = await self._office.atlas.current()
        async with self._terminals.guarding(caller), self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: self.save(transaction, drawn, saving, caller))

    async def save(self, transaction: Transaction, drawn: Map, saving: Saving, caller: Caller) -> Saved:
        """The same, as part of a transaction; to be called inside `guarding`."""
        draft = saving.draft
        key = draft.items.get(rules.KEY, "") if draft.kind is ElementKind.PERSON else draft.key
        before = await self._office.elements.lock(transaction, kind=draft.kind, element_id=saving.element_id, key=key)
        if before is not None:
            await self._require_place(transaction, drawn, before.grid_code, saving, caller)
            if before.kind is not draft.kind:
                raise ElementUnknown
            if saving.version and saving.version != before.version:
                raise ElementStale(before)
        elif saving.element_id is not None:
            raise ElementUnknown
        stand = await self._stand(transaction, drawn, before, saving)
        await self._require_place(transaction, drawn, stand.grid_code, saving, caller)
        base = before or Element(id=uuid7(), kind=draft.kind)
        after = rules.changed(base, draft, stand)
        if after == before:
            return Saved(element=before, created=False, unchanged=True)
        await self._require_group(transaction, before, after)
        written = await self.write(transaction, before, after, caller)
        return Saved(element=written, created=before is None, unchanged=False)

    async def _require_group(self, transaction: Transaction, before: Element | None, after: Element) -> None:
        """A household joins one ten-household group at most, and a group takes ten; GROUP_TAKEN, GROUP_FULL."""
        group, held = after.items.get(GROUP, ""), before.items.get(GROUP, "") if before else ""
        if after.kind is not ElementKind.HOUSEHOLD or not group or group == held:
            return
        if held:
            raise GroupTaken(group=held)
        size = self._office.settings.joint_group_size
        if await elements.count_group(transaction, grid_code=after.grid_code, group=group) >= size:
            raise GroupFull(group=group, size=size)

    async def write(self, transaction: Transaction, before: Element | None, after: Element, caller: Caller) -> Element:
        """Write an element as it is now, take what lies within along, and tell others."""
        now = self._office.clock.now()
        version = await self._office.elements.save(transaction, after, by=caller.subject, now=now)
        written = replace(after, version=version, updated_at=now, updated_by=caller.subject)
        if before is not None and before.grid_code != after.grid_code:
            await elements.move_contents(transaction, written, by=caller.subject, now=now)
        await events.publish_element_changed(transaction, written, created=before is None, at=now)
        return written

    async def _stand(self, transaction: Transaction, drawn: Map, before: Element | None, saving: Saving) -> Stand:
        """Where it shall stand: at its point, else where what it lies within stands, else where it stood."""
        draft = saving.draft
        container: Element | None = None
        if draft.within_id is not None:
            container = await self._office.elements.find(transaction, draft.within_id)
            if container is None or container.retired or container.kind not in CONTAINERS.get(draft.kind, ()):
                raise ItemRefused(item="within_id", problem=f"a {draft.kind.word} cannot lie within that")
        if saving.point is not None:
            return _at_point(drawn, saving.point)
        if container is not None:
            return Stand(
                grid_code=container.grid_code,
                longitude_deg=container.longitude_deg,
                latitude_deg=container.latitude_deg,
                address=container.address,
            )
        if before is not None:
            return Stand(
                grid_code=before.grid_code, longitude_deg=before.longitude_deg, latitude_deg=before.latitude_deg
            )
        raise ElementPlaceless

    async def _require_place(
        self, transaction: Transaction, drawn: Map, grid_code: str, saving: Saving, caller: Caller
    ) -> None:
        """Fails unless the phone, or else the caller, answers for the grid."""
        if saving.terminal_id:
            longitude_deg, latitude_deg = saving.point or (0.0, 0.0)
            await self._terminals.require_inside(
                transaction,
                saving.terminal_id,
                grid_code=grid_code,
                longitude_deg=longitude_deg,
                latitude_deg=latitude_deg,
                caller=caller,
            )
        grid = drawn.areas.get(grid_code)
        if grid is None:
            raise AreaUnknown(code=grid_code)
        require_reach(caller.scope(WRITE), subject=grid_code, area_path=grid.path, department_code="")

    async def get_element(self, element_id: UUID, *, terminal_id: str, caller: Caller) -> Element:
        """One element; fails with ELEMENT_UNKNOWN, OUT_OF_GRID."""
        async with self._terminals.guarding(caller), self._office.database.connection() as connection:
            return await self.visible(connection, element_id, terminal_id=terminal_id, caller=caller)

    async def visible(
        self, transaction: Transaction, element_id: UUID, *, caller: Caller, terminal_id: str = "", permission: str = ""
    ) -> Element:
        """An element that the caller may see; to be called inside `guarding` when a phone is named."""
        found = await self._office.elements.find(transaction, element_id)
        if found is None:
            raise ElementUnknown
        grids = self.grids(await self._office.atlas.current(), found.kind, caller, permission=permission)
        if found.grid_code not in grids or not await self._shown(transaction, [found], caller, permission):
            raise ElementUnknown
        if terminal_id:
            await self._terminals.require_inside(
                transaction,
                terminal_id,
                grid_code=found.grid_code,
                longitude_deg=found.longitude_deg,
                latitude_deg=found.latitude_deg,
                caller=caller,
            )
        return found

    def grids(
        self, drawn: Map, kind: ElementKind, caller: Caller, *, area_code: str = "", permission: str = ""
    ) -> tuple[str, ...]:
        """The grids in which a caller may see elements of a kind. Posts of departments see things, not people."""
        scope = caller.scope(permission or (READ_PEOPLE if kind.about_people else READ))
        return grids_in_reach(drawn, scope, area_code=area_code, for_departments=not kind.about_people)

    async def grid_of(self, element: Element) -> Area | None:
        """The grid of an element; None for one whose grid is no longer in force."""
        return (await self._office.atlas.current()).areas.get(element.grid_code)

    async def list_elements(
        self,
        kind: ElementKind,
        *,
        area_code: str,
        within_id: UUID | None,
        tag: str,
        class_code: str,
        terminal_id: str,
        after: tuple[str, UUID] | None,
        size: int,
        caller: Caller,
    ) -> list[Element]:
        """One page of one kind; fails with AREA_UNKNOWN, ELEMENT_UNKNOWN, TERMINAL_UNKNOWN."""
        grids: Sequence[str] = self.grids(await self._office.atlas.current(), kind, caller, area_code=area_code)
        start = after or ("", FIRST_ID)
        async with self._office.database.connection() as connection:
            if terminal_id:
                bound = await self._terminals.grid_of(connection, terminal_id)
                grids = [code for code in grids if code == bound]
            if within_id is None:
                found = await self._office.elements.list_in_grids(
                    connection,
                    kind=kind,
                    grids=grids,
                    tags=[tag] if tag else [],
                    class_code=class_code,
                    after=start,
                    size=size,
                )
                return await self._shown(connection, found, caller)
            found = await self._office.elements.list_within(connection, within_id, kind=kind, after=start, size=size)
            found = await self._shown(connection, found, caller)
        seen = set(grids)
        return [element for element in found if element.grid_code in seen]

    async def _shown(
        self, connection: Transaction, found: Sequence[Element], caller: Caller, permission: str = ""
    ) -> list[Element]:
        """Of elements of one kind that were found, what the database shows this caller as well."""
        if not found:
            return []
        held = permission or (READ_PEOPLE if found[0].kind.about_people else READ)
        ids = await self._office.wall.shown(
            connection, [element.id for element in found], caller=caller, permission=held
        )
        return [element for element in found if element.id in ids]

    async def retire_element(
        self, element_id: UUID, *, reason: str, version: int, terminal_id: str, caller: Caller, asked: Asked[Element]
    ) -> bytes:
        """Take an element out of force; fails with ELEMENT_UNKNOWN, ELEMENT_STALE, ELEMENT_OCCUPIED, OUT_OF_GRID."""

        async def retire(transaction: Transaction) -> Element:
            before = await self._office.elements.lock(
                transaction, kind=ElementKind.PERSON, element_id=element_id, key=""
            )
            if before is None:
                raise ElementUnknown
            saving = Saving(
                element_id=element_id,
                draft=Draft(kind=before.kind),
                point=None,
                version=version,
                terminal_id=terminal_id,
            )
            await self._require_place(transaction, await self._office.atlas.current(), before.grid_code, saving, caller)
            if version and version != before.version:
                raise ElementStale(before)
            inside = await elements.count_within(transaction, element_id)
            if inside:
                raise ElementOccupied(count=inside)
            written = await self.write(transaction, before, replace(before, retired=True), caller)
            deed = Deed(action="element_retired", target=str(element_id), area_path=before.grid_code, purpose=reason)
            await audit.write(transaction, deed, caller=caller, at=self._office.clock.now())
            return written

        async with self._terminals.guarding(caller), self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: retire(transaction))

    async def link_person(
        self, link: PersonLink, *, terminal_id: str, caller: Caller, asked: Asked[tuple[PersonLink, bool]]
    ) -> bytes:
        """Tie a person to a dwelling; fails with ELEMENT_UNKNOWN, OUT_OF_GRID, BEYOND_REACH."""

        async def tie(transaction: Transaction) -> tuple[PersonLink, bool]:
            drawn = await self._office.atlas.current()
            person = await self._office.elements.lock(
                transaction, kind=ElementKind.PERSON, element_id=link.person_id, key=""
            )
            dwelling = await self._office.elements.find(transaction, link.dwelling_id)
            if person is None or dwelling is None or dwelling.kind is not ElementKind.DWELLING:
                raise ElementUnknown
            saving = Saving(
                element_id=None, draft=Draft(kind=person.kind), point=None, version=0, terminal_id=terminal_id
            )
            # Whoever answers for the dwelling may take somebody in who lived elsewhere until now.
            await self._require_place(transaction, drawn, dwelling.grid_code, saving, caller)
            now = self._office.clock.now()
            await elements.save_link(
                transaction,
                link,
                exclusive=link.kind in {RESIDENT, REGISTERED} and link.until is None,
                by=caller.subject,
                now=now,
            )
            if link.kind == RESIDENT and link.until is None:
                moved = replace(
                    person,
                    within_id=dwelling.id if person.grid_code != dwelling.grid_code else person.within_id,
                    address=dwelling.address,
                    grid_code=dwelling.grid_code,
                    longitude_deg=dwelling.longitude_deg,
                    latitude_deg=dwelling.latitude_deg,
                )
                if moved != person:
                    await self.write(transaction, person, moved, caller)
            links = await elements.list_links(transaction, link.person_id)
            told = next(row for row in links if (row.dwelling_id, row.kind) == (link.dwelling_id, link.kind))
            return told, split_residence(links, on=self._office.clock.now().date())

        async with self._terminals.guarding(caller), self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: tie(transaction))

    async def list_links(self, element_id: UUID, *, caller: Caller) -> tuple[list[PersonLink], bool]:
        """The links of a person or dwelling; fails with ELEMENT_UNKNOWN."""
        async with self._office.database.connection() as connection:
            found = await self.visible(connection, element_id, caller=caller)
            links = await elements.list_links(connection, element_id)
        person = found.kind is ElementKind.PERSON
        return links, person and split_residence(links, on=self._office.clock.now().date())

    async def count_elements(self, area_code: str, *, caller: Caller) -> Counts:
        """How many of everything; fails with AREA_UNKNOWN."""
        scope = caller.scope(READ)
        grids = grids_in_reach(await self._office.atlas.current(), scope, area_code=area_code)
        # How many people live somewhere is told to departments too, who they are is not: grants are named by area alone.
        async with (
            self._office.database.connection() as connection,
            self._office.wall.behind(connection, scope.by_area),
        ):
            return await elements.count(connection, grids)


def split_residence(links: Sequence[PersonLink], *, on: date) -> bool:
    """Whether a person is registered elsewhere than living (人户分离)."""
    now = [link for link in links if link.since <= on and (link.until is None or on <= link.until)]
    lives = {link.dwelling_id for link in now if link.kind == RESIDENT}
    registered = {link.dwelling_id for link in now if link.kind == REGISTERED}
    return bool(lives and registered and not lives & registered)


def _at_point(drawn: Map, point: tuple[float, float]) -> Stand:
    grid_code = drawn.locate([point])[0]
    if grid_code is None:
        raise PointOutside(longitude_deg=point[0], latitude_deg=point[1])
    return Stand(grid_code=grid_code, longitude_deg=point[0], latitude_deg=point[1])
