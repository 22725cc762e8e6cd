// Reports a problem on one page: a place, some words, a picture; says where it will go and what is known already.

import { freshKey, get, once } from "../api.mjs";
import { byId, h, icon, show, toast } from "../dom.mjs";
import { ago, readable, stateWord, timeOf } from "../format.mjs";
import { CityMap } from "../map.mjs";
import { language, may, named, t, visitor } from "../page.mjs";
import { lastingly, trouble } from "../patience.mjs";
import { uploader } from "../pictures.mjs";
import { questions } from "../questions.mjs";
import { rowOf } from "../rows.mjs";
import { follow } from "../shell.mjs";
import { choice, field } from "../steps.mjs";
import { join, keepPicture, preview, send } from "./guest.mjs";

const DRAFT = "gridward.report";
const form = byId("report");
const asked = new URLSearchParams(location.search);
let point = null;
let requestId = freshKey();
let question = 0;

const map = new CityMap(byId("map"), { onPoint: (longitudeDeg, latitudeDeg) => setPoint({ longitudeDeg, latitudeDeg }), tools: byId("map-tools") });
const placed = h("span", {}, t("position_none"));
const here = h("button", { class: "button", type: "button", onclick: locate }, icon("locate"), t("my_position"));
const words = h("textarea", { class: "input", required: true, maxLength: 2000, rows: 3, placeholder: t("what_placeholder"), oninput: changed });
const place = h("input", { class: "input", maxLength: 200, placeholder: t("place_placeholder"), oninput: keepDraft });
const phone = h("input", { class: "input", type: "tel", autocomplete: "tel", inputMode: "tel", maxLength: 24, value: sessionStorage.getItem("gridward.phone") ?? "" });
const kind = choice([], { empty: t("task_type_auto") });
const pictures = uploader("scene", { keep: keepPicture });
const more = questions();
let types = [];
const problem = h("p", { class: "wrong", role: "alert", hidden: true });
const foresight = h("div", { class: "preview", "aria-live": "polite" });
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

const report = () => ({ taskType: kind.value, description: words.value.trim(), place: place.value.trim(), point, evidence: pictures.evidence(), formAnswers: more.answers() });

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
    show(foresight, h("h2", {}, t("preview")), h("p", { class: "quiet" }, t("preview_lead")));
    return;
  }
  const mine = ++question;
  try {
    const answer = await preview({ ...report(), evidence: [], formAnswers: "" });
    if (mine === question) drawForesight(answer);
  } catch (error) {
    if (mine === question) show(foresight, h("h2", {}, t("preview")), h("p", {}, error.message));
  }
}

/** What the chosen kind asks beside place and words, or else the one the words were taken for. */
const askMore = (code) => more.ask(types.find((each) => each.code === (kind.value || code)));

function drawForesight(answer) {
  askMore(answer.taskType);
  const route = answer.route ?? {};
  const department = (language === "en" && route.departmentNameEn) || route.departmentName || t("owner_none");
  const grid = answer.areas?.at(-1);
  const line = (label, value) => h("div", { class: "whole" }, h("dt", {}, label), h("dd", {}, value));
  const like = { taskType: answer.taskType, taskTypeTitle: kindName(answer.taskType), taskTypeTitleEn: kindName(answer.taskType), departmentCode: route.departmentCode, gridCode: grid?.code, gridName: grid ? named(grid) : "", route };
  const deciding = visitor ? (route.rules ?? []).filter((rule) => rule.matched) : [];
  show(
    foresight,
    known(answer.alike ?? []),
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
  );
  if (grid) map.choose(grid.code);
}

/** What was reported nearby already, each with a button to join in instead of reporting it again. */
function known(alike) {
  if (!alike.length) return h("p", { class: "quiet" }, t("duplicates_none"));
  const one = ({ case: item, distanceM, own }) =>
    h(
      "li",
      {},
      h("div", {}, h("b", {}, named(item, "taskTypeTitle")), " ", h("span", { class: "code faint" }, item.number), h("p", { class: "quiet" }, [t("metres", { count: Math.round(distanceM ?? 0) }), stateWord(item.state), ago(item.reportedAt), item.followerCount ? t("joined_count", { count: item.followerCount }) : ""].filter(Boolean).join(" · "))),
      own ? h("span", { class: "faint" }, t("joined_own")) : h("button", { class: "button", type: "button", onclick: (event) => joinIn(item, event.target) }, t("join")),
    );
  return h("div", { class: "likely" }, h("b", {}, t("duplicates")), h("p", { class: "quiet" }, t("duplicates_lead")), h("ul", {}, alike.slice(0, 3).map(one)));
}

