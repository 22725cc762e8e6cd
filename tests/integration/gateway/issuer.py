"""A small OpenID Connect issuer on loopback, for the gateway to be a client of."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route


class Issuer:
    """Vouches for whoever `login` names, and remembers what it was asked."""

    def __init__(self) -> None:
        self.login = "chief"
        self.url = ""
        self.spoil: dict[str, Any] = {}
        self.key = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
        self.asked: dict[str, str] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/jwks", self.keys),
            ]
        )

    async def configuration(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "id_token_signing_alg_values_supported": ["ES256"],
            }
        )

    async def authorize(self, request: Request) -> Response:
        self.asked = dict(request.query_params)
        answer = urlencode({"code": "one-time-code", "state": self.asked["state"]})
        return RedirectResponse(f"{self.asked['redirect_uri']}?{answer}")

    async def token(self, request: Request) -> Response:
        async with request.form() as form:
            challenge = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        proved = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == self.asked["code_challenge"]
        if not proved:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "42",
            "aud": "gridward",
            "iat": now,
            "exp": now + 60,
            "nonce": self.asked["nonce"],
            "preferred_username": self.login,
            **self.spoil,
        }
        token = jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token})

    async def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Issuer]:
        server = uvicorn.Server(uvicorn.Config(self.app, port=0, log_level="warning"))
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.should_exit = True
            await task
