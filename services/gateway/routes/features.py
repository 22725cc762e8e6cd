"""The pages of single roles: volunteers, the counter, departments, video patrol, the wall, administration."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway import rendering
from services.gateway.gate import gate_of
from services.gateway.words import words_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: where it is, who may open it, what it says and what runs on it."""

    path: str
    feature: str
    permissions: tuple[str, ...]
    script: str
    styles: tuple[str, ...]
    title: str
    area: bool = False
    kiosk: bool = False
    map: bool = False
    words: tuple[str, ...] = ()


PAGES: Final = (
    Page(
        path="/volunteer",
        feature="volunteer",
        permissions=("points.orders.claim",),
        script="volunteer/app",
        styles=("case", "residents", "volunteer"),
        title="volunteer_page",
    ),
    Page(
        path="/counter",
        feature="volunteer",
        permissions=("points.mall.counter",),
        script="volunteer/counter",
        styles=("volunteer",),
        title="counter_page",
    ),
    Page(
        path="/volunteering",
        feature="volunteering",
        permissions=("points.orders.settle", "points.audit", "points.mall.manage"),
        script="volunteering/app",
        styles=("case", "admin", "volunteer"),
        title="volunteering_page",
        words=("volunteer",),
    ),
    Page(
        path="/desk",
        feature="desk",
        permissions=("incidents.advance",),
        script="desk/app",
        styles=("command", "case", "desk"),
        title="desk_page",
        area=True,
        words=("command",),
    ),
    Page(
        path="/shift",
        feature="shift",
        permissions=("incidents.advance",),
        script="shift/app",
        styles=("case", "shift"),
        title="shift_page",
        area=True,
    ),
    Page(
        path="/video",
        feature="video",
        permissions=("video.snapshot", "video.findings.decide", "video.evidence.hold", "video.cameras.write"),
        script="video/app",
        styles=("case", "video"),
        title="video_page",
        map=True,
    ),
    Page(
        path="/screen",
        feature="screen",
        permissions=("incidents.read",),
        script="screen/app",
        styles=("command", "screen"),
        title="screen_page",
        area=True,
        kiosk=True,
    ),
    Page(
        path="/inspections",
        feature="inspections",
        permissions=("inspections.read",),
        script="inspections/app",
        styles=("case", "inspections"),
        title="inspections_page",
    ),
    Page(
        path="/my-data",
        feature="registry",
        permissions=("registry.reads.own",),
        script="registry/my_data",
        styles=("registry",),
        title="my_data_page",
    ),
    Page(
        path="/registry",
        feature="registry",
        permissions=(
            "people.read",
            "people.approve",
            "registry.imports.write",
            "registry.areas.write",
            "registry.catalogue.read",
            "registry.councils.vote",
        ),
        script="registry/app",
        styles=("case", "registry"),
        title="registry_page",
    ),
    Page(
        path="/community",
        feature="community",
        permissions=("opinions.read", "errands.read", "duties.read", "campaigns.read", "stations.ask"),
        script="community/app",
        styles=("case", "registry", "community"),
        title="community_page",
        words=("registry",),
    ),
    Page(
        path="/steering",
        feature="steering",
        permissions=("assessment.read", "directives.read"),
        script="steering/app",
        styles=("case", "admin", "steering"),
        title="steering_page",
        map=True,
    ),
    Page(
        path="/admin",
        feature="admin",
        permissions=("registry.admission.decide", "registry.areas.write", "rules.write", "audit.read", "accounts.read"),
        script="admin/app",
        styles=("case", "admin"),
        title="admin_page",
        words=("plugins", "permissions"),
    ),
)


def _endpoint(page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        gate = gate_of(request)
        visit = request.state.visit = await gate.visitors.required(request)
        allowed = any(visit.caller.permits(permission) for permission in page.permissions)
        if not allowed or (page.area and not visit.caller.scope("incidents.read").area_paths):
            return RedirectResponse("/", status_code=303)
        return rendering.page(
            request,
            "feature.html",
            words=words_in(visit.caller.language),
            visit=visit,
            features=(page.feature, *page.words),
            page_data={"timezone": gate.settings.timezone},
            page=page,
        )

    return serve


ROUTES = [Route(page.path, _endpoint(page), methods=["GET"]) for page in PAGES]