async function joinIn(item, button) {
  button.disabled = true;
  try {
    await join(item.caseId, words.value.trim(), phone.value.trim());
    button.replaceWith(h("span", { class: "faint" }, t("joined")));
    toast(t("joined_done", { number: item.number }));
  } catch (error) {
    fail(error.message);
    button.disabled = false;
  }
}

const kindName = (code) => [...kind.options].find((option) => option.value === code)?.text ?? "";

async function submitted(event) {
  event.preventDefault();
  fail("");
  if (!point) {
    fail(t("position_none"));
    return;
  }
  submit.disabled = true;
  submit.textContent = t("sending");
  try {
    const answer = await send(requestId, report(), phone.value.trim());
    localStorage.removeItem(DRAFT);
    if (phone.value.trim()) sessionStorage.setItem("gridward.phone", phone.value.trim());
    done(answer.case);
  } catch (error) {
    fail(error.message);
    if (error.reason === "FORM_ANSWERS_INVALID") more.unfold();
    submit.disabled = false;
    submit.textContent = t("submit_report");
  }
}

function done(item) {
  requestId = freshKey();
  const followable = visitor || phone.value.trim();
  show(
    form,
    h(
      "div",
      { class: "notice done", role: "status" },
      h("p", {}, t("report_done"), " ", h("b", { class: "code" }, item.number)),
      h("p", { class: "quiet" }, t(followable ? "report_done_lead" : "report_done_unfollowed")),
      followable ? h("p", {}, h("a", { class: "button main", href: `/follow?number=${encodeURIComponent(item.number)}` }, t("follow_title"))) : null,
    ),
    h("button", { class: "button", type: "button", onclick: () => location.assign("/report") }, t("report_another")),
  );
  // In the middle of the window: at its top the bar would cover what was waited for.
  form.querySelector(".done").scrollIntoView({ block: "center" });
  listMine();
}

const rowLink = (item) => (may("incidents.advance") && visitor.watchesArea ? undefined : `/follow?number=${encodeURIComponent(item.number)}`);

function listMine() {
  if (!visitor) return;
  const target = byId("mine");
  const title = h("h2", {}, t("my_reports"));
  const ask = () => Promise.all([get("/v1/cases", { mine: true, pageSize: 30 }), get("/v1/followed-cases")]);
  lastingly(target, ask, ([answer, followed]) => {
    const rows = (answer.cases ?? []).map((item) => rowOf(item, { link: true, href: rowLink(item) }));
    const joined = (followed.cases ?? []).map((item) => rowOf({ ...item, id: item.caseId, place: t("joined") }, { link: true, href: null }));
    show(target, title, rows.length ? rows : h("p", { class: "empty" }, t("my_reports_none")), joined.length ? [h("h2", {}, t("joined_title")), joined] : null);
  }, (error, again) => show(target, title, trouble(error, again)));
}

async function kinds() {
  if (visitor) {
    types = ((await once("/v1/task-types")).taskTypes ?? []).filter((each) => each.admission === "ADMISSION_STATE_ADMITTED");
    return types.map((each) => [each.code, named(each, "title")]);
  }
  const services = await once("/open311/v2/services.json");
  return services.map((each) => [each.service_code, each.service_name]);
}

/** Where the link of a notice board led: the middle of its grid. */
async function showGrid(code) {
  await map.ready;
  map.choose(code);
  const layer = await once("/map/areas/grid.geojson").catch(() => ({}));
  const ring = layer.features?.find((each) => each.properties.code === code)?.geometry.coordinates[0] ?? [];
  if (!ring.length) return;
  const [longitudeDeg, latitudeDeg] = [0, 1].map((axis) => ring.reduce((sum, corner) => sum + corner[axis], 0) / ring.length);
  map.reveal(longitudeDeg, latitudeDeg, 14.5);
}

function begin() {
  const draft = JSON.parse(localStorage.getItem(DRAFT) || "{}");
  words.value = draft.words ?? "";
  place.value = draft.place ?? "";
  kind.addEventListener("change", () => {
    askMore("");
    changed();
  });
  show(
    form,
    h("div", { class: "field" }, h("span", { class: "label" }, t("where")), h("div", { class: "where-now" }, placed, here), h("span", { class: "help" }, t("where_help"))),
    field(t("what"), words, { required: true }),
    field(t("place_words"), place),
    pictures.element,
    field(t("task_type"), kind),
    more.element,
    visitor ? null : field(t("phone"), phone, { help: t("phone_help") }),
    foresight,
    h("div", { class: "send" }, problem, submit),
  );
  form.addEventListener("submit", submitted);
  foresee();
  listMine();
  if (asked.get("grid")) showGrid(asked.get("grid"));
  lastingly(kind, kinds, (known) => kind.append(...known.map(([value, text]) => h("option", { value }, text))), () => undefined);
}

begin();
if (visitor) follow({ onCase: () => listMine(), onReset: () => listMine() });
