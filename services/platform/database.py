"""Opens a service's own PostgreSQL schema and hands out transactions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from services.platform.circuit import Circuit
from services.platform.deadline import no_longer_than
from services.platform.errors import Exhausted, FieldInvalid, Unavailable
from services.platform.pulse import Answer, Pulse

log = structlog.get_logger()

Row = dict[str, Any]  # rows come as columns by name; each store turns them into its own values at once


class Transaction(AsyncConnection[Row]):
    """A connection, or a transaction on it."""

    #: Whether an event was written that is to get its position.
    told = False


CONNECT_TIMEOUT_S = 5.0
#: The same for whoever tries a server that was away.
RETRY_S = 2.0
WAITING_MAX = 2000
STATEMENT_TIMEOUT_MS = 15_000
IDLE_TRANSACTION_TIMEOUT_MS = 30_000
#: Besides the others, for what comes all day: few, so that each soon has all its plans.
STEADY_MAX = 4
STEADY_OPTIONS = "-c plan_cache_mode=force_generic_plan"
#: The pool's own pause between attempts doubles without end; giving up early makes the next caller try at once.
RECONNECT_S = 4.0
#: A server that went without a word is noticed within about this time.
SILENCE = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class Database:
    """The connections of one process to its schema."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Transaction],
        steady: AsyncConnectionPool[Transaction],
        *,
        connect: Callable[[], Awaitable[AsyncConnection[Any]]],
    ) -> None:
        self._pool = pool
        self._steady = steady
        #: Set when events were committed, so that whoever places them need not poll fast.
        self.told = asyncio.Event()
        self._circuit = Circuit("database")
        self._pulse = Pulse(connect, gone=self._circuit.away)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One transaction: all of what happens inside, or none of it."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Transaction]:
        """A connection on which each statement stands alone; for reading."""
        async with self._lent(self._pool) as connection:
            yield connection

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[Transaction]:
        """As `connection`, for the few statements that come all day: each is planned once, whatever it is asked.

        Making a plan for a statement of forty columns takes longer than carrying it out.
        """
        async with self._lent(self._steady) as connection:
            yield connection

    @asynccontextmanager
    async def _lent(self, pool: AsyncConnectionPool[Transaction]) -> AsyncIterator[Transaction]:
        with self._circuit.asking():
            try:
                connection = await self._taken(pool)
                try:
                    async with connection:
                        self._circuit.there()
                        yield connection
                        if connection.told:
                            connection.told = False
                            self.told.set()
                finally:
                    self._pulse.returned(connection)
                    await pool.putconn(connection)
            except TooManyRequests as error:
                raise Exhausted(retry_after_s=2) from error
            except psycopg.OperationalError as error:
                raise Unavailable(part="database") from error
            except psycopg.Error as error:
                if not _value_at_fault(error):
                    raise
                # Whoever asked with it can mend it; we should have told them before asking, so it is written down.
                log.error("value_refused_by_database", exc_info=error)  # noqa: TRY400 it is the caller's mistake
                raise FieldInvalid(
                    field="request", problem="holds a character or number that cannot be stored"
                ) from error

    async def _taken(self, pool: AsyncConnectionPool[Transaction]) -> Transaction:
        """A connection, as long as whoever asks may wait; fails with Unavailable as soon as the server is silent."""
        away = self._circuit.is_away
        if away and await self._pulse.ask() is Answer.SILENT:
            raise Unavailable(part="database")
        wait_s = RETRY_S if away else CONNECT_TIMEOUT_S
        allowed_s = no_longer_than(wait_s)
        try:
            async with self._pulse.waiting():
                connection = await pool.getconn(timeout=allowed_s)
        except PoolTimeout as error:
            if allowed_s == wait_s:  # whoever may wait shortly says nothing of the server
                self._circuit.away()
            raise Unavailable(part="database") from error
        except TimeoutError as error:
            raise Unavailable(part="database") from error
        self._pulse.lent(connection)
        return connection

    async def ready(self) -> bool:
        """Whether a statement can be run now."""
        try:
            async with self.connection() as connection:
                await connection.execute("SELECT 1")
        except (Unavailable, Exhausted):
            return False
        return True

    @property
    def waiting(self) -> int:
        """How many wait for a connection now."""
        return self._pool.get_stats().get("requests_waiting", 0)

    async def close(self) -> None:
        """Give all connections back."""
        await self._pulse.close()
        await self._steady.close()
        await self._pool.close()


def _value_at_fault(error: psycopg.Error) -> bool:
    """Whether a statement failed for a value no column holds: too large, not of its type, or no path of an area."""
    return isinstance(error, psycopg.DataError) or (
        isinstance(error, psycopg.errors.SyntaxError) and "ltree" in str(error)
    )


async def open_database(dsn: str, *, service: str, connections_max: int = 12) -> Database:
    """Open the pool; fails with Unavailable when the server cannot be reached."""
    pool = _pool(dsn, service, size_max=connections_max)
    steady = _pool(dsn, service, size_max=STEADY_MAX, options=STEADY_OPTIONS, prepare_threshold=0)
    try:
        await pool.open(wait=True, timeout=CONNECT_TIMEOUT_S)
    except PoolTimeout as error:
        await pool.close()
        raise Unavailable(part="database") from error
    await steady.open()

    silence: dict[str, Any] = dict(SILENCE)

    async def connect() -> AsyncConnection[Any]:
        name = f"gridward-{service}"
        return await AsyncConnection[Any].connect(dsn, autocommit=True, application_name=name, **silence)

    return Database(pool, steady, connect=connect)


def _pool(
    dsn: str, service: str, *, size_max: int, options: str = "", **connecting: int
) -> AsyncConnectionPool[Transaction]:
    limits = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    return AsyncConnectionPool(
        dsn,
        connection_class=Transaction,
        kwargs={
            "row_factory": dict_row,
            "autocommit": True,
            "application_name": f"gridward-{service}",
            "options": f"{limits} {options}",
            **SILENCE,
            **connecting,
        },
        min_size=1,
        max_size=size_max,
        timeout=CONNECT_TIMEOUT_S,
        max_waiting=WAITING_MAX,
        reconnect_timeout=RECONNECT_S,
        open=False,
    )
