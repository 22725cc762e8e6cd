"""Says how strict signing in is: by the security standard a city goes by, where two of them contradict each other.

`asvs` follows the OWASP standard: long passwords of any kind that never run out, waits that grow with each failure.
`mlps3` follows the Chinese protection of level three: kinds of characters, a change every ninety days, a lock, short
stays. Single sign-on leaves passwords to its issuer; the length of a stay counts there too.
"""

import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.gateway.domain import PASSWORD_LENGTH_MAX, AccountInvalid, NewAccount
from services.platform.errors import Forbidden, Invalid


class SecurityProfile(StrEnum):
    """The standard a city goes by."""

    ASVS = "asvs"
    MLPS3 = "mlps3"


class PasswordExpired(Forbidden):
    """The password is older than {days} days; choose a new one."""

    reason = "PASSWORD_EXPIRED"


class PasswordGiven(Forbidden):
    """Somebody else gave you this password; choose one of your own."""

    reason = "PASSWORD_GIVEN"


class PasswordUnfit(Invalid):
    """A password has at least {length} characters of {kinds} kind(s), does not hold the login, and is not the old one."""

    reason = "PASSWORD_UNFIT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """What failed sign-ins lead to: so many are free, then a wait that doubles so many times."""

    free_attempts: int
    wait_s: float
    doublings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """What one standard asks for."""

    password_length_min: int
    #: Of small letters, capitals, digits and everything else.
    password_kinds_min: int
    password_life: timedelta | None
    session_life_max: timedelta
    session_idle_max: timedelta
    lockout: Lockout

    def require_password(self, account: NewAccount) -> None:
        """Fails with ACCOUNT_INVALID for a password the standard does not take; none at all is for single sign-on."""
        if not account.password:
            return
        if len(account.password) < self.password_length_min:
            raise AccountInvalid(
                login=account.login, problem=f"the password has fewer than {self.password_length_min} characters"
            )
        if kinds_in(account.password) < self.password_kinds_min:
            raise AccountInvalid(
                login=account.login,
                problem=f"the password has fewer than {self.password_kinds_min} kinds of characters",
            )
        if account.login in account.password.lower() and self.password_kinds_min > 1:
            raise AccountInvalid(login=account.login, problem="the password holds the login")

    def require_own(self, login: str, password: str, *, before: str) -> None:
        """What somebody chose for themselves. Fails with PASSWORD_UNFIT."""
        fits = (
            self.password_length_min <= len(password) <= PASSWORD_LENGTH_MAX
            and kinds_in(password) >= self.password_kinds_min
            and login not in password.lower()
            and password != before
        )
        if not fits:
            raise PasswordUnfit(length=self.password_length_min, kinds=self.password_kinds_min)

    def require_fresh(self, *, changed_at: datetime, now: datetime) -> None:
        """Fails with PASSWORD_EXPIRED."""
        if self.password_life is not None and now - changed_at >= self.password_life:
            raise PasswordExpired(days=self.password_life.days)


STRICTNESS: Final = {
    SecurityProfile.ASVS: Strictness(
        password_length_min=8,
        password_kinds_min=1,
        password_life=None,
        session_life_max=timedelta(hours=24),
        session_idle_max=timedelta(hours=8),
        lockout=Lockout(free_attempts=5, wait_s=15, doublings=6),
    ),
    SecurityProfile.MLPS3: Strictness(
        password_length_min=10,
        password_kinds_min=3,
        password_life=timedelta(days=90),
        session_life_max=timedelta(hours=12),
        session_idle_max=timedelta(minutes=15),
        lockout=Lockout(free_attempts=5, wait_s=1800, doublings=0),
    ),
}


def kinds_in(password: str) -> int:
    """How many kinds of characters a password has."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    known = sum(any(character in kind for character in password) for kind in kinds)
    return known + any(character not in "".join(kinds) for character in password)
