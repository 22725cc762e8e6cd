"""Walks a machine of random steps over the real service, and looks at the books after each walk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from services.platform.clock import Clock
from services.platform.database import Database, open_database
from services.platform.errors import GridwardError
from services.points.wiring import Points
from tests.integration.points.conftest import points_over

Answer = TypeVar("Answer")


class PointsMachine(RuleBasedStateMachine):
    """Each walk has a number of its own, for people, goods and keys of its own in books that only ever grow."""

    runner: ClassVar[asyncio.Runner]
    database: ClassVar[Database]
    points: ClassVar[Points]
    walks: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).walks += 1
        self.mark = f"{type(self).walks}"

    def must(self, work: Awaitable[Answer]) -> Answer:
        """What the service answers."""

        async def run() -> Answer:
            return await work

        return self.runner.run(run())

    def told(self, work: Awaitable[Answer]) -> tuple[Answer | None, str]:
        """What the service answers, or why it refuses."""
        try:
            return self.must(work), ""
        except GridwardError as error:
            return None, error.reason

    def teardown(self) -> None:
        """Whatever was done, the books are sound."""
        assert self.must(self.points.ledger.verify()).faults == ()


def walk(
    machine: type[PointsMachine],
    dsn: str,
    clock: Clock,
    *,
    before: Callable[[Points], Awaitable[None]] | None = None,
    **how: Any,
) -> None:
    """Let a machine take its steps over a database, after what is to be done `before`."""
    with asyncio.Runner() as runner:
        database = runner.run(open_database(dsn, service="points", connections_max=2))
        machine.runner, machine.database, machine.points = runner, database, points_over(database, clock)
        try:
            if before is not None:
                runner.run(before(machine.points))
            run_state_machine_as_test(
                machine, settings=settings(deadline=None, suppress_health_check=list(HealthCheck), **how)
            )
        finally:
            runner.run(database.close())
