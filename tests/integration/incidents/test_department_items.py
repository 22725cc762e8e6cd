"""Departments bring their own inspection items, all of the city together, and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from gridward.incidents.v1 import inspections_pb2, inspections_pb2_grpc

from plugins.sdk.manifest import Manifest, read
from services.host.offer import items_to
from services.platform.errors import Forbidden
from services.platform.grpc_client import connect
from tests.integration.incidents.hall import Hall

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
Bring = Callable[[Manifest, "inspections_pb2.ImportItemsRequest"], Awaitable[int]]
MANIFESTS = [read(path.parent) for path in sorted(PLUGINS.glob("*/inspection.toml"))]


@pytest.fixture
async def bring(hall: Hall) -> AsyncIterator[Bring]:
    """Hands items to incidents as the host does for a department."""
    channels = []

    async def as_plugin(manifest: Manifest, request: inspections_pb2.ImportItemsRequest) -> int:
        caller = hall.person("plugin", department=manifest.department, subject=f"plugin:{manifest.name}")
        channel = connect(f"127.0.0.1:{hall.process.port}", signer=hall.tokens.signer("host"), caller=caller)
        channels.append(channel)
        return (await inspections_pb2_grpc.InspectionsServiceStub(channel).ImportItems(request)).item_count

    yield as_plugin
    for channel in channels:
        await channel.close()


async def test_each_department_brings_its_items_once_however_often_it_joins(bring: Bring) -> None:
    counts = [await bring(each, items_to(each)) for each in MANIFESTS * 2]
    assert counts[-1] == sum(len(each.inspection_items) for each in MANIFESTS)


async def test_a_department_brings_no_items_of_another(bring: Bring) -> None:
    own, other, *_ = MANIFESTS
    with pytest.raises(Forbidden):
        await bring(own, items_to(other))
    stolen = items_to(own)
    stolen.items.extend(items_to(other).items)
    with pytest.raises(Forbidden):
        await bring(own, stolen)
