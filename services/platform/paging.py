"""Turns the last row of a page into a token for the next one; opaque to callers, checked when it comes back."""

import base64
import binascii
import json

from services.platform.errors import Invalid


class PageTokenInvalid(Invalid):
    """The page token is not one of ours; begin again without it."""

    reason = "PAGE_TOKEN_INVALID"


def encode(*keys: str) -> str:
    """A token that holds the sort keys of the last row."""
    return base64.urlsafe_b64encode(json.dumps(keys, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(token: str, *, keys: int) -> tuple[str, ...] | None:
    """The sort keys in a token; None for an empty one."""
    if not token:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error) as error:
        raise PageTokenInvalid from error
    if not isinstance(values, list) or len(values) != keys or not all(isinstance(value, str) for value in values):
        raise PageTokenInvalid
    return tuple(values)
