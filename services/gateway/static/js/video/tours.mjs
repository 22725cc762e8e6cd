// Tours of cameras to walk: where the day stands with each, and one picture after the other when walking.

import { freshKey, get, post } from "../api.mjs";
import { h, icon, show, toast } from "../dom.mjs";
import { exactly } from "../format.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";

export function tours(target) {
  asked(target, () => get("/v1/patrol/routes"), (answer) => {
    const rows = answer.routes ?? [];
    if (!rows.length) return h("p", { class: "empty" }, t("tours_none"));
    return h("ul", { class: "cards" }, rows.map((each) => {
      const route = each.route ?? each;
      return h("li", { class: "card" }, h("div", { class: "card-head" }, h("b", {}, route.name), h("span", { class: "badge" }, t("rounds", { done: each.round ?? 0, all: route.roundsRequired || route.roundsPerDay || 1 }))), h("p", { class: "quiet" }, t("stops", { seen: each.seenCount ?? 0, count: route.stops?.length ?? 0 })), h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => walk(route) }, t("walk"))));
    }));
  });
}

function walk(route) {
  const frame = h("div", { class: "focus-frame" });
  const said = h("p", { class: "quiet", role: "status" });
  const dialog = h("dialog", { class: "window focus", "aria-label": route.name, onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, route.name), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"))), frame, said, h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => go(next) }, t("page_after"))));
  let next = 0;
  async function go(position) {
    try {
      const step = await post(`/v1/patrol/routes/${encodeURIComponent(route.id)}:walk`, { requestId: freshKey(), position });
      show(frame, step.picture ? h("img", { src: `data:image/jpeg;base64,${step.picture}`, alt: step.stop?.cameraName ?? "" }) : h("span", { class: "faint" }, step.problem || t("tile_fault")));
      said.textContent = [step.stop?.cameraName, t("stop_of", { at: position + 1, all: route.stops?.length ?? 0 }), step.takenAt && exactly(step.takenAt)].filter(Boolean).join(" · ");
      if (!step.next) toast(t("walk_done"));
      next = step.nextPosition ?? 0;
    } catch (error) {
      said.textContent = error.message;
    }
  }
  dialog.addEventListener("keydown", (event) => event.key === "ArrowRight" && go(next));
  document.body.append(dialog);
  dialog.showModal();
  go(0);
}
