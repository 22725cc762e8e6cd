// A set of rules being written: in place, in the order in which they are looked at, whole until it is kept as a version.

import { once } from "../api.mjs";
import { areaField, areaName } from "../area_picker.mjs";
import { h, icon, show } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { named, t, word } from "../page.mjs";
import { admitted, departments } from "../step_inputs.mjs";
import { ask } from "./table.mjs";

const SOURCES = ["RESIDENT", "GRID_WORKER", "VIDEO", "VOLUNTEER", "HOTLINE", "TRANSFER", "SYSTEM"];
const OFFICE = ["OFFICE_TIME_INSIDE", "OFFICE_TIME_OUTSIDE"];
const LISTS = ["categoryPrefixes", "areaKinds", "words"];
const NUMBERS = ["departmentLoadOver", "workerLoadOver"];
const ownerUnits = async () => (await once("/v1/departments")).ownerUnits ?? [];
const split = (text) => text.trim().split(/[\s,，、]+/).filter(Boolean);

function value(name, content) {
  if (name === "sources") return content.map((each) => word("source", each.replace(/^SOURCE_/, ""))).join("、");
  if (name === "weekdays") return content.map((each) => t(`weekday_${each}`)).join("、");
  if (name === "officeTime") return t(content);
  if (name === "areaCodes") return content.flatMap((code, place) => [place > 0 && "、", areaName(code)]);
  return Array.isArray(content) ? content.join("、") : content === true ? "" : String(content);
}

/** A rule as one sentence: when, and where to. */
export function sentence(rule) {
  const then = rule.outcome ?? {};
  const when = Object.entries(rule.conditions ?? {}).flatMap(([name, content], place) => [place > 0 && t("rule_and"), t(`when_${name}`), " ", value(name, content)]);
  const to = [then.departmentCode, then.ownerUnit && `${t("when_ownerUnits")} ${then.ownerUnit}`, then.loopLevel && t(`loop_${then.loopLevel}`), then.coDepartmentCodes?.length && `+ ${then.coDepartmentCodes.join("、")}`];
  return [when.length ? when : t("when_always"), " → ", h("b", {}, to.filter(Boolean).join(" · "))];
}

/** Rules in order, with what may be done with each beside it. */
export const lines = (list, acts = () => null) => h("ol", { class: "rule-lines" }, list.map((rule, place) => h("li", { class: rule.disabled ? "off" : "" }, h("div", {}, h("b", {}, named(rule, "title")), rule.disabled && h("span", { class: "badge" }, t("rule_off")), h("p", { class: "quiet" }, sentence(rule))), acts(rule, place))));

/** Draw the editor of a set; `save(rules, note)` keeps it, and may fail with words. */
export function editor(before, { title, cancel, save }) {
  let list = structuredClone(before);
  const shown = h("div", {});
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const note = h("input", { class: "input", required: true, maxLength: 500 });
  const keep = h("button", { class: "button main", type: "submit" }, t("rule_save"));
  const changed = (next, focus) => {
    list = next;
    draw();
    if (focus !== undefined) shown.querySelectorAll("li")[focus]?.querySelector("button:not(:disabled)")?.focus();
  };
  const moved = (from, to) => {
    const next = list.slice();
    next.splice(to, 0, ...next.splice(from, 1));
    changed(next, to);
  };
  const tool = (label, drawing, act, off = false) => h("button", { class: "button plain", type: "button", "aria-label": label, title: label, disabled: off, onclick: act }, drawing);
  const acts = (rule, place) => h("div", { class: "rule-acts" },
    tool(t("rule_up"), "↑", () => moved(place, place - 1), place === 0),
    tool(t("rule_down"), "↓", () => moved(place, place + 1), place === list.length - 1),
    tool(t("change_it"), icon("pen"), () => askRule(rule, (next) => changed(list.map((each, at) => (at === place ? next : each)), place))),
    tool(t(rule.disabled ? "rule_switch_on" : "rule_switch_off"), rule.disabled ? icon("tick") : "⏸", () => changed(list.map((each, at) => (at === place ? { ...each, disabled: !each.disabled } : each)), place)),
    tool(t("remove"), icon("close"), () => changed(list.filter((_, at) => at !== place))));
  const draw = () => show(shown, list.length ? lines(list, acts) : h("p", { class: "empty" }, t("rules_empty_version")));
  const form = h("form", {
    class: "panel rule-editor",
    onsubmit: async (event) => {
      event.preventDefault();
      keep.disabled = true;
      problem.hidden = true;
      try {
        await save(list, note.value.trim());
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
        keep.disabled = false;
      }
    },
  }, h("h2", {}, title), shown, h("div", {}, h("button", { class: "button", type: "button", onclick: () => askRule(null, (next) => changed([next, ...list], 0)) }, icon("plus"), t("rule_add"))), field(t("note"), note, { required: true, help: t("rule_note_help") }), problem, h("div", { class: "steps-row" }, h("button", { class: "button plain", type: "button", onclick: cancel }, t("cancel")), keep));
  draw();
  return form;
}

