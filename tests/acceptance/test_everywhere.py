"""What the contract promises is served, and nobody reads beyond the areas of his posts, whichever call he uses.

The calls are found in the contract, so that one added tomorrow is asked tomorrow. Whoever holds the whole city collects
what each call answers; then people of one district ask the same calls, also by the names of what lies in the other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
import shapely
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from gridward.common.v1 import place_pb2
from gridward.incidents.v1 import cases_pb2, incidents_pb2, incidents_pb2_grpc

from services.demo import city as demo_city
from services.machine.home import Home, Memory
from services.platform.errors import GridwardError
from services.platform.grpc_client import connect
from services.platform.identity import Caller, Grant, TokenSigner
from tests.acceptance.suite import Suite

GENERATED = Path(__file__).resolve().parents[2] / "protos" / "gen"
READING = ("List", "Get", "Search", "Find", "Count", "Read", "Explain", "Trace")
CITY, OURS, THEIRS = "999100", "999102", "999103"
AREA_FIELDS = ("area_path", "grid_code", "area_code")
#: The tree of areas itself, the list of posts and duty lines, and what is on a public board, are no secret among staff.
PUBLIC_AMONG_STAFF = ("Area", "AreaLayer", "Post", "Board", "BoardLine", "Duty", "Responsible", "GridTeam", "Vacancy")
#: What hangs at the entrance of a house, and where goods are handed out.
PUBLIC_CALLS = ("GetBoard", "ListPlaces")
ROLES_OF_A_DISTRICT = (
    "subdistrict_admin", "community_admin", "grid_leader", "grid_worker", "acceptor", "dispatcher", "duty_chief",
    "video_patroller", "volunteer_coordinator", "data_steward", "auditor", "mall_partner",
)  # fmt: skip


def methods() -> Iterator[MethodDescriptor]:
    """All calls of the contract."""
    for file in sorted((GENERATED / "gridward").rglob("*_pb2.py")):
        module = import_module(".".join(file.relative_to(GENERATED).with_suffix("").parts))
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


def part_of(method: MethodDescriptor) -> str:
    """The process that serves it."""
    part = method.full_name.split(".")[1]
    return "incidents" if part == "events" else part


def within(message: Message) -> Iterator[Message]:
    """A message and all those in it."""
    yield message
    for described, value in message.ListFields():
        if described.type == FieldDescriptor.TYPE_MESSAGE and not described.message_type.GetOptions().map_entry:
            for one in value if described.is_repeated else [value]:
                yield from within(one)


def areas_told(message: Message) -> set[str]:
    """The codes of areas that a message names as its own."""
    if message.DESCRIPTOR.name in PUBLIC_AMONG_STAFF:
        return set()
    fields = {described.name: value for described, value in message.ListFields()}
    return {str(fields[name]).rpartition(".")[2] for name in AREA_FIELDS if isinstance(fields.get(name), str)}


@dataclass
class City:
    """A running suite, and ways to call it as anybody."""

    suite: Suite
    channels: dict[tuple[str, str], grpc.aio.Channel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = Memory.of(Home(self.suite.home)).ports
        self.signer = TokenSigner.from_file(self.suite.home / "keys" / "operator.json")

    def channel(self, part: str, caller: Caller) -> grpc.aio.Channel:
        key = (part, repr(caller))
        if key not in self.channels:
            self.channels[key] = connect(f"127.0.0.1:{self.ports[part]}", signer=self.signer, caller=caller)
        return self.channels[key]

    async def leave(self) -> None:
        for channel in self.channels.values():
            await channel.close()

    async def ask(self, method: MethodDescriptor, caller: Caller, values: Mapping[str, str]) -> Message:
        """The answer to a call whose named fields are filled in."""
        request: Any = message_factory.GetMessageClass(method.input_type)()
        for described in method.input_type.fields:
            if described.name == "page_size":
                request.page_size = 50
            elif described.name in values and described.type == FieldDescriptor.TYPE_STRING:
                if described.is_repeated:
                    getattr(request, described.name).append(values[described.name])
                else:
                    setattr(request, described.name, values[described.name])
        call = self.channel(part_of(method), caller).unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        answer: Message = await call(request, timeout=20)
        return answer


@pytest.fixture
async def city(suite: Suite) -> AsyncIterator[City]:
    city = City(suite)
    yield city
    await city.leave()


@pytest.fixture(scope="module")
def names(suite: Suite) -> Mapping[str, dict[str, None]]:
    """What there is in the other district, by the fields that may name it."""

    async def collect() -> Mapping[str, dict[str, None]]:
        city = City(suite)
        await something_happens(city, THEIRS)
        found = await names_in(city, THEIRS)
        await city.leave()
        return found

    return asyncio.run(collect())


def caller(role: str, area: str) -> Caller:
    path = CITY if area == CITY else f"{CITY}.{area}"
    return Caller(subject=f"staff:somebody-{role}", grants=(Grant(role=role, area_path=path),), purpose="测试")


async def test_every_call_of_the_contract_is_served(city: City) -> None:
    unserved = []
    for method in methods():
        path = f"/{method.containing_service.full_name}/{method.name}"
        async with grpc.aio.insecure_channel(f"127.0.0.1:{city.ports[part_of(method)]}") as channel:
            call: Any
            if method.server_streaming:
                call = channel.unary_stream(path)(b"", timeout=10)
            elif method.client_streaming:
                call = channel.stream_unary(path)(iter([b""]), timeout=10)
            else:
                call = channel.unary_unary(path)(b"", timeout=10)
            if await call.code() is grpc.StatusCode.UNIMPLEMENTED:
                unserved.append(path)
    assert unserved == []


async def something_happens(city: City, area: str) -> None:
    """A report is filed in an area."""
    features = demo_city.area_collection()["features"]
    grid = next(f for f in features if f["properties"]["level"] == "grid" and f["properties"]["code"].startswith(area))
    point = shapely.geometry.shape(grid["geometry"]).representative_point()
    report = cases_pb2.Report(task_type="exposed_garbage", description="垃圾桶满溢", source=cases_pb2.SOURCE_RESIDENT)
    report.point.longitude_deg, report.point.latitude_deg = point.x, point.y
    report.evidence.add(
        object_key="test/x.webp",
        sha256="0" * 64,
        content_type="image/webp",
        kind=place_pb2.EVIDENCE_KIND_SCENE,
        size_bytes=9,
    )
    resident = Caller(subject="resident:somebody", grants=(Grant(role="resident", area_path=""),))
    stub = incidents_pb2_grpc.IncidentsServiceStub(city.channel("incidents", resident))
    await stub.ReportIncident(incidents_pb2.ReportIncidentRequest(request_id=uuid4().hex, report=report), timeout=20)


async def names_in(city: City, area: str) -> Mapping[str, dict[str, None]]:
    """What can be asked for by name in an area: for each field that may name it, the names."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    whole = caller("system_admin", CITY)
    for method in methods():
        if not method.name.startswith(("List", "Search")) or method.server_streaming or method.client_streaming:
            continue
        try:
            answer = await city.ask(method, whole, {"area_code": area, "area_path": f"{CITY}.{area}"})
        except GridwardError:
            continue
        for message in within(answer):
            if any(code.startswith(area) for code in areas_told(message)):
                _add_names(found, message)
    return found


