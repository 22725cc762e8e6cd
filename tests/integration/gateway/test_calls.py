"""Calls go through with the caller's rights, and come back in the caller's words."""

import json
from collections.abc import Callable

import grpc
import pytest
from gridward.incidents.v1 import cases_pb2, incidents_pb2
from gridward.registry.v1 import staff_pb2

from tests.integration.gateway.fakes import FakeSuite, a_case
from tests.integration.gateway.world import World, settings_for, world_of
from tests.support.servers import ObjectStoreServer
from tests.support.tokens import TestTokens

REPORT = {
    "requestId": "request-0001",
    "report": {
        "description": "井盖不见了",
        "point": {"longitudeDeg": 119.8, "latitudeDeg": 38.6},
        "source": "SOURCE_TRANSFER",
    },
}


async def test_a_report_goes_through_and_counts_as_its_reporter_s(world: World) -> None:
    async with world.signed_in("resident") as client:
        answer = await client.post("/v1/cases", json=REPORT)
        assert answer.status_code == 200
        assert answer.json()["case"]["description"] == "井盖不见了"
    request, caller = world.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert request.report.source == cases_pb2.SOURCE_RESIDENT
    assert (caller.subject, caller.language) == ("resident:r1", "zh")


async def test_many_reports_go_through_at_once(world: World) -> None:
    async with world.signed_in("worker") as client:
        answer = await client.post("/v1/cases:batchReport", json={"reports": [REPORT, REPORT]})
        assert len(answer.json()["results"]) == 2
    request, _ = world.suite.asked.last(incidents_pb2.BatchReportRequest)
    assert [each.report.source for each in request.reports] == [cases_pb2.SOURCE_GRID_WORKER] * 2


async def test_an_idempotency_key_may_come_as_a_header(world: World) -> None:
    body = {"report": REPORT["report"]}
    async with world.signed_in("resident") as client:
        await client.post("/v1/cases", json=body, headers={"idempotency-key": "key-from-header"})
    request, _ = world.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert request.request_id == "key-from-header"


async def test_names_in_the_address_reach_the_request(world: World) -> None:
    world.suite.incidents.put(a_case(1))
    async with world.signed_in("chief") as client:
        by_id = await client.get(f"/v1/cases/{a_case(1).id}")
        by_number = await client.get("/v1/cases/9991-20260306-00001")
        assert by_id.json()["case"]["number"] == by_number.json()["case"]["number"] == "9991-20260306-00001"
        shift = {
            "requestId": "shift-0001", "staffCode": "staff:a", "startsAt": "2026-03-02T02:00:00Z", "endsAt": "2026-03-02T10:00:00Z",
        }  # fmt: skip
        answer = await client.post("/v1/posts/GW%2D1/shifts", json=shift)
        assert answer.json() == {"post": {"code": "GW-1"}}
    request, _ = world.suite.asked.last(staff_pb2.SetShiftRequest)
    assert request.starts_at.ToJsonString() == "2026-03-02T02:00:00Z"


async def test_a_stale_step_brings_the_fresh_case_along(world: World) -> None:
    case = a_case(1, version=7, state=cases_pb2.CASE_STATE_ACCEPTED)
    world.suite.incidents.put(case)
    body = {"requestId": "step-0001", "version": 3, "steps": [{"event": "CASE_EVENT_ACCEPT"}]}
    async with world.signed_in("chief") as client:
        answer = await client.post(f"/v1/cases/{case.id}:advance", json=body)
    assert answer.status_code == 409
    told = answer.json()
    assert told["reason"] == "STALE"
    assert told["fresh"]["case"]["version"] == 7
    assert told["message"] == "别人刚刚办理过，这是最新情况。"
    assert told["request_id"] == answer.headers["x-request-id"]


async def test_an_error_is_told_in_the_caller_s_language(world: World) -> None:
    async with world.signed_in("chief", "en") as client:
        answer = await client.get("/v1/cases", params={"pageSize": "999"})
        assert answer.status_code == 400
        told = answer.json()
        assert told["reason"] == "FIELD_INVALID"
        assert told["fields"][0]["field"] == "page_size"
        assert "out of range" in told["message"]
    async with world.signed_in("chief") as client:
        answer = await client.post("/v1/cases", json={"requestId": "request-0002", "report": {"description": ""}})
        assert answer.json()["reason"] == "FIELD_INVALID"
        assert answer.json()["message"].startswith("填写有误：")


async def test_a_case_that_does_not_exist_for_the_caller_is_not_found(world: World) -> None:
    async with world.signed_in("chief") as client:
        assert (await client.get("/v1/cases/unknown")).status_code == 404


