"""A city that nobody has a post in is founded from files, as the page of the installation shows it."""

from __future__ import annotations

import asyncio
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gridward.registry.v1 import areas_pb2, staff_pb2

from services.gateway.domain import checked_account
from services.platform.errors import GridwardError
from services.registry import founding
from tests.integration.registry.conftest import Registry
from tests.unit.registry.builders import CITY, town

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operations" / "install.md").read_text()
#: What the page gives as departments, posts and accounts.
DEPARTMENTS, POSTS, ACCOUNTS = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def areas() -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": town()}, ensure_ascii=False).encode()


async def test_areas_departments_and_posts_of_the_page_make_its_people_administrators(registry: Registry) -> None:
    files = {"areas": areas(), "departments": DEPARTMENTS.encode(), "posts": POSTS.encode()}
    for what, content in files.items():
        await founding.found(what, content, registry.settings)
    admin = await registry.service("gateway")
    held = {}
    for account in json.loads(POSTS)["posts"]:
        code = account["staffCode"]
        answer = await admin.staff.ListGrants(staff_pb2.ListGrantsRequest(staff_code=code))
        held[code] = {(grant.role, grant.area_path) for grant in answer.grants}
    assert held == {
        "staff:anna": {("system_admin", CITY)},
        "staff:bo": {("auditor", CITY)},
        "staff:chen": {("data_steward", CITY)},
    }
    assert {checked_account(row).subject for row in json.loads(ACCOUNTS)} <= set(held)
    again: Any = await founding.found("posts", POSTS.encode(), registry.settings)
    assert again.changed_count == 0
    listed = await admin.areas.ListAreas(areas_pb2.ListAreasRequest())
    assert len(listed.areas) == len(town())


async def test_a_file_with_a_fault_is_refused_whole(registry: Registry) -> None:
    await founding.found("areas", areas(), registry.settings)
    posts = json.loads(POSTS)["posts"]
    for fault, reason in (
        ({"role": "emperor"}, "ROLE_UNKNOWN"),
        ({"areaCode": "000000"}, "AREA_UNKNOWN"),
        ({"code": ""}, "FIELD_INVALID"),
    ):
        content = json.dumps({"posts": [posts[0], {**posts[1], **fault}]}).encode()
        with pytest.raises(GridwardError) as refused:
            await founding.found("posts", content, registry.settings)
        assert refused.value.reason == reason
    admin = await registry.service("gateway")
    assert not (await admin.staff.ListGrants(staff_pb2.ListGrantsRequest(staff_code="staff:anna"))).grants


async def test_what_is_no_file_of_the_kind_is_said(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(founding, "RegistrySettings", lambda: registry.settings)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"posts": [{"rolle": 1}]}')))
    assert await asyncio.to_thread(founding.main, ["posts"], asyncio.run) == 1
    assert "rolle" in capsys.readouterr().err
