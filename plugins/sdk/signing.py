"""Signs what a department and its own system tell one another, so that each knows the other and nothing is replayed.

Over every message go three headers: `X-Gridward-Id` (unique), `X-Gridward-Time` (seconds since 1970) and
`X-Gridward-Signature`: `v1=` and the HMAC-SHA256, in hexadecimal, of id, time and body joined by full stops, under
the key that both sides hold. A message older or newer than five minutes is refused; one whose id was seen before is
answered as before and does nothing. Any language has what this needs.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

ID_HEADER: Final = "X-Gridward-Id"
TIME_HEADER: Final = "X-Gridward-Time"
SIGNATURE_HEADER: Final = "X-Gridward-Signature"
VERSION: Final = "v1="
CLOCK_SKEW_S_MAX: Final = 300
ID_LENGTH_MAX: Final = 100
BODY_BYTES_MAX: Final = 256 * 1024


class NotSigned(Exception):
    """A message does not prove who sent it; the text says what is wrong with it."""


def signature(key: str, *, id: str, at_s: int, body: bytes) -> str:
    """The signature of a message."""
    signed = f"{id}.{at_s}.".encode() + body
    return VERSION + hmac.new(key.encode(), signed, sha256).hexdigest()


def headers(key: str, *, id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers to send with a message."""
    return {ID_HEADER: id, TIME_HEADER: str(at_s), SIGNATURE_HEADER: signature(key, id=id, at_s=at_s, body=body)}


def verify(key: str, given: Mapping[str, str], *, now_s: float, body: bytes) -> str:
    """The id of a message that was signed with the key just now; fails with NotSigned."""
    unique, time, signed = (given.get(name, "") for name in (ID_HEADER, TIME_HEADER, SIGNATURE_HEADER))
    if not unique or len(unique) > ID_LENGTH_MAX or "." in unique:
        raise NotSigned(f"{ID_HEADER} is missing, too long or has a full stop in it")
    if not time.isascii() or not time.isdigit() or abs(now_s - int(time)) > CLOCK_SKEW_S_MAX:
        raise NotSigned(f"{TIME_HEADER} is missing or more than {CLOCK_SKEW_S_MAX} seconds off")
    right = signature(key, id=unique, at_s=int(time), body=body)
    if not hmac.compare_digest(right.encode(), signed.encode()):
        raise NotSigned(f"{SIGNATURE_HEADER} does not fit")
    return unique
