"""Carries a request out once, whatever it changes, and gives the same answer to every repetition."""

from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from services.platform.database import Database, Transaction
from services.platform.idempotency import RequestKey, answer_given, keep_answer


async def once(database: Database, key: RequestKey, work: Callable[[Transaction], Awaitable[Message]]) -> bytes:
    """The answer of the work, done in one transaction with it, or the answer given before."""
    async with database.transaction() as transaction:
        given = await answer_given(transaction, key)
        if given is not None:
            return given
        answer = (await work(transaction)).SerializeToString()
        await keep_answer(transaction, key, answer)
        return answer
