"""Knows who is calling: the subject, the grants that follow from posts held, and the signed token that proves it."""

import json
import tomllib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from services.platform.clock import Clock, SystemClock
from services.platform.errors import Forbidden, Unauthenticated

AUDIENCE: Final = "gridward"
ALGORITHM: Final = "Ed25519"
TOKEN_TYPE: Final = "gridward-internal+jwt"  # noqa: S105 a media type, not a secret
TOKEN_LIFE_S_MAX: Final = 900
VERIFIED_TOKENS_MAX: Final = 4096
#: Only these may speak for people; any other key speaks for itself alone.
PEOPLE_ISSUERS: Final = frozenset({"gateway", "operator"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role at an area and all below it, for one department or, when that is empty, for any."""

    role: str
    area_path: str
    department_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The rows a caller may touch, as two lists of equal length for SQL, and whether own rows count."""

    area_paths: tuple[str, ...]
    departments: tuple[str, ...]
    own: bool

    @property
    def empty(self) -> bool:
        """Nothing at all may be touched."""
        return not self.area_paths and not self.own

    @property
    def by_area(self) -> Self:
        """The same areas for any department: for what is told of a place whoever looks after what."""
        return replace(self, departments=("",) * len(self.area_paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, with what rights, in which language and for what purpose."""

    subject: str
    grants: tuple[Grant, ...]
    language: str = "zh"
    purpose: str = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles held anywhere, each once, in order."""
        return tuple(dict.fromkeys(grant.role for grant in self.grants))

    @property
    def is_service(self) -> bool:
        """A process of the suite, not a person."""
        return any(grant.role == "service" for grant in self.grants)

    def permits(self, permission: str) -> bool:
        """Whether any grant carries the permission, be it for own rows only."""
        return any(allows(grant.role, permission) or allows(grant.role, f"{permission}_own") for grant in self.grants)

    def scope(self, permission: str) -> Scope:
        """Where the permission holds. Own rows are part of it for everyone who holds it in any form."""
        held = [grant for grant in self.grants if allows(grant.role, permission)]
        return Scope(
            area_paths=tuple(grant.area_path for grant in held),
            departments=tuple(grant.department_code for grant in held),
            own=self.permits(permission),
        )


def service_caller(name: str) -> Caller:
    """A process speaking for itself."""
    return Caller(subject=f"service:{name}", grants=(Grant(role="service", area_path=""),))


@lru_cache(maxsize=4096)
def allows(role: str, permission: str) -> bool:
    """Whether the table of roles gives a role a permission."""
    return any(
        permission == held or (held.endswith("*") and permission.startswith(held[:-1]))
        for held in _permissions_by_role().get(role, ())
    )


def permissions_of_roles() -> Mapping[str, tuple[str, ...]]:
    """What each role may do, as the table says it."""
    return _permissions_by_role()


@cache
def _permissions_by_role() -> Mapping[str, tuple[str, ...]]:
    table = tomllib.loads(files(__package__).joinpath("roles.toml").read_text())
    return {role: tuple(row["permissions"]) for role, row in table.items()}


_current: ContextVar[Caller] = ContextVar("caller")
_received: ContextVar[str] = ContextVar("received_token", default="")


def current_caller() -> Caller:
    """Whoever makes the call now being served; fails with UNAUTHENTICATED when nobody does."""
    try:
        return _current.get()
    except LookupError:
        raise Unauthenticated from None


def received_token() -> str:
    """The token with which the call now being served came; it may be passed on, but not made anew. Empty at the edge."""
    return _received.get()


@contextmanager
def acting_as(caller: Caller, *, token: str = "") -> Iterator[None]:
    """Serve what follows for this caller, who came with this token."""
    caller_mark, token_mark = _current.set(caller), _received.set(token)
    try:
        yield
    finally:
        # A stream whose caller left is closed from another task, which has a context of its own.
        with suppress(ValueError):
            _current.reset(caller_mark)
            _received.reset(token_mark)


def process_of(key_id: str) -> str:
    """The process a key belongs to; one that took the place of another is called `<process>~<number>`."""
    return key_id.partition("~")[0]


class TokenSigner:
    """Signs tokens with this process's own key; the key's id begins with the process's name."""

    def __init__(self, key: OKPKey, clock: Clock | None = None) -> None:
        self._key = key
        self._clock = clock or SystemClock()
        self._key_id = str(key.kid)
        self.name = process_of(self._key_id)

    @classmethod
    def from_file(cls, path: Path) -> "TokenSigner":
        """Read the private JWK."""
        return cls(OKPKey.import_key(json.loads(path.read_text())))

    def sign(self, caller: Caller, *, life_s: int = 300) -> str:
        """A token that says who calls; short-lived, at most TOKEN_LIFE_S_MAX."""
        issued_at_s = int(self._clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": caller.subject,
            "iat": issued_at_s,
            "exp": issued_at_s + min(life_s, TOKEN_LIFE_S_MAX),
            "jti": uuid4().hex,
            "grants": [[grant.role, grant.area_path, grant.department_code] for grant in caller.grants],
            "lang": caller.language,
            "purpose": caller.purpose,
        }
        header = {"alg": ALGORITHM, "kid": self._key_id, "typ": TOKEN_TYPE}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


@dataclass(slots=True)
class TokenVerifier:
    """Checks tokens against the public keys of all processes, and remembers those it has checked."""

    keys: KeySet
    clock: Clock = field(default_factory=SystemClock)
    _seen: OrderedDict[bytes, tuple[float, Caller]] = field(default_factory=OrderedDict)

    @classmethod
    def from_file(cls, path: Path) -> "TokenVerifier":
        """Read the JWKS."""
        return cls(KeySet.import_key_set(json.loads(path.read_text())))

    def verify(self, token: str) -> Caller:
        """The caller a token speaks for; fails with UNAUTHENTICATED for anything odd about it."""
        now_s = self.clock.now().timestamp()
        digest = sha256(token.encode()).digest()
        seen = self._seen.get(digest)
        if seen and now_s < seen[0]:
            return seen[1]
        claims = self._checked_claims(token, now_s)
        caller = _caller_from(claims)
        _refuse_pretence(str(claims["iss"]), caller)
        self._seen[digest] = (float(claims["exp"]), caller)
        if len(self._seen) > VERIFIED_TOKENS_MAX:
            self._seen.popitem(last=False)
        return caller

    def _checked_claims(self, token: str, now_s: float) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, self.keys, algorithms=[ALGORITHM])
        except (JoseError, ValueError, KeyError) as error:
            raise Unauthenticated from error
        claims = dict(decoded.claims)
        sound = (
            decoded.header.get("typ") == TOKEN_TYPE
            and claims.get("aud") == AUDIENCE
            and claims.get("iss") == process_of(str(decoded.header.get("kid")))
            and isinstance(claims.get("exp"), int)
            and now_s < claims["exp"] <= now_s + TOKEN_LIFE_S_MAX + 60
        )
        if not sound:
            raise Unauthenticated
        return claims


def _caller_from(claims: Mapping[str, Any]) -> Caller:
    grants: Iterable[list[str]] = claims.get("grants", [])
    return Caller(
        subject=str(claims["sub"]),
        grants=tuple(Grant(role=role, area_path=path, department_code=department) for role, path, department in grants),
        language=str(claims.get("lang", "zh")),
        purpose=str(claims.get("purpose", "")),
    )


def _refuse_pretence(issuer: str, caller: Caller) -> None:
    """Only the gateway speaks for people, only a process itself as that service, only the host for plugins."""
    kind, _, name = caller.subject.partition(":")
    if kind == "service" and name == issuer:
        return
    if caller.is_service:
        raise Forbidden
    if issuer in PEOPLE_ISSUERS and kind not in {"service", "plugin"}:
        return
    if issuer == "host" and kind == "plugin" and caller.roles == ("plugin",):
        return
    raise Forbidden
