// Fields of forms: one column, label above, help under; drawn by hand or from a JSON Schema.

import { h } from "./dom.mjs";
import { language, t } from "./page.mjs";

let count = 0;
const freshId = () => `f${++count}`;

/** A labelled control. */
export function field(label, control, { required = false, help = "" } = {}) {
  control.id ||= freshId();
  return h(
    "div",
    { class: "field" },
    h("label", { for: control.id }, label, h("span", { class: "mark" }, required ? "" : t("optional"))),
    control,
    help && h("span", { class: "help" }, help),
  );
}

/** A choice among `[value, text]`. */
export function choice(options, { chosen = "", required = false, empty = t("choose") } = {}) {
  const entries = options.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
  return h("select", { class: "input", required }, h("option", { value: "" }, empty), entries);
}

/** The name of a schema's field or value in the page's language. */
export const titleOf = (schema, name) => (language === "en" && (schema["x-title-en"] || schema.title_en)) || schema.title || name;

/** The values one may choose with their names in the page's language, in the order of the schema. */
export function choicesOf(schema) {
  const titles = (language === "en" && (schema["x-labels-en"] ?? schema["x-enum-titles-en"])) || schema["x-labels"] || schema["x-enum-titles"] || [];
  return (schema.enum ?? []).map((value, index) => [String(value), titles[index] || String(value)]);
}

function control(schema, value, required) {
  if (schema.enum) {
    const element = choice(choicesOf(schema), { chosen: value === undefined ? "" : String(value), required });
    return [element, () => element.value || undefined];
  }
  if (schema.type === "boolean") {
    const element = choice([["true", t("yes")], ["false", t("no")]], { chosen: value === undefined ? "" : String(value), required });
    return [element, () => (element.value ? element.value === "true" : undefined)];
  }
  if (schema.type === "array" && schema.items?.enum) {
    const boxes = choicesOf(schema.items).map(([key, text]) => [h("input", { type: "checkbox", value: key, checked: (value ?? []).includes(key) }), text]);
    const element = h("div", { class: "boxes" }, boxes.map(([box, text]) => h("label", {}, box, text)));
    return [element, () => boxes.filter(([box]) => box.checked).map(([box]) => box.value)];
  }
  if (schema.type === "integer" || schema.type === "number") {
    const element = h("input", { class: "input", type: "number", step: schema.type === "integer" ? 1 : "any", min: schema.minimum ?? "", max: schema.maximum ?? "", required, value: value ?? "" });
    return [element, () => (element.value === "" ? undefined : Number(element.value))];
  }
  const kind = { date: "date", "date-time": "datetime-local" }[schema.format] ?? "text";
  const long = kind === "text" && (schema.maxLength ?? 0) > 200;
  const common = { class: "input", required, value: value ?? "", maxLength: schema.maxLength ?? 2000, minLength: schema.minLength ?? 0 };
  const element = long ? h("textarea", { ...common, rows: 2 }) : h("input", { ...common, type: kind });
  return [element, () => (element.value === "" ? undefined : kind === "datetime-local" ? new Date(element.value).toISOString() : element.value)];
}

/** The fields of a schema: `elements` to show, `values()` of what was filled in. */
export function schemaForm(text, { values = {}, skip = [] } = {}) {
  const schema = JSON.parse(text || "{}");
  const required = new Set(schema.required ?? []);
  const parts = Object.entries(schema.properties ?? {})
    .filter(([name]) => !skip.includes(name))
    .map(([name, inner]) => {
      const [element, read] = control(inner, values[name], required.has(name));
      return { name, read, element: field(titleOf(inner, name), element, { required: required.has(name), help: inner.description ?? "" }) };
    });
  return {
    elements: parts.map((part) => part.element),
    values: () => Object.fromEntries(parts.map((part) => [part.name, part.read()]).filter(([, value]) => value !== undefined && !(Array.isArray(value) && !value.length))),
  };
}
