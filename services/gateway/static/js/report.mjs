// Reports a problem: a place, some words, a picture; says where it will go before it is sent.

import { freshKey, get, once, post } from "./api.mjs";
import { byId, h, icon, show } from "./dom.mjs";
import { exactly, readable, timeOf } from "./format.mjs";
import { rowOf } from "./list.mjs";
import { CityMap } from "./map.mjs";
import { language, named, t } from "./page.mjs";
import { uploader } from "./pictures.mjs";
import { follow } from "./shell.mjs";
import { choice, field } from "./steps.mjs";

const DRAFT = "gridward.report";
const form = byId("report");
let point = null;
let requestId = freshKey();
let asked = 0;

const map = new CityMap(byId("map"), { onPoint: (longitudeDeg, latitudeDeg) => setPoint({ longitudeDeg, latitudeDeg }), tools: byId("map-tools") });
const placed = h("span", {}, t("position_none"));
const here = h("button", { class: "button", type: "button", onclick: locate }, icon("locate"), t("my_position"));
const words = h("textarea", { class: "input", required: true, maxLength: 2000, rows: 3, placeholder: t("what_placeholder"), oninput: changed });
const place = h("input", { class: "input", maxLength: 200, placeholder: t("place_placeholder"), oninput: keepDraft });
const kind = choice([], { empty: t("task_type_auto") });
const pictures = uploader("scene");
const problem = h("p", { class: "wrong", role: "alert", hidden: true });
const preview = h("div", { class: "preview", "aria-live": "polite" });
const submit = h("button", { class: "button main", type: "submit" }, t("submit_report"));

function setPoint(chosen) {
  point = chosen;
  map.mark(chosen.longitudeDeg, chosen.latitudeDeg);
  placed.textContent = `${chosen.latitudeDeg.toFixed(5)}, ${chosen.longitudeDeg.toFixed(5)}`;
  placed.className = "code";
  changed();
}

function locate() {
  const failed = () => fail(t("position_failed"));
  if (!navigator.geolocation) return failed();
  const found = ({ coords }) => {
    setPoint({ longitudeDeg: coords.longitude, latitudeDeg: coords.latitude, accuracyM: Math.min(Math.round(coords.accuracy), 100000) });
    map.reveal(coords.longitude, coords.latitude, 15);
  };
  return navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 10_000 });
}

function fail(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function report() {
  return { taskType: kind.value, description: words.value.trim(), place: place.value.trim(), point, evidence: pictures.evidence() };
}

function keepDraft() {
  localStorage.setItem(DRAFT, JSON.stringify({ words: words.value, place: place.value }));
}

let timer = 0;
function changed() {
  keepDraft();
  clearTimeout(timer);
  timer = setTimeout(foresee, 500);
}

async function foresee() {
  if (!point || words.value.trim().length < 2) {
    show(preview, h("h2", {}, t("preview")), h("p", { class: "quiet" }, t("preview_lead")));
    return;
  }
  const mine = ++asked;
  try {
    const answer = await post("/v1/cases:preview", { report: { ...report(), evidence: [] } });
    if (mine === asked) drawPreview(answer);
  } catch (error) {
    if (mine === asked) show(preview, h("h2", {}, t("preview")), h("p", {}, error.message));
  }
}

function drawPreview(answer) {
  const route = answer.route ?? {};
  const department = (language === "en" && route.departmentNameEn) || route.departmentName || t("owner_none");
  const grid = answer.areas?.at(-1);
  const alike = answer.duplicates ?? [];
  const line = (label, value) => h("div", { class: "whole" }, h("dt", {}, label), h("dd", {}, value));
  const like = { taskType: answer.taskType, taskTypeTitle: kindName(answer.taskType), taskTypeTitleEn: kindName(answer.taskType), departmentCode: route.departmentCode, gridCode: grid?.code, gridName: grid ? named(grid) : "", route };
  const deciding = (route.rules ?? []).filter((rule) => rule.matched);
  show(
    preview,
    h("h2", {}, t("preview")),
    h(
      "dl",
      { class: "facts" },
      line(t("goes_to"), h("b", {}, department)),
      answer.deadlineAt && line(t("due_by"), timeOf(answer.deadlineAt)),
      grid && line(t("grid"), named(grid)),
      answer.taskType && line(t("class_taken"), kindName(answer.taskType)),
    ),
    deciding.length ? h("ul", { class: "rules" }, deciding.map((rule) => h("li", { class: "matched" }, icon("tick"), h("span", {}, readable((language === "en" && rule.whyEn) || rule.why, like))))) : null,
    alike.length
      ? h("div", { class: "likely" }, h("b", {}, t("duplicates")), alike.slice(0, 3).map((each) => h("a", { href: `/cases/${encodeURIComponent(each.number)}` }, h("span", { class: "code" }, each.number), h("span", { class: "quiet" }, `${t("metres", { count: Math.round(each.distanceM ?? 0) })} · ${t("alike", { percent: Math.round((each.score ?? 0) * 100) })}`))))
      : h("p", { class: "quiet" }, t("duplicates_none")),
  );
  if (grid) map.choose(grid.code);
}

const kindName = (code) => [...kind.options].find((option) => option.value === code)?.text ?? code;

async function send(event) {
  event.preventDefault();
  fail("");
  if (!point) return fail(t("position_none"));
  submit.disabled = true;
  submit.textContent = t("sending");
  try {
    const answer = await post("/v1/cases", { requestId, report: report() });
    localStorage.removeItem(DRAFT);
    done(answer.case);
  } catch (error) {
    fail(error.message);
    submit.disabled = false;
    submit.textContent = t("submit_report");
  }
  return undefined;
}

function done(item) {
  requestId = freshKey();
  show(
    form,
    h("div", { class: "notice" }, h("p", {}, t("report_done"), " ", h("a", { class: "code", href: `/cases/${encodeURIComponent(item.number)}` }, item.number)), h("p", { class: "quiet", title: exactly(item.reportedAt) }, t("report_done_lead"))),
    h("button", { class: "button", type: "button", onclick: () => location.assign("/report") }, t("report_another")),
  );
  listMine();
}

async function listMine() {
  const target = byId("mine");
  const title = h("h2", {}, t("my_reports"));
  try {
    const answer = await get("/v1/cases", { mine: true, pageSize: 30 });
    const rows = (answer.cases ?? []).map((item) => rowOf(item, { link: true }));
    show(target, title, rows.length ? rows : h("p", { class: "empty" }, t("my_reports_none")));
  } catch (error) {
    show(target, title, h("p", { class: "empty" }, error.message));
  }
}

async function begin() {
  const draft = JSON.parse(localStorage.getItem(DRAFT) || "{}");
  words.value = draft.words ?? "";
  place.value = draft.place ?? "";
  kind.addEventListener("change", changed);
  show(
    form,
    h("div", { class: "field" }, h("span", { class: "label" }, t("where")), h("div", { class: "where-now" }, placed, here), h("span", { class: "help" }, t("where_help"))),
    field(t("what"), words, { required: true }),
    field(t("place_words"), place),
    pictures.element,
    field(t("task_type"), kind),
    preview,
    h("div", { class: "send" }, problem, submit),
  );
  form.addEventListener("submit", send);
  foresee();
  listMine();
  const types = (await once("/v1/task-types").catch(() => ({}))).taskTypes ?? [];
  kind.append(...types.filter((each) => each.admission === "ADMISSION_STATE_ADMITTED").map((each) => h("option", { value: each.code }, named(each, "title"))));
}

begin();
follow({ onCase: () => listMine(), onReset: () => listMine() });
