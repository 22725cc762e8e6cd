// The grid worker's day: report, say that all is quiet, walk, note, and see what is to be done; with or without a signal.

import { freshKey, get, remove } from "../api.mjs";
import { byId, h, icon, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly } from "../format.mjs";
import { named, t, visitor } from "../page.mjs";
import { lastingly } from "../patience.mjs";
import { rowOf } from "../rows.mjs";
import { follow } from "../shell.mjs";
import { sendWhenPossible, settleIn } from "./background.mjs";
import { walk } from "./place.mjs";
import { openReport } from "./report.mjs";
import { routeOf } from "./route.mjs";
import { Sender } from "./sender.mjs";
import * as vault from "./vault.mjs";

const OWNER = "gridward.pocket.owner";
const TERMINAL = "gridward.pocket.terminal";
const WALK = "gridward.pocket.walk";
const GRID_LEVEL = 5;
const OCCASIONS = ["home", "empty_nest", "dispute", "epidemic", "event", "check"];
const grids = visitor.roles.map((role) => role.areaPath.split(".")).filter((path) => path.length >= GRID_LEVEL).map((path) => path.at(-1));
const grid = grids[0] ?? "";
/** What can be reported, as soon as it is known: on a phone that was here before at once. */
const kinds = { known: [], heard: new EventTarget() };
let todays = [];
let stopWalking = null;

/** Tells those who show what was written that some of it has arrived. */
const arrivals = new EventTarget();

const news = {
  sent: (item, answer) => {
    if (item.kind === "report") toast(t("sent_one", { number: answer.case?.number ?? "" }));
    arrivals.dispatchEvent(new Event("sent"));
  },
  refused: (_item, why) => toast(t("refused_one", { why })),
  changed: () => drawState(),
};
const sender = new Sender(news).watch();

/** Send what was just put into the outbox, now or, by the browser, when there is a signal. */
function send() {
  sendWhenPossible();
  return sender.flush();
}

async function drawState() {
  const count = await vault.count();
  byId("state").textContent = [named(visitor), t(navigator.onLine ? "online" : "offline")].join(" · ");
  show(byId("outbox"), count ? t("outbox_count", { count }) : t("outbox_none"));
  byId("outbox").className = `button ${count ? "" : "plain"}`;
  document.body.dataset.waiting = String(count);
}

/** Take what was fetched before when there is no signal. */
async function fetched(id, ask) {
  try {
    const answer = await ask();
    await vault.keep(id, answer);
    return answer;
  } catch (error) {
    const kept = await vault.kept(id);
    if (kept) return kept;
    throw error;
  }
}

function drawToday() {
  const target = byId("today");
  const ask = () => fetched("today", () => get("/v1/cases", { openOnly: true, pageSize: 100, areaCode: grid }));
  lastingly(target, ask, ({ cases = [] }) => {
    todays = cases;
    const mine = visitor.subject;
    const groups = [
      ["today_check", cases.filter((item) => item.checker === mine && ["CASE_STATE_CHECKING", "CASE_STATE_VERIFYING"].includes(item.state))],
      ["today_handle", cases.filter((item) => item.handler === mine && item.state === "CASE_STATE_DISPOSING")],
    ];
    const special = new Set(groups.flatMap(([, items]) => items.map((item) => item.id)));
    groups.push(["today_grid", cases.filter((item) => !special.has(item.id)).slice(0, 30)]);
    show(target, groups.map(([key, items]) => (items.length || key === "today_grid" ? h("section", {}, h("h2", {}, t(key), " ", h("span", { class: "faint" }, String(items.length))), items.length ? items.map((item) => rowOf(item, { link: true })) : h("p", { class: "empty" }, t("today_none"))) : null)));
  });
}

/** The task types, first as they were kept, then as they are. */
function learnKinds() {
  const take = ({ taskTypes = [] }) => {
    const before = String(kinds.known.map((each) => each.code));
    kinds.known = taskTypes.filter((each) => each.admission === "ADMISSION_STATE_ADMITTED" && !(each.categoryCode ?? "").startsWith("S"));
    if (String(kinds.known.map((each) => each.code)) !== before) kinds.heard.dispatchEvent(new Event("known"));
  };
  vault.kept("kinds").then((kept) => kept && !kinds.known.length && take(kept)).catch(() => undefined);
  lastingly(byId("shoot"), () => fetched("kinds", () => get("/v1/task-types")), take, () => undefined);
}

