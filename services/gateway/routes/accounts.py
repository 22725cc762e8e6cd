"""Accounts and roles, for administrators."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import answers, transcode
from services.gateway.accounts.actions import READ, WRITE, Accounts
from services.gateway.bodies import body_of
from services.gateway.domain import AddressUnknown
from services.gateway.gate import gate_of
from services.gateway.visits import Visit
from services.platform.errors import Forbidden
from services.platform.identity import permissions_of_roles

BYTES_MAX: Final = 8 * 1024


async def _entered(request: Request, permission: str) -> tuple[Accounts, Visit]:
    gate = gate_of(request)
    visit = request.state.visit = await gate.visitors.required(request)
    if not visit.caller.permits(permission):
        raise Forbidden(permission=permission)
    return Accounts(door=gate.door), visit


async def find(request: Request) -> Response:
    """Accounts by a part of login, name or subject."""
    accounts, _ = await _entered(request, READ)
    asked = request.query_params
    rows, after = await accounts.find(
        text=asked.get("text", ""), kind=asked.get("kind", ""), after=asked.get("after", "")
    )
    return answers.json_answer({"accounts": [_told(row) for row in rows], "nextAfter": after})


def _told(row: dict[str, Any]) -> dict[str, Any]:
    seen_at = row["seen_at"]
    return {
        "login": row["login"],
        "subject": row["subject"],
        "kind": row["kind"],
        "name": row["name"],
        "nameEn": row["name_en"],
        "language": row["language"],
        "closed": row["disabled"],
        "hasPassword": row["has_password"],
        "hasSecondFactor": row["has_second_factor"],
        "seenAt": seen_at.isoformat() if seen_at else "",
    }


async def take_in(request: Request) -> Response:
    """A new account with its first password."""
    accounts, visit = await _entered(request, WRITE)
    told = transcode.parsed_object(await body_of(request, bytes_max=BYTES_MAX))
    names = {"nameEn": "name_en"}
    await accounts.take_in({names.get(name, name): value for name, value in told.items()}, caller=visit.caller)
    return answers.json_answer({}, status=201)


async def change(request: Request) -> Response:
    """Close an account or open it, give it a new password, or forget its telephone."""
    accounts, visit = await _entered(request, WRITE)
    login, own = request.path_params["login"], visit.account.login
    told = transcode.parsed_object(await body_of(request, bytes_max=BYTES_MAX))
    match request.path_params["verb"]:
        case "close" | "open" as verb:
            await accounts.close(login, closed=verb == "close", caller=visit.caller, own=own)
        case "renew":
            await accounts.renew(login, str(told.get("password") or ""), caller=visit.caller, own=own)
        case "unbind":
            await accounts.unbind(login, caller=visit.caller, own=own)
        case _:
            raise AddressUnknown
    return Response(status_code=204)


async def roles(request: Request) -> Response:
    """What each role may do."""
    await _entered(request, READ)
    return answers.json_answer(
        {"roles": [{"role": role, "permissions": sorted(may)} for role, may in sorted(permissions_of_roles().items())]}
    )


ROUTES = [
    Route("/v1/accounts", find, methods=["GET"]),
    Route("/v1/accounts", take_in, methods=["POST"]),
    Route("/v1/accounts/{login}:{verb}", change, methods=["POST"]),
    Route("/v1/roles", roles, methods=["GET"]),
]
