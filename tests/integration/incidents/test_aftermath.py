"""Whoever follows what this service tells does not read again and again what is no concern of theirs."""

from collections.abc import Sequence

from services.incidents.aftermath import PASSED_OVER_MIN, Follower, Happening, catch_up
from services.platform.database import Database, Transaction
from services.platform.outbox import move_reader, reader_position

GROUP = "listener"


async def tell(database: Database, type_: str, *, first: int, last: int) -> None:
    """Events that have found their places already."""
    async with database.connection() as connection:
        await connection.execute(
            """INSERT INTO outbox (id, position, type, subject, occurred_at, payload)
               SELECT gen_random_uuid(), place, %s, 'case-' || place, now(), '' FROM generate_series(%s::bigint, %s::bigint) AS place""",
            (type_, first, last),
        )


async def test_what_concerns_nobody_is_left_behind_and_what_does_is_still_heard(database: Database) -> None:
    heard: list[str] = []

    async def hear(_transaction: Transaction, happenings: Sequence[Happening]) -> None:
        heard.extend(happening.subject for happening in happenings)

    follower = Follower(group=GROUP, types=("bell_rung",), handle=hear)
    await tell(database, "leaf_fell", first=1, last=PASSED_OVER_MIN)
    assert await catch_up(database, follower) == 0
    assert await reader_position(database, GROUP) == PASSED_OVER_MIN
    await tell(database, "bell_rung", first=PASSED_OVER_MIN + 1, last=PASSED_OVER_MIN + 1)
    await tell(database, "leaf_fell", first=PASSED_OVER_MIN + 2, last=3 * PASSED_OVER_MIN)
    assert await catch_up(database, follower) == 1
    assert heard == [f"case-{PASSED_OVER_MIN + 1}"]


async def test_a_little_that_concerns_nobody_is_not_worth_a_write(database: Database) -> None:
    follower = Follower(group=GROUP, types=("bell_rung",), handle=_nothing)
    await tell(database, "leaf_fell", first=1, last=PASSED_OVER_MIN + 1)
    await move_reader(database, GROUP, 2)
    assert await catch_up(database, follower) == 0
    assert await reader_position(database, GROUP) == 2


async def _nothing(_transaction: Transaction, _happenings: Sequence[Happening]) -> None:
    raise AssertionError
