// What city inspectors found in a month: what it cost the grid, and why not, where its own people had told of it before.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, once, post } from "../api.mjs";
import { placeName } from "../community/places.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { admitted } from "../step_inputs.mjs";
import { asked } from "../tabs.mjs";
import { cityMap } from "../video/place.mjs";
import { thisMonth } from "./months.mjs";

const POINTS_MAX = 20;

export function findings(target) {
  const month = h("input", { class: "input", type: "month", value: thisMonth(), required: true });
  const body = h("div", { class: "steer-body", "aria-live": "polite" });
  const again = () => month.value && asked(body, () => Promise.all([get("/v1/assessments/findings", { period: month.value }), once("/v1/task-types")]), ([{ findings: list = [] }, { taskTypes = [] }]) => drawn(list, new Map(taskTypes.map((each) => [each.code, named(each, "title")])), again));
  const record = may("assessment.publish") && h("button", { class: "button main", type: "button", onclick: () => recordOne(again) }, t("steer_find_record"));
  month.addEventListener("change", again);
  show(target, h("p", { class: "quiet" }, t("steer_find_lead")), h("div", { class: "inline-form" }, field(t("steer_month"), month, { required: true }), record), body);
  again();
}

function drawn(list, titles, again) {
  if (!list.length) return h("p", { class: "empty" }, t("steer_find_none"));
  const acting = may("assessment.publish");
  const heads = [t("steer_find_at"), t("steer_find_what"), t("steer_find_grid"), t("steer_find_by"), t("steer_find_cost"), ...(acting ? [""] : [])];
  return table(heads, list.map((one) => row(exactly(one.foundAt), [h("b", {}, titles.get(one.taskType) ?? one.taskType), one.note && h("p", { class: "quiet" }, one.note)], placeName(one.gridCode), person(one.foundBy), cost(one), ...(acting ? [one.deducted ? h("button", { class: "button", type: "button", onclick: () => forgive(one, again) }, t("steer_find_forgive")) : ""] : []))));
}

/** What it cost, or why it cost nothing. */
function cost(one) {
  if (one.deducted) return h("b", { class: "wrong" }, `−${one.deducted}`);
  if (one.forgivenReason) return [h("span", { class: "badge" }, t("steer_find_forgiven")), h("p", { class: "quiet" }, one.forgivenReason, " · ", person(one.forgivenBy))];
  return [h("span", { class: "badge" }, t("steer_find_told")), " ", one.caseNumber && h("a", { class: "code", href: `/cases/${encodeURIComponent(one.caseNumber)}` }, one.caseNumber)];
}

function forgive(one, again) {
  const reason = h("textarea", { class: "input", rows: 3, required: true, maxLength: 500 });
  ask(t("steer_find_forgive"), [h("p", { class: "quiet" }, t("steer_find_forgive_lead", { points: one.deducted })), field(t("steer_reason"), reason, { required: true })], t("save"), async () => {
    await post(`/v1/assessments/findings/${one.id}:forgive`, { requestId: freshKey(), reason: reason.value.trim() });
    toast(t("steer_find_forgiven"));
    again();
  });
}

async function recordOne(again) {
  const type = choice((await admitted()).map((each) => [each.code, named(each, "title")]), { required: true });
  const degrees = (max) => h("input", { class: "input code", type: "number", step: "any", min: -max, max, required: true });
  const [longitude, latitude] = [degrees(180), degrees(90)];
  const place = (longitudeDeg, latitudeDeg) => {
    longitude.value = longitudeDeg.toFixed(6);
    latitude.value = latitudeDeg.toFixed(6);
  };
  const at = h("input", { class: "input", type: "datetime-local" });
  const points = h("input", { class: "input", type: "number", min: 0.5, max: POINTS_MAX, step: 0.5, value: 1, required: true });
  const note = h("textarea", { class: "input", rows: 3, maxLength: 500 });
  const coordinates = h("div", { class: "pair" }, field(t("steer_find_longitude"), longitude, { required: true }), field(t("steer_find_latitude"), latitude, { required: true }));
  ask(t("steer_find_record"), [h("p", { class: "notice" }, t("effect_finding")), field(t("steer_find_what"), type, { required: true }), cityMap({ title: t("steer_find_on_map"), onPoint: place }), coordinates, field(t("steer_find_at"), at, { help: t("steer_find_at_help") }), field(t("steer_find_points"), points, { required: true, help: t("steer_find_points_help") }), field(t("steer_note"), note)], t("save"), async () => {
    const point = { longitudeDeg: Number(longitude.value), latitudeDeg: Number(latitude.value) };
    const { finding } = await post("/v1/assessments/findings", { requestId: freshKey(), taskType: type.value, point, foundAt: at.value ? new Date(at.value).toISOString() : undefined, points: Number(points.value), note: note.value.trim() });
    toast(finding.deducted ? t("steer_find_kept", { points: finding.deducted, grid: finding.gridCode }) : t("steer_find_kept_told", { number: finding.caseNumber ?? "" }));
    again();
  });
}
