"""Lets sources speak, decides who stands, gives the loser a task, and turns clues into tasks for those who may look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from services.platform import sql
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.platform.ids import uuid7
from services.platform.wall import Wall
from services.registry import events
from services.registry.actions.elements import ElementActions, Saving
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach
from services.registry.actions.terminals import TerminalActions
from services.registry.domain import claims as rules
from services.registry.domain.claims import FIELD, REGISTER, Claim, Clue, Correction, KnownField, Verdict, known_fields
from services.registry.domain.elements import Draft, Element, checked, require_writer
from services.registry.domain.errors import (
    ClueClosed,
    ClueOwn,
    ClueUnknown,
    CorrectionClosed,
    CorrectionUnknown,
    ElementUnknown,
    ItemRefused,
    SourceForeign,
)
from services.registry.domain.schema import ElementKind, schema
from services.registry.store import claims
from services.registry.store.elements import FIRST_ID

CLAIM: Final = "registry.claims.write"
READ_CLAIMS: Final = "registry.claims.read"
WRITE: Final = "registry.elements.write"
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Fields of an element that a clue may be about, beside its items.
CLUE_FIELDS: Final = frozenset({"state", "name", "address", "class_code"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stating:
    """What a source says."""

    element_id: UUID
    item: str
    value: str
    #: A department; empty for a look on the spot.
    source: str
    observed_at: datetime | None
    terminal_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What follows from it."""

    kind: ElementKind
    claim: Claim
    verdict: Verdict
    correction: Correction | None


