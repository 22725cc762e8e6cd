"""Keeps accounts, sessions, failed sign-ins and what uploaded pictures said about themselves."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from services.gateway.domain import Account, AccountKind, NewAccount, Session
from services.gateway.strictness import Lockout
from services.platform import sql
from services.platform.database import Row, Transaction
from services.platform.ids import uuid7

queries = sql.load(__package__)

ATTEMPTS_FORGOTTEN = timedelta(hours=1)
CLEARED_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPhoto:
    """The record of one upload."""

    object_key: str
    original_key: str
    sha256: str
    content_type: str
    size_bytes: int
    width_px: int
    height_px: int
    taken_at: datetime | None
    longitude_deg: float | None
    latitude_deg: float | None
    uploaded_by: str
    uploaded_at: datetime


def _account_from(row: Row) -> Account:
    return Account(
        id=row["id"],
        login=row["login"],
        subject=row["subject"],
        kind=AccountKind(row["kind"]),
        name=row["name"],
        name_en=row["name_en"],
        language=row["language"],
        disabled=row["disabled"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An account and what is kept of its password: the hash, when it was set, and whether by somebody else."""

    account: Account
    password_hash: str | None = field(repr=False)
    changed_at: datetime
    given: bool


async def find_account(connection: Transaction, login: str) -> Known | None:
    """The account of a login."""
    row = await (await connection.execute(queries.find_account, {"login": login})).fetchone()
    if row is None:
        return None
    return Known(
        account=_account_from(row),
        password_hash=row["password_hash"],
        changed_at=row["password_changed_at"],
        given=row["password_given"],
    )


async def save_account(
    connection: Transaction, account: NewAccount, password_hash: str | None, *, now: datetime
) -> None:
    """Take an account in, or bring it up to date."""
    await connection.execute(
        queries.upsert_account,
        {
            "id": uuid7(),
            "login": account.login,
            "password_hash": password_hash,
            "subject": account.subject,
            "kind": account.kind.value,
            "name": account.name,
            "name_en": account.name_en,
            "language": account.language,
            "shown": account.shown,
            "now": now,
            "to_change": account.to_change,
        },
    )


async def shown_accounts(connection: Transaction) -> list[Row]:
    """Login and names of the accounts a demonstration offers."""
    return await (await connection.execute(queries.list_shown_accounts)).fetchall()


async def set_password_hash(connection: Transaction, account: Account, password_hash: str) -> None:
    """Keep a password under a newer hash."""
    await connection.execute(queries.set_password_hash, {"id": account.id, "password_hash": password_hash})


async def change_password(connection: Transaction, known: Known, password_hash: str, *, now: datetime) -> bool:
    """Keep its owner's new password and end every stay; false when it was changed meanwhile."""
    values = {"id": known.account.id, "before": known.password_hash, "password_hash": password_hash, "now": now}
    return await (await connection.execute(queries.change_password, values)).fetchone() is not None


async def disable_account(connection: Transaction, login: str, *, disabled: bool) -> bool:
    """Close an account, or open it again; whether there is one."""
    cursor = await connection.execute(queries.disable_account, {"login": login, "disabled": disabled})
    return await cursor.fetchone() is not None


async def count_attempt(connection: Transaction, login_digest: bytes, *, now: datetime, lockout: Lockout) -> float:
    """Count an attempt to sign in; seconds to wait before it may be made, 0 when it may be made now."""
    cursor = await connection.execute(
        queries.count_attempt,
        {
            "login_digest": login_digest,
            "now": now,
            "forgotten_before": now - ATTEMPTS_FORGOTTEN,
            "free_attempts": lockout.free_attempts,
            "block_s": lockout.wait_s,
            "doublings": lockout.doublings,
        },
    )
    if await cursor.fetchone():
        return 0.0
    row = await (await connection.execute(queries.find_block, {"login_digest": login_digest})).fetchone()
    return max(1.0, (row["blocked_until"] - now).total_seconds()) if row else 0.0


async def forget_attempts(connection: Transaction, login_digest: bytes) -> None:
    """A sign-in worked."""
    await connection.execute(queries.forget_attempts, {"login_digest": login_digest})


async def add_session(
    connection: Transaction,
    account: Account,
    *,
    token_digest: bytes,
    agent_digest: bytes,
    now: datetime,
    life: timedelta,
    second_factor_at: datetime | None,
) -> None:
    """A stay begins."""
    await connection.execute(
        queries.insert_session,
        {
            "token_digest": token_digest,
            "account_id": account.id,
            "now": now,
            "expires_at": now + life,
            "agent_digest": agent_digest,
            "second_factor_at": second_factor_at,
        },
    )


async def find_session(connection: Transaction, token_digest: bytes) -> Session | None:
    """The session a token belongs to, over or not."""
    row = await (await connection.execute(queries.find_session, {"token_digest": token_digest})).fetchone()
    if row is None:
        return None
    return Session(
        account=_account_from(row),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        seen_at=row["seen_at"],
        second_factor_at=row["second_factor_at"],
    )


async def touch_session(connection: Transaction, token_digest: bytes, *, now: datetime) -> None:
    """Somebody is still there."""
    await connection.execute(queries.touch_session, {"token_digest": token_digest, "now": now})


async def end_session(connection: Transaction, token_digest: bytes) -> None:
    """A stay ends."""
    await connection.execute(queries.delete_session, {"token_digest": token_digest})


async def clear_over(connection: Transaction, *, now: datetime) -> None:
    """Clear away a slice of what has ended by itself."""
    values = {"now": now, "attempts_before": now - 2 * ATTEMPTS_FORGOTTEN, "size": CLEARED_AT_ONCE}
    await connection.execute(queries.delete_over, values)


async def put_flow(connection: Transaction, flow_digest: bytes, state: dict[str, Any], expires_at: datetime) -> None:
    """Keep what a sign-in at the issuer must bring back."""
    values = {"flow_digest": flow_digest, "state": Jsonb(state, dumps=json.dumps), "expires_at": expires_at}
    await connection.execute(queries.put_flow, values)


async def take_flow(connection: Transaction, flow_digest: bytes, *, now: datetime) -> dict[str, Any] | None:
    """What was kept, once."""
    cursor = await connection.execute(queries.take_flow, {"flow_digest": flow_digest, "now": now})
    row = await cursor.fetchone()
    return dict(row["state"]) if row else None


async def photo_is_of(connection: Transaction, object_key: str, subject: str) -> bool:
    """Whether somebody brought a picture."""
    values = {"object_key": object_key, "uploaded_by": subject}
    return bool(await (await connection.execute(queries.find_photo_of, values)).fetchone())


async def add_photo(connection: Transaction, photo: StoredPhoto) -> None:
    """Record an upload."""
    values = {name: getattr(photo, name) for name in StoredPhoto.__slots__}
    await connection.execute(queries.insert_photo, values)
