// The rules by which points come about: versions, what a draft would have changed, and from when one holds.

import { ask, row, table } from "../admin/table.mjs";
import { get, post } from "../api.mjs";
import { h } from "../dom.mjs";
import { field } from "../fields.mjs";
import { moment } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, button, category, figure, open, signed } from "../volunteer/deeds.mjs";

const NUMBERS = ["pointsPerHour", "stepMinutes", "orderMinutesMax", "dayMinutesMax", "bestRatingBonus", "noShowPenalty", "noShowsMax", "debtMax", "validityMonths", "defaultRatingDays", "defaultRating", "radiusM", "ringMinutes", "disputeDays", "pickupDays"];
const words = (key) => t(`care_rule_${key}`);
const percents = (map = {}, name) => Object.entries(map).map(([key, value]) => `${name(key)} ${value}%`).join(" · ");

export function rules(target) {
  const again = () => rules(target);
  asked(target, () => get("/v1/point-rules"), ({ versions = [] }) => {
    const held = versions.find((each) => each.inForce) ?? versions.at(-1);
    return [
      may("points.rules.manage") && held && h("div", { class: "card-acts" }, button(t("care_rules_draft"), () => draft(held.rules, again), true)),
      h("ul", { class: "cards" }, versions.map((each) => card(each, again))),
    ];
  });
}

function card(each, again) {
  const told = each.rules ?? {};
  const manages = may("points.rules.manage") && each.version;
  return h("li", { class: "card" },
    h("div", { class: "card-head" }, h("b", {}, t("care_rules_version", { version: each.version ?? 0 })), h("span", { class: "badge" }, each.inForce ? t("care_rules_held") : each.effectiveAt ? t("care_rules_from", { time: moment(each.effectiveAt) }) : each.tried ? t("care_rules_tried") : t("care_rules_drafted"))),
    each.reason && h("p", { class: "quiet" }, `${each.reason} · ${moment(each.writtenAt)}`),
    h("details", {}, h("summary", {}, t("care_rules_numbers")),
      h("dl", { class: "facts" }, NUMBERS.map((key) => h("div", {}, h("dt", {}, words(key)), h("dd", {}, String(told[key] ?? 0))))),
      h("p", {}, percents(told.categoryPercent, category)), h("p", {}, percents(told.ratingPercent, (key) => `${key}★`)),
      h("p", {}, t("star"), " ", (told.starMinutes ?? []).map((minutes, at) => `${at + 1}★ ${Math.round(Number(minutes) / 60)} h`).join(" · ")),
      h("p", {}, t("care_reviews"), " ", (told.reviewPercent ?? []).map((part) => `${part}%`).join(" + "))),
    manages && h("div", { class: "card-acts" },
      button(t("care_rules_try"), () => tryOut(each, again)),
      each.tried && !each.effectiveAt && button(t("care_rules_activate"), () => act(() => post(`/v1/point-rules/${each.version}:activate`, {}), t("done"), again), true)));
}

function draft(from, again) {
  const inputs = Object.fromEntries(NUMBERS.map((key) => [key, h("input", { class: "input", type: "number", min: 0, required: true, value: from[key] ?? 0 })]));
  const why = h("input", { class: "input", required: true, maxLength: 500 });
  ask(t("care_rules_draft"), [h("p", { class: "notice" }, t("care_rules_effect")), field(t("care_reason"), why, { required: true }), NUMBERS.map((key) => field(words(key), inputs[key], { required: true }))], t("care_rules_draft"), async () => {
    const changed = Object.fromEntries(NUMBERS.map((key) => [key, Number(inputs[key].value)]));
    await post("/v1/point-rules", { rules: { ...from, ...changed }, reason: why.value.trim() });
    again();
  });
}

function tryOut(each, again) {
  const body = open(t("care_rules_try"));
  body.closest("dialog").addEventListener("close", again);
  asked(body, () => post(`/v1/point-rules/${each.version}:try`, {}), ({ rows = [], pointsBefore = 0, pointsAfter = 0, services = 0 }) => [
    h("div", { class: "figures" }, figure(t("care_services"), services), figure(t("care_points_before"), pointsBefore), figure(t("care_points_after"), pointsAfter)),
    rows.length ? table([t("care_who"), t("care_points_before"), t("care_points_after"), t("change")], rows.slice(0, 100).map((one) => row(h("span", { class: "code" }, one.volunteer), String(one.pointsBefore ?? 0), String(one.pointsAfter ?? 0), signed(Number(one.pointsAfter ?? 0) - Number(one.pointsBefore ?? 0))))) : h("p", { class: "empty" }, t("care_rules_no_services")),
  ]);
}
