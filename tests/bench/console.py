"""Measures what pages weigh and what the map costs the browser's main thread, before stand-ins of the services.

`python -m tests.bench.console [--grids 10000] [--points 50000]`: first load and second load of each page as they cross
the wire, and the time of each frame of the map while it is moved, with so many outlines and cases on it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright

from services.platform.migrate import migrate
from tests.browser import scene
from tests.browser.conftest import ARGUMENTS, CHROMIUM, _pictures, open_context, sign_in
from tests.conftest import _prepare_schema, _role_dsn
from tests.integration.gateway.fakes import FakeSuite
from tests.integration.gateway.world import World, settings_for, world_of
from tests.support import servers
from tests.support.tokens import TestTokens

DATA = Path(__file__).resolve().parents[2] / "services" / "demo" / "data"
PAGES = (("chief", "/"), ("chief", "/desk"), ("worker", "/pocket/"), ("", "/report"), ("chief", "/screen"))
WEST, SOUTH, SPAN = 119.6, 38.4, 0.4
FRAMES = 90
#: Notes how long each frame keeps the main thread.
WATCH_FRAMES = """
window.frames_ms = [];
const whole = requestAnimationFrame;
window.requestAnimationFrame = (act) => whole((at) => {
  const began = performance.now();
  act(at);
  window.frames_ms.push(performance.now() - began);
});
"""
MOVE = """async ([points, frames]) => {
  const { CityMap } = await import(document.querySelector("script[type=module]").src.replace("desk/app.mjs", "map.mjs"));
  const ground = document.createElement("div");
  ground.style.cssText = "position:fixed;inset:0;z-index:999";
  document.body.append(ground);
  const city = new CityMap(ground);
  await city.ready;
  city.pins(points.map(([longitudeDeg, latitudeDeg], number) => ({ id: String(number), signal: ["RED", "YELLOW", "GREEN"][number % 3], title: String(number), longitudeDeg, latitudeDeg })));
  city.colour(Array.from({ length: 2000 }, (_, number) => ({ areaCode: String(number), redCount: number % 2, greenCount: 3 })));
  await new Promise((resolve) => city.map.once("idle", resolve));
  window.frames_ms.length = 0;
  for (let frame = 0; frame < frames; frame++) {
    city.map.panBy([frame % 2 ? 6 : 7, 3], { duration: 0 });
    await new Promise((resolve) => city.map.once("render", resolve));
  }
  return window.frames_ms;
}"""


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[World]:
    """A gateway before stand-ins with sixty cases."""
    postgres, store = servers.start_postgres(folder / "postgres"), servers.start_object_store(folder / "objects")
    try:
        postgres.create_database("bench")
        _prepare_schema(postgres.dsn("bench"), "gateway")
        dsn = _role_dsn(postgres, "bench", "gateway")
        migrate(dsn, "services.platform", "services.gateway")
        (folder / "keys").mkdir()
        tokens = TestTokens(folder / "keys")
        suite = FakeSuite(tokens, DATA)
        settings = settings_for(dsn, store, tokens, await suite.start())
        async with world_of(settings, suite) as world:
            scene.fill(suite, DATA, await _pictures(world))
            yield world
        await suite.stop()
    finally:
        store.stop()
        postgres.stop()


async def weighed(context: BrowserContext, world: World, login: str, path: str) -> tuple[int, int]:
    """Bytes over the wire of a first and of a second load."""
    loads = []
    for _ in range(2):
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Network.enable")
        crossed: list[float] = []
        session.on("Network.loadingFinished", lambda told, into=crossed: into.append(told["encodedDataLength"]))
        if login:
            await sign_in(page, world, login, then=path)
        else:
            await page.goto(path)
        await page.wait_for_load_state("load")
        await page.wait_for_timeout(2500)  # the stream stays open, so there is no moment without requests
        loads.append(round(sum(crossed)))
        await page.close()
    return loads[0], loads[1]


async def weights(browser: Browser, world: World) -> None:
    for login, path in PAGES:
        context = await open_context(browser, world)
        first, second = await weighed(context, world, login, path)
        await context.close()
        print(f"{path:<10} first load {first / 1024:>7.0f} KB (aim 900)   second {second / 1024:>6.1f} KB (aim 30)")


def squares(count: int) -> dict[str, Any]:
    """So many grids side by side."""
    side = round(count**0.5)
    step = SPAN / side
    features = []
    for number in range(side * side):
        west, south = WEST + (number % side) * step, SOUTH + (number // side) * step
        ring = [[west, south], [west + step, south], [west + step, south + step], [west, south + step], [west, south]]
        properties = {"code": str(number), "name": f"第{number}网格", "name_en": f"Grid {number}"}
        features.append(
            {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        )
    return {"type": "FeatureCollection", "features": features}


async def frames(page: Page, world: World, grids: int, points: int) -> None:
    layers = {"grid": squares(grids), "community": squares(400), "subdistrict": squares(36), "district": squares(4)}

    async def layer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2].partition(".")[0]
        await route.fulfill(content_type="application/geo+json", body=json.dumps(layers[name]))

    await page.context.route("**/map/areas/**", layer)
    await page.add_init_script(WATCH_FRAMES)
    await sign_in(page, world, "chief", then="/desk")
    side = round(points**0.5)
    where = [[WEST + SPAN * (n % side) / side, SOUTH + SPAN * (n // side) / side] for n in range(side * side)]
    took = await page.evaluate(MOVE, [where, FRAMES])
    ordered = sorted(took)
    print(
        f"map, {grids:,} grids, {len(where):,} points: {len(took)} frames, main thread median "
        f"{statistics.median(took):.1f} ms, p95 {ordered[int(0.95 * len(ordered))]:.1f} ms (aim 8)"
    )


async def measure(folder: Path, grids: int, points: int) -> None:
    async with standing(folder) as world, async_playwright() as playwright:
        drawn_by_a_card = [each for each in ARGUMENTS if each != "--disable-gpu-rasterization"]
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*drawn_by_a_card, "--use-angle=swiftshader"]
        )
        await weights(browser, world)
        context = await open_context(browser, world)
        await frames(await context.new_page(), world, grids, points)
        await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=50_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gridward-bench-") as home:
        Path(home).chmod(0o755)
        asyncio.run(measure(Path(home), chosen.grids, chosen.points))
