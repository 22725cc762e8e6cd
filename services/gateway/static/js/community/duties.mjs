// Task lists: drafted, published once they are whole, worked, and appraised every quarter.

import { ask } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, person, timeOf } from "../format.mjs";
import { goingOn } from "../meanwhile.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, card, doing, mark, progress } from "./cards.mjs";
import { areaChoice, placeName } from "./places.mjs";

const APPRAISERS = ["LEADER", "THIRD_PARTY", "HOUSEHOLDS"];
const bare = (value) => (value ?? "").replace("APPRAISER_", "");
const quarter = () => `${new Date().getFullYear()}Q${Math.floor(new Date().getMonth() / 3) + 1}`;

export function duties(target) {
  const list = h("div", { class: "folk-list" });
  const again = () => asked(list, () => get("/v1/duties", { withDrafts: may("duties.write") }), ({ duties: told = [] }) => (told.length ? told.map((one) => drawn(one, again)) : h("p", { class: "empty" }, t("folk_no_duties"))));
  show(target, h("p", { class: "quiet" }, t("folk_duties_lead")), may("duties.write") && h("div", { class: "folk-bar" }, act(t("folk_draft"), () => edit({}, again), { main: true })), list);
  again();
}

function drawn(one, again) {
  const missing = one.missing ?? [];
  const late = one.publishedAt && one.dueAt && Date.parse(one.dueAt) < Date.now() && (one.done ?? 0) < one.quantity;
  return card(one.title, [one.publishedAt ? mark(t(late ? "folk_late" : "folk_published"), late ? "NEGATIVE" : "POSITIVE") : mark(t("folk_is_draft"))], [
    one.definition && h("p", { class: "folk-words" }, one.definition),
    one.quantity > 0 && h("p", { class: "folk-done" }, progress(one.done ?? 0, one.quantity, one.title), ` ${one.done ?? 0} / ${one.quantity} ${one.unit ?? ""}`),
    one.steps?.length > 0 && h("details", {}, h("summary", {}, t("folk_steps", { count: one.steps.length })), h("ol", {}, one.steps.map((step) => h("li", {}, step))), one.measure && h("p", {}, h("b", {}, t("folk_measure")), " ", one.measure)),
    !one.publishedAt && missing.length > 0 && h("p", { class: "notice" }, t("folk_missing"), " ", missing.map((name) => t(`folk_missing_${name}`)).join(" · ")),
    (one.appraisals ?? []).map((each) => h("p", {}, mark(`${each.quarter} · ${t(`folk_by_${bare(each.appraiser)}`)} · ${each.score ?? 0}`), " ", each.words)),
    h("p", { class: "quiet" }, placeName(one.areaCode), one.accountable && [" · ", person(one.accountable)], one.dueAt && [" · ", t("folk_due"), " ", timeOf(one.dueAt)]),
  ], [
    !one.publishedAt && may("duties.write") && act(t("folk_edit"), () => edit(one, again)),
    !one.publishedAt && may("duties.write") && missing.length === 0 && act(t("folk_publish"), () => doing(() => post(`/v1/duties/${one.id}:publish`, { requestId: freshKey(), version: one.version }), t("folk_published"), again, { one, there, fields: FIELDS }), { main: true }),
    one.publishedAt && may("duties.work") && act(t("folk_work"), () => work(one, again)),
    one.publishedAt && may("duties.write") && act(t("folk_appraise"), () => appraise(one, again)),
  ]);
}

const there = (fresh) => fresh.duty;
const FIELDS = [
  ["title", "folk_title"], ["areaCode", "folk_area", placeName], ["definition", "folk_missing_definition"], ["quantity", "folk_missing_quantity"], ["unit", "folk_missing_unit"], ["steps", "folk_missing_steps"],
  ["measure", "folk_missing_measure"], ["accountable", "folk_missing_accountable", person], ["dueAt", "folk_missing_due_at", exactly], ["publishedAt", "folk_published", exactly],
];

