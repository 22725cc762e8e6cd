// The command page: list, map and case are one view, and the address is its bookmark.

import { get } from "./api.mjs";
import { busy, openCase } from "./case.mjs";
import { alarmButton, hear } from "./command/alarm.mjs";
import { Bulk } from "./command/bulk.mjs";
import { below, drawTrail, levelOf, LEVELS } from "./command/drill.mjs";
import { Gathering } from "./command/gathering.mjs";
import { openPalette } from "./command/palette.mjs";
import { drawPresence, nowAt, nowWriting } from "./command/presence.mjs";
import { inside, read as readRing, Region, written } from "./command/region.mjs";
import { listen, showKeys } from "./command/shortcuts.mjs";
import { turnButton } from "./command/turn.mjs";
import { hold, undoLast } from "./command/undo.mjs";
import { drawViews } from "./command/views.mjs";
import { byId, h, icon, shape, show, toast } from "./dom.mjs";
import { ended, eventWord, signalOf } from "./format.mjs";
import { resizable } from "./grip.mjs";
import { CaseList, SIGNALS, STATES } from "./list.mjs";
import { CityMap } from "./map.mjs";
import { may, named, t, word } from "./page.mjs";
import { lastingly } from "./patience.mjs";
import { follow } from "./shell.mjs";

const LEVEL_WORDS = { grid: "map_grid", community: "map_community", subdistrict: "map_subdistrict", district: "map_district" };
const REFRESH_MS = 1500;
const desk = byId("content");
const pane = byId("case");
const asked = new URLSearchParams(location.search);
let open = "";
/** The open case itself, which the list need not hold. */
let openItem = null;
let shownCounts = { RED: "–", YELLOW: "–", GREEN: "–" };
let inView = asked.get("inview") === "1";

const firstView = (asked.get("at") ?? "").split(",").map(Number);
const map = new CityMap(byId("map"), {
  level: LEVELS.includes(asked.get("level")) ? asked.get("level") : "grid",
  at: firstView.length === 3 && firstView.every(Number.isFinite) ? firstView : null,
  onCase: (id) => choose(id), onGathered: (id) => list.onlyGridOf(id), onArea: (code, level) => enter(code, level), onMoved: (event) => moved(event), tools: byId("map-tools"),
});
const region = new Region(map, { ring: readRing(asked.get("ring")), onChange: (ring) => { remember("ring", ring ? written(ring) : ""); list.load(); } });

/** What lies in the drawn region and, if wished, in the visible part of the map. */
function within(item) {
  if (!region.ring && !inView) return true;
  if (!item.point) return false;
  const [longitude, latitude] = [item.point.longitudeDeg ?? 0, item.point.latitudeDeg ?? 0];
  if (region.ring && !inside(region.ring, longitude, latitude)) return false;
  return !inView || !map.map || map.map.getBounds().contains([longitude, latitude]);
}

/** The same for the server, which looks at all cases and not only at those that are here already. */
const rings = () => [region.ring && written(region.ring), inView && map.map && written(corners(map.map.getBounds()))].filter(Boolean);

const corners = (bounds) => [bounds.getSouthWest(), bounds.getSouthEast(), bounds.getNorthEast(), bounds.getNorthWest()].map((corner) => [corner.lng, corner.lat]);

const bulk = new Bulk(byId("bulk"), { onChange: () => queueMicrotask(() => list.markSelected()) });
const list = new CaseList({
  filters: byId("filters"), head: byId("list-head"), list: byId("list"), within, rings,
  onOpen: (id) => choose(id), onHover: (item) => map.lift(item.id), onCases: (cases) => drawPins(cases),
  onWish: (name, value) => (name === "area" ? entered(value) : turn?.refresh()),
  onSelect: may("incidents.advance") ? (item) => bulk.toggle(item) : null, isSelected: (id) => bulk.has(id),
});
list.headTools = () => [
  alarmButton(),
  takeAlong("xlsx", t("export"), "sheet"),
  takeAlong("pdf", t("print_list"), "print"),
  h("button", { class: "button plain", type: "button", title: t("keys_title"), "aria-label": t("keys_title"), onclick: showKeys }, icon("keys")),
];

const turn = turnButton({ pressed: () => Boolean(list.wish.turn), onToggle: () => list.set("turn", list.wish.turn ? "" : "1") });

/** The list as a file, chosen as it is at that moment. */
const takeAlong = (kind, text, drawing) => h("a", { class: "button plain", href: exportAddress(kind), title: text, "aria-label": text, onclick: (event) => (event.currentTarget.href = exportAddress(kind)) }, icon(drawing));

