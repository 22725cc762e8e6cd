// What workers say of departments and departments of workers, without telling who said it.

import { row, table } from "../admin/table.mjs";
import { get } from "../api.mjs";
import { h } from "../dom.mjs";
import { named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const MEANS = ["score", "attitude", "efficiency", "quality"];
const heads = (first) => [first, t("steer_count"), ...MEANS.map((key) => t(`steer_mean_${key}`))];
const means = (told = {}) => [String(told.count ?? 0), ...MEANS.map((key) => (told[key] === undefined ? "—" : told[key].toFixed(2)))];

export function ratings(target) {
  asked(target, () => Promise.all([get("/v1/ratings/departments"), get("/v1/ratings/workers")]), ([{ departments = [] }, { workers = [] }]) => [
    h("p", { class: "quiet" }, t("steer_masked")),
    h("h2", {}, t("steer_up")),
    departments.length ? table(heads(t("steer_department")), departments.map((each) => row([named(each), " ", h("span", { class: "code faint" }, each.departmentCode), said(each.ratings)], ...means(each.means)))) : h("p", { class: "empty" }, t("steer_no_ratings")),
    h("h2", {}, t("steer_down")),
    workers.length ? table(heads(t("steer_worker")), workers.map((each) => row([each.worker, " ", h("span", { class: "code faint" }, each.gridCode)], ...means(each.means)))) : h("p", { class: "empty" }, t("steer_no_ratings")),
  ]);
}

function said(list = []) {
  const words = list.filter((each) => each.comment);
  return words.length > 0 && h("details", {}, h("summary", {}, t("steer_words", { count: words.length })), h("ul", { class: "plain-list" }, words.map((each) => h("li", {}, `${each.month} · ${each.score} · ${each.comment}`))));
}
