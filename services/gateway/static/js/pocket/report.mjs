// The report in three taps: the camera, the kind, send; kept on the phone first, sent as soon as there is a signal.

import { freshKey } from "../api.mjs";
import { h, icon, show } from "../dom.mjs";
import { exactly } from "../format.mjs";
import { named, t, visitor } from "../page.mjs";
import { questions } from "../questions.mjs";
import { marked } from "./mark.mjs";
import { gridAt, position } from "./place.mjs";
import { recorder } from "./voice.mjs";
import * as vault from "./vault.mjs";

const OFTEN = "gridward.kinds";
const SHOWN = 8;

const often = () => JSON.parse(localStorage.getItem(OFTEN) ?? "{}");

function ranked({ known }) {
  const times = often();
  return [...known].sort((one, other) => (times[other.code] ?? 0) - (times[one.code] ?? 0));
}

/** Open the sheet for photos just taken; kinds that become known later appear in it. `onKept(item)` once it lies in the outbox. */
export async function openReport(files, kinds, { terminal, onKept }) {
  const here = position();
  const pictures = [];
  const tiles = h("div", { class: "uploads" });
  const place = h("p", { class: "quiet" }, t("finding_place"));
  const voice = recorder();
  const words = h("textarea", { class: "input", rows: 2, maxLength: 2000, placeholder: t("words_optional"), "aria-label": t("what") });
  const more = questions();
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const submit = h("button", { class: "button main", type: "submit" }, t("submit_report"));
  let chosen = "";
  let point = null;
  let grid = null;

  let chips = [];
  const rest = h("select", { class: "input", "aria-label": t("task_type"), onchange: () => choose(rest.value) });
  const row = h("div", { class: "kind-chips", role: "group", "aria-label": t("task_type") });

  function drawKinds() {
    const all = ranked(kinds);
    chips = all.slice(0, SHOWN).map((kind) => chip(kind));
    show(row, chips.length ? chips : h("p", { class: "quiet" }, t("kinds_coming")));
    show(rest, h("option", { value: "" }, t("other_kinds")), all.slice(SHOWN).map((kind) => h("option", { value: kind.code }, named(kind, "title"))));
    rest.hidden = all.length <= SHOWN;
    const before = chosen;
    chosen = "";
    if (before) choose(before);
  }

  function chip(kind) {
    return h("button", { class: "button", type: "button", data: { kind: kind.code }, "aria-pressed": "false", onclick: () => choose(kind.code) }, named(kind, "title"));
  }
  function choose(code) {
    chosen = chosen === code ? "" : code;
    for (const each of chips) each.setAttribute("aria-pressed", String(each.dataset.kind === chosen));
    if (!chips.some((each) => each.dataset.kind === code)) rest.value = chosen;
    else rest.value = "";
    more.ask(kinds.known.find((each) => each.code === chosen));
  }

  async function send(event) {
    event.preventDefault();
    submit.disabled = true;
    point ??= await here;
    if (!point) {
      problem.textContent = t("position_failed_here");
      problem.hidden = false;
      submit.disabled = false;
      return;
    }
    const kind = kinds.known.find((each) => each.code === chosen);
    const spoken = await voice.finish();
    const report = { taskType: chosen, description: words.value.trim() || (kind ? named(kind, "title") : t(spoken ? "voice_only" : "photo_only")), point, seenAt: new Date().toISOString(), terminalId: terminal || undefined, formAnswers: more.answers() || undefined };
    const files = spoken ? [...pictures, spoken] : pictures;
    const item = { id: freshKey(), kind: "report", at: Date.now(), report, evidence: [], files: files.length, title: report.description, place: grid ? named(grid) : "" };
    await vault.put(item, files);
    if (chosen) localStorage.setItem(OFTEN, JSON.stringify({ ...often(), [chosen]: (often()[chosen] ?? 0) + 1 }));
    dialog.close();
    onKept(item);
  }

  const dialog = h(
    "dialog",
    { class: "window pocket-sheet", "aria-label": t("report_title"), onclose: () => closed() },
    h("header", {}, h("h2", {}, t("report_title")), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"))),
    h("form", { onsubmit: send }, tiles, place, row, rest, words, voice.element, more.element, problem, submit),
  );
  function closed() {
    kinds.heard.removeEventListener("known", drawKinds);
    voice.drop();
    dialog.remove();
  }

  kinds.heard.addEventListener("known", drawKinds);
  drawKinds();
  document.body.append(dialog);
  dialog.showModal();

  point = await here;
  grid = point ? await gridAt(point) : null;
  place.textContent = point ? [grid ? named(grid) : t("outside_grids"), `${point.latitudeDeg.toFixed(5)}, ${point.longitudeDeg.toFixed(5)}`].join(" · ") : t("position_failed_here");
  const lines = [exactly(new Date().toISOString()), place.textContent, named(visitor)];
  for (const file of files) {
    const picture = await marked(file, lines).catch(() => file);
    pictures.push(picture);
    tiles.append(h("figure", {}, h("img", { src: URL.createObjectURL(picture), alt: t("photos") })));
  }
  show(submit, t("submit_report"));
}
