"""Finds out who is at the door, what that person may do now, and whether a request really came from our own pages."""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import structlog
from gridward.registry.v1 import staff_pb2
from starlette.requests import Request

from services.gateway import contract, words
from services.gateway.actions import Door, digest_of
from services.gateway.backends import Backends
from services.gateway.domain import LANGUAGES, Account, AccountKind, CrossSiteRefused, Session
from services.gateway.pacing import Pace
from services.gateway.second_factor.rules import SecondFactorNeeded, needed
from services.gateway.settings import GatewaySettings
from services.platform.errors import Unauthenticated, Unavailable
from services.platform.identity import Caller, Grant

log = structlog.get_logger()

REMEMBERED_S = 5.0
#: While registry cannot be asked, the last known grants hold this long.
GRACE_S = 120.0
REMEMBERED_MAX = 10_000
TOKEN_LENGTH_MAX = 200
LANGUAGE_COOKIE = "gridward-language"
OWN_HEADER = "x-gridward-client"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_LIST_GRANTS = contract.call_of(staff_pb2.DESCRIPTOR.services_by_name["StaffService"].methods_by_name["ListGrants"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody signed in: the account, the rights of this moment, and how the session was shown."""

    account: Account
    caller: Caller
    token_digest: bytes
    by_cookie: bool
    owes_second_factor: bool = False


class Visitors:
    """Turns sessions into callers, and remembers for a few seconds what it found."""

    def __init__(self, door: Door, backends: Backends, settings: GatewaySettings) -> None:
        self._door = door
        self._backends = backends
        self.cookie = "__Host-gridward" if settings.secure else "gridward"
        self._demanding = settings.demanding_roles
        self._pace = Pace(times=settings.requests_per_minute, span_s=60.0)
        self._sessions: OrderedDict[bytes, tuple[float, Session]] = OrderedDict()
        self._grants: OrderedDict[str, tuple[float, tuple[Grant, ...]]] = OrderedDict()
        #: When registry last could not be asked.
        self._unasked_s = -math.inf

    async def required(self, request: Request) -> Visit:
        """Who asks; fails with UNAUTHENTICATED when nobody is signed in, CROSS_SITE_REFUSED for a forged request.

        EXHAUSTED for somebody who asks more often in a minute than a person with several pages does.
        """
        visit = await self.of(request)
        if visit is None:
            raise Unauthenticated
        self._pace.spend(visit.account.subject)
        if visit.by_cookie and request.method not in SAFE_METHODS:
            refuse_cross_site(request)
        return visit

    async def half_in(self, request: Request) -> Visit:
        """As `required`, for whoever still owes the second proof: good for showing it and for leaving, nothing else."""
        visit = await self._shown(request)
        if visit is None:
            raise Unauthenticated
        if visit.by_cookie and request.method not in SAFE_METHODS:
            refuse_cross_site(request)
        return visit

    async def of(self, request: Request) -> Visit | None:
        """Who asks, if anybody is signed in; fails with SECOND_FACTOR_NEEDED for whoever owes the second proof."""
        visit = await self._shown(request)
        if visit is not None and visit.owes_second_factor:
            raise SecondFactorNeeded
        return visit

    async def _shown(self, request: Request) -> Visit | None:
        token, by_cookie = self._token_in(request)
        if not token or len(token) > TOKEN_LENGTH_MAX:
            return None
        visit = await self._visit(digest_of(token), by_cookie=by_cookie)
        if visit is None:
            return None
        return replace(visit, caller=replace(visit.caller, language=language_of(request, visit)))

    async def of_digest(self, token_digest: bytes, *, by_cookie: bool) -> Visit | None:
        """The same for a token seen before; for streams, which outlast a request."""
        visit = await self._visit(token_digest, by_cookie=by_cookie)
        return None if visit is None or visit.owes_second_factor else visit

    async def _visit(self, token_digest: bytes, *, by_cookie: bool) -> Visit | None:
        session = await self._session(token_digest)
        if session is None:
            return None
        account = session.account
        grants = await self._grants_of(account)
        caller = Caller(subject=account.subject, grants=grants, language=account.language)
        owes = session.second_factor_at is None and needed(caller.roles, self._demanding)
        return Visit(
            account=account, caller=caller, token_digest=token_digest, by_cookie=by_cookie, owes_second_factor=owes
        )

    def forget(self, token_digest: bytes) -> None:
        """A session was ended here."""
        self._sessions.pop(token_digest, None)

    def _token_in(self, request: Request) -> tuple[str, bool]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip(), False
        return request.cookies.get(self.cookie, ""), True

    async def _session(self, token_digest: bytes) -> Session | None:
        now_s = time.monotonic()
        known = self._sessions.get(token_digest)
        if known and now_s - known[0] < REMEMBERED_S:
            return known[1]
        session = await self._door.session_of(token_digest)
        if session is None:
            self.forget(token_digest)
            return None
        self._sessions[token_digest] = (now_s, session)
        if len(self._sessions) > REMEMBERED_MAX:
            self._sessions.popitem(last=False)
        return session

    async def _grants_of(self, account: Account) -> tuple[Grant, ...]:
        if account.kind is not AccountKind.STAFF:
            return (Grant(role=account.kind.value, area_path=""),)
        now_s = time.monotonic()
        known = self._grants.get(account.subject)
        if known and now_s - known[0] < REMEMBERED_S:
            return known[1]
        if known and now_s - self._unasked_s < REMEMBERED_S and now_s - known[0] < GRACE_S:
            return known[1]  # whoever asked a moment ago had to wait for nothing
        try:
            request = staff_pb2.ListGrantsRequest(staff_code=account.subject)
            answer = await self._backends.ask(_LIST_GRANTS, request, staff_pb2.ListGrantsResponse)
        except Unavailable:
            self._unasked_s = time.monotonic()
            if known and now_s - known[0] < GRACE_S:
                log.warning("grants_from_memory", subject=account.subject)
                return known[1]
            raise
        grants = tuple(
            dict.fromkeys(
                Grant(role=grant.role, area_path=grant.area_path, department_code=grant.department_code)
                for grant in answer.grants
            )
        )
        self._grants[account.subject] = (now_s, grants)
        if len(self._grants) > REMEMBERED_MAX:
            self._grants.popitem(last=False)
        return grants


def language_of(request: Request, visit: Visit | None = None) -> str:
    """The language to answer in: chosen on the page, else the account's, else the browser's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    accepted = request.headers.get("accept-language", "")
    if visit is not None and visit.by_cookie:
        return visit.account.language
    return words.preferred(accepted, otherwise=visit.account.language if visit else words.DEFAULT_LANGUAGE)


def refuse_cross_site(request: Request) -> None:
    """Fails with CROSS_SITE_REFUSED unless the browser says, or a header no form can set shows, that it is our page."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise CrossSiteRefused
        return
    origin = request.headers.get("origin")
    if origin is not None:
        if urlsplit(origin).netloc != request.headers.get("host"):
            raise CrossSiteRefused
        return
    if OWN_HEADER not in request.headers:
        raise CrossSiteRefused