/** Ask for one rule in a window of its own. */
async function askRule(rule, done) {
  const [types, known, owners] = await Promise.all([admitted(), departments(), ownerUnits()]);
  const when = rule?.conditions ?? {};
  const then = rule?.outcome ?? {};
  const text = (content = "", more = {}) => h("input", { class: "input", maxLength: 300, value: content, ...more });
  const listed = Object.fromEntries(LISTS.map((name) => [name, text((when[name] ?? []).join(" "), { placeholder: t("rule_words_hint") })]));
  const areas = areaField(t("when_areaCodes"), { chosen: when.areaCodes ?? [], several: true });
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, h("input", { class: "input", type: "number", min: 0, value: when[name] ?? "" })]));
  const boxes = (options, chosen, label) => {
    const pairs = options.map(([key, text]) => [h("input", { type: "checkbox", value: key, checked: chosen.includes(key) }), text]);
    return { element: h("div", { class: "field" }, h("span", { class: "label" }, label), h("div", { class: "boxes", role: "group", "aria-label": label }, pairs.map(([box, text]) => h("label", {}, box, text)))), read: () => pairs.filter(([box]) => box.checked).map(([box]) => box.value) };
  };
  const sources = boxes(SOURCES.map((each) => [`SOURCE_${each}`, word("source", each)]), when.sources ?? [], t("when_sources"));
  const weekdays = boxes([1, 2, 3, 4, 5, 6, 7].map((each) => [String(each), t(`weekday_${each}`)]), (when.weekdays ?? []).map(String), t("when_weekdays"));
  const title = text(rule?.title, { required: true, maxLength: 200 });
  const titleEn = text(rule?.titleEn, { maxLength: 200 });
  const chosenTypes = when.taskTypes ?? [];
  // A rule keeps what it names, also what is not offered just now.
  const away = (chosen, offered) => chosen.filter((code) => !offered.some((each) => each.code === code)).map((code) => [code, code]);
  const kinds = boxes([...types.map((each) => [each.code, named(each, "title")]), ...away(chosenTypes, types)], chosenTypes, t("when_taskTypes"));
  const whose = boxes([...owners.map((each) => [each.code, named(each)]), ...away(when.ownerUnits ?? [], owners)], when.ownerUnits ?? [], t("when_ownerUnits"));
  const office = choice(OFFICE.map((each) => [each, t(each)]), { chosen: when.officeTime ?? "", empty: t("when_always") });
  const from = h("input", { class: "input", type: "time", value: when.fromTime ?? "" });
  const until = h("input", { class: "input", type: "time", value: when.untilTime ?? "" });
  const vacant = h("input", { type: "checkbox", checked: Boolean(when.gridVacant) });
  const department = choice(known.map((each) => [each.code, named(each)]), { chosen: then.departmentCode ?? "", empty: t("rule_leaves") });
  const owner = choice(owners.map((each) => [each.code, named(each)]), { chosen: then.ownerUnit ?? "", empty: t("rule_leaves") });
  const assisting = boxes(known.map((each) => [each.code, named(each)]), then.coDepartmentCodes ?? [], t("rule_assist"));
  const loop = choice([1, 2, 3].map((each) => [String(each), t(`loop_${each}`)]), { chosen: then.loopLevel ? String(then.loopLevel) : "", empty: t("rule_leaves") });
  const more = h("details", { open: Object.keys(when).some((name) => !["taskTypes", "areaCodes", "words"].includes(name)) || Boolean(then.loopLevel) }, h("summary", {}, t("rule_more")),
    field(t("when_categoryPrefixes"), listed.categoryPrefixes), field(t("when_areaKinds"), listed.areaKinds), whose.element,
    sources.element, weekdays.element,
    h("div", { class: "pair" }, field(t("when_fromTime"), from), field(t("when_untilTime"), until)), field(t("when_officeTime"), office),
    h("div", { class: "pair" }, field(t("when_departmentLoadOver"), numbers.departmentLoadOver), field(t("when_workerLoadOver"), numbers.workerLoadOver)), h("label", { class: "tick" }, vacant, t("when_gridVacant")), field(t("rule_loop"), loop));
  ask(t(rule ? "rule_change" : "rule_add"), [h("p", { class: "notice" }, t("effect_rule_draft")), field(t("rule_name"), title, { required: true }), field(t("rule_name_en"), titleEn), kinds.element, areas.element, field(t("when_words"), listed.words), field(t("goes_to"), department), field(t("rule_owner"), owner, { help: t("rule_owner_help") }), assisting.element, more], t("rule_take_over"), async () => {
    const given = { taskTypes: kinds.read(), areaCodes: areas.values(), ...Object.fromEntries(LISTS.map((name) => [name, split(listed[name].value)])), ownerUnits: whose.read(), sources: sources.read(), weekdays: weekdays.read().map(Number), fromTime: from.value, untilTime: until.value, officeTime: office.value, gridVacant: vacant.checked, ...Object.fromEntries(NUMBERS.map((name) => [name, Number(numbers[name].value)])) };
    const conditions = Object.fromEntries(Object.entries(given).filter(([, content]) => (Array.isArray(content) ? content.length : content)));
    const outcome = { departmentCode: department.value, ownerUnit: owner.value, coDepartmentCodes: assisting.read().filter((code) => code !== department.value), loopLevel: Number(loop.value) };
    if (!outcome.departmentCode && !outcome.ownerUnit && !outcome.loopLevel && !outcome.coDepartmentCodes.length) throw new Error(t("rule_says_nothing"));
    done({ ...rule, key: rule?.key ?? `rule_${Date.now().toString(36)}`, title: title.value.trim(), titleEn: titleEn.value.trim(), conditions, outcome });
  });
}
