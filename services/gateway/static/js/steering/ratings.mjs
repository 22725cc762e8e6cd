// What workers say of departments and departments of workers, without telling who said it.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { person } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const MEANS = ["score", "attitude", "efficiency", "quality"];
const heads = (first) => [first, t("steer_count"), ...MEANS.map((key) => t(`steer_mean_${key}`))];
const means = (told = {}) => [String(told.count ?? 0), ...MEANS.map((key) => (told[key] === undefined ? "—" : told[key].toFixed(2)))];

export function ratings(target) {
  asked(target, () => Promise.all([get("/v1/ratings/departments"), get("/v1/ratings/workers")]), ([{ departments = [] }, { workers = [] }]) => [
    h("p", { class: "quiet" }, t("steer_masked")),
    may("ratings.rate") && h("div", { class: "card-acts" }, h("button", { class: "button main", type: "button", onclick: () => rate(() => ratings(target)) }, t("steer_rate"))),
    h("h2", {}, t("steer_up")),
    departments.length ? table(heads(t("steer_department")), departments.map((each) => row([named(each), " ", h("span", { class: "code faint" }, each.departmentCode), said(each.ratings)], ...means(each.means)))) : h("p", { class: "empty" }, t("steer_no_ratings")),
    h("h2", {}, t("steer_down")),
    workers.length ? table(heads(t("steer_worker")), workers.map((each) => row([person(each.worker), " ", h("span", { class: "code faint" }, each.gridCode)], ...means(each.means)))) : h("p", { class: "empty" }, t("steer_no_ratings")),
  ]);
}

function said(list = []) {
  const words = list.filter((each) => each.comment);
  return words.length > 0 && h("details", {}, h("summary", {}, t("steer_words", { count: words.length })), h("ul", { class: "plain-list" }, words.map((each) => h("li", {}, `${each.month} · ${each.score} · ${each.comment}`))));
}

/** Rate the other side of a case that was closed; once, and never by name. */
async function rate(again) {
  const { cases = [] } = await get("/v1/cases", { states: ["CASE_STATE_CLOSED"], pageSize: 50 }).catch(() => ({}));
  const which = choice(cases.map((each) => [each.id, `${each.number} · ${named(each, "taskTypeTitle")}`]), { required: true });
  const marks = MEANS.map((key) => [key, choice(["5", "4", "3", "2", "1"].map((value) => [value, value]), { required: key === "score" })]);
  const comment = h("textarea", { class: "input", rows: 3, maxLength: 500 });
  ask(t("steer_rate"), [field(t("steer_case"), which, { required: true, help: cases.length ? "" : t("steer_no_closed") }), marks.map(([key, control]) => field(t(`steer_mean_${key}`), control, { required: key === "score" })), field(t("steer_comment"), comment)], t("steer_send"), async () => {
    const given = Object.fromEntries(marks.map(([key, control]) => [key, Number(control.value) || 0]));
    await post(`/v1/cases/${which.value}:rateOtherSide`, { requestId: freshKey(), ...given, comment: comment.value.trim() });
    toast(t("steer_rated"));
    again();
  });
}
