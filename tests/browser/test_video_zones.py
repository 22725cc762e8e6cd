"""A patroller draws a zone on a camera's picture and says which class needs no confirmation; what is sent is what was drawn."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import sign_in
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import drawn

PICTURE = drawn(size=(800, 450))
CAMERA = {
    "id": "CAM001",
    "name": "松风路枪机",
    "presets": ["东"],
    "point": {"longitudeDeg": 119.8, "latitudeDeg": 38.6},
}
CLASSES = [
    {"code": "road_obstruction", "name": "道路障碍", "nameEn": "Obstruction"},
    {"code": "fire_lane_blocked", "name": "消防通道占用", "nameEn": "Fire lane blocked"},
]


class Video:
    """Answers in place of the video service, which stands behind another border."""

    def __init__(self) -> None:
        self.zones: list[dict[str, Any]] = []
        self.trusted: list[dict[str, Any]] = []
        self.points: list[dict[str, Any]] = []

    async def answer(self, route: Route) -> None:
        path, posted = route.request.url.split("/v1/")[1].split("?")[0], route.request.method == "POST"
        sent = json.loads(route.request.post_data or "{}") if posted else {}
        if path.startswith("evidence/"):
            await route.fulfill(body=PICTURE, content_type="image/jpeg")
            return
        await route.fulfill(json=self._told(path, sent, posted=posted))

    def _told(self, path: str, sent: dict[str, Any], *, posted: bool) -> dict[str, Any]:
        if path.endswith("/zones"):
            self.zones = sent["zones"] if posted else self.zones
            return {"zones": self.zones}
        if path.endswith("/ground:try"):
            landings = [{"point": {"longitudeDeg": 119.8003, "latitudeDeg": 38.6004}} for _ in sent.get("corners", [])]
            return {"landings": landings, "errorM": 1.25}
        if path.endswith("/ground"):
            self.points = sent["points"] if posted else self.points
            return {"points": self.points}
        if path.endswith(":trust"):
            self.trusted.append(sent)
            return {}
        if path.endswith(":snapshot"):
            evidence = {"objectKey": "snapshots/one.jpg"}
            return {"snapshot": {"id": "s1", "takenAt": "2026-11-21T08:00:00Z", "evidence": evidence}}
        told: dict[str, dict[str, Any]] = {"cameras": {"cameras": [CAMERA]}, "finding-classes": {"classes": CLASSES}}
        return told.get(path, {})


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("language", "colours"), [("zh", "light"), ("en", "dark")])
async def test_a_zone_is_drawn_and_a_class_is_trusted(page: Page, city: World, language: str, colours: str) -> None:
    video = Video()
    city.suite.hire("staff:video", "video_patroller")
    await page.route("**/v1/cameras**", video.answer)
    await page.route("**/v1/finding**", video.answer)
    await page.route("**/v1/evidence/**", video.answer)
    await page.context.add_init_script(f"localStorage.setItem('gridward.theme', '{colours}')")
    await page.context.add_cookies([{"name": "gridward-language", "value": language, "url": city.url}])
    await page.set_viewport_size({"width": 1440, "height": 900})
    await sign_in(page, city, "video", then="/video")
    await page.locator(".tile button").first.click()
    frame = page.locator(".focus-frame")
    await expect(frame.locator("img")).to_be_visible()
    await frame.locator("img").evaluate("(image) => image.decode()")
    await page.locator("dialog.focus details summary").first.click()
    acts = page.locator("dialog.focus details .card-acts").first
    await acts.locator("select").nth(1).select_option("FIRE_LANE")
    await acts.locator("button").first.click()
    edge = await frame.bounding_box()
    assert edge is not None
    for x, y in ((0.2, 0.9), (0.4, 0.4), (0.7, 0.9)):
        await frame.click(position={"x": edge["width"] * x, "y": edge["height"] * y})
    await acts.locator("button.main").click()
    await expect(page.locator(".zone-list li")).to_have_count(1)
    (zone,) = video.zones
    assert zone["kind"] == "ZONE_KIND_FIRE_LANE"
    assert [(round(each["x"], 1), round(each["y"], 1)) for each in zone["corners"]] == [
        (0.2, 0.9),
        (0.4, 0.4),
        (0.7, 0.9),
    ]
    await page.locator(".trusted input").nth(1).check()
    await expect(page.locator(".trusted input").nth(1)).to_be_checked()
    await page.wait_for_function("document.querySelectorAll('.zone-layer polygon').length === 1")
    if folder := os.environ.get("GRIDWARD_PICTURES"):
        await page.screenshot(path=Path(folder) / f"zones-{language}.png")
    await page.locator(".zone-list button").click()
    await expect(page.locator(".zone-list li")).to_have_count(0)
    assert video.zones == []
    assert [(each["classCode"], each["trusted"]) for each in video.trusted] == [("fire_lane_blocked", True)]
    await maps_the_ground(page, video, language)


async def maps_the_ground(page: Page, video: Video, language: str) -> None:
    """Four points of the picture get their places; a spot is checked; the points are kept."""
    frame = page.locator(".focus-frame")
    mapping = page.locator("dialog.focus details.card").nth(1)
    await mapping.locator("summary").first.click()
    await mapping.locator(".card-acts button").first.click()
    edge = await frame.bounding_box()
    assert edge is not None
    corners = ((0.4, 0.3), (0.6, 0.3), (0.9, 0.9), (0.1, 0.9))
    for number, (x, y) in enumerate(corners, start=1):
        await frame.click(position={"x": edge["width"] * x, "y": edge["height"] * y})
        await mapping.locator("input").fill(f"38.600{number}, 119.800{number}")
        await mapping.locator(".card-acts").last.locator("button").click()
    await expect(mapping.locator("[role=status]")).to_contain_text("1.3")
    await expect(page.locator(".ground-mark")).to_have_count(4)
    if folder := os.environ.get("GRIDWARD_PICTURES"):
        await mapping.scroll_into_view_if_needed()
        await page.screenshot(path=Path(folder) / f"ground-{language}.png")
    await mapping.locator(".card-acts button").nth(1).click()
    await frame.click(position={"x": edge["width"] * 0.5, "y": edge["height"] * 0.6})
    await expect(mapping.locator("[role=status]")).to_contain_text("38.60040")
    await mapping.locator(".card-acts button.main").click()
    await expect(page.locator(".ground-mark")).to_have_count(0)
    assert [(round(each["corner"]["x"], 1), round(each["corner"]["y"], 1)) for each in video.points] == list(corners)
    assert video.points[3]["point"] == {"latitudeDeg": 38.6004, "longitudeDeg": 119.8004}
