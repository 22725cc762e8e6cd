"""Binds a telephone to an account and takes its codes."""

from dataclasses import dataclass
from typing import Final

import structlog

from services.gateway.domain import Account, AccountUnknown, plain_login
from services.gateway.second_factor import codes
from services.gateway.second_factor.rules import (
    SecondFactorBlocked,
    SecondFactorKnown,
    SecondFactorWrong,
)
from services.platform import sql
from services.platform.clock import Clock
from services.platform.database import Database, Row, Transaction
from services.platform.seal import Sealer

log = structlog.get_logger()
queries = sql.load(__package__)

FREE_FAILURES: Final = 5
BLOCK_S: Final = 15
BLOCK_DOUBLINGS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a telephone needs to be bound: the address for its picture, and the same to be typed in."""

    address: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """What taking the second proof needs."""

    database: Database
    clock: Clock
    sealer: Sealer

    async def bound(self, account: Account) -> bool:
        """Whether a telephone is bound to an account."""
        async with self.database.transaction() as transaction:
            row = await _factor(transaction, account)
        return row is not None and row["confirmed_at"] is not None

    async def begin(self, account: Account) -> Binding:
        """A new secret to be read by a telephone; holds once its first code is shown. Fails with SECOND_FACTOR_KNOWN."""
        secret = codes.fresh_secret()
        values = {"account_id": account.id, "sealed_secret": self.sealer.seal(secret, place=_place(account))}
        async with self.database.transaction() as transaction:
            row = await (await transaction.execute(queries.begin_factor, values)).fetchone()
        if row is None:
            raise SecondFactorKnown
        return Binding(address=codes.address_of(secret, account.login), secret=secret)

    async def prove(self, account: Account, token_digest: bytes, code: str) -> list[str]:
        """Take a code, of the moment or of the sheet; a sheet of recovery codes when this bound the telephone.

        Fails with SECOND_FACTOR_WRONG, SECOND_FACTOR_BLOCKED.
        """
        async with self.database.transaction() as transaction:
            row = await _factor(transaction, account)
            if row is None:
                raise SecondFactorWrong
            self._refuse_blocked(row)
            right = await self._take(transaction, account, row, code)
            sheet = await self._first_sheet(transaction, account, row) if right else []
            if right:
                values = {"token_digest": token_digest, "now": self.clock.now()}
                await transaction.execute(queries.prove_session, values)
        if not right:
            log.info("second_factor_wrong", subject=account.subject)
            raise SecondFactorWrong
        log.info("second_factor_shown", subject=account.subject)
        return sheet

    def _refuse_blocked(self, row: Row) -> None:
        until = row["blocked_until"]
        if until is not None and until > self.clock.now():
            raise SecondFactorBlocked(retry_after_s=round((until - self.clock.now()).total_seconds()) + 1)

    async def _take(self, transaction: Transaction, account: Account, row: Row, code: str) -> bool:
        """Whether the code is right; kept either way, so that guessing costs."""
        now = self.clock.now()
        secret = self.sealer.open(bytes(row["sealed_secret"]), place=_place(account))
        step = codes.step_shown(secret, code, now=now)
        if step is not None and step > row["last_step"]:
            await transaction.execute(queries.use_step, {"account_id": account.id, "step": step, "now": now})
            return True
        if row["confirmed_at"] is not None and await _recovered(transaction, account, code):
            return True
        values = {
            "account_id": account.id,
            "now": now,
            "free": FREE_FAILURES,
            "block_s": BLOCK_S,
            "doublings": BLOCK_DOUBLINGS,
        }
        await transaction.execute(queries.count_failure, values)
        return False

    @staticmethod
    async def _first_sheet(transaction: Transaction, account: Account, row: Row) -> list[str]:
        if row["confirmed_at"] is not None:
            return []
        sheet = codes.fresh_recovery_codes()
        digests = [codes.recovery_digest(code) for code in sheet]
        await transaction.execute(queries.insert_recovery, {"account_id": account.id, "digests": digests})
        return sheet


async def unbind(database: Database, login: str) -> None:
    """Forget the telephone of an account and end its stays. Fails with ACCOUNT_UNKNOWN."""
    async with database.transaction() as transaction:
        row = await (await transaction.execute(queries.unbind, {"login": plain_login(login)})).fetchone()
    if row is None:
        raise AccountUnknown(login=login)
    log.info("second_factor_unbound")


async def _factor(transaction: Transaction, account: Account) -> Row | None:
    return await (await transaction.execute(queries.find_factor, {"account_id": account.id})).fetchone()


async def _recovered(transaction: Transaction, account: Account, code: str) -> bool:
    values = {"account_id": account.id, "digest": codes.recovery_digest(code)}
    if await (await transaction.execute(queries.use_recovery, values)).fetchone() is None:
        return False
    await transaction.execute(queries.forgive, {"account_id": account.id})
    return True


def _place(account: Account) -> str:
    return f"second_factor.secret:{account.id}"
