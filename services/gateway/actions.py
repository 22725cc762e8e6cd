"""Lets people in and out, and takes in the accounts by which they come."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from services.gateway import passwords as hashing
from services.gateway import store
from services.gateway.domain import (
    LOGIN_LENGTH_MAX,
    PASSWORD_LENGTH_MAX,
    Account,
    AccountInvalid,
    AccountUnknown,
    NewAccount,
    Session,
    SignInBlocked,
    SignInFailed,
    checked_account,
    plain_login,
)
from services.gateway.passwords import Passwords
from services.gateway.store import Known
from services.gateway.strictness import PasswordGiven, Strictness
from services.platform import audit
from services.platform.audit import Deed
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.identity import Caller

log = structlog.get_logger()

TOKEN_BYTES = 32
TOUCH_AFTER = timedelta(seconds=60)


def digest_of(text: str) -> bytes:
    """What is kept of a token, a login or a browser's name."""
    return sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What letting people in and out needs."""

    database: Database
    clock: Clock
    passwords: Passwords
    life: timedelta
    idle: timedelta
    strictness: Strictness

    async def sign_in(self, *, login: str, password: str, agent: str, new_password: str = "") -> tuple[Account, str]:
        """The account and the token of a new session; with a new password, that one holds from here on.

        Fails with SIGN_IN_FAILED, SIGN_IN_BLOCKED, PASSWORD_EXPIRED, PASSWORD_GIVEN, PASSWORD_UNFIT, EXHAUSTED.
        """
        known = await self._proved(plain_login(login), password)
        if new_password:
            await self._change_password(known, password, new_password)
        else:
            self.strictness.require_fresh(changed_at=known.changed_at, now=self.clock.now())
            if known.given:
                raise PasswordGiven
        return known.account, await self.open_session(known.account, agent=agent)

    async def _proved(self, login: str, password: str) -> Known:
        """The account whose login and password were shown. Fails with SIGN_IN_FAILED, SIGN_IN_BLOCKED, EXHAUSTED."""
        if not login or len(login) > LOGIN_LENGTH_MAX or len(password) > PASSWORD_LENGTH_MAX:
            raise SignInFailed
        login_digest = digest_of(login)
        async with self.database.transaction() as transaction:
            wait_s = await store.count_attempt(
                transaction, login_digest, now=self.clock.now(), lockout=self.strictness.lockout
            )
            found = await store.find_account(transaction, login)
        if wait_s:
            log.info("sign_in_blocked", login_digest=login_digest.hex()[:12])
            raise SignInBlocked(retry_after_s=round(wait_s))
        right = await self.passwords.matches(found.password_hash if found else None, password)
        if found is None or not right or found.account.disabled:
            log.info("sign_in_failed", login_digest=login_digest.hex()[:12])
            raise SignInFailed
        newer = await self.passwords.hashed(password) if hashing.outdated(found.password_hash or "") else None
        async with self.database.transaction() as transaction:
            await store.forget_attempts(transaction, login_digest)
            if newer:
                await store.set_password_hash(transaction, found.account, newer)
        return replace(found, password_hash=newer) if newer else found

    async def _change_password(self, known: Known, password: str, new_password: str) -> None:
        """Its owner's new password, and the end of every stay. Fails with PASSWORD_UNFIT, SIGN_IN_FAILED."""
        login, now = known.account.login, self.clock.now()
        self.strictness.require_own(login, new_password, before=password)
        password_hash = await self.passwords.hashed(new_password)
        async with self.database.transaction() as transaction:
            if not await store.change_password(transaction, known, password_hash, now=now):
                raise SignInFailed
            caller = Caller(subject=known.account.subject, grants=(), language=known.account.language)
            await audit.write(
                transaction, Deed(action="account.password", target=f"account:{login}"), caller=caller, at=now
            )
        log.info("password_changed", subject=known.account.subject)

    async def sign_in_known(self, *, login: str, agent: str, twice: bool) -> tuple[Account, str]:
        """As sign_in, for somebody the single sign-on has vouched for, `twice` by a second proof too.

        Fails with ACCOUNT_UNKNOWN.
        """
        async with self.database.connection() as connection:
            found = await store.find_account(connection, plain_login(login))
        if found is None or found.account.disabled:
            raise AccountUnknown(login=login)
        return found.account, await self.open_session(found.account, agent=agent, twice=twice)

    async def open_session(self, account: Account, *, agent: str, twice: bool = False) -> str:
        """Begin a stay, `twice` with the second proof shown already; the token that stands for it, told once."""
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self.clock.now()
        async with self.database.transaction() as transaction:
            await store.add_session(
                transaction,
                account,
                token_digest=digest_of(token),
                agent_digest=digest_of(agent),
                now=now,
                life=self.life,
                second_factor_at=now if twice else None,
            )
            caller = Caller(subject=account.subject, grants=(), language=account.language)
            await audit.write(transaction, Deed(action="session.begin", target="session"), caller=caller, at=now)
        log.info("signed_in", subject=account.subject)
        return token

    async def session_of(self, token_digest: bytes) -> Session | None:
        """The session of a token while it lasts."""
        now = self.clock.now()
        async with self.database.connection() as connection:
            session = await store.find_session(connection, token_digest)
            if session is None or session.over(now=now, idle=self.idle):
                return None
            if now - session.seen_at > TOUCH_AFTER:
                await store.touch_session(connection, token_digest, now=now)
        return session

    async def sign_out(self, token_digest: bytes) -> None:
        """End a stay; ending it twice does nothing."""
        async with self.database.transaction() as transaction:
            await store.end_session(transaction, token_digest)

    async def shown_accounts(self) -> list[dict[str, str]]:
        """The accounts a demonstration offers on its sign-in page."""
        async with self.database.connection() as connection:
            return await store.shown_accounts(connection)

    async def clear_over(self) -> None:
        """Clear away what has ended by itself."""
        async with self.database.connection() as connection:
            await store.clear_over(connection, now=self.clock.now())


