// The urging ladder of a task type: which rung presses when, in which words; a change is a new version of its procedure.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, once, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { limitText } from "../format.mjs";
import { named, t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";

const BASES = ["REPORTED", "YELLOW", "DEADLINE", "RED"];
const ACTIONS = ["URGE", "SUPERVISE", "ESCALATE"];
const UNITS = ["MINUTE", "URGENT_HOUR", "WORK_HOUR", "WORK_DAY", "NATURAL_DAY"];
const RUNGS_MAX = 12;
const words = (kind, list) => list.map((name) => [`URGE_${kind}_${name}`, t(`steer_${kind.toLowerCase()}_${name}`)]);

export function ladder(target, chosen = "") {
  asked(target, () => once("/v1/task-types"), ({ taskTypes = [] }) => {
    const type = choice(taskTypes.map((each) => [each.code, named(each, "title")]), { chosen, required: true });
    const body = h("div", { class: "steer-body" });
    const draw = () => (type.value ? rungs(body, type.value, draw) : show(body, h("p", { class: "empty" }, t("steer_ladder_choose"))));
    type.addEventListener("change", draw);
    draw();
    return [h("p", { class: "quiet" }, t("steer_ladder_lead")), h("div", { class: "inline-form" }, field(t("steer_task_type"), type, { required: true })), body];
  });
}

function rungs(body, type, again) {
  asked(body, () => get(`/v1/procedures/${encodeURIComponent(type)}`), ({ procedure = {}, version = 0 }) => {
    const list = procedure.ladder ?? [];
    let seen = { procedure, version };
    /** Declare a changed ladder; where somebody was quicker, the next try changes what is there by then. */
    const declare = async (change) => {
      const wanted = { ...seen.procedure, ladder: change(seen.procedure.ladder ?? []) };
      const answer = await post(`/v1/procedures/${encodeURIComponent(type)}:declare`, { requestId: freshKey(), taskType: type, procedure: wanted, seenVersion: seen.version }).catch((error) => {
        if (error.reason === "PROCEDURE_STALE") {
          seen = { procedure: error.fresh?.procedure ?? {}, version: error.fresh?.version ?? 0 };
          again();
        }
        throw error;
      });
      toast(t("steer_limits_saved", { version: answer.version }));
      again();
    };
    const without = async (rung) => {
      try {
        await declare((there) => there.filter((other) => other.code !== rung.code));
      } catch (error) {
        toast(error.message);
      }
    };
    return [
      h("p", { class: "quiet" }, version ? t("steer_ladder_version", { version }) : t("steer_ladder_usual")),
      list.length ? table([t("steer_rung_when"), t("steer_rung_after"), t("steer_rung_does"), t("steer_rung_says"), ""], list.map((rung) => row(t(`steer_base_${rung.base.replace("URGE_BASE_", "")}`), rung.after ? limitText(rung.after) : t("steer_rung_at_once"), t(`steer_action_${rung.action.replace("URGE_ACTION_", "")}`), named(rung, "words"), h("button", { class: "button", type: "button", onclick: () => without(rung) }, t("steer_rung_remove"))))) : h("p", { class: "empty" }, t("steer_ladder_none")),
      list.length < RUNGS_MAX && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => add(declare) }, t("steer_rung_add"))),
    ];
  });
}

function add(declare) {
  const base = choice(words("BASE", BASES), { required: true });
  const value = h("input", { class: "input", type: "number", min: 0, step: 0.5 });
  const unit = choice(UNITS.map((name) => [`LIMIT_UNIT_${name}`, word("unit", name)]), { chosen: "LIMIT_UNIT_WORK_HOUR", required: true });
  const action = choice(words("ACTION", ACTIONS), { required: true });
  const says = h("input", { class: "input", required: true, maxLength: 200 });
  const saysEn = h("input", { class: "input", maxLength: 300 });
  ask(t("steer_rung_add"), [h("p", { class: "notice" }, t("steer_rung_effect")), field(t("steer_rung_when"), base, { required: true }), field(t("steer_rung_after"), value), field(t("steer_unit"), unit, { required: true }), field(t("steer_rung_does"), action, { required: true }), field(t("steer_rung_says"), says, { required: true }), field(t("steer_rung_says_en"), saysEn)], t("save"), () => {
    const after = Number(value.value) ? { value: Number(value.value), unit: unit.value } : undefined;
    return declare((there) => [...there, { code: freeCode(there, base.value), base: base.value, after, action: action.value, words: says.value.trim(), wordsEn: saysEn.value.trim() }]);
  });
}

/** A code that no rung has: fired rungs are remembered by theirs. */
function freeCode(list, base) {
  const taken = new Set(list.map((rung) => rung.code));
  const stem = base.replace("URGE_BASE_", "").toLowerCase();
  const from = Math.floor(Date.now() / 1000).toString(36);
  return Array.from({ length: RUNGS_MAX + 1 }, (_, index) => `${stem}_${from}${index || ""}`).find((code) => !taken.has(code));
}
