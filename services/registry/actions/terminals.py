"""Binds workers' phones to grids, hands them over, withdraws them, and keeps each of them to its grid."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from services.platform import audit
from services.platform.audit import Deed
from services.platform.database import Transaction
from services.platform.identity import Caller
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import grids_in_reach, require_reach
from services.registry.domain.areas import AreaLevel
from services.registry.domain.errors import AreaUnknown, OutOfGrid, TerminalRevoked, TerminalUnknown
from services.registry.store import areas, terminals
from services.registry.store.terminals import PastRefusal, Refusal, Span, Terminal

log = structlog.get_logger()

BIND = "registry.duty.write"
READ = "registry.staff.read"


class Outside(Exception):
    """Something outside a phone's grid was touched on it; `guarding` undoes, records and refuses it."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.terminal_id)


class TerminalActions:
    """What can be done with terminals."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def bind_terminal(self, terminal_id: str, *, grid_code: str, caller: Caller, asked: Asked[None]) -> bytes:
        """Bind a phone to a grid; one bound elsewhere moves, if that grid is the caller's too.

        Fails with AREA_UNKNOWN, BEYOND_REACH.
        """
        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: self._bind(transaction, terminal_id, grid_code, caller))

    async def _bind(self, transaction: Transaction, terminal_id: str, grid_code: str, caller: Caller) -> None:
        await self._require_grid(transaction, grid_code, caller)
        bound = await terminals.find_terminal(transaction, terminal_id)
        if bound is not None:
            require_reach(caller.scope(BIND), subject=terminal_id, area_path=bound.area_path, department_code="")
        await terminals.bind(
            transaction,
            terminal_id,
            grid_code=grid_code,
            staff_code=bound.staff_code if bound else "",
            ended_by="moved",
            by=caller.subject,
            now=self._office.clock.now(),
        )
        log.info("terminal_bound", terminal_id=terminal_id, grid_code=grid_code, by=caller.subject)

    async def hand_over_terminal(
        self, terminal_id: str, *, staff_code: str, grid_code: str, caller: Caller, asked: Asked[Terminal]
    ) -> bytes:
        """Give a phone to another worker; fails with TERMINAL_UNKNOWN, TERMINAL_REVOKED, AREA_UNKNOWN, BEYOND_REACH."""

        async def hand_over(transaction: Transaction) -> Terminal:
            bound = await self._bound(transaction, terminal_id)
            require_reach(caller.scope(BIND), subject=terminal_id, area_path=bound.area_path, department_code="")
            if grid_code:
                await self._require_grid(transaction, grid_code, caller)
            await terminals.bind(
                transaction,
                terminal_id,
                grid_code=grid_code or bound.grid_code,
                staff_code=staff_code,
                ended_by="handed_over",
                by=caller.subject,
                now=self._office.clock.now(),
            )
            return await self._known(transaction, terminal_id)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: hand_over(transaction))

    async def revoke_terminal(self, terminal_id: str, *, reason: str, caller: Caller, asked: Asked[Terminal]) -> bytes:
        """Withdraw a phone at once; fails with TERMINAL_UNKNOWN, BEYOND_REACH."""

        async def revoke(transaction: Transaction) -> Terminal:
            known = await self._known(transaction, terminal_id)
            require_reach(caller.scope(BIND), subject=terminal_id, area_path=known.area_path, department_code="")
            now = self._office.clock.now()
            await terminals.revoke(transaction, terminal_id, reason=reason, now=now)
            deed = Deed(action="terminal_revoked", target=terminal_id, area_path=known.area_path, purpose=reason)
            await audit.write(transaction, deed, caller=caller, at=now)
            return await self._known(transaction, terminal_id)

        async with self._office.database.transaction() as transaction:
            return await asked.answered(transaction, lambda: revoke(transaction))

    async def get_terminal(self, terminal_id: str, *, caller: Caller) -> Terminal:
        """One phone; fails with TERMINAL_UNKNOWN, also for one outside one's area."""
        async with self._office.database.connection() as connection:
            known = await self._known(connection, terminal_id)
        if known.grid_code not in grids_in_reach(await self._office.atlas.current(), caller.scope(READ)):
            raise TerminalUnknown(terminal_id=terminal_id)
        return known

    async def list_terminals(self, *, area_code: str, after: str, size: int, caller: Caller) -> list[Terminal]:
        """One page of phones within an area."""
        grids = grids_in_reach(await self._office.atlas.current(), caller.scope(READ), area_code=area_code)
        async with self._office.database.connection() as connection:
            return await terminals.list_terminals(connection, grids=grids, after=after, size=size)

    async def list_history(self, terminal_id: str, *, caller: Caller) -> tuple[list[Span], list[PastRefusal]]:
        """Who had a phone, and what was refused on it; fails with TERMINAL_UNKNOWN."""
        await self.get_terminal(terminal_id, caller=caller)
        async with self._office.database.connection() as connection:
            return await terminals.read_history(connection, terminal_id)

    async def check_terminal(
        self, terminal_id: str, *, longitude_deg: float, latitude_deg: float, caller: Caller
    ) -> str:
        """The grid that holds both the phone and the point.

        Fails with TERMINAL_UNKNOWN, TERMINAL_REVOKED, OUT_OF_GRID.
        """
        found = (await self._office.atlas.current()).locate([(longitude_deg, latitude_deg)])[0]
        async with self.guarding(caller), self._office.database.connection() as connection:
            return await self.require_inside(
                connection,
                terminal_id,
                grid_code=found or "",
                longitude_deg=longitude_deg,
                latitude_deg=latitude_deg,
                caller=caller,
            )

    async def grid_of(self, transaction: Transaction, terminal_id: str) -> str:
        """The one grid a phone may read; fails with TERMINAL_UNKNOWN, TERMINAL_REVOKED."""
        return (await self._bound(transaction, terminal_id)).grid_code

    async def require_inside(
        self,
        transaction: Transaction,
        terminal_id: str,
        *,
        grid_code: str,
        longitude_deg: float,
        latitude_deg: float,
        caller: Caller,
    ) -> str:
        """The phone's grid, which must be this one; to be called inside `guarding`."""
        bound = await self._bound(transaction, terminal_id)
        if bound.grid_code != grid_code:
            raise Outside(
                Refusal(
                    terminal_id=terminal_id,
                    grid_code=bound.grid_code,
                    found_grid_code=grid_code,
                    longitude_deg=longitude_deg,
                    latitude_deg=latitude_deg,
                    asked_by=caller.subject,
                )
            )
        return bound.grid_code

    @asynccontextmanager
    async def guarding(self, caller: Caller) -> AsyncIterator[None]:
        """What is found outside a phone's grid inside this block is undone, put on record, and OUT_OF_GRID.

        The record has a transaction of its own, ended before the refusal is raised: what was tried stays known.
        """
        try:
            yield
        except Outside as outside:
            refusal, now = outside.refusal, self._office.clock.now()
            deed = Deed(
                action="terminal_refused",
                target=refusal.terminal_id,
                refused=OutOfGrid.reason,
                details={"bound": refusal.grid_code, "found": refusal.found_grid_code},
            )
            async with self._office.database.transaction() as transaction:
                await terminals.insert_refusal(transaction, refusal, now=now)
                await audit.write(transaction, deed, caller=caller, at=now)
            log.info("terminal_refused", terminal_id=refusal.terminal_id, grid_code=refusal.grid_code)
            raise OutOfGrid(terminal_id=refusal.terminal_id, grid_code=refusal.grid_code) from None

    async def _known(self, transaction: Transaction, terminal_id: str) -> Terminal:
        known = await terminals.find_terminal(transaction, terminal_id)
        if known is None:
            raise TerminalUnknown(terminal_id=terminal_id)
        return known

    async def _bound(self, transaction: Transaction, terminal_id: str) -> Terminal:
        known = await self._known(transaction, terminal_id)
        if known.revoked_at is not None:
            raise TerminalRevoked(terminal_id=terminal_id)
        return known

    async def _require_grid(self, transaction: Transaction, grid_code: str, caller: Caller) -> None:
        grid = await areas.find_area(transaction, grid_code)
        if grid is None or grid.retired or grid.level is not AreaLevel.GRID:
            raise AreaUnknown(code=grid_code)
        require_reach(caller.scope(BIND), subject=grid_code, area_path=grid.path, department_code="")
