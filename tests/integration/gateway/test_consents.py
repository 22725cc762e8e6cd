"""What somebody signed is seen by those who go on with the ticket, and by a key alone nobody opens another's picture."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message
from gridward.incidents.v1 import errands_pb2

from services.gateway.contract import Call
from services.platform.identity import Caller
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import drawn


async def test_a_consent_is_lent_whole_to_who_goes_on_with_the_ticket_and_given_only_by_who_brought_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = errands_pb2.Errand(id="t-1", consent=errands_pb2.Consent(until_day="2027-03-31"))
    opened: list[str] = []

    async def call(call: Call, request: Message, *, caller: Caller) -> Message:
        """What incidents would answer: the picture's key for the one who goes on with it, nothing for others."""
        told = errands_pb2.Errand()
        told.CopyFrom(ticket)
        if isinstance(request, errands_pb2.OpenErrandRequest):
            opened.append(request.consent.object_key)
            ticket.consent.object_key = told.consent.object_key = request.consent.object_key
            return errands_pb2.OpenErrandResponse(errand=told)
        if caller.subject != "staff:worker":
            told.consent.object_key = ""
        return errands_pb2.GetErrandResponse(errand=told)

    monkeypatch.setattr(world.gate.backends, "call", call)
    world.suite.hire("staff:partner", "grid_worker")
    async with world.signed_in("worker") as worker, world.signed_in("partner") as other:
        signed = await worker.post("/v1/photos", params={"kind": "signature"}, content=drawn(size=(400, 300)))
        key = signed.json()["objectKey"]
        opening: dict[str, Any] = {
            "requestId": "errand-0001", "gridCode": "999102001001001", "personId": "p1", "matter": "代领优待证",
            "mode": "ERRAND_MODE_AGENCY", "place": "ERRAND_PLACE_GRID", "consent": {"objectKey": key, "untilDay": "2027-03-31"},
        }  # fmt: skip
        refused = await other.post("/v1/errands", json=opening)
        assert (refused.status_code, refused.json()["reason"]) == (404, "EVIDENCE_UNKNOWN")
        assert opened == []
        told = (await worker.post("/v1/errands", json=opening)).json()["errand"]
        assert opened == [key]
        assert "form=" not in told["consent"]["lent"]  # what is signed must be legible
        shown = await worker.get(f"/v1/evidence/{key}?{told['consent']['lent']}")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        assert "lent" not in (await other.get("/v1/errands/t-1")).json()["errand"]["consent"]
        passed_on = await other.get(f"/v1/evidence/{key}?{told['consent']['lent']}")
        assert passed_on.status_code == 404
