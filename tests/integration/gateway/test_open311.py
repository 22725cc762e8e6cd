"""Other systems read and file cases by Open311, and learn nothing about any person."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from georeport import GeoReport
from gridward.events.v1 import events_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2

from services.gateway.open311 import following
from services.gateway.open311.filing import grant_key, revoke_key
from services.platform.errors import Unavailable
from tests.conformance.open311.suite import Endpoint, run
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import World

PHONE = "+86 138-1234-5678"
FORM = {"service_code": "exposed_garbage", "lat": "38.59", "long": "119.81", "description": "垃圾没人收"}


@pytest.fixture
async def open_world(world: World) -> World:
    """Three published cases, one closed, and one about a person's life."""
    suite = world.suite.incidents
    suite.put(
        a_case(1, description="井盖不见了,请联系13812345678"),
        a_case(2, task_type="exposed_garbage", state=cases_pb2.CASE_STATE_CLOSED),
        a_case(3, task_type="exposed_garbage"),
        a_case(4, task_type="elderly_visit", description="独居老人需要探望"),
    )
    return world


async def key_of(world: World, name: str = "fixmycity") -> str:
    return await grant_key(world.gate.database, name, "", now=world.gate.clock.now())


async def test_the_endpoint_conforms_in_every_check(open_world: World) -> None:
    endpoint = Endpoint(f"{open_world.url}/open311/v2", key=await key_of(open_world), point=(38.59, 119.81))
    results = await asyncio.to_thread(run, endpoint)
    assert [(name, wrong) for name, wrong in results if wrong] == []


@pytest.mark.parametrize("format", ["json", "xml"])
async def test_the_client_from_pypi_reads_us(open_world: World, format: str) -> None:
    client = GeoReport(f"{open_world.url}/open311/v2", jurisdiction="999100", output_format=format)
    services = await asyncio.to_thread(client.get_service_list)
    assert [each["service_code"] for each in services] == ["manhole_cover_missing", "exposed_garbage"]
    definition = await asyncio.to_thread(client.get_service_definition, "manhole_cover_missing")
    assert definition["service_code"] == "manhole_cover_missing"
    found = await asyncio.to_thread(client.get_service_requests)
    assert [each["status"] for each in found] == ["open", "closed", "open"]
    one = await asyncio.to_thread(client.get_service_request, a_case(2).number)
    assert one["service_request_id"] == a_case(2).number


async def test_nothing_about_a_person_is_told(open_world: World) -> None:
    async with open_world.client() as client:
        for call in ("requests.json", "requests.json?extensions=true", "requests.xml", "services.json"):
            text = (await client.get(f"/open311/v2/{call}")).text
            assert "13812345678" not in text
            assert "resident:r1" not in text
            assert "老人" not in text
        hidden = await client.get(f"/open311/v2/requests/{a_case(4).number}.json")
        assert hidden.status_code == 404
        assert (await client.get("/open311/v2/services/elderly_visit.json")).status_code == 404


async def test_a_filing_becomes_a_report_that_its_phone_may_follow(open_world: World) -> None:
    key = await key_of(open_world)
    async with open_world.client() as client:
        form = {**FORM, "service_code": "manhole_cover_missing", "attribute[kind]": "gas",
                "attribute[diameter_mm]": "700", "api_key": key, "phone": PHONE}  # fmt: skip
        answer = await client.post("/open311/v2/requests.json", data=form)
    assert answer.status_code == 201, answer.text
    request, caller = open_world.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert request.report.source == cases_pb2.SOURCE_SYSTEM
    assert request.report.form_answers == '{"kind": "gas", "diameter_mm": 700}'
    assert caller.subject == open_world.gate.residents.by_phone("13812345678", language="zh").subject
    assert "138" not in caller.subject.removeprefix("resident:phone-")[:3]


async def test_the_same_idempotency_key_files_the_same_request(open_world: World) -> None:
    key = await key_of(open_world)
    sent = []
    async with open_world.client(**{"idempotency-key": "fms-1"}) as client:
        for _ in range(2):
            await client.post("/open311/v2/requests.json", data={**FORM, "api_key": key})
            sent.append(open_world.suite.asked.last(incidents_pb2.ReportIncidentRequest)[0].request_id)
    assert sent[0] == sent[1]


