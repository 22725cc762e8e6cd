"""Binds workers' phones to grids, and refuses what one of them writes about a place elsewhere."""

import structlog

from services.platform.database import Transaction
from services.platform.identity import Caller
from services.registry.actions.office import Asked, Office
from services.registry.actions.reach import require_reach
from services.registry.domain.areas import AreaLevel
from services.registry.domain.errors import AreaUnknown, OutOfGrid, TerminalUnknown
from services.registry.store import areas, terminals
from services.registry.store.terminals import Refusal

log = structlog.get_logger()

BIND = "registry.duty.write"


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
        grid = await areas.find_area(transaction, grid_code)
        if grid is None or grid.retired or grid.level is not AreaLevel.GRID:
            raise AreaUnknown(code=grid_code)
        scope = caller.scope(BIND)
        require_reach(scope, subject=grid_code, area_path=grid.path, department_code="")
        bound = await terminals.find_terminal(transaction, terminal_id)
        if bound is not None:
            require_reach(scope, subject=terminal_id, area_path=bound.area_path, department_code="")
        await terminals.save_terminal(
            transaction, terminal_id, grid_code=grid_code, bound_by=caller.subject, now=self._office.clock.now()
        )
        log.info("terminal_bound", terminal_id=terminal_id, grid_code=grid_code, by=caller.subject)

    async def check_terminal(
        self, terminal_id: str, *, longitude_deg: float, latitude_deg: float, caller: Caller
    ) -> str:
        """The grid that holds both the phone and the point; fails with TERMINAL_UNKNOWN, OUT_OF_GRID."""
        drawn = await self._office.atlas.current()
        async with self._office.database.connection() as connection:
            bound = await terminals.find_terminal(connection, terminal_id)
        if bound is None:
            raise TerminalUnknown(terminal_id=terminal_id)
        found = drawn.locate([(longitude_deg, latitude_deg)])[0]
        if found == bound.grid_code:
            return bound.grid_code
        refusal = Refusal(
            terminal_id=terminal_id,
            grid_code=bound.grid_code,
            found_grid_code=found or "",
            longitude_deg=longitude_deg,
            latitude_deg=latitude_deg,
            asked_by=caller.subject,
        )
        # A transaction of its own, ended before the refusal is raised: what was tried must stay on record.
        async with self._office.database.transaction() as transaction:
            await terminals.insert_refusal(transaction, refusal, now=self._office.clock.now())
        log.info("terminal_refused", terminal_id=terminal_id, grid_code=bound.grid_code, by=caller.subject)
        raise OutOfGrid(terminal_id=terminal_id, grid_code=bound.grid_code)
