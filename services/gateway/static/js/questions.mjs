// What a task type asks of whoever reports it: drawn from its schema, folded, because nobody in a hurry must answer it.

import { h, show } from "./dom.mjs";
import { schemaForm } from "./fields.mjs";
import { t } from "./page.mjs";

/**
 * The questions of one task type at a time. Nothing of them holds a report up: what the city does demand is said when
 * the report is refused. `ask(type)` draws those of a type, none for none; `answers()` is what was answered, as JSON
 * text; `unfold()` shows them.
 */
export function questions() {
  const slot = h("div", { class: "questions-inside" });
  const element = h("details", { class: "questions", hidden: true }, h("summary", {}, t("form_questions")), slot);
  let shown = "";
  let values = () => ({});
  function ask(type) {
    const code = type?.code ?? "";
    if (code === shown) return;
    shown = code;
    const form = schemaForm(JSON.stringify({ ...JSON.parse(type?.formSchema || "{}"), required: [] }));
    values = form.values;
    show(slot, form.elements);
    element.hidden = !form.elements.length;
  }
  function answers() {
    const given = values();
    return Object.keys(given).length ? JSON.stringify(given) : "";
  }
  const unfold = () => (element.open = true);
  return { element, ask, answers, unfold };
}