async def import_accounts(
    database: Database, passwords: Passwords, rows: object, *, strictness: Strictness, now: datetime
) -> int:
    """Take in a list of accounts, all or none; how many. Fails with ACCOUNT_INVALID."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise AccountInvalid(login="*", problem="the file is not a JSON list")
    accounts = [checked_account(row) for row in rows]
    _refuse_twins(accounts)
    for account in accounts:
        strictness.require_password(account)
    async with database.connection() as connection:
        known = [await store.find_account(connection, account.login) for account in accounts]
    hashes = await asyncio.gather(
        *(
            _hash_of(account, before.password_hash if before else None, passwords)
            for account, before in zip(accounts, known, strict=True)
        )
    )
    async with database.transaction() as transaction:
        for account, password_hash in zip(accounts, hashes, strict=True):
            await store.save_account(transaction, account, password_hash, now=now)
    log.info("accounts_imported", count=len(accounts))
    return len(accounts)


async def close_account(database: Database, login: str, *, closed: bool) -> None:
    """Close an account, or open it again; open sessions end within seconds. Fails with ACCOUNT_UNKNOWN."""
    async with database.transaction() as transaction:
        if not await store.disable_account(transaction, plain_login(login), disabled=closed):
            raise AccountUnknown(login=login)
    log.info("account_closed" if closed else "account_opened", login_digest=digest_of(plain_login(login)).hex()[:12])


async def _hash_of(account: NewAccount, before: str | None, passwords: Passwords) -> str | None:
    """A hash of a password that is new; the same password again is not, and does not begin its time anew."""
    return await passwords.hashed_anew(account.password, before) if account.password else None


def _refuse_twins(accounts: Sequence[NewAccount]) -> None:
    for name in ("login", "subject"):
        seen: set[str] = set()
        for account in accounts:
            if getattr(account, name) in seen:
                raise AccountInvalid(login=account.login, problem=f"its {name} comes twice")
            seen.add(getattr(account, name))
