// The week as a whole: what came, who found it, who carried it, and what is more than the week before.

import { row, table } from "../admin/table.mjs";
import { get } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { field } from "../fields.mjs";
import { named, page, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const COUNTS = ["reported", "foundByGrid", "onSite", "inGroup", "toCentre", "closed", "closedInTime", "foundByInspectors"];

export function weekly(target) {
  const today = new Date().toLocaleDateString("sv-SE", { timeZone: page.timezone });
  const day = h("input", { class: "input", type: "date", value: today, required: true });
  const body = h("div", { class: "steer-body", "aria-live": "polite" });
  const draw = () => day.value && asked(body, () => get(`/v1/weeks/${day.value}`), drawn);
  day.addEventListener("change", draw);
  show(target, h("div", { class: "inline-form" }, field(t("steer_week_of"), day, { required: true })), body);
  draw();
}

function drawn({ fromDay, untilDay, whole = {}, areas = [], taskTypes = [] }) {
  const heads = (first) => [first, ...COUNTS.map((key) => t(`steer_week_${key}`))];
  return [
    h("p", { class: "quiet", role: "status" }, t("steer_week", { from: fromDay, until: untilDay })),
    h("dl", { class: "steer-totals" }, COUNTS.map((key) => h("div", {}, h("dt", { class: "quiet" }, t(`steer_week_${key}`)), h("dd", {}, ...grown(whole, key))))),
    h("h2", {}, t("steer_week_task_types")),
    taskTypes.length ? table(heads(t("steer_name")), taskTypes.map(line)) : h("p", { class: "empty" }, t("steer_week_nothing")),
    h("h2", {}, t("steer_week_areas")),
    areas.length ? table(heads(t("steer_name")), areas.map(line)) : h("p", { class: "empty" }, t("steer_week_nothing")),
  ];
}

const line = (one) => row([h("b", {}, named(one)), " ", h("span", { class: "code faint" }, one.code)], ...COUNTS.map((key) => grown(one, key)));

/** A count, and by how much it differs from the week before. */
function grown({ now = {}, before = {} }, key) {
  const by = (now[key] ?? 0) - (before[key] ?? 0);
  return [String(now[key] ?? 0), " ", by !== 0 && h("small", { class: "quiet" }, by > 0 ? `+${by}` : `−${-by}`)];
}
