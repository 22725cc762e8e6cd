// Times of stages and loops and shares by priority: where each comes from; another time is tried on past cases first.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { limitText } from "../format.mjs";
import { goingOn } from "../meanwhile.mjs";
import { may, t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";

const UNITS = ["MINUTE", "URGENT_HOUR", "WORK_HOUR", "WORK_DAY", "NATURAL_DAY"];

const text = (each) => (each.priority ? t(`steer_${each.priority}`) : each.stage ? t(`steer_stage_${each.stage}`) : t("steer_loop", { level: each.loopLevel }));
const keyOf = (each) => each.stage || `loop${each.loopLevel}`;

async function known(code) {
  if (!code) {
    const { areas = [] } = await get("/v1/areas", { level: "AREA_LEVEL_CITY", pageSize: 1 });
    code = areas[0]?.code;
  }
  return { code, ...(code ? await get(`/v1/limits/${encodeURIComponent(code)}`) : {}) };
}

export function limits(target, code = "") {
  asked(target, () => known(code), ({ code: area, limits: told = {}, version = 0 }) => {
    const input = areaField(t("steer_area"), { chosen: area ?? "", required: true });
    const go = h("form", { class: "inline-form", onsubmit: (event) => { event.preventDefault(); limits(target, input.value()); } }, input.element, h("button", { class: "button", type: "submit" }, t("steer_show")));
    const all = [...(told.stages ?? []), ...(told.loops ?? [])];
    const own = all.filter((each) => each.areaCode === area);
    return [go, h("p", { class: "quiet" }, version ? t("steer_limits_version", { version }) : t("steer_limits_none")), table([t("steer_stage"), t("steer_time"), t("steer_from_area"), ""], all.map((each) => row(text(each), limitText(each.limit), each.areaCode ? h("span", { class: "code" }, each.areaCode) : t("steer_built_in"), may("limits.write") && h("button", { class: "button", type: "button", onclick: () => change({ area, version, own, each, priorities: told.priorities ?? [] }, () => limits(target, area)) }, t("steer_change"))))), shares({ area, version, own, priorities: told.priorities ?? [] }, () => limits(target, area))];
  });
}

/** What share of its limit a case of each priority has. */
/** The times and shares an area settled itself, from what a refusal brings. */
const there = ({ versions = [] }) => versions[0] && { version: versions[0].version, own: [...(versions[0].limits?.stages ?? []), ...(versions[0].limits?.loops ?? [])], priorities: versions[0].limits?.priorities ?? [] };
const FIELDS = [["own", "steer_time", (each) => `${text(each)} ${limitText(each.limit)}`], ["priorities", "steer_share", (each) => `${t(`steer_${each.priority}`)} ${Math.round(each.share * 100)}%`]];

/** Settle what `wanted(seen)` makes of what is settled; where somebody was quicker, of what they settled. */
const settle = (going, area, wanted, reason) => going.send((seen) => post(`/v1/limits/${area}:put`, { requestId: freshKey(), version: seen.version, limits: wanted(seen), reason: reason.value.trim() }));
const ofArea = (area, priorities) => priorities.filter((one) => one.areaCode === area);

function shares({ area, version, own, priorities }, again) {
  const name = (each) => t(`steer_${each.priority}`);
  const percent = (each) => `${Math.round(each.share * 100)}%`;
  return [h("h2", {}, t("steer_priorities")), h("p", { class: "quiet" }, t("steer_priorities_lead")), table([t("steer_priority"), t("steer_share"), t("steer_from_area"), ""], priorities.map((each) => row(name(each), percent(each), each.areaCode ? h("span", { class: "code" }, each.areaCode) : t("steer_built_in"), may("limits.write") ? h("button", { class: "button", type: "button", onclick: () => share(each) }, t("steer_change")) : "")))];

  function share(each) {
    const outcome = h("div", { role: "status" });
    const value = h("input", { class: "input", type: "number", min: 1, max: 100, step: 1, required: true, value: Math.round(each.share * 100) });
    const reason = h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });
    const going = goingOn({ version, own, priorities: ofArea(area, priorities) }, there, FIELDS);
    const wanted = (seen) => {
      const kept = seen.priorities.filter((one) => one.priority !== each.priority);
      return { stages: seen.own.filter((one) => one.stage), loops: seen.own.filter((one) => one.loopLevel), priorities: [...kept, { priority: each.priority, share: Number(value.value) / 100 }] };
    };
    ask(name(each), [h("p", { class: "notice" }, t("steer_share_effect")), going.changed, field(t("steer_share"), value, { required: true, help: t("steer_share_help") }), h("button", { class: "button", type: "button", onclick: () => tryOut(area, wanted(going.seen()), outcome) }, t("steer_try")), outcome, field(t("steer_reason"), reason, { required: true })], t("save"), async () => {
      const answer = await settle(going, area, wanted, reason);
      toast(t("steer_limits_saved", { version: answer.version }));
      again();
    });
  }
}

/** Tell what other times or shares would have done to past cases; nothing is changed. */
async function tryOut(area, limits, outcome) {
  try {
    const { effects = [], caseCount = 0 } = await post(`/v1/limits/${area}:try`, { limits });
    const told = effects.map((effect) => h("p", {}, text(effect), ": ", t("steer_effect", { open: effect.openCount ?? 0, tried: effect.triedCount ?? 0, before: effect.lateBefore ?? 0, after: effect.lateAfter ?? 0 })));
    show(outcome, h("p", { class: "notice" }, t("steer_tried", { count: caseCount })), told.length ? told : h("p", {}, t("steer_tried_same")));
  } catch (error) {
    show(outcome, h("p", { class: "wrong" }, error.message));
  }
}

function change({ area, version, own, each, priorities }, again) {
  const value = h("input", { class: "input", type: "number", min: 0.5, step: 0.5, required: true, value: each.limit?.value ?? 1 });
  const unit = choice(UNITS.map((name) => [`LIMIT_UNIT_${name}`, word("unit", name)]), { chosen: each.limit?.unit, required: true });
  const reason = h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });
  const outcome = h("div", { role: "status" });
  const going = goingOn({ version, own, priorities: ofArea(area, priorities) }, there, FIELDS);
  const wanted = (seen) => {
    const changed = [...seen.own.filter((other) => keyOf(other) !== keyOf(each)), { ...each, limit: { value: Number(value.value), unit: unit.value } }];
    return { stages: changed.filter((one) => one.stage), loops: changed.filter((one) => one.loopLevel), priorities: seen.priorities };
  };
  ask(text(each), [h("p", { class: "notice" }, t("effect_time")), going.changed, field(t("steer_time"), value, { required: true }), field(t("steer_unit"), unit, { required: true }), h("button", { class: "button", type: "button", onclick: () => tryOut(area, wanted(going.seen()), outcome) }, t("steer_try")), outcome, field(t("steer_reason"), reason, { required: true })], t("save"), async () => {
    const answer = await settle(going, area, wanted, reason);
    toast(t("steer_limits_saved", { version: answer.version }));
    again();
  });
}
