"""Hashes and checks passwords, a few at a time, so that nobody can tell a wrong login from a wrong password by the clock."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.platform.errors import Exhausted

#: argon2id with 19 MiB, two passes, one lane: the least that is counted as safe, so that a small machine bears it.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
HASHING_MAX = 2
WAITING_MAX = 64
RETRY_AFTER_S = 2


@cache
def _nobodys_hash() -> str:
    """Compared with when there is no account, at the same cost."""
    return _HASHER.hash("nobody has this password")


class Passwords:
    """The one place where passwords are hashed; refuses when too many wait."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(HASHING_MAX)
        self._waiting = 0

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the right one; takes as long when there is none to compare with. Fails with EXHAUSTED."""
        if self._waiting >= WAITING_MAX:
            raise Exhausted(retry_after_s=RETRY_AFTER_S)
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(_matches, password_hash, password)
        finally:
            self._waiting -= 1

    async def hashed(self, password: str) -> str:
        """A new hash."""
        async with self._free:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def hashed_anew(self, password: str, before: str | None) -> str | None:
        """A new hash; None where it is the password there was before. For those who keep accounts: waits its turn."""
        async with self._free:
            if before is not None and await asyncio.to_thread(_matches, before, password):
                return None
            return await asyncio.to_thread(_HASHER.hash, password)


def outdated(password_hash: str) -> bool:
    """Whether it was made at another cost than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
