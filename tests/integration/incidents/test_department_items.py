"""Departments bring their own inspection items, all of the city together, and nobody else's."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from gridward.incidents.v1 import inspections_pb2, inspections_pb2_grpc

from plugins.sdk.manifest import Manifest, read
from services.host.offer import items_to, known_items
from services.platform.errors import Forbidden, Invalid
from services.platform.grpc_client import connect
from tests.integration.incidents.hall import Hall

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
EXTERNAL = Path(__file__).resolve().parents[2] / "fixtures" / "external_plugin" / "heritage"
Bring = Callable[[Manifest, "inspections_pb2.ImportItemsRequest"], Awaitable[int]]
#: Whichever departments are there.
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


ITEM = """
[[items]]
code = "{line}-{number:02}"
line = "{line}"
title = "古墙破损"
title_en = "Old wall damaged"
severity = "general"
frequency = "monthly"
target = "facility"
task_type = "exposed_garbage"
rectify_department = "D07"
photo_required = true
"""


def outside(folder: Path, *, name: str, line: str, department: str) -> Manifest:
    """A department that is not of the suite, with two items of a line of its own."""
    home = folder / name
    shutil.copytree(EXTERNAL / "locale", home / "locale")
    text = (EXTERNAL / "manifest.toml").read_text()
    for old, new in (("heritage", name), ("D17", department), ("old_wall_damage", f"{name}_damage")):
        text = text.replace(f'"{old}"', f'"{new}"')
    (home / "manifest.toml").write_text(text)
    words = f'[[lines]]\ncode = "{line}"\ntitle = "{name}"\ntitle_en = "{name}"\n'
    (home / "inspection.toml").write_text(words + "".join(ITEM.format(line=line, number=each) for each in (1, 2)))
    return read(home)


@pytest.fixture
def walls(tmp_path: Path) -> Manifest:
    return outside(tmp_path, name="walls", line="WALL", department="D17")


@pytest.fixture
def ponds(tmp_path: Path) -> Manifest:
    return outside(tmp_path, name="ponds", line="POND", department="D16")


async def test_each_department_brings_its_items_once_however_often_it_joins(
    bring: Bring, walls: Manifest, ponds: Manifest
) -> None:
    departments = [*MANIFESTS, walls, ponds]
    counts = [await bring(each, items_to(each)) for each in departments * 2]
    assert counts[-1] == sum(len(each.inspection_items) for each in departments)


async def test_a_department_brings_no_items_of_another(bring: Bring, walls: Manifest, ponds: Manifest) -> None:
    with pytest.raises(Forbidden):
        await bring(walls, items_to(ponds))
    stolen = items_to(walls)
    stolen.items.extend(items_to(ponds).items)
    with pytest.raises(Forbidden):
        await bring(walls, stolen)


async def test_items_that_name_nobody_s_task_type_hold_up_no_other(bring: Bring, walls: Manifest) -> None:
    whole = items_to(walls)
    whole.items[1].task_type = "nobody_s"
    with pytest.raises(Invalid, match="nobody_s"):
        await bring(walls, whole)
    before = await bring(walls, inspections_pb2.ImportItemsRequest(request_id="none as yet", lines=whole.lines))
    part = known_items(whole, task_types={"exposed_garbage"}, departments={"D07"})
    assert await bring(walls, part) == before + 1
    assert not known_items(whole, task_types={"exposed_garbage"}, departments=set()).items
