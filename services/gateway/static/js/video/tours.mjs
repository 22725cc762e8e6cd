// Tours of cameras to walk: where the day stands with each, what was missed and why, and one picture after the other when walking.

import { freshKey, get, post } from "../api.mjs";
import { h, icon, show, toast } from "../dom.mjs";
import { exactly } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { why } from "./why.mjs";

export function tours(target) {
  asked(target, () => get("/v1/patrol/routes"), (answer) => {
    const rows = answer.routes ?? [];
    if (!rows.length) return h("p", { class: "empty" }, t("tours_none"));
    return h("ul", { class: "cards" }, rows.map((each) => {
      const route = each.route ?? each;
      return h("li", { class: "card" }, h("div", { class: "card-head" }, h("b", {}, route.name), h("span", { class: "badge" }, t("rounds", { done: each.round ?? 0, due: route.roundsRequired || 1 }))), h("p", { class: "quiet" }, t("stops", { seen: each.seenCount ?? 0, count: route.stops?.length ?? 0 })), coverage(route), may("video.patrol") && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => walk(route) }, t("walk"))));
    }));
  });
}

/** What was covered today, asked for when it is opened. */
function coverage(route) {
  const inside = h("div", { class: "coverage" });
  return h("details", { ontoggle: (event) => event.target.open && asked(inside, () => get("/v1/patrol/coverage", { routeId: route.id }), (answer) => {
    const short = (answer.stops ?? []).filter((stop) => (stop.roundsMet ?? 0) < Math.min(stop.roundsDue ?? 0, stop.roundsRequired ?? 0) || stop.missed?.length);
    const sum = h("p", { class: "quiet" }, t("coverage_of", { covered: answer.coveredCount ?? 0, all: answer.stopCount ?? 0 }));
    if (!short.length) return [sum, h("p", { class: "quiet" }, t("coverage_whole"))];
    const reasons = (stop) => (stop.missed ?? []).map((each) => t("missed_times", { why: why(each.reason), count: each.count })).join("；");
    return [sum, h("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": t("coverage") }, h("table", { class: "rows" }, h("thead", {}, h("tr", {}, [t("camera"), t("coverage_met"), t("coverage_why")].map((text) => h("th", {}, text)))), h("tbody", {}, short.slice(0, 100).map((stop) => h("tr", {}, h("td", {}, stop.cameraName), h("td", {}, `${stop.roundsMet ?? 0}/${stop.roundsDue ?? 0}`), h("td", {}, reasons(stop) || "—"))))))];
  }) }, h("summary", {}, t("coverage")), inside);
}

function walk(route) {
  const frame = h("div", { class: "focus-frame" });
  const said = h("p", { class: "quiet", role: "status" });
  const on = h("button", { class: "button", type: "button", "aria-pressed": "false", onclick: () => press(on.getAttribute("aria-pressed") !== "true") }, t("walk_on"));
  const close = h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close"));
  const dialog = h("dialog", { class: "window focus", "aria-label": route.name, onclose: () => { clearTimeout(waiting); dialog.remove(); } }, h("header", {}, h("h2", {}, route.name), close), frame, said, h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => go(next) }, t("page_after")), on));
  let next = 0;
  let waiting = 0;
  let dwellMs = 5000;
  const press = (going) => {
    on.setAttribute("aria-pressed", String(going));
    on.textContent = t(going ? "walk_pause" : "walk_on");
    clearTimeout(waiting);
    if (going) waiting = setTimeout(() => go(next), dwellMs);
  };
  async function go(position) {
    clearTimeout(waiting);
    try {
      const step = await post(`/v1/patrol/routes/${encodeURIComponent(route.id)}:walk`, { requestId: freshKey(), position });
      show(frame, step.picture ? h("img", { src: `data:image/jpeg;base64,${step.picture}`, alt: step.stop?.cameraName ?? "" }) : h("span", { class: "faint" }, t("tile_fault"), " ", why(step.problem)));
      said.textContent = [step.stop?.cameraName, step.stop?.preset && t("preset_of", { name: step.stop.preset }), t("stop_of", { at: position + 1, all: route.stops?.length ?? 0 }), step.picture && step.takenAt && exactly(step.takenAt)].filter(Boolean).join(" · ");
      next = step.nextPosition ?? 0;
      dwellMs = (step.dwellS || 5) * 1000;
      if (next === 0) toast(t("walk_done"));
    } catch (error) {
      said.textContent = error.message;
    }
    if (dialog.open && next && on.getAttribute("aria-pressed") === "true") waiting = setTimeout(() => go(next), dwellMs);
    else press(false);
  }
  dialog.addEventListener("keydown", (event) => event.key === "ArrowRight" && go(next));
  document.body.append(dialog);
  dialog.showModal();
  go(0);
}
