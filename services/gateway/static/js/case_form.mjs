// The form of a case's task type: what was answered, and a window to fill in what a solver found out.

import { ask } from "./admin/table.mjs";
import { freshKey, once, post } from "./api.mjs";
import { h, icon, show, toast } from "./dom.mjs";
import { choicesOf, schemaForm, titleOf } from "./fields.mjs";
import { ended } from "./format.mjs";
import { may, t, visitor } from "./page.mjs";

/** Whose hands may fill it in; the server has the last word. */
const ROLES = new Set(["acceptor", "duty_chief", "department_specialist", "department_leader", "handler"]);
const works = (item) => may("incidents.advance") && !ended(item) && (visitor?.roles ?? []).some((each) => ROLES.has(each.role) && (!each.departmentCode || each.departmentCode === item.departmentCode));

function answersOf(item) {
  try {
    return JSON.parse(item.formAnswers || "{}");
  } catch {
    return {};
  }
}

const typeOf = async (item) => (await once("/v1/task-types").catch(() => ({}))).taskTypes?.find((each) => each.code === item.taskType);

function shown(schema, name, value) {
  const field = schema.properties?.[name] ?? {};
  const words = typeof value === "boolean" ? t(value ? "yes" : "no") : choicesOf(field).find(([key]) => key === String(value))?.[1] ?? String(value);
  return h("div", {}, h("dt", {}, titleOf(field, name)), h("dd", {}, words));
}

/** The section of the form; empty where the task type asks nothing. `onDone` after something was filled in. */
export function formOf(item, { onDone }) {
  const section = h("section", { class: "case-form", hidden: true });
  draw(section, item, onDone);
  return section;
}

async function draw(section, item, onDone) {
  const given = answersOf(item);
  const type = await typeOf(item);
  const schema = JSON.parse(type?.formSchema || "{}");
  const names = Object.keys(given);
  const fillable = works(item) && Object.keys(schema.properties ?? {}).length > 0;
  if (!names.length && !fillable) return;
  const missing = (schema["x-required"] ?? []).filter((name) => !(name in given));
  section.hidden = false;
  show(
    section,
    h("h2", {}, t("form_answers"), fillable && h("button", { class: "button plain", type: "button", onclick: () => fill(item, type, given, onDone) }, icon("pen"), t("form_fill"))),
    names.length ? h("dl", { class: "facts answers" }, names.map((name) => shown(schema, name, given[name]))) : null,
    fillable && missing.length ? h("p", { class: "quiet" }, t("form_missing", { names: missing.map((name) => titleOf(schema.properties[name] ?? {}, name)).join(t("form_comma")) })) : null,
  );
}

function fill(item, type, given, onDone) {
  const form = schemaForm(type.formSchema, { values: given });
  ask(t("form_fill"), [h("p", { class: "notice" }, t("form_effect")), form.elements], t("save"), async () => {
    await post(`/v1/cases/${item.id}:answerForm`, { requestId: freshKey(), version: item.version, formAnswers: JSON.stringify(form.values()) });
    toast(t("done"));
    onDone();
  });
}
