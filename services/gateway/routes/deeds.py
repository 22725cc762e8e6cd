"""The gateway's own trail, for auditors: who signed in, what was done with accounts, which lists were taken along."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway import answers
from services.gateway.gate import gate_of
from services.platform import audit, paging
from services.platform.audit import AuditRow
from services.platform.errors import Forbidden

PERMISSION: Final = "audit.read"
PAGE: Final = 100
TEXT_MAX: Final = 100


async def find(request: Request) -> Response:
    """One page, newest first, of one person, one kind of deed, or all."""
    gate, asked = gate_of(request), request.query_params
    visit = request.state.visit = await gate.visitors.required(request)
    if not visit.caller.permits(PERMISSION):
        raise Forbidden(permission=PERMISSION)
    before = _place(asked.get("pageToken", ""))
    async with gate.database.transaction() as transaction:
        rows = await audit.read(
            transaction,
            who=asked.get("who", "")[:TEXT_MAX],
            action=asked.get("action", "")[:TEXT_MAX],
            target=asked.get("target", "")[:TEXT_MAX],
            before=before,
            size=PAGE,
        )
    token = paging.encode(str(rows[-1].position)) if len(rows) == PAGE else ""
    return answers.json_answer({"traces": [_told(row) for row in rows], "nextPageToken": token})


def _place(token: str) -> int:
    """Where the page before ended."""
    keys = paging.decode(token, keys=1)
    if keys is None:
        return audit.NEWEST
    if not keys[0].isdecimal():
        raise paging.PageTokenInvalid
    return min(int(keys[0]), audit.NEWEST)


def _told(row: AuditRow) -> dict[str, Any]:
    return {
        "position": row.position,
        "at": row.at.isoformat(),
        "who": row.who,
        "roles": list(row.roles),
        "action": row.action,
        "target": row.target,
        "purpose": row.purpose,
        "fields": list(row.fields),
        "rowCount": row.row_count,
        "masked": row.masked,
        "refused": row.refused,
    }


ROUTES = [Route("/v1/deeds", find, methods=["GET"])]