def _add_names(found: defaultdict[str, dict[str, None]], message: Message) -> None:
    kind = message.DESCRIPTOR.name.lower()
    for described, value in message.ListFields():
        if described.name in {"id", "code", "number"}:
            for name in (described.name, f"{kind}_{described.name}", f"{kind}_id", f"{kind}_name"):
                found[name][str(value)] = None
        elif described.name in AREA_FIELDS or described.name.endswith("_id"):
            found[described.name][str(value)] = None


def requests_for(method: MethodDescriptor, names: Mapping[str, dict[str, None]]) -> Iterator[dict[str, str]]:
    """Nothing named, each other area, and each name that fits a field of the call, a few of each."""
    yield {}
    fields = [described.name for described in method.input_type.fields]
    for name in fields:
        for value in list(names.get(name, {}))[:3]:
            others = {other: next(iter(names[other])) for other in fields if other != name and names.get(other)}
            yield {name: value}
            yield {**others, name: value}


@pytest.mark.parametrize("role", ROLES_OF_A_DISTRICT)
async def test_people_of_one_district_are_told_nothing_of_the_other(
    city: City, names: Mapping[str, dict[str, None]], role: str
) -> None:
    assert {"case_id", "camera_id"} <= set(names), "there is nothing to keep from anybody"
    leaks, answered = [], 0
    somebody = caller(role, OURS)
    for method in methods():
        if not method.name.startswith(READING) or method.server_streaming or method.client_streaming:
            continue
        if method.name in PUBLIC_CALLS:
            continue
        for values in requests_for(method, names):
            try:
                answer = await city.ask(method, somebody, values)
            except GridwardError:
                continue
            answered += 1
            told = {code for message in within(answer) for code in areas_told(message)}
            if any(code.startswith(THEIRS) for code in told):
                leaks.append((method.full_name, values, sorted(told)[:3]))
    assert not leaks, "\n".join(map(str, leaks))
    assert answered > 0
