// The inputs of steps, by the names they have in the contract: each a few fields and what they say in a step.

import { once } from "./api.mjs";
import { h, icon } from "./dom.mjs";
import { choice, field } from "./fields.mjs";
import { may, named, t, word } from "./page.mjs";

const CHECKERS = { SEND_CHECK: "grid_worker", SEND_VERIFY: "grid_worker", ASSIGN: "handler" };
const OTHER = "other";
const UNITS = ["MINUTE", "URGENT_HOUR", "WORK_HOUR", "WORK_DAY", "NATURAL_DAY"];

export const admitted = async () => ((await once("/v1/task-types")).taskTypes ?? []).filter((each) => each.admission === "ADMISSION_STATE_ADMITTED");
export const departments = async () => (await once("/v1/departments")).departments ?? [];

async function onDuty(item, event) {
  const role = CHECKERS[event];
  if (!role || !may("registry.staff.read")) return [];
  const department = event === "ASSIGN" ? item.departmentCode : "";
  const answer = await once(`/v1/areas/${item.gridCode}/duty`, { role, departmentCode: department }).catch(() => ({}));
  const seen = new Map((answer.onDuty ?? []).filter((each) => each.staffCode).map((each) => [each.staffCode, named(each.post ?? {}, "title") || each.staffCode]));
  return [...seen].filter(([code]) => code !== item.solver);
}

