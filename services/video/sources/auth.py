"""Answers a camera that asks who we are, by Digest (RFC 7616) or Basic (RFC 7617), for RTSP and HTTP alike."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_FIELD = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
#: What digests may be made with; MD5 because most cameras know nothing else.
_DIGESTS: Final = {"md5": hashlib.md5, "sha-256": hashlib.sha256}


@dataclass(slots=True, kw_only=True)
class Identity:
    """A name and password, and what the camera told of how it wants them."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    _digest: Mapping[str, str] | None = field(default=None, repr=False)
    _basic: bool = False
    _count: int = 0

    def accept(self, challenges: Sequence[str]) -> bool:
        """Take the best of what the camera offers; False when there is nothing to answer with, or it was tried."""
        if not self.user or self._digest is not None or self._basic:
            return False
        offers = [_fields(text) for text in challenges if text[:6].lower() == "digest"]
        known = [offer for offer in offers if offer.get("algorithm", "MD5").lower() in _DIGESTS and "nonce" in offer]
        if known:
            self._digest = max(known, key=lambda offer: offer.get("algorithm", "MD5").lower() == "sha-256")
            return True
        self._basic = any(text[:5].lower() == "basic" for text in challenges)
        return self._basic

    def header(self, method: str, uri: str) -> str:
        """What to say with a request; empty before the camera asked."""
        if self._basic:
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if self._digest is None:
            return ""
        self._count += 1
        return _digest(self._digest, self.user, self.password, method, uri, count=self._count)


def _fields(challenge: str) -> dict[str, str]:
    return {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(challenge.partition(" ")[2])}


def _digest(asked: Mapping[str, str], user: str, password: str, method: str, uri: str, *, count: int) -> str:
    algorithm, realm, nonce = asked.get("algorithm", "MD5"), asked.get("realm", ""), asked["nonce"]
    make = _DIGESTS[algorithm.lower()]

    def digest(text: str) -> str:
        return make(text.encode()).hexdigest()

    own, request = digest(f"{user}:{realm}:{password}"), digest(f"{method}:{uri}")
    parts = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    tail = ""
    if "auth" in [word.strip() for word in asked.get("qop", "").split(",")]:
        number, own_nonce = f"{count:08x}", secrets.token_hex(8)
        parts["response"] = digest(f"{own}:{nonce}:{number}:{own_nonce}:auth:{request}")
        parts["cnonce"] = own_nonce
        tail = f", qop=auth, nc={number}"
    else:
        parts["response"] = digest(f"{own}:{nonce}:{request}")
    if "opaque" in asked:
        parts["opaque"] = asked["opaque"]
    if "algorithm" in asked:
        tail += f", algorithm={algorithm}"
    told = ", ".join(f'{name}="{_escaped(value)}"' for name, value in parts.items())
    return f"Digest {told}{tail}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")
