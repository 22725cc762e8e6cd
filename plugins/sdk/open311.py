"""Speaks Open311 GeoReport v2 with a department's contractor: how to ask for work, and what the answers mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plugins.sdk.case import Case
from plugins.sdk.city import Letter
from plugins.sdk.hooks import Message

REQUESTED: Final = "open311.requested"
STATUS: Final = "open311.status"
#: Where a list is answered, it stands under this key of the message.
ITEMS: Final = "items"
DESCRIPTION_LENGTH_MAX: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other system says of one request: its number there, whether it is done, and what was noted."""

    number: str
    closed: bool
    notes: str


def service_request(case: Case, *, service_code: str, api_key: str) -> Letter:
    """A letter that asks for work on a case (POST requests.json)."""
    return Letter(
        topic=REQUESTED,
        about=case.id,
        path="/requests.json",
        form=True,
        content={
            "api_key": api_key,
            "service_code": service_code,
            "lat": case.point.latitude_deg,
            "long": case.point.longitude_deg,
            "address_string": case.place,
            "description": f"{case.number} {case.description}"[:DESCRIPTION_LENGTH_MAX],
        },
    )


def status_request(number: str, *, about: str) -> Letter:
    """A letter that asks how far a request has come (GET requests/{id}.json)."""
    return Letter(topic=STATUS, about=about, path=f"/requests/{number}.json", method="GET", content={})


def answers(message: Message) -> Iterator[Answer]:
    """What a message says of requests; nothing when it is of something else."""
    if message.topic not in {REQUESTED, STATUS}:
        return
    rows = message.content.get(ITEMS)
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get("service_request_id"), str | int):
            yield Answer(
                number=str(row["service_request_id"]),
                closed=row.get("status") == "closed",
                notes=str(row.get("status_notes") or ""),
            )
