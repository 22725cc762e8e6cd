// The steps a person may take with a case now, each with the small form it needs.

import { freshKey, once, post } from "./api.mjs";
import { h, show } from "./dom.mjs";
import { eventWord, plain } from "./format.mjs";
import { may, named, t } from "./page.mjs";
import { uploader } from "./pictures.mjs";

const GRAVE = new Set(["REJECT", "RETURN_BACK", "CHECK_FAIL", "CANCEL"]);
const SIDE = new Set(["NOTE", "ESCALATE"]);
const SHOWS = { DISPOSE: "after", CHECK_PASS: "check", CHECK_FAIL: "check" };
const CHECKERS = { SEND_CHECK: "grid_worker", ASSIGN: "handler" };
const EXTRA = { DISPATCH: ["department_code"], ACCEPT: ["task_type"], REGISTER: ["filing_condition"] };

function field(label, control, { required = false, help = "" } = {}) {
  const id = `f${Math.random().toString(36).slice(2)}`;
  control.id = id;
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label, h("span", { class: "mark" }, required ? "" : t("optional"))),
    control,
    help && h("span", { class: "help" }, help),
  );
}

function choice(options, { chosen = "", required = false, empty = t("choose") } = {}) {
  const entries = options.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  return h("select", { class: "input", required }, h("option", { value: "" }, empty), entries);
}

const MAKERS = {
  async filing_condition(item, required) {
    const type = (await once("/v1/task-types")).taskTypes?.find((each) => each.code === item.taskType);
    const options = (type?.filingConditions ?? []).map((each) => [each.code, named(each, "title")]);
    const control = choice(options, { required, chosen: item.filingCondition || (options.length === 1 ? options[0][0] : "") });
    return [field(t("filing_condition"), control, { required }), () => ({ filingCondition: control.value })];
  },
  async department_code(item, required) {
    const options = ((await once("/v1/departments")).departments ?? []).map((each) => [each.code, named(each)]);
    const control = choice(options, { required, chosen: item.departmentCode || item.route?.departmentCode });
    return [field(t("department"), control, { required }), () => ({ departmentCode: control.value })];
  },
  async task_type(item, required) {
    const types = ((await once("/v1/task-types")).taskTypes ?? []).filter((each) => each.admission === "ADMISSION_STATE_ADMITTED");
    const control = choice(types.map((each) => [each.code, named(each, "title")]), { required, chosen: item.taskType });
    return [field(t("task_type"), control, { required }), () => (control.value === item.taskType ? {} : { taskType: control.value })];
  },
  async assignee(item, required, event) {
    const people = await onDuty(item, event);
    const listId = `d${Math.random().toString(36).slice(2)}`;
    const control = h("input", { class: "input code", required, list: listId, autocomplete: "off", spellcheck: false });
    if (people.length === 1) control.value = people[0][0];
    const list = h("datalist", { id: listId }, people.map(([value, text]) => h("option", { value }, text)));
    return [h("div", {}, field(t("assignee"), control, { required, help: t("assignee_help") }), list), () => ({ assignee: control.value.trim() })];
  },
  async rating(_item, _required) {
    const boxes = [1, 2, 3, 4, 5].map((value) => h("input", { type: "radio", name: "rating", value, required: true, class: "unseen" }));
    const labels = boxes.map((box, index) => h("label", { title: t("stars", { count: index + 1 }) }, box, h("span", { "aria-hidden": "true" }, "★"), h("span", { class: "unseen" }, t("stars", { count: index + 1 }))));
    const chosen = () => boxes.findIndex((box) => box.checked) + 1;
    const group = h("div", { class: "stars", role: "radiogroup", onchange: () => labels.forEach((label, index) => label.classList.toggle("lit", index < chosen())) }, labels);
    return [h("div", { class: "field" }, h("span", { class: "label" }, t("rating")), group), () => ({ rating: chosen() })];
  },
};

