// The command page: list, map and case are one view, and the address is its bookmark.

import { get } from "./api.mjs";
import { busy, openCase } from "./case.mjs";
import { byId, h, shape, show, toast } from "./dom.mjs";
import { ended, signalOf } from "./format.mjs";
import { CaseList, SIGNALS } from "./list.mjs";
import { CityMap } from "./map.mjs";
import { named, t, word } from "./page.mjs";
import { follow } from "./shell.mjs";
import { resizable } from "./grip.mjs";

const LEVELS = [["grid", "map_grid"], ["community", "map_community"], ["subdistrict", "map_subdistrict"]];
const REFRESH_MS = 1500;
const desk = byId("content");
const pane = byId("case");
let open = "";
let shownCounts = { RED: "–", YELLOW: "–", GREEN: "–" };

const map = new CityMap(byId("map"), { onCase: (id) => choose(id), onGathered: (id) => list.onlyGridOf(id), tools: byId("map-tools") });
const list = new CaseList({ filters: byId("filters"), head: byId("list-head"), list: byId("list"), onOpen: (id) => choose(id), onHover: (item) => map.lift(item.id), onCases: (cases) => drawPins(cases) });

function drawPins(cases) {
  drawLegend(shownCounts);
  const placed = cases.filter((item) => item.point && !ended(item));
  map.pins(placed.map((item) => ({ id: item.id, signal: signalOf(item), title: `${named(item, "taskTypeTitle")} ${item.number}`, longitudeDeg: item.point.longitudeDeg ?? 0, latitudeDeg: item.point.latitudeDeg ?? 0 })));
}

async function colour() {
  try {
    const answer = await get("/v1/cases:summary", { level: `AREA_LEVEL_${map.level.toUpperCase()}` });
    const areas = answer.areas ?? [];
    await map.ready;
    map.colour(areas);
    const sum = (name) => areas.reduce((total, area) => total + (area[name] ?? 0), 0);
    const counts = { RED: sum("redCount"), YELLOW: sum("yellowCount"), GREEN: sum("greenCount") };
    list.totals(counts);
    drawLegend(counts);
  } catch (error) {
    toast(error.message);
  }
}

function drawLegend(counts) {
  const pressed = (signal) => String(list.wish.signal === signal);
  const line = (signal) => h("button", { type: "button", data: { signal }, "aria-pressed": pressed(signal), onclick: () => list.toggle(signal) }, shape(signal), word("signal", signal), h("b", {}, counts[signal]));
  shownCounts = counts;
  show(byId("legend"), h("span", {}, t("map_legend")), SIGNALS.map(line));
}

let waiting = 0;
function colourSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(colour, REFRESH_MS);
}

function drawLevels() {
  const buttons = LEVELS.map(([level, key]) => h("button", { type: "button", "aria-pressed": String(level === map.level), onclick: () => fillBy(level) }, t(key)));
  const fillBy = (level) => {
    map.fillBy(level);
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(LEVELS[index][0] === level)));
    colour();
  };
  byId("map-tools").prepend(h("div", { class: "segment" }, buttons));
}

function choose(id, { push = true } = {}) {
  open = id;
  list.choose(id);
  map.lift(id);
  desk.dataset.case = id ? "open" : "closed";
  if (push) {
    const url = new URL(location.href);
    id ? url.searchParams.set("case", id) : url.searchParams.delete("case");
    history.pushState({ case: id }, "", url);
  }
  if (!id) {
    show(pane);
    map.choose("");
    return;
  }
  pane.scrollTop = 0;
  openCase(pane, id, { onClose: () => choose(""), onShown: shown });
}

function shown(whole) {
  const item = whole.case;
  if (item.id !== open && item.number !== open) return;
  open = item.id;
  list.choose(item.id);
  map.choose(item.gridCode);
  if (item.point) map.reveal(item.point.longitudeDeg, item.point.latitudeDeg);
  list.list.querySelector(`.row[data-id="${CSS.escape(item.id)}"]`)?.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => list.step(1),
  k: () => list.step(-1),
  "/": () => list.search.focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (typing) event.target.blur();
    else if (open) choose("");
  } else if (!typing && KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});
addEventListener("popstate", () => choose(new URLSearchParams(location.search).get("case") ?? "", { push: false }));

resizable(byId("grip-list"), { name: "list-width", desk, least: 300, most: 640, side: 1, usual: 420 });
resizable(byId("grip-case"), { name: "case-width", desk, least: 380, most: 820, side: -1, usual: 520 });
drawLevels();
drawLegend(shownCounts);
const asked = new URLSearchParams(location.search).get("case");
if (asked) choose(asked, { push: false });

follow({
  onStart: () => {
    list.load();
    colour();
  },
  onCase: ({ case: item }) => {
    list.take(item);
    colourSoon();
    if (item.id === open && !busy(pane)) openCase(pane, item.id, { onClose: () => choose(""), onShown: () => undefined });
  },
  onReset: () => {
    list.load();
    colour();
  },
});

/** Times move on even when nothing happens. */
setInterval(() => {
  if (!list.list.matches(":hover, :focus-within") && list.cases.size) list.draw();
}, 60_000);
