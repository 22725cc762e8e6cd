"""Whoever scans a certificate or a letter sees what must stand on it; see test_points_office for the other pages."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from gridward.points.v1 import honours_pb2, statements_pb2
from playwright.async_api import Page, expect

from services.gateway.contract import Call
from services.platform.identity import Caller
from services.points.domain.errors import CertificateUnknown
from tests.browser.test_every_page import PICTURES
from tests.browser.test_pages import violations
from tests.integration.gateway.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_whoever_scans_a_paper_sees_what_must_stand_on_it(
    page: Page, city: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = statements_pb2.Certificate(
        number="GW2026-ABCDEF",
        name="王**",
        minutes=125,
        services=2,
        from_day="2026-01-01",
        until_day="2026-03-01",
        star=1,
    )
    letter = honours_pb2.Letter(
        number="GL2026-ABCDEF",
        kind=honours_pb2.LETTER_KIND_PRAISE,
        name="李*",
        unit="供电公司",
        words="2026",
        minutes=90,
    )
    whole = city.gate.backends.call

    async def call(call: Call, request: Message, *, caller: Caller) -> Message:
        if isinstance(request, statements_pb2.CheckCertificateRequest):
            if request.number != certificate.number:
                raise CertificateUnknown
            return statements_pb2.CheckCertificateResponse(certificate=certificate)
        if isinstance(request, honours_pb2.CheckLetterRequest):
            return honours_pb2.CheckLetterResponse(letter=letter)
        return await whole(call, request, caller=caller)

    monkeypatch.setattr(city.gate.backends, "call", call)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"/certificates/{certificate.number}")
    await expect(page.locator("h1")).to_have_text("志愿服务记录证明")
    await expect(page.locator(".board-list li b")).to_have_text(["王**", "2026-01-01 — 2026-03-01", "2", "★", "2.0"])
    assert await violations(page) == []
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/certificate-390-zh.png")
    await page.goto(f"/letters/{letter.number}")
    await expect(page.locator(".board-list li b")).to_have_text(["李*", "供电公司", "1.5"])
    refused = await page.goto("/certificates/GW2026-FORGED")
    assert refused is not None
    assert refused.status == 404
    await expect(page.locator("main")).to_contain_text("查无此证书")
