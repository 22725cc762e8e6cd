"""Says who needs a second proof, and whether the city's single sign-on has taken it already."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.platform.errors import Conflict, Exhausted, Invalid, Unauthenticated

#: Values of `amr` that stand for more than a password (RFC 8176).
STRONG_METHODS: Final = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fpt", "face", "iris"})


class SecondFactorNeeded(Unauthenticated):
    """Your role needs a second proof: enter the code that your telephone shows."""

    reason = "SECOND_FACTOR_NEEDED"


class SecondFactorWrong(Invalid):
    """The code does not fit, or was used already. Wait for the next one and try again."""

    reason = "SECOND_FACTOR_WRONG"


class SecondFactorBlocked(Exhausted):
    """Too many wrong codes. Wait {retry_after_s} seconds."""

    reason = "SECOND_FACTOR_BLOCKED"


class SecondFactorKnown(Conflict):
    """A telephone is already bound to this account; only an administrator can undo that."""

    reason = "SECOND_FACTOR_KNOWN"


def needed(roles: Iterable[str], demanding: frozenset[str]) -> bool:
    """Whether somebody with these roles needs a second proof."""
    return not demanding.isdisjoint(roles)


def vouched(claims: Mapping[str, Any]) -> bool:
    """Whether the issuer says that it took more than a password."""
    methods = claims.get("amr") or ()
    return isinstance(methods, list) and not STRONG_METHODS.isdisjoint(map(str, methods))
