"""Tells Schemathesis how the two bodies that are no JSON are written: lines of reports, and a spoken note."""

import json
from typing import Any

import schemathesis  # type: ignore[import-not-found]


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """Each element on a line of its own; whatever else was made up stands alone on one."""
    return "\n".join(json.dumps(each) for each in (value if isinstance(value, list) else [value])).encode()


@schemathesis.deserializer("application/x-ndjson")
def answers(_: Any, response: Any) -> list[Any]:
    """The answer to each line."""
    return [json.loads(line) for line in response.text.splitlines() if line.strip()]


@schemathesis.serializer("audio/*")
def sound(_: Any, value: Any) -> bytes:
    """Bytes, whatever they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
