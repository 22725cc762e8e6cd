"""Sends people to the city's own single sign-on and takes them in when they come back."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import store
from services.gateway.actions import digest_of
from services.gateway.domain import SingleSignOnFailed
from services.gateway.second_factor.rules import vouched
from services.gateway.settings import GatewaySettings
from services.platform.clock import Clock
from services.platform.database import Database
from services.platform.errors import Unavailable

FLOW_LIFE = timedelta(minutes=10)
FLOW_BYTES = 32
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Who came back from the issuer, where to, and whether the issuer took a second proof."""

    login: str
    then: str
    twice: bool


class SingleSignOn:
    """The issuer in the settings, by OpenID Connect with PKCE; what a flow must bring back lies in the database."""

    def __init__(self, settings: GatewaySettings, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._claim = settings.oidc_login_claim
        self.cookie = "__Host-gridward-flow" if settings.secure else "gridward-flow"
        self._issuer: Any = OAuth().register(
            name="issuer",
            server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value() or None,
            client_kwargs={
                "scope": settings.oidc_scope,
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_S,
            },
        )

    async def depart(self, request: Request, *, back_to: str, then: str) -> tuple[Response, str]:
        """The way to the issuer, and the mark to set in a cookie meanwhile."""
        request.scope["session"] = state = {"then": then}
        try:
            response = cast("Response", await self._issuer.authorize_redirect(request, back_to))
        except (httpx.HTTPError, AuthlibBaseError) as error:
            raise Unavailable(part="single sign-on") from error
        mark = secrets.token_urlsafe(FLOW_BYTES)
        async with self._database.transaction() as transaction:
            await store.put_flow(transaction, digest_of(mark), state, self._clock.now() + FLOW_LIFE)
        return response, mark

    async def arrive(self, request: Request) -> Arrival:
        """Whom the issuer vouches for, and where the person wanted to go. Fails with SINGLE_SIGN_ON_FAILED."""
        mark = request.cookies.get(self.cookie, "")
        async with self._database.transaction() as transaction:
            state = await store.take_flow(transaction, digest_of(mark), now=self._clock.now())
        if state is None:
            raise SingleSignOnFailed
        request.scope["session"] = state
        try:
            token: Mapping[str, Any] = await self._issuer.authorize_access_token(request)
        except httpx.HTTPError as error:
            raise Unavailable(part="single sign-on") from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
            raise SingleSignOnFailed from error
        claims = token.get("userinfo") or {}
        login = str(claims.get(self._claim) or "")
        if not login:
            raise SingleSignOnFailed
        return Arrival(login=login, then=str(state.get("then", "/")), twice=vouched(claims))
