"""An administrator registers a camera after a trial visit, brings a sheet, and lets held evidence go; what is sent is what was filled in."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import sign_in
from tests.browser.test_every_page import faults_of
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import drawn

PICTURE = base64.b64encode(drawn(size=(640, 360))).decode()
POINT = {"longitudeDeg": 119.8, "latitudeDeg": 38.6}
CAMERAS: list[dict[str, Any]] = [
    {"id": f"CAM{number:03d}", "name": f"松风路枪机{number}", "gbCode": f"3402000000132{number:07d}", "point": POINT,
     "gridCode": "999102001001001", "roadSegment": "R14-04", "ownerDepartment": "D01", "hasStream": number != 2,
     "fault": "timed_out" if number == 3 else "", "version": number}
    for number in (1, 2, 3)
]  # fmt: skip
HELD = {
    "evidenceId": "00000000-0000-7000-8000-000000000001",
    "cameraId": "CAM001",
    "cameraName": "松风路枪机1",
    "takenAt": "2026-03-02T02:00:00Z",
    "keptUntil": "2026-04-01T02:00:00Z",
    "heldBy": "staff:chief",
    "heldAt": "2026-03-03T02:00:00Z",
    "reason": "行政复议",
    "contentType": "image/jpeg",
}
FAULTS = [{"row": 3, "column": "纬度", "reason": "OUT_OF_RANGE", "value": "91"}]


class Video:
    """Answers in place of the video service, which stands behind another border."""

    def __init__(self) -> None:
        self.posted: dict[str, list[dict[str, Any]]] = {}
        self.held = [HELD]

    async def answer(self, route: Route) -> None:
        path, posted = route.request.url.split("/v1/")[1].split("?")[0], route.request.method == "POST"
        if posted:
            sent = json.loads(route.request.post_data or "{}")
            self.posted.setdefault(path, []).append(sent)
            await route.fulfill(json=self._done(path, sent))
            return
        told: dict[str, dict[str, Any]] = {
            "cameras": {"cameras": CAMERAS},
            "video-evidence:held": {"held": self.held},
            f"video-evidence/{HELD['evidenceId']}": {"picture": PICTURE},
        }
        await route.fulfill(json=told.get(path, {}))

    def _done(self, path: str, sent: dict[str, Any]) -> dict[str, Any]:
        if path == "cameras:try":
            return {"picture": PICTURE, "widthPx": 1920, "heightPx": 1080, "tookMs": 850}
        if path == "cameras:import-sheet":
            faulty = b"91" in base64.b64decode(sent["content"])
            return {"faults": FAULTS} if faulty else {"createdCount": 2, "ignoredColumns": ["备注"]}
        if path.endswith(":hold"):
            self.held = []
        return {}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("language", "colours", "width"), [("zh", "light", 1440), ("en", "dark", 390)], ids=["zh", "en"]
)
async def test_cameras_are_registered_brought_and_their_evidence_let_go(
    page: Page, city: World, language: str, colours: str, width: int
) -> None:
    video = Video()
    city.suite.hire("staff:admin", "system_admin")
    await page.route("**/v1/cameras**", video.answer)
    await page.route("**/v1/video-evidence**", video.answer)
    await page.context.add_init_script(f"localStorage.setItem('gridward.theme', '{colours}')")
    await page.context.add_cookies([{"name": "gridward-language", "value": language, "url": city.url}])
    await page.set_viewport_size({"width": width, "height": 900})
    await sign_in(page, city, "admin", then="/video#books")
    await expect(page.locator("table.rows tbody tr")).to_have_count(3)
    wrong = [f"books {each}" for each in await faults_of(page)]
    await picture(page, f"books-{language}")
    wrong += await registers(page, video, language)
    await brings(page, video, language)
    wrong += await lets_go(page, video, language)
    assert wrong == []


async def registers(page: Page, video: Video, language: str) -> list[str]:
    """A camera is filled in, visited on trial, and kept."""
    await page.locator(".wall-bar .button.main").click()
    dialog = page.locator("dialog.window")
    texts = dialog.locator("form input")
    for place, text in enumerate(("CAM009", "湖滨路球机", "34020000001320000009", "D10", "119.81", "38.61")):
        await texts.nth(place).fill(text)
    await texts.nth(10).fill("rtsp://10.0.0.9/live")
    await texts.nth(11).fill("patrol")
    await texts.nth(12).fill("p@ss word")
    await dialog.locator(".trial-row > button").click()
    await expect(dialog.locator(".trial img")).to_be_visible()
    assert "cameras" not in video.posted, "a trial keeps nothing"
    wrong = [f"form {each}" for each in await faults_of(page)]
    await dialog.locator(".trial img").scroll_into_view_if_needed()
    await picture(page, f"camera-form-{language}")
    await dialog.locator("button[type=submit]").click()
    await expect(dialog).to_have_count(0)
    [saved] = video.posted["cameras"]
    assert (saved["version"], saved["camera"]["id"], saved["camera"]["gridCode"]) == (0, "CAM009", "")
    assert saved["camera"]["point"] == {"longitudeDeg": 119.81, "latitudeDeg": 38.61}
    assert saved["credentials"] == {"user": "patrol", "password": "p@ss word"}
    assert video.posted["cameras:try"][0]["camera"]["streamUrl"] == "rtsp://10.0.0.9/live"
    return wrong


async def brings(page: Page, video: Video, language: str) -> None:
    """A sheet with a fault brings nothing; a good one is checked, then brought."""
    dialog = page.locator("dialog.window")
    await page.locator(".wall-bar .button").nth(1).click()
    for content, found in ((b"91", "td"), (b"good", ".button.main:not([type=submit])")):
        file = {"name": "cameras.csv", "mimeType": "text/csv", "buffer": content}
        await dialog.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
        await dialog.locator("button[type=submit]").click()
        await expect(dialog.locator(f"[role=status] {found}").first).to_be_visible()
        await picture(page, f"sheet-{content.decode()}-{language}")
    await dialog.locator("[role=status] .button.main").click()
    await expect(dialog.locator("[role=status] .button.main")).to_have_count(0)
    assert [sent["dryRun"] for sent in video.posted["cameras:import-sheet"]] == [True, True, False]
    await dialog.locator("header button").click()


async def lets_go(page: Page, video: Video, language: str) -> list[str]:
    """What is held is looked at and let go, with a reason."""
    dialog = page.locator("dialog.window")
    await page.locator("[role=tab][data-key=held]").click()
    acts = page.locator("table.rows .card-acts button")
    await acts.first.click()
    await expect(page.locator(".held-frame img")).to_be_visible()
    wrong = [f"held {each}" for each in await faults_of(page)]
    await picture(page, f"held-{language}")
    await acts.last.click()
    await dialog.locator("input").fill("复议已结束")
    await dialog.locator("button[type=submit]").click()
    await expect(page.locator(".empty")).to_be_visible()
    [let_go] = video.posted[f"video-evidence/{HELD['evidenceId']}:hold"]
    assert (let_go["held"], let_go["reason"]) == (False, "复议已结束")
    return wrong


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("GRIDWARD_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png")
