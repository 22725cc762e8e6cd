// Corrections by two people, and what looks odd and is for a person to judge.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { field } from "../fields.mjs";
import { moment, person } from "../format.mjs";
import { may, t, visitor } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, button, signed } from "../volunteer/deeds.mjs";
import { orderButton } from "../volunteer/rows.mjs";

export function safety(target) {
  const corrections = h("section", { class: "care-part" });
  const odd = h("section", { class: "care-part" });
  show(target, h("h2", {}, t("care_adjustments")), corrections, h("h2", {}, t("care_anomalies")), odd);
  adjustments(corrections);
  asked(odd, () => get("/v1/point-anomalies"), ({ anomalies = [] }) => anomalies.length ? table([t("care_kind"), t("care_who"), t("care_times"), t("care_orders_of")], anomalies.map((each) => row(t(`care_odd_${each.kind}`), h("span", { class: "code" }, (each.subjects ?? []).join(" ")), String(each.count ?? 0), (each.orderIds ?? []).map((id) => orderButton(id))))) : h("p", { class: "empty" }, t("care_anomalies_none")));
}

function adjustments(target) {
  const again = () => adjustments(target);
  asked(target, () => get("/v1/point-adjustments"), ({ adjustments: rows = [] }) => [
    may("points.adjust") && h("div", { class: "card-acts" }, button(t("care_adjust"), () => propose(again), true)),
    rows.length ? table([t("care_who"), t("change"), t("care_reason"), t("care_proposer"), t("care_decider"), t("care_state"), ""], rows.map((each) => row(h("span", { class: "code" }, each.owner), signed(each.amount), each.reason, [person(each.proposer), " ", moment(each.proposedAt)], each.decider ? [person(each.decider), " ", moment(each.decidedAt)] : "", t(`care_adjust_${each.state}`), deciding(each, again)))) : h("p", { class: "empty" }, t("care_adjustments_none")),
  ]);
}

function deciding(each, again) {
  if (each.state !== "proposed" || !may("points.adjust")) return "";
  if ([each.proposer, each.owner].includes(visitor.subject)) return h("span", { class: "quiet" }, t("care_second_person"));
  const decide = (approved) => act(() => post(`/v1/point-adjustments/${each.id}:decide`, { approved }), t("done"), again);
  return h("div", { class: "card-acts" }, button(t("care_approve"), () => decide(true), true), button(t("care_refuse"), () => decide(false)));
}

function propose(again) {
  const owner = h("input", { class: "input", required: true, maxLength: 100 });
  const amount = h("input", { class: "input", type: "number", required: true, min: -100000, max: 100000 });
  const why = h("textarea", { class: "input", rows: 2, required: true, minLength: 5, maxLength: 500 });
  const requestId = freshKey();
  ask(t("care_adjust"), [h("p", { class: "notice" }, t("effect_adjust")), field(t("care_who"), owner, { required: true }), field(t("change"), amount, { required: true }), field(t("care_reason"), why, { required: true, help: t("care_adjust_help") })], t("care_adjust"), async () => {
    await post("/v1/point-adjustments", { requestId, owner: owner.value.trim(), amount: Number(amount.value), reason: why.value.trim() });
    again();
  });
}