function exportAddress(kind) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(list.parameters())) for (const each of [value].flat()) if (each && name !== "pageSize") query.append(name, each);
  return `/cases.${kind}?${query}`;
}

/** Write something into the address without leaving a step in the history. */
function remember(name, value) {
  const url = new URL(location.href);
  value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}

function moved(event) {
  if (!event.originalEvent) return;
  remember("at", map.view);
  if (inView) list.later(() => list.load());
}

const gathering = new Gathering(map, { onArea: (code, level) => enter(code, level), pinned: (cases) => pin(cases), wish: () => list.parameters() });

function drawPins(cases) {
  drawLegend(shownCounts);
  gathering.set(Boolean(list.token) && !region.ring, cases);
}

function pin(cases) {
  const placed = cases.filter((item) => item.point && !ended(item));
  map.pins(placed.map((item) => ({ id: item.id, signal: signalOf(item), title: `${named(item, "taskTypeTitle")} ${item.number}`, longitudeDeg: item.point.longitudeDeg ?? 0, latitudeDeg: item.point.latitudeDeg ?? 0 })));
}

function coloured({ areas = [] }) {
  map.colour(areas);
  const sum = (name) => areas.reduce((total, area) => total + (area[name] ?? 0), 0);
  const counts = { RED: sum("redCount"), YELLOW: sum("yellowCount"), GREEN: sum("greenCount") };
  list.totals(counts);
  drawLegend(counts);
  gathering.forget();
}

