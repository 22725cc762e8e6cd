"""Knows a resident without an account by the telephone they gave, and never keeps the telephone."""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from services.gateway.domain import PhoneInvalid
from services.platform.identity import Caller, Grant

PREFIX: Final = "resident:phone-"
PURPOSE: Final = b"gridward residents known by telephone"
DIGITS_MIN, DIGITS_MAX = 5, 15
COUNTRY: Final = "86"
MOBILE_DIGITS: Final = 11
_BETWEEN_DIGITS = re.compile(r"[\s().\-–]")


def plain_phone(text: str) -> str:
    """A telephone number as digits, the same however it was written. Fails with PHONE_INVALID."""
    digits = _BETWEEN_DIGITS.sub("", text).removeprefix("+").removeprefix("00")
    if not digits.isascii() or not digits.isdecimal() or not DIGITS_MIN <= len(digits) <= DIGITS_MAX:
        raise PhoneInvalid
    if digits.startswith(COUNTRY) and len(digits) == len(COUNTRY) + MOBILE_DIGITS:
        return digits.removeprefix(COUNTRY)
    return digits


@dataclass(frozen=True, slots=True)
class Residents:
    """Turns a telephone into somebody who may report and follow what they reported."""

    pepper: bytes

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """With a pepper of the gateway's own, made from a file that only it can read."""
        return cls(hmac.digest(PURPOSE, path.read_bytes(), sha256))

    def by_phone(self, phone: str, *, language: str) -> Caller:
        """The resident with this telephone. Fails with PHONE_INVALID."""
        return resident(self._subject(plain_phone(phone)), language=language)

    def _subject(self, phone: str) -> str:
        return PREFIX + hmac.digest(self.pepper, phone.encode(), sha256).hex()[:32]


def resident(subject: str, *, language: str) -> Caller:
    """Somebody with a resident's rights: to report, and to see and rate what is their own."""
    return Caller(subject=subject, grants=(Grant(role="resident", area_path=""),), language=language)
