"""What administrators do with accounts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.gateway import store
from services.gateway.actions import Door
from services.gateway.domain import (
    PASSWORD_LENGTH_MAX,
    AccountExists,
    AccountInvalid,
    AccountKind,
    AccountUnknown,
    NewAccount,
    OwnLogin,
    checked_account,
    plain_login,
)
from services.gateway.second_factor import actions as second_factor
from services.platform import audit, sql
from services.platform.audit import Deed
from services.platform.database import Row, Transaction
from services.platform.identity import Caller

queries = sql.load(__package__)

READ: Final = "accounts.read"
WRITE: Final = "accounts.write"
PAGE: Final = 50
TEXT_MAX: Final = 60
_LIKE_SIGNS: Final = re.compile(r"([%_\\])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The accounts of a city in the hands of its administrators."""

    door: Door

    async def find(self, *, text: str, kind: str, after: str) -> tuple[list[Row], str]:
        """A page of accounts and the login after which the next one begins; empty when there is none."""
        wanted = _LIKE_SIGNS.sub(r"\\\1", text.strip().lower()[:TEXT_MAX])
        values = {
            "after": after,
            "pattern": f"%{wanted}%" if wanted else None,
            "kind": kind if kind in tuple(AccountKind) else None,
            "size": PAGE + 1,
        }
        async with self.door.database.connection() as connection:
            rows = await (await connection.execute(queries.find_accounts, values)).fetchall()
        return rows[:PAGE], rows[PAGE - 1]["login"] if len(rows) > PAGE else ""

    async def take_in(self, told: Mapping[str, Any], *, caller: Caller) -> None:
        """A new account. Fails with ACCOUNT_INVALID, ACCOUNT_EXISTS."""
        account = checked_account({**told, "shown": False, "to_change": True})
        self.door.strictness.require_password(account)
        if not account.password:
            raise AccountInvalid(login=account.login, problem="the password is missing")
        password_hash, now = await self.door.passwords.hashed(account.password), self.door.clock.now()
        async with self.door.database.transaction() as transaction:
            if await store.find_account(transaction, account.login) is not None:
                raise AccountExists(login=account.login)
            await store.save_account(transaction, account, password_hash, now=now)
            await self._note(transaction, "account.take_in", account.login, caller, now)

    async def close(self, login: str, *, closed: bool, caller: Caller, own: str) -> None:
        """Close an account, or open it again. Fails with ACCOUNT_UNKNOWN, OWN_LOGIN."""
        login = _not_own(login, own) if closed else plain_login(login)
        async with self.door.database.transaction() as transaction:
            if not await store.disable_account(transaction, login, disabled=closed):
                raise AccountUnknown(login=login)
            await transaction.execute(queries.end_sessions, {"login": login})
            action = "account.close" if closed else "account.open"
            await self._note(transaction, action, login, caller, self.door.clock.now())

    async def renew(self, login: str, password: str, *, caller: Caller, own: str) -> None:
        """A new password, and the end of all stays. Fails with ACCOUNT_UNKNOWN, ACCOUNT_INVALID, OWN_LOGIN."""
        login, now = _not_own(login, own), self.door.clock.now()
        if not 0 < len(password) <= PASSWORD_LENGTH_MAX:
            raise AccountInvalid(login=login, problem="the password is missing or too long")
        password_hash = await self.door.passwords.hashed(password)
        async with self.door.database.transaction() as transaction:
            found = await store.find_account(transaction, login)
            if found is None:
                raise AccountUnknown(login=login)
            known = found.account
            account = NewAccount(
                login=login, password=password, subject=known.subject, kind=known.kind, name=known.name,
                name_en=known.name_en, language=known.language, shown=False, to_change=True,
            )  # fmt: skip
            self.door.strictness.require_password(account)
            await store.save_account(transaction, account, password_hash, now=now)
            await transaction.execute(queries.end_sessions, {"login": login})
            await self._note(transaction, "account.renew", login, caller, now)

    async def unbind(self, login: str, *, caller: Caller, own: str) -> None:
        """Forget the telephone that shows a second proof. Fails with ACCOUNT_UNKNOWN, OWN_LOGIN."""
        login = _not_own(login, own)
        await second_factor.unbind(self.door.database, login)
        async with self.door.database.transaction() as transaction:
            await self._note(transaction, "account.unbind", login, caller, self.door.clock.now())

    @staticmethod
    async def _note(transaction: Transaction, action: str, login: str, caller: Caller, at: datetime) -> None:
        await audit.write(transaction, Deed(action=action, target=f"account:{login}"), caller=caller, at=at)


def _not_own(login: str, own: str) -> str:
    """Nobody locks themselves out, nor gives themselves what another should give."""
    plain = plain_login(login)
    if plain == own:
        raise OwnLogin
    return plain
