"""Notices a database that stands still: when something lasts, it is asked a small thing, and silence ends the waiting.

A server that was stopped, or a disk that no longer answers, leaves lines standing on which nothing ever comes; whoever
asked would wait for the whole of the time allowed. A statement that merely takes long is left alone, as the small
question beside it is answered.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum, auto
from typing import Any, Final

import psycopg
import structlog
from prometheus_client import Counter
from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

#: How long something may last before anybody asks.
LASTS_S = 0.8
#: How long the small question may take: so many looks of so long. A process that was itself held up looks fewer times.
LOOKS = 15
LOOK_S: Final = 0.1

log = structlog.get_logger()

SILENCES = Counter("database_silences_total", "Times the database stood still, and who waited for it was told so")


class Answer(Enum):
    """What came of the small question."""

    THERE = auto()
    REFUSED = auto()
    SILENT = auto()


class Pulse:
    """One for each database of a process; it knows who waits, and rests while nobody does."""

    def __init__(self, connect: Callable[[], Awaitable[AsyncConnection[Any]]], *, gone: Callable[[], None]) -> None:
        self._connect = connect
        self._gone = gone
        self._held: dict[AsyncConnection[Any], float] = {}
        self._waiting: dict[asyncio.Timeout, float] = {}
        self._line: AsyncConnection[Any] | None = None
        self._asked: asyncio.Task[Answer] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._round: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Around waiting for a connection; fails with TimeoutError as soon as the database is known to be away."""
        async with asyncio.timeout(None) as until:
            self._waiting[until] = self._now()
            try:
                yield
            finally:
                self._waiting.pop(until, None)

    def lent(self, connection: AsyncConnection[Any]) -> None:
        """Somebody asks on this connection from now on."""
        self._held[connection] = self._now()

    def returned(self, connection: AsyncConnection[Any]) -> None:
        """Nobody does any longer."""
        self._held.pop(connection, None)

    async def ask(self) -> Answer:
        """The small question, soon; who comes meanwhile hears the same answer."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
            self._asked.add_done_callback(self._heard)
        return await asyncio.shield(self._asked)

    async def close(self) -> None:
        """Ask nobody any more."""
        if self._alarm is not None:
            self._alarm.cancel()
        for task in (self._round, self._asked):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if self._line is not None:
            await self._line.close()

    def _now(self) -> float:
        loop = asyncio.get_running_loop()
        if self._alarm is None and self._round is None:
            self._alarm = loop.call_later(LASTS_S, self._look)
        return loop.time()

    def _look(self) -> None:
        """Ask when something has lasted; look again later while anybody is at it."""
        self._alarm = None
        if not self._held and not self._waiting:
            return
        if self._lasting() or self._waited():
            self._round = asyncio.create_task(self._go_round())
            return
        self._alarm = asyncio.get_running_loop().call_later(LASTS_S / 2, self._look)

    async def _go_round(self) -> None:
        try:
            answer = await self.ask()
            if answer is not Answer.THERE and (self._lasting() or self._waited()):
                self._tell(answer)
        finally:
            self._round = None
            if self._held or self._waiting:
                self._alarm = asyncio.get_running_loop().call_later(LASTS_S / 2, self._look)

    def _tell(self, answer: Answer) -> None:
        """End the waiting: nobody gets a connection now, and on those that are silent nothing will come."""
        self._gone()
        waiting, self._waiting = self._waiting, {}
        for until in waiting:
            until.reschedule(asyncio.get_running_loop().time())
        silent = self._lasting() if answer is Answer.SILENT else []
        for connection in silent:
            self.returned(connection)
            _cut(connection)
        SILENCES.inc()
        log.error("database_silent", cut=len(silent), waiting=len(waiting), answer=answer.name.lower())

    def _lasting(self) -> list[AsyncConnection[Any]]:
        """Connections with a statement under way that were lent some time ago."""
        before_s = asyncio.get_running_loop().time() - LASTS_S
        return [
            connection
            for connection, since_s in self._held.items()
            if since_s <= before_s and connection.pgconn.transaction_status == TransactionStatus.ACTIVE
        ]

    def _waited(self) -> bool:
        before_s = asyncio.get_running_loop().time() - LASTS_S
        return any(since_s <= before_s for since_s in self._waiting.values())

    async def _ask(self) -> Answer:
        asked = asyncio.create_task(self._answered())
        try:
            for _ in range(LOOKS):
                await asyncio.wait({asked}, timeout=LOOK_S)
                if asked.done():
                    return Answer.THERE if asked.result() else Answer.REFUSED
            return Answer.SILENT
        finally:
            line = self._line
            if not asked.done():
                self._line = None
                if line is None:
                    asked.cancel()
                else:
                    _cut(line)  # what waits there ends by itself
                await asyncio.wait({asked})

    async def _answered(self) -> bool:
        """Asked on a line of its own, which is kept; one that broke is made anew once."""
        for _ in range(2):
            line = self._line
            try:
                if line is None:
                    line = self._line = await self._connect()
                await line.execute("SELECT 1")
            except psycopg.Error:
                if line is None:
                    return False
                await line.close()
                if self._line is not line:
                    return False  # it was given up
                self._line = None
            else:
                return True
        return False

    def _heard(self, asked: asyncio.Task[Answer]) -> None:
        self._asked = None
        if not asked.cancelled():
            asked.exception()


def _cut(connection: AsyncConnection[Any]) -> None:
    """Whoever waits on this line finds it ended; asking the server to give up would wait for the server."""
    with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
