"""Draws pages from their templates, in the visitor's language."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from services.gateway import problems
from services.gateway.gate import gate_of
from services.gateway.visits import Visit
from services.gateway.words import Words
from services.platform.errors import GridwardError

FOLDER = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
#: What a page may ask about the visitor, to leave out what would be refused anyway.
ASKED_PERMISSIONS = (
    "incidents.read",
    "incidents.report",
    "incidents.advance",
    "registry.staff.read",
    "registry.quiet.write",
    "inspections.read",
    "inspections.plan",
    "inspections.inspect",
    "notices.read_own",
    "notices.read",
    "people.read",
    "people.approve",
    "people.reveal",
    "registry.claims.write",
    "registry.elements.read",
    "registry.elements.write",
    "registry.emergencies.declare",
    "registry.imports.write",
    "registry.areas.write",
    "registry.catalogue.read",
    "registry.catalogue.write",
    "registry.loans.read",
    "registry.loans.write",
    "registry.councils.vote",
    "registry.councils.write",
    "registry.force.write",
    "accounts.read",
    "accounts.write",
    "audit.read",
    "registry.duty.write",
    "registry.staff.write",
    "rules.read",
    "rules.write",
    "notices.write",
    "categories.write",
    "video.snapshot",
    "video.report",
    "video.findings.decide",
    "video.zones.write",
    "video.evidence.hold",
    "video.evidence.original",
    "video.cameras.write",
    "video.patrol",
    "points.read",
    "points.adjust",
    "points.audit",
    "points.orders.read",
    "points.orders.claim",
    "points.orders.open",
    "points.volunteers.dispatch",
    "points.orders.publish",
    "points.orders.settle",
    "points.mall.counter",
    "points.mall.manage",
    "points.reviews.review",
    "points.rules.read",
    "points.rules.manage",
    "points.volunteers.read",
    "points.volunteers.manage",
    "points.volunteers.reveal",
    "assessment.read",
    "assessment.publish",
    "directives.read",
    "directives.issue",
    "ratings.read",
    "limits.write",
    "registry.admission.decide",
    "video.read",
    "assessment.mark",
    "ratings.rate",
    "procedures.write",
    "opinions.read",
    "opinions.write",
    "errands.read",
    "errands.write",
    "duties.read",
    "duties.write",
    "duties.work",
    "campaigns.read",
    "campaigns.write",
    "campaigns.reach",
    "stations.ask",
    "stations.answer",
    "stations.council",
)
_UNSAFE_IN_SCRIPT = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


@cache
def version_of_static() -> str:
    """What stands in the addresses of our own styles and scripts, so that pages keep them until any of them changes."""
    own = (path for path in sorted(STATIC.rglob("*")) if path.is_file() and "vendor" not in path.parts)
    return f"v-{sha256(b''.join(path.read_bytes() for path in own)).hexdigest()[:12]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(["html"]), undefined=StrictUndefined
    )
    environment.filters["as_json"] = as_json
    environment.globals["static"] = f"/static/{version_of_static()}"
    return environment


def as_json(value: Any) -> Markup:
    """A value inside a data block of a page; nothing in it can end the block."""
    return Markup(json.dumps(value, ensure_ascii=False).translate(_UNSAFE_IN_SCRIPT))  # noqa: S704 escaped above


def page(
    request: Request,
    template: str,
    *,
    words: Words,
    visit: Visit | None = None,
    status: int = 200,
    features: tuple[str, ...] = (),
    **values: Any,
) -> HTMLResponse:
    """A page; every template may use the words, those of its features as `say`, the visitor and where it is."""
    visitor = visitor_of(visit, words) if visit else None
    html = (
        _environment()
        .get_template(template)
        .render(
            words=words,
            say=words.on_page(features),
            features=features,
            language=words.language,
            visitor=visitor,
            own_password=visitor is not None and gate_of(request).settings.passwords,
            path=request.url.path,
            query=request.url.query,
            **values,
        )
    )
    return HTMLResponse(html, status_code=status)


def text(template: str, **values: Any) -> str:
    """A text that is no page."""
    return _environment().get_template(template).render(**values)


def error_page(request: Request, error: GridwardError, *, words: Words) -> HTMLResponse:
    """What went wrong, for people."""
    status = problems.status_of(error)
    message = problems.message_of(error, words)
    return page(request, "error.html", words=words, status=status, message=message, request_id=request.state.request_id)


def visitor_of(visit: Visit, words: Words) -> dict[str, Any]:
    """Who is signed in, as pages and programs are told."""
    account, caller = visit.account, visit.caller
    return {
        "subject": account.subject,
        "login": account.login,
        "kind": account.kind.value,
        "name": account.name,
        "nameEn": account.name_en,
        "language": caller.language,
        "roles": [
            {
                "role": grant.role,
                "title": words.text("roles", grant.role) or grant.role,
                "areaPath": grant.area_path,
                "departmentCode": grant.department_code,
            }
            for grant in caller.grants
        ],
        "permissions": [permission for permission in ASKED_PERMISSIONS if caller.permits(permission)],
        "watchesArea": bool(caller.scope("incidents.read").area_paths),
    }
