"""Numbers of people are planted wherever people enter them, and then looked for in every file the city has written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.acceptance.suite import Live, Person, Suite

IDENTITY = "110101198807154830"
PHONE, CONTACT, MISTYPED = "13957204618", "13672915840", "15083467291"
PLANTED = (IDENTITY, PHONE, CONTACT, MISTYPED)
CHUNK_BYTES = 1 << 22
#: Kept in clear on the audit trail: what is found, so that a search that finds nothing has looked in the right place.
PURPOSE = "planted-purpose-7f3a91"


def forms(number: str) -> list[bytes]:
    """How a number may lie in a file: as it is, as UTF-16, and as PostgreSQL writes bytes out."""
    return [number.encode(), number.encode("utf-16-le"), number.encode().hex().encode()]


def found_in(path: Path, sought: dict[bytes, str]) -> set[str]:
    """The planted numbers in one file, read piece by piece with an overlap."""
    found: set[str] = set()
    overlap = max(map(len, sought))
    with path.open("rb") as file:
        tail = b""
        while piece := file.read(CHUNK_BYTES):
            text = tail + piece
            found |= {number for form, number in sought.items() if form in text}
            tail = text[-overlap:]
    return found


def files_of(suite: Suite) -> Iterator[Path]:
    """Everything below the city's folder: tables, the database's own log of changes, logs, pictures, exports."""
    yield from (path for path in suite.home.rglob("*") if path.is_file() and not path.is_symlink())


def planted(worker: Person) -> tuple[str, list[httpx.Response]]:
    """A resident with both numbers, and every answer on the way; also what goes wrong on the way."""
    homes = worker.get("/v1/elements", kind="ELEMENT_KIND_DWELLING", pageSize=1)["elements"]
    home: dict[str, Any] = homes[0]
    person = {
        "kind": "ELEMENT_KIND_PERSON",
        "withinId": home["id"],
        "items": {"name": "欧阳种植", "identity_number": IDENTITY, "phone": PHONE},
    }
    saved = worker.post("/v1/elements", {"requestId": uuid4().hex, "element": person})
    assert saved.status_code == 200, saved.text
    element = saved.json()["element"]["id"]
    client = worker.client
    wrong = {**person, "withinId": MISTYPED, "classCode": MISTYPED}
    answers = [
        saved,
        worker.post("/v1/elements", {"requestId": uuid4().hex, "element": wrong}),
        worker.post("/v1/elements", {"requestId": MISTYPED, "element": {**person, "id": MISTYPED}}),
        client.get(f"/v1/elements/{element}"),
        client.get("/v1/elements", params={"kind": "ELEMENT_KIND_PERSON", "pageSize": 100}),
        client.get(f"/v1/elements/{MISTYPED}"),
        worker.post("/v1/search", {"query": PHONE}),
        client.put("/v1/my-contact", json={"phone": CONTACT, "sms": True}),
        client.put("/v1/my-contact", json={"phone": MISTYPED * 3, "sms": True}),
        client.get("/v1/my-contact"),
        client.get("/cases.xlsx"),
    ]
    return element, answers


def told_or_written_in_clear(suite: Suite) -> dict[str, set[str]]:
    """The planted numbers that anybody was told unasked, or that lie in any file; by where."""
    worker = Person(suite, "worker")
    live = Live(Person(suite, "dispatcher"))
    element, answers = planted(worker)
    assert {answer.status_code for answer in answers} <= {200, 400, 404}, [answer.text for answer in answers]
    revealed = worker.post(
        f"/v1/elements/{element}:reveal", {"purpose": PURPOSE, "items": ["identity_number", "phone"]}
    )
    assert revealed.status_code == 200, revealed.text
    assert IDENTITY in revealed.text, "who may see it sees it"
    assert PHONE in revealed.text
    answered = {
        answer.url.path: {number for number in PLANTED[:3] if number in answer.text and number not in str(answer.url)}
        for answer in answers
    }
    streamed = {"stream": {number for number in PLANTED if number in json.dumps(live.told)}}
    sought = {form: number for number in (*PLANTED, PURPOSE) for form in forms(number)}
    written = {str(path.relative_to(suite.home)): found_in(path, sought) for path in files_of(suite)}
    assert any(PURPOSE in numbers for name, numbers in written.items() if "postgres" in name), "where it writes"
    assert any(name.endswith("gateway.log") for name in written)
    found = {**answered, **streamed, **{name: numbers - {PURPOSE} for name, numbers in written.items()}}
    return {place: numbers for place, numbers in found.items() if numbers}
