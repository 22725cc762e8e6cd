"""The pocket app without a signal: what was reported waits encrypted, survives a killed tab, and arrives exactly once."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from gridward.incidents.v1 import incidents_pb2
from playwright.async_api import Page, expect

from tests.browser.conftest import sign_in
from tests.browser.test_pages import violations
from tests.integration.gateway.fakes import a_case
from tests.integration.gateway.world import World
from tests.unit.gateway.test_pictures import drawn

pytestmark = pytest.mark.asyncio(loop_scope="session")
WAITING = 500
#: Lays many reports into the outbox as the app does, without drawing a picture for each.
LAY = """async (count) => {
  const vault = await import(document.querySelector("script[type=module]").src.replace("app.mjs", "vault.mjs"));
  for (let number = 0; number < count; number++) {
    const report = { description: `报告${number}`, point: { longitudeDeg: 119.8133967, latitudeDeg: 38.5903833 } };
    await vault.put({ id: `offline-${String(number).padStart(6, "0")}`, kind: "report", at: number, report, evidence: [], files: 0, title: "" });
  }
}"""
#: All that lies on the phone, as anybody who copies it would find it.
READ = """async () => {
  const request = indexedDB.open("gridward-pocket");
  const database = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const ask = (name) => new Promise((resolve) => { const all = database.transaction(name).objectStore(name).getAll(); all.onsuccess = () => resolve(all.result); });
  const texts = (await ask("outbox")).map((entry) => new TextDecoder().decode(entry.data));
  const [own] = await ask("keys");
  return { found: texts.filter((text) => text.includes("报告")).length, kept: texts.length, extractable: own.key.extractable };
}"""


async def test_a_report_takes_three_taps_and_carries_its_mark(page: Page, city: World, tmp_path: Path) -> None:
    photo = tmp_path / "scene.jpg"
    photo.write_bytes(drawn(size=(1600, 1200)))
    await page.set_viewport_size({"width": 390, "height": 844})
    await sign_in(page, city, "worker", then="/pocket/")
    await expect(page.locator("#acts button")).to_have_count(6)
    await page.set_input_files("#camera", photo)
    await expect(page.locator(".pocket-sheet figure img")).to_have_count(1)
    await page.get_by_role("button", name="暴露垃圾").click()
    await page.get_by_role("button", name="提交上报").click()
    await expect(page.locator(".toast")).to_contain_text("9991-")
    request, caller = city.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert (request.report.task_type, caller.subject) == ("exposed_garbage", "staff:worker")
    assert len(request.report.evidence) == 1
    await expect(page.locator("#outbox")).to_have_text("都已发送")
    assert await violations(page) == []


async def test_a_spoken_note_goes_along_and_ends_with_the_report(page: Page, city: World, tmp_path: Path) -> None:
    """Camera, speak, send: three taps for photo, place and voice."""
    photo = tmp_path / "scene.jpg"
    photo.write_bytes(drawn(size=(800, 600)))
    await sign_in(page, city, "worker", then="/pocket/")
    await expect(page.locator("#acts button")).to_have_count(6)
    await page.set_input_files("#camera", photo)
    await expect(page.locator(".pocket-sheet figure img")).to_have_count(1)
    await page.get_by_role("button", name="说一段").click()
    await expect(page.get_by_role("button", name="说完了")).to_be_visible()
    await page.get_by_role("button", name="提交上报").click()
    await expect(page.locator(".toast")).to_contain_text("9991-")
    request, _ = city.suite.asked.last(incidents_pb2.ReportIncidentRequest)
    assert [each.content_type for each in request.report.evidence] == ["image/jpeg", "audio/webm"]
    assert request.report.description == "现场情况见语音"
    made = next(reversed(city.suite.incidents.cases.values()))
    await sign_in(page, city, then=f"/cases/{made.case.number}")
    note = page.locator("#case .shot.voice audio")
    await expect(note).to_have_count(1)
    assert (
        await note.evaluate(
            "async (audio) => { audio.preload = 'metadata'; audio.load(); await new Promise((resolve, reject) => { audio.onloadedmetadata = resolve; audio.onerror = reject; }); return audio.error; }"
        )
        is None
    )
    assert await violations(page) == []


async def test_five_hundred_reports_outlive_the_tab_and_arrive_exactly_once(page: Page, city: World) -> None:
    context = page.context
    await sign_in(page, city, "worker", then="/pocket/")
    await expect(page.locator("#outbox")).to_have_text("都已发送")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    city.suite.asked.requests.clear()
    await context.set_offline(True)
    await page.evaluate(LAY, WAITING)
    on_phone = await page.evaluate(READ)
    assert on_phone == {"found": 0, "kept": WAITING, "extractable": False}
    await page.close()
    again = await context.new_page()
    await again.goto("/pocket/")
    await expect(again.locator("#outbox")).to_have_text(f"待发 {WAITING} 件")
    await context.set_offline(False)
    third = await context.new_page()
    await third.goto("/pocket/")
    await expect(third.locator("#outbox")).to_have_text("都已发送")
    arrived = Counter(
        each.request_id
        for each, _ in city.suite.asked.requests
        if isinstance(each, incidents_pb2.ReportIncidentRequest)
    )
    assert len(arrived) == WAITING
    assert set(arrived.values()) == {1}
    assert list(arrived) == sorted(arrived), "reports of one person arrive in the order in which they were made"


async def test_the_way_of_the_day_is_short_and_stands_on_a_map(map_page: Page, city: World) -> None:
    page = map_page
    city.suite.incidents.cases.clear()
    for number, east in ((1, 0.004), (2, 0.001), (3, 0.003), (4, 0.002)):
        case = a_case(number)
        case.point.longitude_deg = 119.8133967 + east
        city.suite.incidents.put(case)
    await sign_in(page, city, "worker", then="/pocket/")
    await expect(page.locator("#today .row")).to_have_count(4)
    await page.get_by_role("button", name="今日路线").click()
    await expect(page.locator(".route-list li")).to_have_count(4)
    numbers = [text[-5:] for text in await page.locator(".route-list .row .code").all_inner_texts()]
    assert numbers == ["00002", "00004", "00003", "00001"]
    await expect(page.locator(".route-sheet .map .marker")).to_be_visible()
    assert await violations(page) == []


async def test_signing_out_leaves_nothing_on_the_phone(page: Page, city: World) -> None:
    await sign_in(page, city, "worker", then="/pocket/")
    await expect(page.locator("#outbox")).to_have_text("都已发送")
    await page.click("#account summary")
    await page.click("#sign-out")
    await page.wait_for_url("**/sign-in")
    left = "caches.keys().then((names) => names.filter((name) => name.startsWith('gridward-pocket')).length)"
    assert await page.evaluate(left) == 0


async def test_what_waits_is_sent_by_the_browser_when_the_app_is_closed(page: Page, city: World) -> None:
    context = page.context
    await sign_in(page, city, "worker", then="/pocket/")
    await expect(page.locator("#outbox")).to_have_text("都已发送")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await context.set_offline(True)
    await page.evaluate(LAY, 3)
    await page.close()
    city.suite.asked.requests.clear()
    await context.set_offline(False)
    other = await context.new_page()
    await other.goto("/follow")
    session = await context.new_cdp_session(other)
    known: asyncio.Queue[str] = asyncio.Queue()

    def heard(told: dict[str, list[dict[str, str]]]) -> None:
        for each in told["registrations"]:
            known.put_nowait(each["registrationId"])

    session.on("ServiceWorker.workerRegistrationUpdated", heard)
    await session.send("ServiceWorker.enable")
    which = await asyncio.wait_for(known.get(), 20)
    tag = {"origin": city.url, "registrationId": which, "tag": "gridward-outbox", "lastChance": False}
    await session.send("ServiceWorker.dispatchSyncEvent", tag)

    def arrived() -> list[str]:
        asked = [each for each, _ in city.suite.asked.requests]
        return [each.request_id for each in asked if isinstance(each, incidents_pb2.ReportIncidentRequest)]

    async with asyncio.timeout(20):
        while len(arrived()) < 3:  # noqa: ASYNC110 the stand-in has no event for it
            await asyncio.sleep(0.05)
    again = await context.new_page()
    await again.goto("/pocket/")
    await expect(again.locator("#outbox")).to_have_text("都已发送")
    assert sorted(arrived()) == [f"offline-{number:06d}" for number in range(3)]