function nameGrid() {
  lastingly(byId("grid-name"), () => fetched(`area-${grid}`, () => get(`/v1/areas/${grid}`)), ({ area }) => (byId("grid-name").textContent = named(area)), () => undefined);
}

/** Put a call into the outbox and send it as soon as that is possible. */
async function later(title, path, body) {
  await vault.put({ id: freshKey(), kind: "call", at: Date.now(), title, path, body });
  await drawState();
  send();
}

function sheet(title, build) {
  const dialog = h("dialog", { class: "window pocket-sheet", "aria-label": title, onclose: () => dialog.remove() });
  dialog.append(h("header", {}, h("h2", {}, title), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"))), build(dialog));
  document.body.append(dialog);
  dialog.showModal();
}

function quiet() {
  const words = h("input", { class: "input", maxLength: 500, placeholder: t("quiet_words") });
  const trouble = h("input", { type: "checkbox" });
  sheet(t("quiet"), (dialog) =>
    h("form", { onsubmit: (event) => { event.preventDefault(); later(t("quiet"), "/v1/quiet", { gridCode: grid, text: words.value.trim(), trouble: trouble.checked }); dialog.close(); toast(t("quiet_done")); } }, h("p", { class: "quiet" }, t("quiet_lead")), words, h("label", { class: "switch" }, trouble, t("quiet_trouble")), h("button", { class: "button main", type: "submit" }, t("quiet_send"))),
  );
}

function diary() {
  const words = h("textarea", { class: "input", rows: 5, required: true, maxLength: 2000 });
  const mood = choice([1, 2, 3, 4, 5].map((value) => [String(value), t(`mood_${value}`)]), { empty: t("mood_none") });
  sheet(t("diary"), (dialog) =>
    h("form", { onsubmit: (event) => { event.preventDefault(); later(t("diary"), "/v1/diary", { gridCode: grid, text: words.value.trim(), mood: Number(mood.value || 0) }); dialog.close(); toast(t("diary_done")); } }, field(t("diary_words"), words, { required: true, help: t("no_names") }), field(t("mood"), mood), h("button", { class: "button main", type: "submit" }, t("save")), h("h3", {}, t("diary_before")), diaryLines()),
  );
}

/** What was written before, newest first; without a signal as it was read last. */
function diaryLines() {
  const lines = h("ul", { class: "visit-list diary-lines" });
  const line = (each) => h("li", {}, h("div", {}, h("p", { class: "faint" }, exactly(each.writtenAt), each.mood ? ` · ${t(`mood_${each.mood}`)}` : ""), h("p", {}, each.text)));
  const draw = () => lastingly(lines, () => fetched("diary", () => get("/v1/diary", { areaCode: grid, pageSize: 20 })), ({ entries = [] }) => show(lines, entries.length ? entries.map(line) : h("li", { class: "quiet" }, t("diary_none"))), (error) => show(lines, h("li", { class: "quiet" }, error.message)));
  draw();
  arrivals.addEventListener("sent", function again() {
    if (lines.isConnected) draw();
    else arrivals.removeEventListener("sent", again);
  });
  return lines;
}

async function visits() {
  let rows = [];
  try {
    rows = (await fetched("unvisited", () => get("/v1/unvisited", { areaCode: grid, pageSize: 50 }))).households ?? [];
  } catch (error) {
    toast(error.message);
    return;
  }
  sheet(t("visits"), (dialog) =>
    h("div", {}, h("p", { class: "quiet" }, t("visits_lead", { count: rows.length })), rows.length ? h("ul", { class: "visit-list" }, rows.map((row) => h("li", {}, h("span", {}, row.address || row.title || row.householdId), h("button", { class: "button", type: "button", onclick: () => { dialog.close(); visit(row); } }, t("visit_note"))))) : h("p", { class: "empty" }, t("visits_none"))),
  );
}

function visit(row) {
  const occasion = choice(OCCASIONS.map((each) => [each, t(`occasion_${each}`)]), { chosen: "home", required: true });
  const met = h("input", { type: "checkbox", checked: true });
  const note = h("textarea", { class: "input", rows: 3, maxLength: 500 });
  sheet(row.address || t("visits"), (dialog) =>
    h("form", { onsubmit: (event) => { event.preventDefault(); later(t("visits"), "/v1/visits", { householdId: row.householdId, occasion: occasion.value, met: met.checked, note: note.value.trim(), visitedAt: new Date().toISOString(), terminalId: terminal() }); dialog.close(); toast(t("visit_done")); } }, field(t("occasion"), occasion, { required: true }), h("label", { class: "switch" }, met, t("visit_met")), field(t("visit_found"), note, { help: t("no_names") }), h("button", { class: "button main", type: "submit" }, t("save"))),
  );
}

const terminal = () => localStorage.getItem(TERMINAL) ?? "";

function settings() {
  const input = h("input", { class: "input code", value: terminal(), maxLength: 64, autocomplete: "off" });
  sheet(t("terminal"), (dialog) => h("form", { onsubmit: (event) => { event.preventDefault(); localStorage.setItem(TERMINAL, input.value.trim()); dialog.close(); } }, field(t("terminal_id"), input, { help: t("terminal_help") }), h("button", { class: "button main", type: "submit" }, t("save"))));
}

/** Begin or end a walk; its track is kept on the phone until it is over. */
async function patrol() {
  const running = await vault.kept(WALK);
  if (running?.beganAt) {
    stopWalking?.();
    stopWalking = null;
    await vault.keep(WALK, {});
    await vault.put({ id: freshKey(), kind: "patrol", at: Date.now(), title: t("patrol"), gridCode: grid, ...running, endedAt: new Date().toISOString() });
    toast(t("patrol_over", { count: running.points.length }));
    send();
  } else {
    await vault.keep(WALK, { beganAt: new Date().toISOString(), points: [] });
    goOnWalking();
  }
  drawActs();
}

function goOnWalking() {
  stopWalking ??= walk(async (step) => {
    const running = await vault.kept(WALK);
    if (running?.beganAt) await vault.keep(WALK, { ...running, points: [...running.points, step] });
  });
}

async function drawActs() {
  const running = Boolean((await vault.kept(WALK).catch(() => null))?.beganAt);
  if (running) goOnWalking();
  const act = (key, name, run, pressed = false) => h("button", { class: "button", type: "button", "aria-pressed": pressed ? "true" : null, onclick: run }, icon(name, 20), h("span", {}, t(key)));
  show(byId("acts"), grid && act("quiet", "tick", quiet), grid && act(running ? "patrol_end" : "patrol_begin", "locate", patrol, running), grid && act("route_today", "open", () => sheet(t("route_today"), () => routeOf(todays))), grid && act("visits", "home", visits), grid && act("diary", "pen", diary), grid && h("a", { class: "button", href: "/registry" }, icon("search", 20), h("span", {}, t("pocket_books"))), act("terminal", "phone", settings));
}

/** What waits, and what was refused with the reason. */
async function showOutbox() {
  const items = await vault.waiting();
  sheet(t("outbox_title"), (dialog) =>
    h(
      "div",
      {},
      h("p", { class: "quiet" }, t("outbox_lead")),
      items.length ? h("ul", { class: "visit-list" }, items.map((item) => h("li", {}, h("div", {}, h("b", {}, item.title), h("p", { class: "faint" }, exactly(new Date(item.at).toISOString())), item.refused && h("p", { class: "wrong" }, item.refused)), item.refused && h("button", { class: "button", type: "button", onclick: async () => { await vault.drop(item.id); dialog.close(); drawState(); } }, t("remove"))))) : h("p", { class: "empty" }, t("outbox_empty")),
      h("button", { class: "button main", type: "button", onclick: () => { dialog.close(); sender.flush(); } }, t("send_now")),
    ),
  );
}

async function begin() {
  if (localStorage.getItem(OWNER) !== visitor.subject) {
    await vault.wipe();
    localStorage.setItem(OWNER, visitor.subject);
  }
  settleIn(news);
  byId("outbox").addEventListener("click", showOutbox);
  byId("camera").addEventListener("change", () => {
    const files = [...byId("camera").files];
    byId("camera").value = "";
    if (files.length) openReport(files, kinds, { terminal: terminal(), onKept: (item) => { toast(t(navigator.onLine ? "kept_sending" : "kept_later", { title: item.title })); drawState(); send(); } });
  });
  byId("sign-out")?.addEventListener("click", async (event) => {
    event.stopImmediatePropagation();
    const count = await vault.count();
    if (count && !confirm(t("sign_out_waiting", { count }))) return;
    await vault.wipe();
    localStorage.removeItem(OWNER);
    await remove("/v1/session").catch(() => undefined);
    location.assign("/sign-in");
  }, { capture: true });
  for (const event of ["online", "offline"]) addEventListener(event, drawState);
  await drawState();
  drawActs();
  drawToday();
  learnKinds();
  if (grid) nameGrid();
  sender.flush();
}

begin();
follow({ onCase: () => navigator.onLine && drawToday(), onReset: () => drawToday() });
