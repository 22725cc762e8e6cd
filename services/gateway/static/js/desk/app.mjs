// A department's desk: what is to be signed, what is in hand, what came back, what is late; each case with its steps beside it.

import { get } from "../api.mjs";
import { busy, openCase } from "../case.mjs";
import { byId, h, show } from "../dom.mjs";
import { ended, plain, signalOf } from "../format.mjs";
import { t, visitor } from "../page.mjs";
import { lastingly } from "../patience.mjs";
import { rowOf } from "../rows.mjs";
import { follow } from "../shell.mjs";

const PAGE = 200;
const department = visitor.roles.find((role) => role.departmentCode)?.departmentCode ?? "";
const state = (item) => plain(item.state);
const ROOMS = [
  ["sign", (item) => state(item) === "DISPATCHED"],
  ["hand", (item) => ["SIGNED", "DISPOSING", "DISPOSED", "REOPENED"].includes(state(item))],
  ["mine", (item) => item.handler === visitor.subject && state(item) === "DISPOSING"],
  ["waiting", (item) => ["SUSPENDED", "FEEDBACK", "CHECKING", "CHECKED", "CHECK_FAILED"].includes(state(item))],
  ["returned", (item) => state(item) === "RETURNED" || (item.returnCount > 0 && !ended(item))],
  ["overdue", (item) => !ended(item) && signalOf(item) !== "GREEN" && Boolean(item.deadlineAt) && Date.parse(item.deadlineAt) < Date.now()],
];
const cases = new Map();
const pane = h("aside", { class: "desk-case", "aria-label": t("facts") });
const list = h("div", { class: "desk-list" });
const bar = h("div", { class: "chips desk-chips", role: "group", "aria-label": t("desk_page") });
let room = location.hash.slice(1) || "sign";
let open = "";
/** Before the first answer nothing is said of how much there is. */
let loaded = false;

function draw() {
  const fits = ROOMS.find(([key]) => key === room)?.[1] ?? ROOMS[0][1];
  show(bar, ROOMS.map(([key, within]) => h("button", { class: "chip", type: "button", data: { signal: key === "overdue" ? "RED" : "NONE" }, "aria-pressed": String(key === room), onclick: () => choose(key) }, h("span", {}, t(`room_${key}`)), h("b", {}, loaded ? String([...cases.values()].filter(within).length) : "–"))));
  if (!loaded) return;
  const rows = [...cases.values()].filter(fits).sort((one, other) => (one.deadlineAt ?? "9").localeCompare(other.deadlineAt ?? "9"));
  show(list, rows.length ? rows.map((item) => mark(rowOf(item, { onOpen: (chosen) => openHere(chosen.id) }))) : h("p", { class: "empty" }, t(`none_${room}`)));
}

function mark(row) {
  row.setAttribute("aria-current", String(row.dataset.id === open));
  return row;
}

function choose(key) {
  room = key;
  history.replaceState(null, "", `#${key}`);
  draw();
}

function openHere(id) {
  open = id;
  byId("app").dataset.case = "open";
  openCase(pane, id, { onClose: close, onShown: draw });
}

function close() {
  open = "";
  byId("app").dataset.case = "closed";
  show(pane, h("p", { class: "empty" }, t("desk_choose")));
  draw();
}

async function fetchAll() {
  let token = "";
  do {
    const answer = await get("/v1/cases", { departmentCode: department, openOnly: true, pageSize: PAGE, pageToken: token });
    for (const item of answer.cases ?? []) cases.set(item.id, item);
    token = answer.nextPageToken ?? "";
  } while (token && cases.size < 1000);
}

/** Begin where there is something to do, unless the address says where. */
function begin() {
  loaded = true;
  const filled = ROOMS.find(([, within]) => [...cases.values()].some(within));
  if (!location.hash && filled) [room] = filled;
  draw();
}

const load = () => lastingly(list, fetchAll, begin);

show(byId("app"), bar, h("div", { class: "desk-split" }, list, pane));
close();
follow({
  onStart: load,
  onCase: ({ case: item }) => {
    if (department && item.departmentCode !== department) cases.delete(item.id);
    else if (ended(item)) cases.delete(item.id);
    else cases.set(item.id, { ...cases.get(item.id), ...item });
    draw();
    if (item.id === open && !busy(pane)) openHere(item.id);
  },
  onReset: load,
});
