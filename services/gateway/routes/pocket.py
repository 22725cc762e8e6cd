"""The grid worker's pocket app: a page that installs itself, works without a signal and sends what waits by itself."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from services.gateway import rendering
from services.gateway.gate import gate_of
from services.gateway.words import words_in

FEATURES: Final = ("command", "pocket")
#: What the app needs to start without a signal.
KEPT: Final = (
    *(f"css/{name}.css" for name in ("tokens", "shell", "command", "case", "residents", "pocket")),
    "js/theme.js",
    "mark.svg",
)
SCRIPTS: Final = ("js", "js/pocket")


async def page(request: Request) -> Response:
    """The app."""
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not visit.caller.permits("incidents.report") or not visit.caller.scope("incidents.read").area_paths:
        return RedirectResponse("/report", status_code=303)
    return rendering.page(
        request,
        "pocket/page.html",
        words=words_in(visit.caller.language),
        visit=visit,
        features=FEATURES,
        page_data={"timezone": gate.settings.timezone, "demo": gate.settings.demo},
    )


async def worker(request: Request) -> Response:
    """What keeps the app and its pages on the phone; a change of any of them makes a new version.

    Where the browser can (?sends=1), it also sends what waits while the app is closed.
    """
    version, files = _kept()
    sends = request.query_params.get("sends") == "1"
    script = rendering.text("pocket/sw.js", version=version, files=files, sends=sends)
    return Response(script, media_type="text/javascript", headers={"cache-control": "no-cache"})


@cache
def _kept() -> tuple[str, list[str]]:
    paths = [rendering.STATIC / name for name in KEPT]
    paths += [path for folder in SCRIPTS for path in sorted((rendering.STATIC / folder).glob("*.mjs"))]
    templates = [rendering.FOLDER / "pocket" / "page.html", rendering.FOLDER / "layout.html"]
    locale = sorted(Path(rendering.__file__).with_name("locale").glob("*.toml"))
    digest = sha256(b"".join(path.read_bytes() for path in (*paths, *templates, *locale))).hexdigest()[:16]
    return digest, [
        "/pocket/",
        *(f"/static/{rendering.version_of_static()}/{path.relative_to(rendering.STATIC)}" for path in paths),
    ]


async def manifest(_: Request) -> Response:
    """How the app is called and looks among others on a phone."""
    words = words_in("zh")["pocket"]
    icons = [
        {"src": "/static/mark.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
        {"src": "/static/mark-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
    ]
    told = {
        "name": words["app_name"],
        "short_name": words["app_short"],
        "start_url": "/pocket/",
        "scope": "/pocket/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#1d5fd0",
        "lang": "zh-CN",
        "icons": icons,
    }
    return JSONResponse(told, media_type="application/manifest+json")


ROUTES = [
    Route("/pocket", lambda _: RedirectResponse("/pocket/", status_code=308), methods=["GET"]),
    Route("/pocket/", page, methods=["GET"]),
    Route("/pocket/sw.js", worker, methods=["GET"]),
    Route("/pocket/manifest.webmanifest", manifest, methods=["GET"]),
]
