"""Signing in, signing out, and who am I."""

import contextlib
import time
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.gateway import rendering, transcode
from services.gateway.addresses import safe_path
from services.gateway.bodies import body_of
from services.gateway.domain import LANGUAGES, AddressUnknown, PasswordSignInOff, SignInBlocked, SignInFailed
from services.gateway.gate import Gate, gate_of
from services.gateway.visits import LANGUAGE_COOKIE, OWN_HEADER, language_of, refuse_cross_site
from services.gateway.words import words_in
from services.platform.errors import Unavailable

SESSION_BYTES_MAX = 4096
LANGUAGE_LIFE_S = 365 * 24 * 3600

#: Failed sign-ins from one address in a span of time, whatever logins they tried.
FAILURES_MAX = 60
FAILURES_SPAN_S = 600.0
ADDRESSES_MAX = 10_000


class Failures:
    """Counts failed sign-ins by address, so that one password cannot be tried on everybody."""

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def check(self, address: str) -> None:
        """Fails with SIGN_IN_BLOCKED after too many."""
        since_s, count = self._by_address.get(address, (0.0, 0))
        left_s = since_s + FAILURES_SPAN_S - time.monotonic()
        if count >= FAILURES_MAX and left_s > 0:
            raise SignInBlocked(retry_after_s=round(left_s) + 1)

    def add(self, address: str) -> None:
        """One more."""
        now_s = time.monotonic()
        since_s, count = self._by_address.pop(address, (now_s, 0))
        fresh = now_s - since_s > FAILURES_SPAN_S
        self._by_address[address] = (now_s, 1) if fresh else (since_s, count + 1)
        if len(self._by_address) > ADDRESSES_MAX:
            self._by_address.popitem(last=False)


_failures = Failures()


async def sign_in(request: Request) -> Response:
    """A session for a login and its password: as a cookie for pages, told in the answer for programs."""
    gate = gate_of(request)
    if not gate.settings.passwords:
        raise PasswordSignInOff
    for_page = OWN_HEADER in request.headers or "sec-fetch-site" in request.headers or "origin" in request.headers
    if for_page:
        refuse_cross_site(request)
    values = transcode.parsed_object(await body_of(request, bytes_max=SESSION_BYTES_MAX))
    address = request.client.host if request.client else ""
    _failures.check(address)
    try:
        account, token = await gate.door.sign_in(
            login=str(values.get("login") or ""),
            password=str(values.get("password") or ""),
            new_password=str(values.get("newPassword") or ""),
            agent=request.headers.get("user-agent", ""),
        )
    except SignInFailed:
        _failures.add(address)
        raise
    told = {"subject": account.subject, "name": account.name, "nameEn": account.name_en}
    if for_page:
        response = JSONResponse(told)
        set_session_cookie(gate, response, token)
        return response
    return JSONResponse({**told, "token": token, "expiresInS": round(gate.door.life.total_seconds())})


def set_session_cookie(gate: Gate, response: Response, token: str) -> None:
    """Hand out the session so that no script can read it and no other site can use it."""
    response.set_cookie(
        gate.visitors.cookie,
        token,
        max_age=round(gate.door.life.total_seconds()),
        path="/",
        secure=gate.settings.secure,
        httponly=True,
        samesite="lax",
    )


async def who(request: Request) -> Response:
    """Who is signed in, in which roles."""
    visit = await gate_of(request).visitors.required(request)
    return JSONResponse(rendering.visitor_of(visit, words_in(visit.caller.language)))


async def sign_out(request: Request) -> Response:
    """End the session; everything that shows it is refused from now on."""
    gate = gate_of(request)
    visit = await gate.visitors.half_in(request)
    await gate.door.sign_out(visit.token_digest)
    gate.visitors.forget(visit.token_digest)
    response = Response(status_code=204)
    response.delete_cookie(gate.visitors.cookie, path="/", secure=gate.settings.secure, httponly=True, samesite="lax")
    return response


async def sso_depart(request: Request) -> Response:
    """Off to the single sign-on."""
    gate = gate_of(request)
    if gate.sso is None:
        raise AddressUnknown
    base = gate.settings.gateway_url.rstrip("/") or str(request.base_url).rstrip("/")
    then = safe_path(request.query_params.get("next", "/"))
    response, mark = await gate.sso.depart(request, back_to=f"{base}/sign-in/sso/return", then=then)
    response.set_cookie(
        gate.sso.cookie, mark, max_age=600, path="/", secure=gate.settings.secure, httponly=True, samesite="lax"
    )
    return response


async def sso_return(request: Request) -> Response:
    """Back from the single sign-on."""
    gate = gate_of(request)
    if gate.sso is None:
        raise AddressUnknown
    arrival = await gate.sso.arrive(request)
    agent = request.headers.get("user-agent", "")
    _, token = await gate.door.sign_in_known(login=arrival.login, agent=agent, twice=arrival.twice)
    response = RedirectResponse(safe_path(arrival.then), status_code=303)
    set_session_cookie(gate, response, token)
    response.delete_cookie(gate.sso.cookie, path="/", secure=gate.settings.secure, httponly=True, samesite="lax")
    return response


async def choose_language(request: Request) -> Response:
    """Remember a language for this browser and go back."""
    language = request.path_params["language"]
    response = RedirectResponse(safe_path(request.query_params.get("next", "/")), status_code=303)
    if language in LANGUAGES and language != request.cookies.get(LANGUAGE_COOKIE):
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=LANGUAGE_LIFE_S,
            path="/",
            secure=gate_of(request).settings.secure,
            httponly=True,
            samesite="lax",
        )
    return response


async def sign_in_page(request: Request) -> Response:
    """The page to sign in on; shown also while nobody can be known, so that people see that the city is there."""
    gate = gate_of(request)
    offered: list[dict[str, str]] = []
    with contextlib.suppress(Unavailable):
        if await gate.visitors.of(request) is not None:
            return RedirectResponse(safe_path(request.query_params.get("next", "/")), status_code=303)
        offered = await gate.door.shown_accounts() if gate.settings.demo else []
    return rendering.page(
        request,
        "sign_in.html",
        words=words_in(language_of(request)),
        then=safe_path(request.query_params.get("next", "/")),
        single_sign_on=gate.sso is not None,
        passwords=gate.settings.passwords,
        offered=offered,
        offered_password=gate.settings.demo_password if gate.settings.demo else "",
        changing="",
    )


async def password_page(request: Request) -> Response:
    """The page on which somebody signed in chooses another password."""
    gate = gate_of(request)
    visit = await gate.visitors.of(request)
    if visit is None or not gate.settings.passwords:
        return RedirectResponse("/sign-in", status_code=303)
    return rendering.page(
        request,
        "sign_in.html",
        words=words_in(visit.caller.language),
        then="/",
        single_sign_on=False,
        passwords=True,
        offered=[],
        offered_password="",
        changing=visit.account.login,
    )


ROUTES = [
    Route("/v1/session", sign_in, methods=["POST"]),
    Route("/v1/session", who, methods=["GET"]),
    Route("/v1/session", sign_out, methods=["DELETE"]),
    Route("/sign-in", sign_in_page, methods=["GET"]),
    Route("/password", password_page, methods=["GET"]),
    Route("/sign-in/sso", sso_depart, methods=["GET"]),
    Route("/sign-in/sso/return", sso_return, methods=["GET"]),
    Route("/language/{language}", choose_language, methods=["GET"]),
]