async def test_who_is_not_signed_in_is_told_so_and_asked_nothing(world: World) -> None:
    async with world.client(authorization="Bearer made-up") as client:
        for path in ("/v1/cases", "/v1/areas", "/v1/stream", "/v1/evidence/photos/x.webp"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["reason"]) == (401, "UNAUTHENTICATED"), path
            assert answer.headers["www-authenticate"] == "Bearer"
    assert world.suite.asked.requests == []


async def test_a_service_that_is_not_there_is_named(world: World) -> None:
    async with world.signed_in("chief") as client:
        answer = await client.get("/v1/cameras")
    assert answer.status_code == 503
    assert answer.json()["message"].startswith("视频服务暂时不可用")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNIMPLEMENTED])
async def test_a_neighbour_that_starts_or_ends_is_named_and_may_be_asked_again(
    make_database: Callable[[str], str],
    object_store: ObjectStoreServer,
    tokens: TestTokens,
    fake_suite: FakeSuite,
    code: grpc.StatusCode,
) -> None:
    """What gRPC itself says of a stream that was reset, or of a replica older than the call."""

    async def cut(_request: object, context: grpc.aio.ServicerContext[object, object]) -> None:
        await context.abort(code, "Received RST_STREAM with error code 2")

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(cut)  # type: ignore[arg-type]
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("gridward.video.v1.VideoService", {"ListCameras": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    addresses = {**await fake_suite.start(), "video_address": f"127.0.0.1:{port}"}
    settings = settings_for(make_database("gateway"), object_store, tokens, addresses)
    try:
        async with world_of(settings, fake_suite) as world, world.signed_in("chief") as client:
            answer = await client.get("/v1/cameras")
    finally:
        await server.stop(0)
    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")
    assert answer.json()["details"] == {"part": "video"}
    assert int(answer.headers["retry-after"]) > 0


async def test_a_body_beyond_all_measure_is_refused_before_it_is_read(world: World) -> None:
    async with world.signed_in("chief") as client:
        answer = await client.post("/v1/cases", content=b"x" * (4 * 1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")


async def test_a_wrong_method_and_a_wrong_address_are_told_apart(world: World) -> None:
    async with world.signed_in("chief") as client:
        assert (await client.put("/v1/cases", json={})).json()["reason"] == "METHOD_NOT_OFFERED"
        assert (await client.get("/v1/nothing")).json()["reason"] == "ADDRESS_UNKNOWN"


async def test_a_request_number_of_the_client_s_own_is_kept_and_a_strange_one_is_not(world: World) -> None:
    async with world.client() as client:
        kept = await client.get("/healthz", headers={"x-request-id": "my-request-0001"})
        assert kept.headers["x-request-id"] == "my-request-0001"
        replaced = await client.get("/healthz", headers={"x-request-id": "x y"})
        assert replaced.headers["x-request-id"] != "x y"


async def test_every_answer_carries_the_security_headers(world: World) -> None:
    async with world.signed_in("chief") as client:
        for path in ("/v1/cases", "/healthz", "/sign-in", "/nothing", "/v1/openapi.json", "/static/tokens.css"):
            headers = (await client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert "server" not in headers


async def test_the_description_is_served_to_anyone(world: World) -> None:
    async with world.client() as client:
        assert json.loads((await client.get("/v1/openapi.json")).text)["openapi"] == "3.1.0"


async def test_readiness_names_what_is_missing(world: World) -> None:
    async with world.client() as client:
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        await world.suite._processes[1].stop()
        unready = await client.get("/readyz")
        assert unready.status_code == 503
        assert unready.json()["parts"]["incidents"] is False
        assert (await client.get("/healthz")).status_code == 200


async def test_the_map_is_asked_for_once_and_then_only_nodded_at(world: World) -> None:
    async with world.signed_in("resident") as client:
        first = await client.get("/map/areas/grid.geojson")
        assert first.headers["content-type"].startswith("application/geo+json")
        assert first.headers["content-encoding"] == "gzip"
        assert len(first.json()["features"]) == 240
        again = await client.get("/map/areas/grid.geojson", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        plain = await client.get("/map/areas/grid.geojson", headers={"accept-encoding": "identity"})
        assert plain.json() == first.json()
        assert (await client.get("/map/areas/galaxy.geojson")).status_code == 404
    asked = [request for request, _ in world.suite.asked.requests if type(request).__name__ == "GetMapLayerRequest"]
    assert len(asked) == 1
