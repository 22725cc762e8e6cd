// What a task type asks of whoever reports it: drawn from its schema, folded, because nobody in a hurry must answer it.

import { h, show } from "./dom.mjs";
import { schemaForm } from "./fields.mjs";
import { t } from "./page.mjs";

/** `ask(type)` draws the questions of a task type, none for none; `answers()` is what was answered, as JSON text. */
export function questions() {
  const slot = h("div", { class: "questions-inside" });
  const element = h("details", { class: "questions", hidden: true }, h("summary", {}, t("form_questions")), slot);
  let shown = "";
  let values = () => ({});
  function ask(type) {
    const code = type?.code ?? "";
    if (code === shown) return;
    shown = code;
    const form = schemaForm(type?.formSchema);
    values = form.values;
    show(slot, form.elements);
    element.hidden = !form.elements.length;
  }
  function answers() {
    const given = values();
    return Object.keys(given).length ? JSON.stringify(given) : "";
  }
  return { element, ask, answers };
}