function edit(one, again) {
  const going = goingOn(one, there, FIELDS);
  const text = (value, rest) => h("input", { class: "input", value: value ?? "", ...rest });
  const long = (value, rest) => h("textarea", { class: "input", rows: 3, value: value ?? "", ...rest });
  const [title, definition, quantity, unit] = [text(one.title, { required: true, maxLength: 100 }), long(one.definition, { maxLength: 1000 }), text(one.quantity || "", { type: "number", min: 0, max: 1_000_000 }), text(one.unit, { maxLength: 40 })];
  const [steps, measure, accountable] = [long((one.steps ?? []).join("\n"), { maxLength: 9000 }), long(one.measure, { maxLength: 500, rows: 2 }), text(one.accountable, { maxLength: 100 })];
  const area = areaChoice(one.areaCode);
  const due = text(one.dueAt ? localTime(one.dueAt) : "", { type: "datetime-local" });
  ask(t(one.id ? "folk_edit" : "folk_draft"), [going.changed, field(t("folk_title"), title, { required: true }), field(t("folk_area"), area, { required: true }), field(t("folk_missing_definition"), definition, { help: t("folk_definition_help") }), field(t("folk_missing_quantity"), quantity), field(t("folk_missing_unit"), unit), field(t("folk_missing_steps"), steps, { help: t("folk_steps_help") }), field(t("folk_missing_measure"), measure), field(t("folk_missing_accountable"), accountable, { help: t("folk_accountable_help") }), field(t("folk_missing_due_at"), due)], t("save"), async () => {
    const duty = { id: one.id, title: title.value.trim(), areaCode: area.value, definition: definition.value.trim(), quantity: Number(quantity.value) || 0, unit: unit.value.trim(), steps: steps.value.split("\n").map((each) => each.trim()).filter(Boolean), measure: measure.value.trim(), accountable: accountable.value.trim(), dueAt: due.value ? new Date(due.value).toISOString() : undefined };
    await going.send((seen) => post("/v1/duties", { requestId: freshKey(), duty: { ...duty, version: seen.version } }));
    toast(t("folk_kept"));
    again();
  });
}

const localTime = (stamp) => new Date(Date.parse(stamp) - new Date(stamp).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

function work(one, again) {
  const quantity = h("input", { class: "input", type: "number", min: 1, max: 100_000, value: 1, required: true });
  const words = h("textarea", { class: "input", rows: 3, maxLength: 500 });
  ask(t("folk_work"), [h("p", { class: "quiet" }, one.title), field(`${t("folk_missing_quantity")} (${one.unit})`, quantity, { required: true }), field(t("folk_done_words"), words)], t("save"), async () => {
    await post(`/v1/duties/${one.id}/work`, { requestId: freshKey(), quantity: Number(quantity.value), words: words.value.trim() });
    toast(t("folk_kept"));
    again();
  });
}

function appraise(one, again) {
  const which = h("input", { class: "input code", value: quarter(), required: true, pattern: "\\d{4}Q[1-4]" });
  const by = choice(APPRAISERS.map((name) => [`APPRAISER_${name}`, t(`folk_by_${name}`)]), { required: true });
  const score = h("input", { class: "input", type: "number", min: 0, max: 100, required: true });
  const words = h("textarea", { class: "input", rows: 2, maxLength: 500 });
  ask(t("folk_appraise"), [h("p", { class: "quiet" }, one.title), field(t("folk_quarter"), which, { required: true }), field(t("folk_appraiser"), by, { required: true }), field(t("folk_score"), score, { required: true }), field(t("folk_why"), words)], t("save"), async () => {
    await post(`/v1/duties/${one.id}:appraise`, { requestId: freshKey(), appraisal: { quarter: which.value, appraiser: by.value, score: Number(score.value), words: words.value.trim() } });
    toast(t("folk_kept"));
    again();
  });
}