function colour() {
  const ask = () => get("/v1/cases:summary", { level: `AREA_LEVEL_${map.level.toUpperCase()}`, underCode: list.wish.area });
  return lastingly(byId("legend"), ask, coloured, (error) => toast(error.message));
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

const levelButtons = [...LEVELS].reverse().map((level) => h("button", { type: "button", data: { level }, onclick: () => fillBy(level) }, t(LEVEL_WORDS[level])));

function fillBy(level) {
  map.fillBy(level);
  remember("level", level === "grid" ? "" : level);
  for (const button of levelButtons) button.setAttribute("aria-pressed", String(button.dataset.level === level));
  colour();
}

/** Go down into an area. */
async function enter(code, level) {
  list.set("area", code);
  await map.show(code, level);
  if (level !== "grid") fillBy(below(level));
}

/** The area that filters has changed, however. */
async function entered(code) {
  drawTrail(byId("trail"), code, async (chosen) => {
    list.set("area", chosen);
    if (!chosen) {
      map.home(true);
      return;
    }
    const level = await levelOf(chosen);
    await map.show(chosen, level);
    fillBy(below(level));
  });
  colourSoon();
}

function drawTools() {
  const visible = h("button", { type: "button", "aria-pressed": String(inView), onclick: () => { inView = !inView; visible.setAttribute("aria-pressed", String(inView)); remember("inview", inView ? "1" : ""); list.load(); } }, t("in_view"));
  byId("map-tools").prepend(h("div", { class: "segment" }, levelButtons), h("div", { class: "segment" }, visible, region.button));
  for (const button of levelButtons) button.setAttribute("aria-pressed", String(button.dataset.level === map.level));
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
  nowAt("");
  byId("presence").hidden = true;
  if (!id) {
    show(pane);
    map.choose("");
    return;
  }
  byId("case-pane").scrollTop = 0;
  openCase(pane, id, { onClose: () => choose(""), onShown: shown });
}

function shown(whole) {
  const item = whole.case;
  if (item.id !== open && item.number !== open) return;
  openItem = item;
  open = item.id;
  list.choose(item.id);
  map.choose(item.gridCode);
  if (item.point) map.reveal(item.point.longitudeDeg, item.point.latitudeDeg);
  list.list.querySelector(`.row[data-id="${CSS.escape(item.id)}"]`)?.scrollIntoView({ block: "nearest" });
  nowAt(item.id);
}

pane.addEventListener("focusin", () => nowWriting(busy(pane)));
pane.addEventListener("focusout", () => setTimeout(() => nowWriting(busy(pane) && pane.contains(document.activeElement)), 0));

/** Take a step at once by a key, or open its form where it needs more than a key can say. */
async function quick(event, extra = () => ({})) {
  // The open case counts even where the list does not hold it: by a link, or beside a filter it does not fit.
  const id = list.current()?.id ?? open;
  if (!id) return;
  const whole = await get(`/v1/cases/${id}`).catch((error) => toast(error.message));
  if (!whole) return;
  const item = whole.case;
  const step = whole.legalSteps?.find((each) => each.event === `CASE_EVENT_${event}`);
  if (!step) {
    toast(t("key_not_now", { step: eventWord(event) }));
    return;
  }
  const more = extra(item);
  const needs = step.opinionRequired || step.evidenceRequired || (step.fieldsRequired ?? []).some((name) => !(camel(name) in more));
  if (needs) {
    choose(item.id);
    openCase(pane, item.id, { onClose: () => choose(""), onShown: shown, opening: { event: step.event } });
    return;
  }
  holdStep(item, { event: step.event, ...more }, eventWord(event));
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function holdStep(item, step, words) {
  hold(t("held", { step: words, number: item.number.slice(-5) }), [{ url: `/v1/cases/${item.id}:advance`, body: { version: item.version, steps: [step] } }], {
    onSent: ([result]) => {
      toast(result instanceof Error ? result.message : t("done_number", { step: words, number: item.number.slice(-5) }));
      // Somebody was faster: what they changed is shown instead of only being told.
      if (result.reason === "STALE") showAgain(item);
    },
  });
}

function showAgain(item) {
  choose(item.id);
  openCase(pane, item.id, { onClose: () => choose(""), onShown: shown, seen: item });
}

const dispatched = (item) => (item.departmentCode ? { departmentCode: item.departmentCode } : {});

listen({
  next: () => list.step(1),
  previous: () => list.step(-1),
  open: () => list.current() && choose(list.current().id),
  select: () => list.onSelect && list.current() && bulk.toggle(list.current()),
  accept: () => quick("ACCEPT"),
  dispatch: () => quick("DISPATCH", dispatched),
  assign: () => quick("ASSIGN"),
  close: () => quick("CLOSE"),
  undo: () => undoLast() || toast(t("undo_nothing")),
  search: () => list.search.focus(),
  help: showKeys,
});

/** Where the command line can lead: what the bar offers. */
const pages = [...document.querySelectorAll(".bar nav a, #account a")].map((link) => ({ text: link.textContent, act: () => location.assign(link.href) }));
const palette = {
  states: STATES,
  areas: () => [...list.selects.area.options].filter((option) => option.value).map((option) => ({ code: option.value, name: option.text.trim(), nameEn: option.text.trim() })),
  now: () => ({
    cases: [...new Map([...list.shown(), openItem?.id === open && openItem].filter(Boolean).map((item) => [item.id, item])).values()], open, pages,
    acts: { open: (item) => choose(item.id), filter: (name, value) => list.set(name, value), accept: (item) => holdStep(item, { event: "CASE_EVENT_ACCEPT" }, eventWord("ACCEPT")), dispatch: (item, department) => holdStep(item, { event: "CASE_EVENT_DISPATCH", departmentCode: department.code }, `${eventWord("DISPATCH")} ${named(department)}`) },
  }),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette(palette);
  } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (event.target.matches("input, textarea, select")) event.target.blur();
    else if (open) choose("");
  }
});
addEventListener("popstate", () => choose(new URLSearchParams(location.search).get("case") ?? "", { push: false }));

resizable(byId("grip-list"), { name: "list-width", desk, least: 300, most: 640, side: 1, usual: 420 });
resizable(byId("grip-case"), { name: "case-width", desk, least: 380, most: 820, side: -1, usual: 520 });
drawTools();
drawLegend(shownCounts);
drawViews(byId("views"), turn);
if (list.wish.area) entered(list.wish.area);
if (region.ring && !asked.get("at")) map.ready.then(() => region.reveal());
if (asked.get("case")) choose(asked.get("case"), { push: false });

/** The colours of the city are asked for at once, and again when nothing can be missed any more. */
colour();
follow({
  onStart: () => {
    list.load();
    colourSoon();
  },
  onCase: (what) => {
    const item = what.case;
    hear(what);
    list.take(item);
    colourSoon();
    if (item.id === open && !busy(pane)) openCase(pane, item.id, { onClose: () => choose(""), onShown: () => undefined });
  },
  onReset: () => {
    list.load();
    colour();
  },
  onPresence: (told) => drawPresence(byId("presence"), told),
});

/** Times move on even when nothing happens. */
setInterval(() => {
  if (!list.list.matches(":hover, :focus-within") && list.cases.size) list.draw();
}, 60_000);
