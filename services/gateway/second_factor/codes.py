"""Codes of the moment (RFC 6238), and a sheet of codes for the day the telephone is lost."""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final

import pyotp

ISSUER: Final = "Gridward"
PERIOD_S: Final = 30
#: Clocks of telephones run a little ahead or behind.
STEPS_AROUND: Final = (0, -1, 1)
RECOVERY_CODES: Final = 8
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def fresh_secret() -> str:
    """A secret for one telephone, 160 bits in base32."""
    return pyotp.random_base32()


def address_of(secret: str, login: str) -> str:
    """What the telephone reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def step_shown(secret: str, code: str, *, now: datetime) -> int | None:
    """Which step of time a code belongs to, if it is one of this moment."""
    generator = pyotp.TOTP(secret)
    current = int(now.timestamp()) // PERIOD_S
    digits = "".join(code.split())
    for around in STEPS_AROUND:
        if hmac.compare_digest(generator.generate_otp(current + around).encode(), digits.encode()):
            return current + around
    return None


def fresh_recovery_codes() -> list[str]:
    """Codes that work once each; ten letters without those that look alike, some 49 bits."""
    letters = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in letters]


def recovery_digest(code: str) -> bytes:
    """What is kept of a recovery code."""
    return sha256("".join(code.lower().split()).replace("-", "").encode()).digest()