/** Each gives the elements to show and a function that gives what goes into the step. */
export const INPUTS = {
  async filing_condition(item, { required }) {
    const type = (await once("/v1/task-types")).taskTypes?.find((each) => each.code === item.taskType);
    const options = (type?.filingConditions ?? []).map((each) => [each.code, named(each, "title")]);
    const control = choice(options, { required, chosen: item.filingCondition || (options.length === 1 ? options[0][0] : "") });
    return [field(t("filing_condition"), control, { required }), () => ({ filingCondition: control.value })];
  },
  async department_code(item, { required }) {
    const options = (await departments()).map((each) => [each.code, named(each)]);
    const control = choice(options, { required, chosen: item.departmentCode || item.route?.departmentCode });
    return [field(t("department"), control, { required }), () => ({ departmentCode: control.value })];
  },
  async task_type(item, { required }) {
    const types = await admitted();
    const control = choice(types.map((each) => [each.code, named(each, "title")]), { required, chosen: item.taskType });
    return [field(t("task_type"), control, { required }), () => (control.value === item.taskType && !required ? {} : { taskType: control.value })];
  },
  async assignee(item, { required, event }) {
    const people = await onDuty(item, event);
    const typed = h("input", { class: "input code", name: "assignee-code", required: required && !people.length, maxLength: 60, placeholder: "staff:", autocomplete: "off", spellcheck: false, "aria-label": t("assignee") });
    if (!people.length) return [field(t("assignee"), typed, { required, help: t("assignee_help") }), () => ({ assignee: typed.value.trim() })];
    // Nearest first, as the duty list has them; somebody who is not on it is still only a code away.
    const control = choice([...people, [OTHER, t("assignee_other")]], { required, chosen: required || people.length === 1 ? people[0][0] : "" });
    control.name = "assignee";
    typed.hidden = true;
    control.addEventListener("change", () => {
      typed.hidden = control.value !== OTHER;
      typed.required = !typed.hidden;
      if (!typed.hidden) typed.focus();
    });
    return [h("div", {}, field(t("assignee"), control, { required, help: t("assignee_help") }), typed), () => ({ assignee: control.value === OTHER ? typed.value.trim() : control.value })];
  },
  async rating() {
    const boxes = [1, 2, 3, 4, 5].map((value) => h("input", { type: "radio", name: "rating", value, required: true, class: "unseen" }));
    const labels = boxes.map((box, index) => h("label", { title: t("stars", { count: index + 1 }) }, box, h("span", { "aria-hidden": "true" }, "★"), h("span", { class: "unseen" }, t("stars", { count: index + 1 }))));
    const chosen = () => boxes.findIndex((box) => box.checked) + 1;
    const group = h("div", { class: "stars", role: "radiogroup", "aria-label": t("rating"), onchange: () => labels.forEach((label, index) => label.classList.toggle("lit", index < chosen())) }, labels);
    return [h("div", { class: "field" }, h("span", { class: "label" }, t("rating")), group), () => ({ rating: chosen() })];
  },
  async until(_item, { required }) {
    const control = h("input", { class: "input", type: "datetime-local", required });
    return [field(t("until"), control, { required, help: t("until_help") }), () => (control.value ? { until: new Date(control.value).toISOString() } : {})];
  },
  async priority(item, { required }) {
    const control = choice([["PRIORITY_ROUTINE", t("priority_ROUTINE")], ["PRIORITY_URGENT", t("priority_URGENT")]], { required, chosen: item.priority });
    return [field(t("priority"), control, { required, help: t("priority_help") }), () => (control.value ? { priority: control.value } : {})];
  },
  async cause(_item, { required }) {
    const control = choice([["choice", t("cause_choice")], ["beyond_authority", t("cause_beyond_authority")]], { required, chosen: "choice" });
    return [field(t("cause"), control, { required }), () => ({ cause: control.value })];
  },
  async child(_item, { required }) {
    const control = h("input", { class: "input code", required, autocomplete: "off", placeholder: "9991-20260306-00017" });
    return [field(t("child"), control, { required }), () => ({ child: control.value.trim() })];
  },
  async part(item, { required }) {
    const open = (item.parts ?? []).filter((each) => ["PART_STATE_OPEN", "PART_STATE_SIGNED"].includes(each.state));
    if (open.length < 2) return [null, () => ({})];
    const control = choice(open.map((each) => [String(each.sequence), `${each.sequence} · ${each.receiver}`]), { required });
    return [field(t("part"), control, { required }), () => (control.value ? { part: Number(control.value) } : {})];
  },
  async move() {
    return [null, () => ({})];
  },
  async point(_item, { required, withinM }) {
    let point = null;
    const said = h("span", { class: "quiet" }, t("position_none"));
    const find = () =>
      navigator.geolocation?.getCurrentPosition(
        ({ coords }) => {
          point = { longitudeDeg: coords.longitude, latitudeDeg: coords.latitude, accuracyM: Math.min(Math.round(coords.accuracy), 100000) };
          said.textContent = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
        },
        () => (said.textContent = t("position_failed_here")),
        { enableHighAccuracy: true, timeout: 10_000 },
      );
    find();
    const row = h("div", { class: "where-now" }, said, h("button", { class: "button", type: "button", onclick: find }, icon("locate"), t("my_position")));
    const help = withinM ? t("within", { metres: withinM }) : "";
    return [h("div", { class: "field" }, h("span", { class: "label" }, t("here")), row, help && h("span", { class: "help" }, help)), () => (point || required ? { point } : {})];
  },
  async addressees(_item, { required }) {
    const listId = `d${Math.random().toString(36).slice(2)}`;
    const known = h("datalist", { id: listId }, (await departments()).map((each) => h("option", { value: each.code }, named(each))));
    const rows = h("div", { class: "addressees" });
    const add = () => {
      const receiver = h("input", { class: "input", list: listId, required, placeholder: t("receiver"), "aria-label": t("receiver") });
      const value = h("input", { class: "input", type: "number", min: 1, placeholder: t("limit"), "aria-label": t("limit") });
      const unit = choice(UNITS.map((each) => [each, word("unit", each)]), { chosen: "WORK_DAY", empty: t("limit_usual") });
      unit.setAttribute("aria-label", t("limit"));
      const line = h("div", { class: "addressee" }, receiver, value, unit, h("button", { class: "button plain", type: "button", "aria-label": t("remove"), onclick: () => rows.children.length > 1 && line.remove() }, icon("close", 12)));
      line.read = () => ({ receiver: receiver.value.trim(), ...(value.value && unit.value ? { limit: { value: Number(value.value), unit: `LIMIT_UNIT_${unit.value}` } } : {}) });
      rows.append(line);
    };
    add();
    const more = h("button", { class: "button plain", type: "button", onclick: add }, icon("plus"), t("addressee_more"));
    const element = h("div", { class: "field" }, h("span", { class: "label" }, t("addressees")), rows, h("div", {}, more), known);
    return [element, () => ({ addressees: [...rows.children].map((line, index) => ({ ...line.read(), place: index + 1 })) })];
  },
};

/** The inputs a step asks for, by its schema or, from an older service, by the names of its fields. */
export function inputsOf(step, extra = []) {
  const schema = JSON.parse(step.form || "{}");
  const required = new Set([...(schema.required ?? []), ...(step.fieldsRequired ?? [])]);
  const names = [...new Set([...Object.keys(schema.properties ?? {}), ...required, ...extra])];
  return { names: names.filter((name) => INPUTS[name]), required, wordsMin: schema.properties?.opinion?.minLength ?? step.wordsMin ?? 0 };
}

/** Show again what was typed, after a conflict. */
export const refill = (form, typed) => {
  for (const [name, value] of Object.entries(typed)) {
    const control = form.elements.namedItem(name);
    if (control && "value" in control) control.value = value;
  }
};