async def test_a_filing_waits_under_a_token_while_cases_cannot_be_taken(
    open_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await key_of(open_world)
    filer = open_world.gate.open311_filer
    whole = filer.backends.call

    async def broken(*_: object, **__: object) -> None:
        raise Unavailable(part="incidents")

    monkeypatch.setattr(filer.backends, "call", broken)
    async with open_world.client() as client:
        answer = (await client.post("/open311/v2/requests.json", data={**FORM, "api_key": key})).json()[0]
        token = answer["token"]
        waiting = (await client.get(f"/open311/v2/tokens/{token}.json")).json()[0]
        assert waiting == {"service_request_id": "", "token": token}
        monkeypatch.setattr(filer.backends, "call", whole)
        monkeypatch.setattr("services.gateway.open311.store.TAKEN_FOR", timedelta(0))
        await filer.try_waiting()
        known = (await client.get(f"/open311/v2/tokens/{token}.json")).json()[0]
    assert known["service_request_id"] == a_case(5).number


async def test_a_key_that_was_revoked_files_nothing(open_world: World) -> None:
    key = await key_of(open_world)
    await revoke_key(open_world.gate.database, "fixmycity", now=open_world.gate.clock.now())
    async with open_world.client() as client:
        answer = await client.post("/open311/v2/requests.json", data={**FORM, "api_key": key})
    assert answer.status_code == 403


async def test_updates_tell_what_happened_and_a_note_comes_back_to_the_case(open_world: World) -> None:
    key = await key_of(open_world)
    async with open_world.client() as client:
        number = (await client.post("/open311/v2/requests.json", data={**FORM, "api_key": key})).json()[0][
            "service_request_id"
        ]
        await open_world.suite.events.tell(a_case(3, task_type="exposed_garbage"), a_case(4, task_type="elderly_visit"))
        for _ in range(100):
            told = (await client.get("/open311/v2/servicerequestupdates.json")).json()
            if told:
                break
            await asyncio.sleep(0.05)
        assert [(each["service_request_id"], each["status"]) for each in told] == [(a_case(3).number, "OPEN")]
        note = {"api_key": key, "update_id": "7", "service_request_id": number, "status": "OPEN",
                "updated_datetime": "2026-03-06T10:00:00Z", "description": "还在那里"}  # fmt: skip
        assert (await client.post("/open311/v2/servicerequestupdates.xml", data=note)).status_code == 201
        foreign = {**note, "service_request_id": a_case(1).number}
        assert (await client.post("/open311/v2/servicerequestupdates.xml", data=foreign)).status_code == 404
    step = open_world.suite.asked.last(incidents_pb2.AdvanceCaseRequest)[0].steps[0]
    assert (step.event, step.opinion) == (cases_pb2.CASE_EVENT_NOTE, "[OPEN] 还在那里")


async def test_dialects_page_and_choose_by_place(open_world: World) -> None:
    async with open_world.client() as client:
        first = (await client.get("/open311/v2/requests.json?page=0&page_size=2")).json()
        second = (await client.get("/open311/v2/requests.json?page=2&page_size=2")).json()
        assert (len(first), len(second)) == (2, 1)
        assert (await client.get("/open311/v2/requests.json?bbox=0,0,1,1")).json() == []
        extended = (await client.get("/open311/v2/requests.json?extensions=true")).json()[0]
        assert extended["extended_attributes"]["channel"] == "resident"
        lines = (await client.get("/open311/bulk")).text.splitlines()
    assert lines[0].startswith("service_request_id,")
    assert len(lines) == 4


def test_a_step_s_words_are_published_only_where_they_are_meant_for_the_reporter() -> None:
    for name, shown in (("NOTE", ""), ("FEEDBACK", "已修好,电话138****")):
        event = events_pb2.Event()
        entry = cases_pb2.HistoryEntry(
            event=cases_pb2.CaseEvent.Value(f"CASE_EVENT_{name}"), opinion="已修好,电话13812345678"
        )
        event.payload.Pack(cases_pb2.CaseAdvanced(case=a_case(1), entry=entry))
        update = following.update_of(event)
        assert (update.event, update.words) == (name, shown)
