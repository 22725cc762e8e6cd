// Stars of buildings, the wall of hours, communities by hours, letters, allowances, the list for a unit.

import { ask, row, table } from "../admin/table.mjs";
import { get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { may, t, visitor } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { button, figure, hours } from "../volunteer/deeds.mjs";
import { bookOf, orderButton, services } from "../volunteer/rows.mjs";

const thisMonth = () => new Date().toISOString().slice(0, 7);
const yuan = (fen) => `¥${(Number(fen ?? 0) / 100).toFixed(2)}`;

export function honours(target) {
  const area = areaField(t("care_area_path"), { byPath: true, chosen: visitor.roles.find((role) => role.areaPath)?.areaPath ?? "" });
  const month = h("input", { class: "input", type: "month", value: thisMonth(), required: true });
  const parts = ["wall", "ranking", "stars", "allowances"].map((key) => [key, h("section", { class: "care-part" })]);
  const draw = () => {
    const at = { areaPath: area.value(), month: month.value };
    const draws = { wall, ranking, stars, allowances };
    for (const [key, part] of parts) draws[key](part, at);
  };
  const form = h("form", { class: "panel grid-form", onsubmit: (event) => { event.preventDefault(); draw(); } }, area.element, field(t("care_month"), month, { required: true }), h("div", { class: "card-acts" }, h("button", { class: "button main", type: "submit" }, t("care_show")), may("points.volunteers.manage") && button(t("care_letter"), letter), may("points.volunteers.reveal") && button(t("care_export"), () => exported(area.value()))));
  show(target, form, parts.map(([key, part]) => [h("h2", {}, t(`care_${key}`)), part]));
  draw();
}

const wall = (target, { areaPath }) =>
  asked(target, () => get("/v1/hour-wall", { areaPath, pageSize: 20 }), ({ rows = [] }) => table([t("rank"), t("join_nickname"), t("service_hours"), t("star"), ""], rows.map((each) => row(String(each.rank), each.name, hours(each.minutes), "★".repeat(each.star ?? 0), each.subject ? button(t("care_book"), () => bookOf(each.subject, each.name)) : ""))));

const ranking = (target, { month }) =>
  asked(target, () => get("/v1/community-ranking", { month }), ({ rows = [] }) => rows.length ? table([t("rank"), t("join_community"), t("service_hours"), t("care_services"), t("care_volunteers"), ""], rows.map((each) => row(String(each.rank), h("span", { class: "code" }, each.communityCode), hours(each.minutes), String(each.services ?? 0), String(each.volunteers ?? 0), button(t("trace"), () => services(each.communityCode, each.communityCode, month))))) : h("p", { class: "empty" }, t("care_ranking_none")));

function stars(target, at) {
  if (!at.areaPath) return show(target, h("p", { class: "empty" }, t("care_area_first")));
  return asked(target, () => get("/v1/building-stars", at), ({ buildings = [], rulesVersion = 0 }) => [
    h("p", { class: "quiet" }, t("care_by_rules", { version: rulesVersion })),
    buildings.length ? table([t("care_building"), t("star"), t("care_score"), t("care_visited"), t("care_answered")], buildings.slice(0, 50).map((each) => row(each.name || each.buildingId, "★".repeat(each.stars ?? 0), String(Math.round((each.score ?? 0) * 10) / 10), `${each.visited ?? 0}/${each.households ?? 0}`, [`${each.answered ?? 0}/${each.wishes ?? 0}`, (each.unansweredOrderIds ?? []).length ? each.unansweredOrderIds.map((id) => orderButton(id)) : ""]))) : h("p", { class: "empty" }, t("care_stars_none")),
  ]);
}

const allowances = (target, at) =>
  asked(target, () => get("/v1/volunteer-allowances", at), ({ allowances: rows = [], totalFen = 0 }) => [
    h("div", { class: "figures" }, figure(t("care_total"), yuan(totalFen))),
    rows.length ? table([t("care_who"), t("care_teams_of"), t("care_phone"), t("care_meal"), t("care_for")], rows.map((each) => row(h("span", { class: "code" }, each.subject), (each.teams ?? []).join(" "), yuan(each.phoneFen), yuan(each.mealFen), (each.orderIds ?? []).map((id) => orderButton(id))))) : h("p", { class: "empty" }, t("care_allowances_none")),
  ]);

/** Hand a file that came with an answer to whoever asked for it. */
function download(content, type, name) {
  const bytes = Uint8Array.from(atob(content ?? ""), (letter) => letter.charCodeAt(0));
  h("a", { href: URL.createObjectURL(new Blob([bytes], { type })), download: name }).click();
}

function letter() {
  const subject = h("input", { class: "input", required: true, maxLength: 100 });
  const kind = choice(["APPOINTMENT", "PRAISE"].map((key) => [`LETTER_KIND_${key}`, t(`care_letter_${key}`)]), { required: true });
  const year = h("input", { class: "input", type: "number", min: 2000, max: 2999, value: new Date().getFullYear() });
  ask(t("care_letter"), [field(t("care_who"), subject, { required: true }), field(t("care_kind"), kind, { required: true }), field(t("care_year"), year)], t("care_letter"), async () => {
    const { letter: issued, pdf } = await post("/v1/volunteer-letters", { subject: subject.value.trim(), kind: kind.value, year: Number(year.value) });
    download(pdf, "application/pdf", `${issued.number}.pdf`);
    toast(t("certificate_done", { number: issued.number }));
  });
}

function exported(areaPath) {
  const unit = h("input", { class: "input", maxLength: 100 });
  const purpose = h("input", { class: "input", maxLength: 200, required: true, minLength: 4 });
  ask(t("care_export"), [field(t("care_unit"), unit), field(t("care_purpose"), purpose, { required: true, help: t("care_purpose_help") })], t("care_export"), async () => {
    const { csv, rows = 0 } = await get("/v1/hours:export", { unit: unit.value.trim(), areaPath, purpose: purpose.value.trim() });
    download(csv, "text/csv", "hours.csv");
    toast(t("care_exported", { count: rows }));
  });
}
