// Routing rules in versions: written, tried on past cases, then put into force; nobody is sent elsewhere by surprise.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { admitted, departments } from "../step_inputs.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const CASES = 1000;

export function rules(target) {
  asked(target, () => get("/v1/rules"), ({ versions = [] }) => {
    const again = () => rules(target);
    const body = h("div");
    const active = versions.find((each) => each.active);
    const parts = [h("p", { class: "quiet" }, t("rules_lead")), may("rules.write") && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => write(active, again) }, t("rule_add"))), versions.length ? table([t("rule_version"), t("note"), t("rule_count"), t("rule_by"), t("rule_tried"), ""], versions.map((each) => row([h("b", {}, String(each.version)), " ", each.active && h("span", { class: "badge" }, t("rule_active"))], each.note, String(each.ruleCount ?? 0), [each.createdBy && person(each.createdBy), h("span", { class: "faint" }, ` ${exactly(each.createdAt)}`)], each.triedAt ? t("rule_moved", { moved: each.movedCount ?? 0, count: each.triedCount ?? 0 }) : "—", h("div", { class: "card-acts" }, h("button", { class: "button", type: "button", onclick: () => look(each.version, body) }, t("rule_show")), may("rules.write") && !each.active && h("button", { class: "button", type: "button", onclick: () => tryOut(each, active, body, again) }, t("rule_try")))))) : h("p", { class: "empty" }, t("rules_none")), body];
    return parts;
  });
}

const shown = (rule) => {
  const when = rule.conditions ?? {};
  const then = rule.outcome ?? {};
  const parts = Object.entries(when).map(([name, value]) => `${t(`when_${name}`)} ${Array.isArray(value) ? value.join("、") : value === true ? "" : value}`);
  return [parts.join("；") || t("when_always"), " → ", h("b", {}, [then.departmentCode, then.ownerUnit, then.loopLevel ? t(`loop_${then.loopLevel}`) : ""].filter(Boolean).join(" · "))];
};

async function look(version, body) {
  asked(body, () => get(`/v1/rules/${version}`), ({ rules: list = [] }) => (list.length ? table([t("rule_name"), t("rule_says")], list.map((rule) => row([h("b", {}, named(rule, "title")), rule.disabled && h("span", { class: "badge" }, t("rule_off"))], shown(rule)))) : h("p", { class: "empty" }, t("rules_empty_version"))));
}

async function tryOut(version, active, body, again) {
  show(body, h("p", { class: "notice" }, t("rule_trying")));
  try {
    const answer = await post(`/v1/rules/${version.version}:dryRun`, { caseCount: CASES });
    const moves = answer.moves ?? [];
    show(body, h("div", { class: "panel" }, h("b", {}, t("rule_result", { count: answer.caseCount ?? 0, moved: answer.movedCount ?? 0 })), moves.length ? table([t("rule_from"), t("rule_to"), t("rule_cases")], moves.map((move) => row(move.fromDepartment || "—", move.toDepartment || "—", String(move.caseCount ?? 0)))) : null, (answer.cases ?? []).length ? h("p", { class: "quiet" }, t("rule_examples"), " ", (answer.cases ?? []).slice(0, 8).map((item) => [h("a", { class: "code", href: `/cases/${encodeURIComponent(item.number)}` }, item.number), " "])) : null, h("div", {}, h("button", { class: "button main", type: "button", onclick: () => activate(version, active, again) }, t("rule_activate")))));
  } catch (error) {
    show(body, h("p", { class: "wrong" }, error.message));
  }
}

async function activate(version, active, again) {
  try {
    await post(`/v1/rules/${version.version}:activate`, { requestId: freshKey(), activeVersion: active?.version ?? 0 });
    toast(t("rule_in_force", { version: version.version }));
    again();
  } catch (error) {
    toast(error.message);
  }
}

/** A new version: the rules in force and one more, put first. */
async function write(active, again) {
  const [types, known, current] = await Promise.all([admitted(), departments(), active ? get(`/v1/rules/${active.version}`) : {}]);
  const title = h("input", { class: "input", required: true, maxLength: 200 });
  const type = choice(types.map((each) => [each.code, named(each, "title")]), { empty: t("when_always") });
  const area = h("input", { class: "input code", maxLength: 40, placeholder: "999102001" });
  const words = h("input", { class: "input", maxLength: 200, placeholder: t("rule_words_hint") });
  const department = choice(known.map((each) => [each.code, named(each)]), { required: true });
  const note = h("input", { class: "input", required: true, maxLength: 500 });
  ask(t("rule_add"), [field(t("rule_name"), title, { required: true }), field(t("when_taskTypes"), type), field(t("when_areaCodes"), area), field(t("when_words"), words), field(t("goes_to"), department, { required: true }), field(t("note"), note, { required: true, help: t("rule_note_help") })], t("rule_save"), async () => {
    const conditions = {};
    if (type.value) conditions.taskTypes = [type.value];
    if (area.value.trim()) conditions.areaCodes = [area.value.trim()];
    if (words.value.trim()) conditions.words = words.value.trim().split(/[\s,，、]+/);
    const rule = { key: `rule_${Date.now().toString(36)}`, title: title.value.trim(), conditions, outcome: { departmentCode: department.value } };
    const { version } = await post("/v1/rules", { requestId: freshKey(), rules: [rule, ...(current.rules ?? [])], note: note.value.trim() });
    toast(t("rule_saved", { version: version?.version ?? "" }));
    again();
  });
}
