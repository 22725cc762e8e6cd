// Saved views as chips: one click brings back filters, map and area; one's own, or shared with all of one's role.

import { get, post, remove } from "../api.mjs";
import { h, icon, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { t, visitor } from "../page.mjs";
import { lastingly } from "../patience.mjs";

const LENGTH_MAX = 2000;
const LEFT_OUT = ["case"];

const here = () => {
  const asked = new URLSearchParams(location.search);
  for (const name of LEFT_OUT) asked.delete(name);
  return asked.toString();
};

/** The views of this visitor behind what stands before them. */
export const drawViews = (element, before) => lastingly(element, () => get("/v1/views"), ({ views = [] }) => draw(element, before, views), () => draw(element, before, []));

function draw(element, before, views) {
  const chip = (view) =>
    h(
      "span",
      { class: "view" },
      h("a", { class: "button plain", href: `/?${view.query}`, "aria-current": view.query === here() ? "true" : null }, view.name, view.shared && h("span", { class: "faint" }, ` ${t("view_shared_mark")}`)),
      view.own && h("button", { class: "button plain", type: "button", "aria-label": t("view_remove", { name: view.name }), onclick: () => drop(view) }, icon("close", 12)),
    );
  const drop = async (view) => {
    await remove(`/v1/views/${view.id}`).catch((error) => toast(error.message));
    drawViews(element, before);
  };
  show(element, before, views.map(chip), h("button", { class: "button plain", type: "button", onclick: () => save(element, before) }, icon("plus", 12), t("view_save")));
}

function save(element, before) {
  const query = here();
  if (!query || query.length > LENGTH_MAX) {
    toast(t(query ? "view_too_long" : "view_nothing"));
    return;
  }
  const name = h("input", { class: "input", required: true, maxLength: 30 });
  const shared = h("input", { type: "checkbox" });
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const send = async (event) => {
    event.preventDefault();
    try {
      await post("/v1/views", { name: name.value.trim(), query, role: shared.checked ? visitor.roles[0]?.role : "" });
      dialog.close();
      drawViews(element, before);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  const role = visitor.roles[0]?.title ?? "";
  const dialog = h("dialog", { class: "window", "aria-label": t("view_save"), onclose: () => dialog.remove() }, h("form", { class: "step-form", onsubmit: send }, field(t("view_name"), name, { required: true }), h("label", { class: "switch" }, shared, t("view_share", { role })), problem, h("div", { class: "steps-row" }, h("button", { class: "button plain", type: "button", onclick: () => dialog.close() }, t("cancel")), h("button", { class: "button main", type: "submit" }, t("save")))));
  document.body.append(dialog);
  dialog.showModal();
}
