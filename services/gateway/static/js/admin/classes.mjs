// The classes of components and events: which edition counts, and a new one from a spreadsheet, tried before it is kept.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { limitText, person } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { row, table } from "./table.mjs";

const KINDS = ["COMPONENT", "EVENT"];
const BYTES_MAX = 3_000_000;

export function classes(target) {
  asked(target, () => get("/v1/category-editions"), ({ editions = [] }) => {
    const body = h("div", { class: "rule-body", "aria-live": "polite" });
    const again = () => classes(target);
    return [
      h("p", { class: "quiet" }, t("classes_lead")),
      may("categories.write") && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => bring(body, again) }, t("classes_import"))),
      table([t("classes_edition"), t("classes_from"), t("classes_count"), t("rule_by"), ""], editions.map((each) => row([h("b", {}, each.version ? [String(each.version), " ", each.title] : t("classes_supplied")), each.countsToday && [" ", h("span", { class: "badge" }, t("rule_active"))]], h("span", { class: "code" }, each.effectiveFrom || "—"), String(each.classCount ?? 0), each.createdBy ? person(each.createdBy) : "—", h("button", { class: "button", type: "button", onclick: () => look(each, body) }, t("rule_show"))))),
      body,
    ];
  });
}

function look(edition, body) {
  const kind = choice(KINDS.map((each) => [`CATEGORY_KIND_${each}`, t(`classes_${each}`)]), { empty: t("people_all") });
  kind.setAttribute("aria-label", t("day_kind"));
  const list = h("div");
  const load = () => asked(list, () => get("/v1/categories", { version: String(edition.version ?? 0), kind: kind.value }), ({ categories = [] }) => table([t("classes_code"), t("classes_name"), t("classes_major"), t("type_limits")], categories.map((each) => row(h("span", { class: "code" }, each.code), [named(each), each.retired && [" ", h("span", { class: "badge" }, t("classes_retired"))]], named(each, "majorName"), (each.limits ?? []).map((limit) => h("div", {}, limit.condition, " ", h("span", { class: "faint" }, limitText(limit.limit))))))));
  kind.addEventListener("change", load);
  show(body, h("section", { class: "panel" }, h("h2", {}, edition.version ? edition.title : t("classes_supplied")), kind, list));
  load();
}

function bring(body, again) {
  const file = h("input", { class: "input", type: "file", accept: ".xlsx,.csv", required: true });
  const title = h("input", { class: "input", required: true, maxLength: 100 });
  const from = h("input", { class: "input", type: "date", required: true });
  const result = h("div", { role: "status" });
  const form = h("form", { class: "panel", onsubmit: (event) => { event.preventDefault(); read(true); } }, h("h2", {}, t("classes_import")), h("p", { class: "quiet" }, t("classes_sheet_help")), field(t("classes_file"), file, { required: true }), field(t("classes_title"), title, { required: true }), field(t("classes_from"), from, { required: true, help: t("classes_from_help") }), h("div", { class: "steps-row" }, h("button", { class: "button main", type: "submit" }, t("rule_try"))), result);
  // What was tried is what is kept: another file or another day is tried again first.
  for (const control of [file, title, from]) control.addEventListener("change", () => show(result));

  async function read(dryRun) {
    const fields = [...form.querySelectorAll("input, button")];
    fields.forEach((each) => (each.disabled = true));
    try {
      const sheet = file.files[0];
      if (sheet.size > BYTES_MAX) throw new Error(t("classes_too_large"));
      const content = base64(new Uint8Array(await sheet.arrayBuffer()));
      const answer = await post("/v1/category-editions", { requestId: freshKey(), content, title: title.value.trim(), effectiveFrom: from.value, dryRun });
      if (answer.edition) {
        toast(t("classes_stored", { count: answer.edition.classCount ?? 0, day: answer.edition.effectiveFrom }));
        again();
        return;
      }
      show(result, outcome(answer, () => read(false)));
    } catch (error) {
      show(result, h("p", { class: "wrong", role: "alert" }, error.message));
    }
    fields.forEach((each) => (each.disabled = false));
  }

  show(body, form);
  form.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function outcome({ faults = [], notes = [], added = [], changed = [], removed = [] }, keep) {
  const part = (key, codes) => codes.length > 0 && h("details", {}, h("summary", {}, t(key, { count: codes.length })), h("p", { class: "code permissions" }, codes.join(" ")));
  return [
    h("p", { class: faults.length ? "wrong" : "figure" }, faults.length ? t("classes_faults", { count: faults.length }) : t("classes_fine", { added: added.length, changed: changed.length, removed: removed.length })),
    faults.length > 0 && table([t("classes_line"), t("classes_column"), t("classes_problem")], faults.slice(0, 200).map((each) => row(each.line ? String(each.line) : "—", each.field ? t(`classes_field_${each.field}`) : "—", words(each)))),
    notes.length > 0 && h("div", { class: "notice" }, notes.map((each) => h("p", {}, h("span", { class: "code" }, each.field), " ", words(each)))),
    part("classes_added", added), part("classes_changed", changed), part("classes_removed", removed),
    !faults.length && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: keep }, t("classes_keep"))),
  ];
}

const words = (fault) => (fault.reason ? t(`classes_fault_${fault.reason}`, { value: fault.value ?? "" }) : fault.problem);

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
