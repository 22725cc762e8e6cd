// The command centre's wall: today's figures, lights, rankings, map, newest alarms, cameras; boards in turn, each number leads to its rows.

import { get, once } from "../api.mjs";
import { byId, h, shape, show } from "../dom.mjs";
import { ago, placeOf, signalOf, stateWord } from "../format.mjs";
import { SIGNALS } from "../list.mjs";
import { CityMap } from "../map.mjs";
import { may, named, page, t, word } from "../page.mjs";
import { lastingly } from "../patience.mjs";
import { follow } from "../shell.mjs";

const STALE_MS = 30_000;
const LOOK_MS = 10_000;
const TURN_MS = 20_000;
const NEWEST = 9;
const RANKED = 8;
const asked = new URLSearchParams(location.search);
const turnMs = Number(asked.get("turn")) * 1000 || TURN_MS;
const boards = (asked.get("boards") ?? "map,ranks,video").split(",");

/** A part of the wall that knows how old what it shows is. */
class Tile {
  constructor(key, href = "") {
    this.at = 0;
    this.age = h("span", { class: "age" });
    this.body = h("div", { class: "wall-body" }, h("p", { class: "empty" }, t("loading")));
    const title = href ? h("a", { href }, t(key)) : t(key);
    this.element = h("section", { class: "wall-tile stale", "aria-label": t(key) }, h("header", {}, h("h2", {}, title), this.age), this.body);
  }

  fill(...children) {
    show(this.body, ...children);
    this.fresh();
  }

  /** What it shows is as it is now. */
  fresh() {
    this.at = Date.now();
    this.tell();
  }

  /** Its figures could not be had; what was shown before stays, and grows old. */
  failed(error) {
    if (!this.at) show(this.body, h("p", { class: "empty" }, error.message));
  }

  tell() {
    const old = Date.now() - this.at;
    this.element.classList.toggle("stale", old > STALE_MS);
    this.age.textContent = this.at ? ago(new Date(this.at).toISOString()) : t("no_data");
  }
}

const tiles = { map: new Tile("map_title", "/"), today: new Tile("today_title", "/"), lights: new Tile("lights_title", "/"), newest: new Tile("newest_title", "/"), ranks: new Tile("ranks_title", "/?level=subdistrict"), kinds: new Tile("kinds_title", "/"), cameras: new Tile("cameras_title", may("video.snapshot") ? "/video" : "") };
const ground = h("div", { class: "map" });
tiles.map.element.classList.add("wall-map");
show(tiles.map.body, ground);
const clock = h("time", { class: "clock" });
const stage = h("div", { class: "stage" });
const cases = new Map();
let city = null;

const number = (value, label, href, signal = "") => h("a", { class: "big", href, data: signal ? { signal } : {} }, h("b", {}, signal && shape(signal, 22), String(value)), h("span", {}, label));

const percent = (share) => (share === undefined ? "—" : `${Math.round(share * 100)}%`);

async function counts() {
  const { total = {}, parts = [] } = await get("/v1/figures", { dimension: "DIMENSION_TASK_TYPE" });
  const count = (name) => total[name] ?? 0;
  tiles.today.fill(h("div", { class: "bigs" }, number(count("reported"), t("today_reported"), "/?day=reported"), number(count("closed"), t("today_closed"), "/?day=closed&state=CLOSED"), number(percent(total.inTimeRate), t("today_in_time"), "/?day=closed&state=CLOSED"), number(percent(total.satisfactionRate), t("today_satisfied"), "/?day=closed&state=CLOSED")));
  tiles.kinds.fill(bars(parts.map((part) => ({ name: named(part), count: part.figures.reported ?? 0, href: `/?type=${encodeURIComponent(part.code ?? "")}&day=reported` }))));
}

function bars(rows) {
  const shown = rows.sort((one, other) => other.count - one.count).slice(0, RANKED);
  const most = Math.max(1, ...shown.map((row) => row.count));
  if (!shown.length) return h("p", { class: "empty" }, t("wall_empty"));
  return h("ol", { class: "bars" }, shown.map((row) => {
    const bar = h("i", { "aria-hidden": "true" });
    bar.style.setProperty("--part", `${(row.count / most) * 100}%`);
    return h("li", {}, h("a", { href: row.href }, h("span", {}, row.name), bar, h("b", {}, String(row.count))));
  }));
}