class ClaimActions:
    """What can be done with claims and clues."""

    def __init__(self, office: Office, elements: ElementActions, terminals: TerminalActions) -> None:
        self._office = office
        self._elements = elements
        self._terminals = terminals
        looks = sql.load("services.registry", "wall.sql")
        self._clues = Wall("registry", looks.look_clues)
        self._corrections = Wall("registry", looks.look_corrections)

    async def make_claim(self, stating: Stating, *, caller: Caller, asked: Asked[Stated]) -> bytes:
        """State what a source says; fails with ELEMENT_UNKNOWN, ITEM_REFUSED, ITEM_FOREIGN, SOURCE_FOREIGN, OUT_OF_GRID."""
        async with self._terminals.guarding(caller), self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: self._state(transaction, stating, caller))

    async def _state(self, transaction: Transaction, stating: Stating, caller: Caller) -> Stated:
        element = await self._office.elements.lock(
            transaction, kind=ElementKind.PERSON, element_id=stating.element_id, key=""
        )
        if element is None or element.retired:
            raise ElementUnknown
        rule = schema().rule(element.kind, stating.item)
        source = await self._source(transaction, stating, element, caller)
        now = self._office.clock.now()
        before = await claims.list_claims(transaction, element.id, self._office.sealer, item=rule.code)
        if not before and rule.code in element.items:
            before = [await self._keep_register(transaction, element, rule.code)]
        claim = Claim(
            id=uuid7(),
            element_id=element.id,
            item=rule.code,
            value=rule.read(stating.value),
            source=source,
            observed_at=min(stating.observed_at or now, now),
            made_by=caller.subject,
            made_at=now,
        )
        await claims.insert_claim(transaction, claim, self._office.sealer)
        verdict = rules.weigh([*before, claim], rule, now=now)
        corrections = await self._follow(transaction, element, verdict, caller)
        own = next((task for task in corrections if task.source == source), None)
        return Stated(kind=element.kind, claim=claim, verdict=verdict, correction=own or next(iter(corrections), None))

    async def _source(self, transaction: Transaction, stating: Stating, element: Element, caller: Caller) -> str:
        """Whose claim it is; fails unless the caller may speak for that source about that element."""
        drawn = await self._office.atlas.current()
        scope = caller.scope(CLAIM)
        if stating.source:
            grids = grids_in_reach(drawn, scope)
            if stating.source not in scope.departments and not caller.is_service:
                raise SourceForeign(source=stating.source)
            if element.grid_code not in grids:
                raise ElementUnknown
            return stating.source
        require_writer(Draft(kind=element.kind, items={stating.item: ""}), caller.roles)
        await self._elements.visible(
            transaction, element.id, caller=caller, terminal_id=stating.terminal_id, permission=WRITE
        )
        return FIELD

    async def _keep_register(self, transaction: Transaction, element: Element, item: str) -> Claim:
        """What stood in the books becomes a claim too, before anything else is said."""
        claim = Claim(
            id=uuid7(),
            element_id=element.id,
            item=item,
            value=element.items[item],
            source=REGISTER,
            observed_at=element.updated_at or LONG_AGO,
            made_by=element.updated_by,
            made_at=element.updated_at or LONG_AGO,
        )
        await claims.insert_claim(transaction, claim, self._office.sealer)
        return claim

    async def _follow(
        self, transaction: Transaction, element: Element, verdict: Verdict, caller: Caller
    ) -> list[Correction]:
        """The books take the winner's value; each loser gets a task, and who agrees by now has none left."""
        winner, now = verdict.winner, self._office.clock.now()
        if element.items.get(winner.item, "") != winner.value:
            items = {**element.items, winner.item: winner.value}
            kept = {code: value for code, value in sorted(items.items()) if value}
            await self._elements.write(transaction, element, replace(element, items=kept), caller)
        losers = [claim.source for claim in verdict.losers]
        await claims.settle(transaction, element.id, item=winner.item, losers=losers, now=now)
        opened = []
        for loser in verdict.losers:
            task = await claims.open_correction(
                transaction, uuid7(), loser, winner, grid_code=element.grid_code, now=now
            )
            await events.publish_correction_opened(transaction, task, at=now)
            opened.append(task)
        return opened

    async def list_claims(self, element_id: UUID, *, caller: Caller) -> tuple[Element, list[tuple[Claim, Verdict]]]:
        """All claims about an element, each with the verdict on its item; fails with ELEMENT_UNKNOWN."""
        now = self._office.clock.now()
        async with self._office.database.connection() as connection:
            element = await self._elements.visible(connection, element_id, caller=caller)
            found = await claims.list_claims(connection, element_id, self._office.sealer)
        by_item: dict[str, list[Claim]] = {}
        for claim in found:
            by_item.setdefault(claim.item, []).append(claim)
        told: list[tuple[Claim, Verdict]] = []
        for item, rows in by_item.items():
            verdict = rules.weigh(rows, schema().rule(element.kind, item), now=now)
            rows.sort(key=lambda claim: claim.id != verdict.winner.id)
            told += [(claim, verdict) for claim in rows]
        return element, told

    async def list_corrections(
        self,
        *,
        source: str,
        with_closed: bool,
        after: tuple[datetime, UUID] | None,
        size: int,
        caller: Caller,
    ) -> list[Correction]:
        """One page of the tasks of one's departments and grids, oldest first."""
        scope = caller.scope(READ_CLAIMS)
        departments = [code for code in scope.departments if code]
        grids = grids_in_reach(await self._office.atlas.current(), scope, for_departments=False)
        async with self._office.database.connection() as connection:
            found = await claims.list_corrections(
                connection,
                sources=departments,
                grids=grids,
                field=bool(grids),
                only=source,
                with_closed=with_closed,
                after=after or (LONG_AGO, FIRST_ID),
                size=size,
            )
            return await self._corrections.kept(
                connection, found, key=lambda task: task.id, caller=caller, permission=READ_CLAIMS
            )

    async def answer_correction(
        self, correction_id: UUID, *, gives_way: bool, answer: str, caller: Caller, asked: Asked[Correction]
    ) -> bytes:
        """Give way, or stand by what was said; fails with CORRECTION_UNKNOWN, CORRECTION_CLOSED."""

        async def reply(transaction: Transaction) -> Correction:
            task = await claims.lock_correction(transaction, correction_id)
            if task is None or not await self._may_answer(task, caller):
                raise CorrectionUnknown
            if not await self._corrections.shown(transaction, [task.id], caller=caller, permission=CLAIM):
                raise CorrectionUnknown
            if task.state != "open":
                raise CorrectionClosed(state=task.state)
            now = self._office.clock.now()
            if gives_way:
                await claims.give_way(transaction, task.element_id, item=task.item, source=task.source)
            state = "gave_way" if gives_way else "stands"
            await claims.close_correction(transaction, task.id, state=state, answer=answer, now=now)
            return replace(task, state=state, answer=answer, closed_at=now)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: reply(transaction))

    async def _may_answer(self, task: Correction, caller: Caller) -> bool:
        scope = caller.scope(CLAIM)
        if task.source != FIELD:
            return task.source in scope.departments or caller.is_service
        return task.grid_code in grids_in_reach(await self._office.atlas.current(), scope, for_departments=False)

    async def submit_clue(
        self,
        *,
        element_id: UUID | None,
        grid_code: str,
        items: Mapping[str, str],
        text: str,
        caller: Caller,
        asked: Asked[Clue],
    ) -> bytes:
        """Keep a clue for the worker of the grid; fails with ELEMENT_UNKNOWN, ITEM_REFUSED."""
        drawn = await self._office.atlas.current()

        async def submit(transaction: Transaction) -> Clue:
            element = await self._office.elements.find(transaction, element_id) if element_id else None
            if element_id is not None and (element is None or element.retired):
                raise ElementUnknown
            if element is None and grid_code not in drawn.grids.get(grid_code, ()):
                raise ItemRefused(item="grid_code", problem="say which grid it is in")
            if element is not None:
                _draft_of(element, items)
            clue = Clue(
                id=uuid7(),
                element_id=element_id,
                grid_code=element.grid_code if element else grid_code,
                items=dict(items),
                text=text,
                given_by=caller.subject,
                given_at=self._office.clock.now(),
            )
            await claims.insert_clue(transaction, clue, self._office.sealer)
            await events.publish_clue_given(transaction, clue.id, grid_code=clue.grid_code, at=clue.given_at)
            return clue

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: submit(transaction))

    async def list_clues(self, *, own: bool, with_closed: bool, caller: Caller) -> list[Clue]:
        """Clues that wait in one's grids, or one's own."""
        grids: Sequence[str] = ()
        if not own:
            scope = caller.scope(WRITE)
            grids = grids_in_reach(await self._office.atlas.current(), scope, for_departments=False)
        async with self._office.database.connection() as connection:
            found = await claims.list_clues(
                connection,
                self._office.sealer,
                given_by=caller.subject if own else "",
                grids=grids,
                with_closed=with_closed or own,
            )
            return await self._clues.kept(
                connection, found, key=lambda clue: clue.id, caller=caller, permission=WRITE, own=own
            )

    async def verify_clue(
        self, clue_id: UUID, *, confirmed: bool, finding: str, terminal_id: str, caller: Caller, asked: Asked[Clue]
    ) -> bytes:
        """Say what a look showed; only then the books change. Fails with CLUE_UNKNOWN, CLUE_CLOSED, CLUE_OWN."""
        drawn = await self._office.atlas.current()
        grids = grids_in_reach(drawn, caller.scope(WRITE), for_departments=False)

        async def verify(transaction: Transaction) -> Clue:
            clue = await claims.lock_clue(transaction, clue_id, self._office.sealer)
            if clue is None or clue.grid_code not in grids:
                raise ClueUnknown
            if not await self._clues.shown(transaction, [clue.id], caller=caller, permission=WRITE):
                raise ClueUnknown
            if clue.state != "waiting":
                raise ClueClosed(state=clue.state)
            if clue.given_by == caller.subject:
                raise ClueOwn
            if confirmed and clue.element_id is not None and clue.items:
                element = await self._office.elements.find(transaction, clue.element_id)
                if element is None:
                    raise ElementUnknown
                draft = checked(_draft_of(element, clue.items))
                saving = Saving(element_id=element.id, draft=draft, point=None, version=0, terminal_id=terminal_id)
                await self._elements.save(transaction, drawn, saving, caller)
            state = "confirmed" if confirmed else "refuted"
            await claims.close_clue(transaction, clue.id, state=state, by=caller.subject, finding=finding)
            return replace(clue, state=state, verified_by=caller.subject, finding=finding)

        async with self._terminals.guarding(caller), self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: verify(transaction))

    async def kinds_of(self, clues: Sequence[Clue]) -> dict[UUID, ElementKind]:
        """What kinds of elements clues are about, for masking."""
        wanted = [clue.element_id for clue in clues if clue.element_id]
        async with self._office.database.connection() as connection:
            found = await self._office.elements.find_many(connection, wanted)
        return {element_id: element.kind for element_id, element in found.items()}

    @staticmethod
    def check_form(kind: ElementKind, fields: Mapping[str, str]) -> list[KnownField]:
        """What a form must not ask."""
        return known_fields(kind, fields)


def _draft_of(element: Element, told: Mapping[str, str]) -> Draft:
    """A clue as a change; fails with ITEM_REFUSED."""
    fields = {
        code: value for code, value in told.items() if code in CLUE_FIELDS and element.kind is not ElementKind.PERSON
    }
    items = {code: value for code, value in told.items() if code not in fields}
    return checked(
        Draft(
            kind=element.kind,
            name=fields.get("name", ""),
            address=fields.get("address", ""),
            state=fields.get("state", ""),
            class_code=fields.get("class_code", ""),
            items=items,
        )
    )
