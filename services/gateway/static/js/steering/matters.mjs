// What was done for people this year, month by month.

import { row, table } from "../admin/table.mjs";
import { get } from "../api.mjs";
import { h } from "../dom.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";

const KINDS = ["practical", "agency", "dispute"];

export function matters(target) {
  asked(target, () => get("/v1/matters"), ({ total = {}, months = [] }) => [
    h("dl", { class: "steer-totals" }, KINDS.map((kind) => h("div", {}, h("dt", {}, t(`steer_${kind}`)), h("dd", {}, String(total[kind] ?? 0))))),
    table([t("steer_month"), ...KINDS.map((kind) => t(`steer_${kind}`))], months.map((each) => row(h("span", { class: "code" }, each.month), ...KINDS.map((kind) => String(each.counts?.[kind] ?? 0))))),
  ]);
}
