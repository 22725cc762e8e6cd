// Tables and small windows of the administration.

import { h, icon } from "../dom.mjs";
import { t } from "../page.mjs";

/** A table with these heads; scrolls by itself when it is wider than the page. */
export const table = (heads, rows) => h("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": heads[0] }, h("table", { class: "rows" }, h("thead", {}, h("tr", {}, heads.map((text) => h("th", {}, text)))), h("tbody", {}, rows)));

export const row = (...cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)));

/** A window with a form; `send` may fail with words, which are shown in it. */
export function ask(title, fields, submitText, send) {
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const submit = h("button", { class: "button main", type: "submit" }, submitText);
  const form = h("form", {
    class: "step-form",
    onsubmit: async (event) => {
      event.preventDefault();
      submit.disabled = true;
      problem.hidden = true;
      try {
        await send();
        dialog.close();
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
        submit.disabled = false;
      }
    },
  }, fields, problem, h("div", { class: "steps-row" }, h("button", { class: "button plain", type: "button", onclick: () => dialog.close() }, t("cancel")), submit));
  const dialog = h("dialog", { class: "window", "aria-label": title, onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, title), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"))), form);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
