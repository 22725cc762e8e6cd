// What was found and is still open: looked at again, it is closed or stays; nothing else closes it.

import { freshKey, get, post, upload } from "../api.mjs";
import { ask, row, table } from "../admin/table.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { moment } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";

/** Draw the open problems of a round; `after` when one was looked at again. */
export function problems(target, plan, { back, after }) {
  asked(target, () => get("/v1/problems", { planId: plan.id, openOnly: true, pageSize: 200 }), ({ problems: list = [] }) => [
    h("header", { class: "pane-head" }, h("button", { class: "button plain back", type: "button", onclick: back }, "←", h("span", { class: "unseen" }, t("back"))), h("h2", {}, t("inspection_problems"))),
    h("p", { class: "quiet" }, t("inspection_problems_lead")),
    list.length ? table([t("inspection_found_at"), t("inspection_site"), t("inspection_what"), t("inspection_rectifier"), ...(may("inspections.inspect") ? [t("acts")] : [])], list.map((each) => problemRow(each, after))) : h("p", { class: "empty" }, t("inspection_problems_none")),
  ]);
}

function problemRow(problem, after) {
  const what = [h("span", { class: "code" }, problem.itemCode), " ", problem.description, problem.failedRechecks ? h("span", { class: "badge", data: { signal: "RED" } }, t("inspection_failed_rechecks", { count: problem.failedRechecks })) : null];
  const acts = may("inspections.inspect") && h("button", { class: "button", type: "button", onclick: () => recheck(problem, after) }, t("inspection_recheck"));
  return row(moment(problem.foundAt), h("span", { class: "code" }, problem.siteCode), what, [problem.rectifyDepartment, problem.caseId && h("a", { href: `/cases/${encodeURIComponent(problem.caseId)}` }, ` ${t("case")}`)], ...(acts ? [acts] : []));
}

function recheck(problem, after) {
  const passed = choice([["yes", t("inspection_passed")], ["no", t("inspection_not_passed")]], { required: true });
  const files = h("input", { class: "input", type: "file", accept: "image/*", multiple: true });
  ask(t("inspection_recheck"), [h("p", { class: "notice" }, `${problem.siteCode} · ${problem.itemCode} ${problem.description ?? ""}`), field(t("inspection_result"), passed, { required: true }), field(t("inspection_photo"), files)], t("save"), async () => {
    const evidence = await Promise.all([...files.files].slice(0, 9).map((file) => upload(file, "check")));
    await post("/v1/problems:recheck", { requestId: freshKey(), rechecks: [{ problemId: problem.id, passed: passed.value === "yes", evidence }] });
    toast(t(passed.value === "yes" ? "inspection_closed_now" : "inspection_stays_open"));
    await after();
  });
}
