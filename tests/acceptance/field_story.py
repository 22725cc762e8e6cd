"""A worker's day on the city's books: see the grid, visit a household, correct a fact, note a lamp, be refused next door."""

from __future__ import annotations

from playwright.async_api import Page, expect

from services.demo.people import SHOWN_GRID
from services.demo.population import Population
from services.demo.residents import PHONE
from services.demo.settings import DemoSettings
from tests.acceptance.pages import HERE, People, look

#: Inside the grid to the east, which is a colleague's.
NEXT_DOOR = {"latitude": 38.5908424, "longitude": 119.8210004}
LAMP = "0137"


def somebody_there() -> str:
    """The name of a person whom the demo city has in the worker's grid."""
    share = DemoSettings.model_fields["demo_population_share"].default
    sheets = {sheet.kind: sheet for sheet in Population(share=share).grow()}
    return next(str(row[0]) for row in sheets["person"].rows if str(row[5]).startswith(f"HH{SHOWN_GRID}"))


async def tell(people: People) -> None:
    """The whole day, on a phone that is bound to the grid."""
    name = somebody_there()
    worker = await people.person("worker", "/pocket/", phone=True)
    await take_phone(worker)
    await visit(worker)
    await worker.get_by_role("link", name="查底数").click()
    await expect(worker.locator(".books-counts")).to_contain_text("人口")
    await correct_phone(worker, name)
    await note_lamp(worker)
    await expect(worker.locator(".books-form")).to_contain_text(SHOWN_GRID)
    await look(worker, "lamp")
    await worker.context.set_geolocation(NEXT_DOOR)  # type: ignore[arg-type]  # two numbers by their names
    await worker.reload()
    await note_lamp(worker)
    await expect(worker.locator(".books-form .wrong")).to_contain_text("网格")
    await look(worker, "next-door")
    await worker.context.set_geolocation(HERE)  # type: ignore[arg-type]  # the same


async def take_phone(worker: Page) -> None:
    """The phone says which it is; the city knows whose grid it is bound to."""
    await worker.get_by_role("button", name="终端").click()
    await worker.locator("dialog input, .pocket-sheet input").first.fill(PHONE)
    await worker.get_by_role("button", name="保存").click()


async def visit(worker: Page) -> None:
    """The first household that nobody has visited this month."""
    await worker.get_by_role("button", name="入户走访").click()
    waiting = worker.locator(".visit-list li")
    await expect(waiting.first).to_be_visible()
    before = await waiting.count()
    await waiting.first.get_by_role("button").click()
    async with worker.expect_response(lambda answer: answer.url.endswith("/v1/visits")) as told:
        await worker.get_by_role("button", name="保存").click()
    assert (await told.value).ok
    await worker.get_by_role("button", name="入户走访").click()
    await expect(waiting).to_have_count(before - 1)
    await worker.keyboard.press("Escape")


async def correct_phone(worker: Page, name: str) -> None:
    """Find a neighbour by name and put the number right; the page shows neither name nor number in full."""
    await worker.get_by_role("searchbox").fill(name)
    await worker.get_by_role("button", name="查找", exact=True).click()
    await worker.locator(".books-list button").first.click()
    entry = worker.locator("dialog .books-entry")
    await expect(entry).to_contain_text(f"{name[0]}*")
    await entry.get_by_role("button", name="更正").click()
    form = worker.locator("dialog form")
    await form.get_by_label("信息项").select_option("phone")
    await form.get_by_label("现场情况").fill("10012345678")
    await form.get_by_role("button", name="保存").click()
    await expect(entry).to_contain_text("100****5678")
    await look(worker, "corrected")
    await worker.keyboard.press("Escape")


async def note_lamp(worker: Page) -> None:
    """A broken lamp where the worker stands."""
    await worker.get_by_role("tab", name="登记部件").click()
    await worker.get_by_label("小类").fill(LAMP)
    await worker.get_by_label("状态").select_option("damaged")
    await expect(worker.get_by_label("经度")).not_to_have_value("")
    await worker.get_by_role("button", name="登记", exact=True).click()