async function lights() {
  const [{ areas: grids = [] }, { areas: streets = [] }, { areas: names = [] }] = await Promise.all([get("/v1/cases:summary", { level: "AREA_LEVEL_GRID" }), get("/v1/cases:summary", { level: "AREA_LEVEL_SUBDISTRICT" }), once("/v1/areas", { level: "AREA_LEVEL_SUBDISTRICT", pageSize: 500 })]);
  const sum = (name) => grids.reduce((total, area) => total + (area[name] ?? 0), 0);
  const totals = { RED: sum("redCount"), YELLOW: sum("yellowCount"), GREEN: sum("greenCount") };
  tiles.lights.fill(h("div", { class: "bigs" }, SIGNALS.map((signal) => number(totals[signal], word("signal", signal), `/?signal=${signal}`, signal))));
  const called = new Map(names.map((area) => [area.code, named(area)]));
  tiles.ranks.fill(bars(streets.map((area) => ({ name: called.get(area.areaCode) ?? area.areaCode, count: (area.redCount ?? 0) + (area.yellowCount ?? 0) + (area.greenCount ?? 0), href: `/?area=${area.areaCode}` }))));
  city?.colour(grids);
  tiles.map.fresh();
}

function newest() {
  const rows = [...cases.values()].sort((one, other) => other.reportedAt.localeCompare(one.reportedAt)).slice(0, NEWEST);
  const row = (item) => h("li", { data: { signal: signalOf(item) } }, h("a", { href: `/?case=${encodeURIComponent(item.number)}` }, shape(signalOf(item), 18), h("b", {}, named(item, "taskTypeTitle")), h("span", {}, placeOf(item)), h("span", { class: "state" }, stateWord(item.state)), h("span", { class: "faint" }, ago(item.reportedAt))));
  tiles.newest.fill(rows.length ? h("ol", { class: "alarms" }, rows.map(row)) : h("p", { class: "empty" }, t("wall_empty")));
}

const load = () => lastingly(tiles.newest.body, () => get("/v1/cases", { pageSize: 30 }), ({ cases: found = [] }) => {
  for (const item of found) cases.set(item.id, item);
  newest();
});

async function cameras() {
  const { cameras: found = [] } = await get("/v1/cameras", { pageSize: 4 });
  const shots = await Promise.all(found.map(async (camera) => ({ camera, tile: await get(`/v1/cameras/${encodeURIComponent(camera.id)}/tile`, {}, { once: true }).catch((error) => ({ problem: error.message })) })));
  tiles.cameras.fill(shots.length ? h("ul", { class: "shots" }, shots.map(({ camera, tile }) => h("li", {}, tile.picture ? h("img", { src: `data:image/jpeg;base64,${tile.picture}`, alt: camera.name }) : h("span", { class: "faint" }, t("no_data")), h("b", {}, camera.name)))) : h("p", { class: "empty" }, t("wall_empty")));
}

const BOARDS = {
  map: () => tiles.map.element,
  ranks: () => h("div", { class: "two" }, tiles.ranks.element, tiles.kinds.element),
  video: () => tiles.cameras.element,
};
let board = 0;
let paused = false;

function turn(by = 1) {
  const known = boards.filter((name) => BOARDS[name]);
  board = (board + by + known.length) % known.length;
  show(stage, BOARDS[known[board]]());
  city?.map?.resize();
}

/** What is drawn by one question. */
const LOOKS = [[counts, [tiles.today, tiles.kinds]], [lights, [tiles.lights, tiles.ranks]], [cameras, [tiles.cameras]]];
const look = () => Promise.all(LOOKS.map(([run, drawn]) => run().catch((error) => drawn.forEach((tile) => tile.failed(error)))));

show(byId("app"), h("header", { class: "wall-head" }, h("a", { href: "/", class: "brand-name" }, h("span", { id: "city-name" }), " ", t("screen_page")), clock, h("button", { class: "button plain", type: "button", "aria-pressed": "false", onclick: (event) => { paused = !paused; event.target.setAttribute("aria-pressed", String(paused)); event.target.textContent = t(paused ? "turn_on" : "turn_off"); } }, t("turn_off")), h("button", { class: "button plain", type: "button", onclick: () => document.documentElement.requestFullscreen?.() }, t("full_screen"))), h("div", { class: "wall-grid" }, h("div", { class: "wall-side" }, tiles.today.element, tiles.lights.element), stage, h("div", { class: "wall-side" }, tiles.newest.element)));
show(stage, BOARDS.map());
// Names are read from across the room, however many dots the wall has.
city = new CityMap(ground, { scale: Math.max(1, innerWidth / 1920) });
if (!boards.includes("map")) turn(0);
setInterval(() => !paused && turn(), turnMs);
setInterval(() => Object.values(tiles).forEach((tile) => tile.tell()), 5000);
setInterval(look, LOOK_MS);
setInterval(() => (clock.textContent = new Date().toLocaleString(document.documentElement.lang, { timeZone: page.timezone, month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit" })), 1000);
document.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by) turn(by);
});
look();
follow({
  onStart: load,
  onCase: ({ case: item }) => {
    cases.set(item.id, { ...cases.get(item.id), ...item });
    newest();
  },
  onReset: load,
  // In a quiet hour nothing new is no old news.
  onLive: () => tiles.newest.at && tiles.newest.fresh(),
});
