"""Makes a request that is sent twice count once: the second gets the first one's answer."""

from dataclasses import dataclass
from hashlib import sha256

from google.protobuf.message import Message

from services.platform import sql
from services.platform.database import Transaction
from services.platform.errors import RequestReused

queries = sql.load(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """What tells one request from another: who sent it, to which method, under which id, with which body."""

    subject: str
    method: str
    request_id: str
    body_digest: bytes

    @classmethod
    def of(cls, request: Message, *, subject: str, request_id: str) -> "RequestKey":
        """The key of a request message; its body is compared by digest."""
        body = sha256(request.SerializeToString(deterministic=True)).digest()
        return cls(subject=subject, method=request.DESCRIPTOR.full_name, request_id=request_id, body_digest=body)


async def answer_given(transaction: Transaction, key: RequestKey) -> bytes | None:
    """The answer already given, or None for a new request; waits for one under way with the same key.

    Fails with REQUEST_ID_REUSED when the id was used for a different body.
    """
    identity = {"subject": key.subject, "method": key.method, "request_id": key.request_id}
    await transaction.execute(queries.claim_request, identity)
    cursor = await transaction.execute(queries.find_answer, identity)
    row = await cursor.fetchone()
    if row is None:
        return None
    if row["body_digest"] != key.body_digest:
        raise RequestReused(request_id=key.request_id)
    return bytes(row["answer"])


async def keep_answer(transaction: Transaction, key: RequestKey, answer: bytes) -> None:
    """Remember the answer, in the transaction of what it answers."""
    await transaction.execute(
        queries.insert_answer,
        {
            "subject": key.subject,
            "method": key.method,
            "request_id": key.request_id,
            "body_digest": key.body_digest,
            "answer": answer,
        },
    )
