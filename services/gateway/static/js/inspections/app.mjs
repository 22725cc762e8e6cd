// Inspections: the rounds, the places still due, what was found, and the second look that alone closes it.

import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { ask } from "../admin/table.mjs";
import { byId, h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, moment, person } from "../format.mjs";
import { may, t } from "../page.mjs";
import { lastingly } from "../patience.mjs";
import "../shell.mjs";
import { asked } from "../tabs.mjs";
import { checklist } from "./checklist.mjs";
import { problems } from "./problems.mjs";

const PAGE = 200;
const plansPane = h("nav", { class: "inspection-plans", "aria-label": t("inspection_plans") });
const placePane = h("section", { class: "inspection-places", "aria-live": "polite" });
const workPane = h("section", { class: "inspection-work" });
let plans = [];

const share = (part = 0, whole = 0) => (whole ? Math.floor((100 * part) / whole) : 0);
const chosen = () => new URLSearchParams(location.hash.slice(1));

function go(parameters) {
  location.hash = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();
}

function drawPlans() {
  const open = chosen().get("plan");
  show(plansPane, h("header", { class: "pane-head" }, h("h2", {}, t("inspection_plans")), may("inspections.plan") && h("button", { class: "button main", type: "button", onclick: askPlan }, t("inspection_plan_new"))), plans.length
    ? plans.map((plan) => h("button", { class: "plan", type: "button", "aria-current": String(plan.id === open), onclick: () => go({ plan: plan.id }) },
        h("b", {}, plan.title), h("span", { class: "badge" }, t("inspection_round", { round: plan.round })),
        h("progress", { max: 100, value: share(plan.visitedCount, plan.siteCount), "aria-label": t("inspection_visited") }),
        h("span", { class: "quiet" }, t("inspection_figures", { visited: plan.visitedCount ?? 0, sites: plan.siteCount ?? 0, problems: plan.problemCount ?? 0, cleared: plan.clearedCount ?? 0 })),
        h("span", { class: "faint" }, t("inspection_due", { time: moment(plan.dueAt) }))))
    : h("p", { class: "empty" }, t("inspection_none")));
}

async function askPlan() {
  const title = h("input", { class: "input", required: true, maxLength: 200 });
  const kind = h("input", { class: "input", required: true, maxLength: 40, list: "site-kinds" });
  const kinds = h("datalist", { id: "site-kinds" }, [...new Set(plans.map((plan) => plan.siteKind))].map((each) => h("option", { value: each })));
  const area = areaField(t("inspection_area"));
  const due = h("input", { class: "input", type: "datetime-local", required: true });
  const before = choice(plans.map((plan) => [plan.id, `${plan.title} · ${t("inspection_round", { round: plan.round })}`]), { empty: t("inspection_first_round") });
  before.addEventListener("change", () => {
    const plan = plans.find((each) => each.id === before.value);
    if (!plan) return;
    kind.value = plan.siteKind;
    area.choose(plan.areaCode ?? "");
  });
  ask(t("inspection_plan_new"), [field(t("inspection_title"), title, { required: true }), field(t("inspection_before"), before, { help: t("inspection_before_help") }), field(t("inspection_site_kind"), kind, { required: true }), kinds, area.element, field(t("inspection_until"), due, { required: true })], t("save"), async () => {
    const { plan } = await post("/v1/inspections", { requestId: freshKey(), title: title.value.trim(), siteKind: kind.value.trim(), areaCode: area.value(), dueAt: new Date(due.value).toISOString(), previousPlanId: before.value });
    toast(t("done"));
    await load();
    go({ plan: plan.id });
  });
}

function drawPlaces(plan) {
  const all = h("input", { type: "checkbox", onchange: () => fetchPlaces() });
  const list = h("div", {});
  const fetchPlaces = (after = "", shown = []) => asked(list, () => get(`/v1/inspections/${plan.id}/sites`, { withVisited: all.checked, pageSize: PAGE, afterCode: after }), ({ sites = [] }) => {
    const together = [...shown, ...sites];
    if (!together.length) return h("p", { class: "empty" }, t(all.checked ? "inspection_no_sites" : "inspection_all_visited"));
    return [
      h("ul", { class: "places" }, together.map((each) => h("li", {}, h("button", { class: "place", type: "button", "aria-current": String(each.site.code === chosen().get("site")), onclick: () => go({ plan: plan.id, site: each.site.code }) }, h("b", {}, each.site.name), h("span", { class: "code faint" }, each.site.code), each.openProblemCount ? h("span", { class: "badge", data: { signal: "YELLOW" } }, t("inspection_open_problems", { count: each.openProblemCount })) : null, h("span", { class: "quiet" }, each.visitedAt ? [t("inspection_visited_at", { time: moment(each.visitedAt) }), " ", person(each.visitedBy)] : t("inspection_is_due")))))),
      sites.length === PAGE && h("button", { class: "button wide", type: "button", onclick: () => fetchPlaces(sites.at(-1).site.code, together) }, t("inspection_more")),
    ];
  });
  show(placePane, h("header", { class: "pane-head" }, h("button", { class: "button plain back", type: "button", onclick: () => go({}) }, "←", h("span", { class: "unseen" }, t("back"))), h("h2", {}, plan.title), h("span", { class: "faint" }, t("inspection_due", { time: exactly(plan.dueAt) }))), h("div", { class: "pane-acts" }, h("label", { class: "tick" }, all, t("inspection_with_visited")), h("button", { class: "button", type: "button", onclick: () => go({ plan: plan.id, problems: "open" }) }, t("inspection_problems"))), list);
  fetchPlaces();
}

let drawnPlan = "";

function draw() {
  const wanted = chosen();
  const plan = plans.find((each) => each.id === wanted.get("plan"));
  drawPlans();
  byId("app").dataset.pane = plan ? (wanted.get("site") || wanted.get("problems") ? "work" : "places") : "plans";
  if (!plan) {
    drawnPlan = "";
    show(placePane, h("p", { class: "empty" }, t("inspection_choose")));
    show(workPane);
    return;
  }
  if (drawnPlan !== plan.id) drawPlaces(plan);
  drawnPlan = plan.id;
  for (const place of placePane.querySelectorAll(".place")) place.setAttribute("aria-current", String(place.querySelector(".code").textContent === wanted.get("site")));
  const back = () => go({ plan: plan.id });
  const after = async () => {
    // The place is left before anything is drawn anew, so that nobody records it twice.
    history.replaceState(null, "", `#plan=${plan.id}`);
    drawnPlan = "";
    await load();
  };
  if (wanted.get("site")) checklist(workPane, plan, wanted.get("site"), { back, after });
  else if (wanted.get("problems")) problems(workPane, plan, { back, after });
  else show(workPane, h("p", { class: "empty" }, t("inspection_choose_site")));
}

async function load() {
  plans = (await get("/v1/inspections")).plans ?? [];
  draw();
}

show(byId("app"), h("div", { class: "inspection-split" }, plansPane, placePane, workPane));
byId("app").dataset.pane = "plans";
addEventListener("hashchange", draw);
lastingly(plansPane, async () => (await get("/v1/inspections")).plans ?? [], (answer) => {
  plans = answer;
  draw();
});