async function onDuty(item, event) {
  const role = CHECKERS[event];
  if (!role || !may("registry.staff.read")) return [];
  const department = event === "ASSIGN" ? item.departmentCode : "";
  const answer = await once(`/v1/areas/${item.gridCode}/duty`, { role, departmentCode: department }).catch(() => ({}));
  const seen = new Map((answer.onDuty ?? []).filter((each) => each.staffCode).map((each) => [each.staffCode, named(each.post ?? {}, "title") || each.staffCode]));
  return [...seen].filter(([code]) => code !== item.solver);
}

/** Buttons for all steps; a click opens the form of one. `onDone(answer)`, `onStale(fresh, message)`. */
export function stepsOf(item, legalSteps, { onDone, onStale }) {
  const slot = h("div");
  const ordered = [...legalSteps].sort((one, other) => weight(one) - weight(other));
  const buttons = ordered.map((step, index) => {
    const event = plain(step.event);
    const look = GRAVE.has(event) ? "grave" : index === 0 && !SIDE.has(event) ? "main" : "";
    const button = h("button", { class: `button ${look}`, type: "button", "aria-expanded": "false", onclick: () => open(step, button) }, eventWord(step.event));
    return button;
  });

  async function open(step, button) {
    const again = button.getAttribute("aria-expanded") === "true";
    for (const each of buttons) each.setAttribute("aria-expanded", "false");
    if (again) {
      show(slot);
      return;
    }
    button.setAttribute("aria-expanded", "true");
    show(slot, await formOf(item, step, { onDone, onStale, onCancel: () => open(step, button) }));
    slot.querySelector("input:not([type=file]), select, textarea, button.main")?.focus();
    slot.scrollIntoView({ block: "nearest" });
  }

  return [h("div", { class: "steps-row" }, buttons), slot];
}

function weight(step) {
  const event = plain(step.event);
  return GRAVE.has(event) ? 2 : SIDE.has(event) ? 1 : 0;
}

async function formOf(item, step, { onDone, onStale, onCancel }) {
  const event = plain(step.event);
  const required = new Set(step.fieldsRequired ?? []);
  const wanted = [...new Set([...required, ...(EXTRA[event] ?? []), ...(event === "RATE" ? ["rating"] : [])])].filter((name) => MAKERS[name]);
  const made = await Promise.all(wanted.map((name) => MAKERS[name](item, required.has(name), event)));
  const opinion = h("textarea", { class: "input", required: Boolean(step.opinionRequired), maxLength: 2000, rows: 2 });
  const kind = plain(step.evidenceKind).toLowerCase() || SHOWS[event];
  const pictures = step.evidenceRequired || SHOWS[event] ? uploader(kind || "scene", { count: step.evidenceRequired }) : null;
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const submit = h("button", { class: "button main", type: "submit" }, eventWord(step.event));
  const requestId = freshKey();

  async function send(submitted) {
    submitted.preventDefault();
    problem.hidden = true;
    submit.disabled = true;
    submit.textContent = t("sending");
    try {
      const taken = Object.assign({ event: step.event, opinion: opinion.value.trim() }, ...made.map(([, values]) => values()));
      if (pictures) taken.evidence = pictures.evidence();
      onDone(await post(`/v1/cases/${item.id}:advance`, { requestId, version: item.version, steps: [taken] }));
    } catch (error) {
      if (error.reason === "STALE" && error.fresh?.case) {
        onStale(error.fresh, error.message);
        return;
      }
      problem.textContent = error.message;
      problem.hidden = false;
      submit.disabled = false;
      submit.textContent = eventWord(step.event);
    }
  }

  return h(
    "form",
    { class: "step-form", onsubmit: send },
    made.map(([element]) => element),
    field(t("opinion"), opinion, { required: Boolean(step.opinionRequired), help: t("opinion_help") }),
    pictures?.element,
    problem,
    h("div", { class: "steps-row" }, h("button", { class: "button plain", type: "button", onclick: onCancel }, t("cancel")), submit),
  );
}

export { field, choice };
