"""Seals personal data, so that a stolen disk or dump names nobody, and lets it be found again without opening it.

Each value is encrypted (AES-256-GCM) under the key in force and says which key that was; old keys stay readable, so
keys are changed while everything runs, and `resealed` brings values forward one by one. A sealed value is bound to
its place ("person.phone:<id>"): copied into another row or column it does not open. For search there is a blind
index, a keyed digest that tells equal values from unequal ones and nothing else.
"""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
INDEX_BYTES: Final = 16
FORMAT: Final = b"\x01"


class SealBroken(Exception):
    """A sealed value does not open: it was altered, moved to another place, or its key is not in the ring."""


class KeyRingInvalid(Exception):
    """The file of sealing keys cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The sealing keys by id, the one in force, and the keys of blind indexes, the newest first."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    index_keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def fresh(cls) -> Self:
        """A ring with one new key of each kind."""
        key_id = secrets.token_hex(4)
        keys = {key_id: secrets.token_bytes(KEY_BYTES)}
        return cls(current=key_id, keys=keys, index_keys=(secrets.token_bytes(KEY_BYTES),))

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a ring as `text` writes it; fails with KeyRingInvalid."""
        try:
            told = json.loads(path.read_text())
            keys = {str(name): base64.b64decode(key, validate=True) for name, key in told["keys"].items()}
            index_keys = tuple(base64.b64decode(key, validate=True) for key in told["index_keys"])
            current = str(told["current"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            raise KeyRingInvalid(f"{path} cannot be read as sealing keys") from error
        sound = current in keys and index_keys and all(len(key) == KEY_BYTES for key in (*keys.values(), *index_keys))
        if not sound or any(not 1 <= len(name.encode()) <= 255 for name in keys):
            raise KeyRingInvalid(f"{path} lacks the key in force, or a key is not {KEY_BYTES} bytes long")
        return cls(current=current, keys=keys, index_keys=index_keys)

    def rotated(self) -> Self:
        """The same ring with a new sealing key in force; what older keys sealed still opens."""
        fresh = type(self).fresh()
        return type(self)(current=fresh.current, keys={**self.keys, **fresh.keys}, index_keys=self.index_keys)

    def text(self) -> str:
        """As the file holds it."""
        told = {
            "current": self.current,
            "keys": {name: base64.b64encode(key).decode() for name, key in self.keys.items()},
            "index_keys": [base64.b64encode(key).decode() for key in self.index_keys],
        }
        return json.dumps(told, indent=1)


class Sealer:
    """Seals, opens and indexes values with the keys of one ring."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._ciphers = {name: AESGCM(key) for name, key in ring.keys.items()}
        name = ring.current.encode()
        self._prefix = FORMAT + bytes([len(name)]) + name

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """With the ring in a file; fails with KeyRingInvalid."""
        return cls(KeyRing.from_file(path))

    @property
    def prefix(self) -> bytes:
        """How everything begins that the key in force sealed; a store finds by it what is left to reseal."""
        return self._prefix

    def seal(self, value: str, *, place: str) -> bytes:
        """A value sealed for its place; an empty one stays empty, since there is nothing to hide."""
        return self.seal_bytes(value.encode(), place=place)

    def open(self, sealed: bytes, *, place: str) -> str:
        """The value; fails with SealBroken."""
        return self.open_bytes(sealed, place=place).decode()

    def seal_bytes(self, value: bytes, *, place: str) -> bytes:
        """The same for what is not text."""
        if not value:
            return b""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._ring.current].encrypt(nonce, value, self._prefix + place.encode())
        return self._prefix + nonce + sealed

    def open_bytes(self, sealed: bytes, *, place: str) -> bytes:
        """The same for what is not text."""
        if not sealed:
            return b""
        prefix, name = _key_name(sealed)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise SealBroken(f"no key {name!r} in the ring")
        nonce, rest = sealed[len(prefix) : len(prefix) + NONCE_BYTES], sealed[len(prefix) + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, rest, prefix + place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"the value at {place!r} does not open") from error

    def resealed(self, sealed: bytes, *, place: str) -> bytes | None:
        """The value under the key in force; None when it is under that already. Fails with SealBroken."""
        if not sealed or sealed.startswith(self._prefix):
            return None
        return self.seal_bytes(self.open_bytes(sealed, place=place), place=place)

    def blind_index(self, value: str, *, kind: str) -> bytes:
        """What a value is stored under for search; equal values of one kind give equal indexes."""
        return self.blind_indexes(value, kind=kind)[0]

    def blind_indexes(self, value: str, *, kind: str) -> list[bytes]:
        """All indexes a value may be stored under while index keys change, the newest first."""
        told = f"{kind}\0{value}".encode()
        return [hmac.digest(key, told, sha256)[:INDEX_BYTES] for key in self._ring.index_keys]


def _key_name(sealed: bytes) -> tuple[bytes, str]:
    """How a sealed value begins, and the name of its key."""
    if len(sealed) < 2 or sealed[:1] != FORMAT:
        raise SealBroken("this is not a sealed value")
    end = 2 + sealed[1]
    if len(sealed) < end + NONCE_BYTES:
        raise SealBroken("the sealed value was cut off")
    try:
        return sealed[:end], sealed[2:end].decode()
    except UnicodeDecodeError as error:
        raise SealBroken("this is not a sealed value") from error
