// Emergencies: what is in force where, and the word that switches an area over and back.

import { ask } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField, areaName } from "../area_picker.mjs";
import { h, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const HOUR_MS = 3_600_000;
const codes = (text) => text.split(/[\s,，、]+/).filter(Boolean);

export function emergencies(target) {
  const list = h("div", {});
  const draw = () => asked(list, () => get("/v1/emergencies"), ({ emergencies: found = [] }) => found.length ? found.map((each) => card(each, draw)) : h("p", { class: "empty" }, t("books_emergencies_none")));
  show(target, h("p", { class: "quiet" }, t("books_emergencies_lead")), may("registry.emergencies.declare") && h("div", { class: "steps-row" }, h("button", { class: "button grave", type: "button", onclick: () => declare(draw) }, t("books_declare"))), list);
  draw();
}

function declare(done) {
  const area = areaField(t("books_area_code"), { required: true });
  const title = h("input", { class: "input", required: true, maxLength: 100 });
  const reason = h("input", { class: "input", required: true, maxLength: 500 });
  const opened = h("input", { class: "input code" });
  const paused = h("input", { class: "input code" });
  const roster = h("textarea", { class: "input code", rows: 3 });
  const minutes = h("input", { class: "input", type: "number", min: 0, max: 1440, value: 60 });
  const hours = h("input", { class: "input", type: "number", min: 1, max: 744, value: 72, required: true });
  ask(t("books_declare"), [h("p", { class: "notice" }, t("books_declare_effect")), area.element, field(t("books_emergency_title"), title, { required: true }), field(t("books_why"), reason, { required: true }), field(t("books_opened_types"), opened, { help: t("books_codes_help") }), field(t("books_paused_types"), paused, { help: t("books_codes_help") }), field(t("books_roster"), roster, { help: t("books_roster_help") }), field(t("books_report_minutes"), minutes), field(t("books_emergency_hours"), hours, { required: true })], t("books_declare"), async () => {
    const shifts = roster.value.split("\n").map((line) => codes(line)).filter((parts) => parts.length === 2).map(([postCode, staffCode]) => ({ postCode, staffCode }));
    await post("/v1/emergencies", { requestId: freshKey(), areaCode: area.value(), title: title.value.trim(), reason: reason.value.trim(), openedTaskTypes: codes(opened.value), pausedTaskTypes: codes(paused.value), roster: shifts, reportMinutes: Number(minutes.value || 0), until: new Date(Date.now() + Number(hours.value) * HOUR_MS).toISOString() });
    toast(t("books_declared"));
    done();
  });
}

function card(emergency, again) {
  const over = Boolean(emergency.endedAt);
  const reason = h("input", { class: "input", required: true, maxLength: 500 });
  const standDown = () => ask(t("books_stand_down"), [h("p", {}, t("books_stand_down_effect")), field(t("books_why"), reason, { required: true })], t("books_stand_down"), async () => {
    await post(`/v1/emergencies/${emergency.id}:stand-down`, { requestId: freshKey(), reason: reason.value.trim() });
    again();
  });
  return h("article", { class: "books-change" },
    h("header", {}, h("h2", {}, emergency.title, " · ", areaName(emergency.areaCode)), h("span", { class: over ? "badge" : "badge urgent" }, t(over ? "books_emergency_over" : "books_emergency_on"))),
    h("p", {}, emergency.reason),
    h("p", { class: "quiet" }, exactly(emergency.declaredAt), " ", person(emergency.declaredBy), over && [" → ", exactly(emergency.endedAt), " ", emergency.endedBy ? person(emergency.endedBy) : t("books_by_itself"), " · ", emergency.endReason]),
    h("p", { class: "faint" }, [emergency.openedTaskTypes?.length && `${t("books_opened_types")} ${emergency.openedTaskTypes.join(" ")}`, emergency.pausedTaskTypes?.length && `${t("books_paused_types")} ${emergency.pausedTaskTypes.join(" ")}`, emergency.reportMinutes && t("books_every_minutes", { count: emergency.reportMinutes }), emergency.roster?.length && t("books_roster_count", { count: emergency.roster.length })].filter(Boolean).join(" · ")),
    !over && may("registry.emergencies.declare") && h("div", { class: "steps-row" }, h("button", { class: "button", type: "button", onclick: standDown }, t("books_stand_down"))));
}
