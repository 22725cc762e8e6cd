"""Sends JSON, small and readable by both sides."""

import json
from typing import Any

from starlette.responses import Response

JSON_TYPE = "application/json"


def compact(value: Any) -> bytes:
    """JSON without needless spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_answer(value: Any, *, status: int = 200) -> Response:
    """An answer of JSON."""
    return Response(compact(value), status_code=status, media_type=JSON_TYPE)
