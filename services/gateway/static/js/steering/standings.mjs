// Standings of a month, as published or as they would be now; and the year by its quarters.

import { row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { giveMark, mayMark } from "./marks.mjs";
import { thisMonth } from "./months.mjs";

const KINDS = ["GRID", "DEPARTMENT", "WORKER"];
const number = (value) => (value === undefined ? "—" : value.toFixed(2));

export function standings(target) {
  const kind = choice(KINDS.map((each) => [each, t(`steer_kind_${each}`)]), { chosen: "GRID", required: true, empty: "" });
  kind.firstChild.remove();
  const month = h("input", { class: "input", type: "month", value: thisMonth(), required: true });
  const view = choice([["", t("steer_published")], ["0", t("steer_as_now")], ["year", t("steer_year")]], { empty: "" });
  view.firstChild.remove();
  const body = h("div", { class: "steer-body", "aria-live": "polite" });
  const draw = () => month.value && (view.value === "year" ? year(body, kind.value, month.value) : lines(body, kind.value, month.value, view.value, draw));
  for (const each of [kind, month, view]) each.addEventListener("change", draw);
  show(target, h("div", { class: "inline-form" }, field(t("steer_who"), kind, { required: true }), field(t("steer_month"), month, { required: true }), field(t("steer_view"), view, { required: true })), body);
  draw();
}

function lines(body, kind, period, edition, again) {
  const query = { kind: `ASSESSMENT_KIND_${kind}`, period, ...(edition && { edition }) };
  asked(body, () => get("/v1/assessments/standings", query), (told) => {
    const list = told.standings ?? [];
    const said = told.edition
      ? t("steer_edition", { edition: told.edition, newest: told.newestEdition, at: exactly(told.publishedAt), by: person(told.publishedBy) })
      : t("steer_not_published");
    const publish = may("assessment.publish") && list.length > 0 && h("button", { class: "button main", type: "button", onclick: () => send(kind, period, again) }, t("steer_publish"));
    const marking = mayMark(kind) ? (one) => h("button", { class: "button", type: "button", onclick: () => giveMark(kind, period, one, again) }, t("steer_mark")) : null;
    const heads = [t("steer_rank"), t("steer_name"), t("steer_score"), t("steer_parts"), ...(marking ? [""] : [])];
    return [
      h("div", { class: "card-head" }, h("p", { class: "quiet", role: "status" }, said), h("div", { class: "card-acts" }, marking && h("button", { class: "button", type: "button", onclick: () => giveMark(kind, period, {}, again) }, t("steer_mark_other")), publish)),
      list.length ? table(heads, list.map((one) => line(one, marking))) : h("p", { class: "empty" }, t("steer_no_scores")),
    ];
  });
}

function line(one, marking) {
  const mention = one.mention && h("span", { class: "badge", data: { mention: one.mention } }, t(`steer_${one.mention}`));
  const parts = (one.parts ?? []).map((part) => h("span", { class: "steer-part" }, `${t(`steer_part_${part.part}`)} ${number(part.score ?? 0)}${part.weight ? ` ×${part.weight}` : ""}${part.computed ? ` (${t("steer_counted")})` : ""}`));
  return row(one.rank ? String(one.rank) : "—", [h("b", {}, named(one)), " ", h("span", { class: "code faint" }, one.code), " ", mention], h("span", { class: "code" }, number(one.score)), parts, ...(marking ? [marking(one)] : []));
}

async function send(kind, period, again) {
  try {
    const answer = await post("/v1/assessments/standings:publish", { requestId: freshKey(), kind: `ASSESSMENT_KIND_${kind}`, period });
    toast(t(answer.unchanged ? "steer_unchanged" : "steer_done", { edition: answer.edition }));
    again();
  } catch (error) {
    toast(error.message);
  }
}

function year(body, kind, period) {
  const which = period.slice(0, 4);
  asked(body, () => get(`/v1/assessments/years/${which}`, { kind: `ASSESSMENT_KIND_${kind}` }), ({ standings: list = [] }) => {
    if (!list.length) return h("p", { class: "empty" }, t("steer_no_months", { year: which }));
    const heads = [t("steer_rank"), t("steer_name"), "Q1", "Q2", "Q3", "Q4", t("steer_year_mean")];
    return table(heads, list.map((one) => row(one.rank ? String(one.rank) : "—", [h("b", {}, named(one)), " ", h("span", { class: "code faint" }, one.code)], ...one.quarters.map((each) => number(each.score)), h("b", {}, number(one.score)))));
  });
}
