// Departments' plugins: who is there, since when, with which task types.

import { get } from "../api.mjs";
import { h } from "../dom.mjs";
import { ago, exactly } from "../format.mjs";
import { named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { row, table } from "./table.mjs";

export function departments(target) {
  asked(target, async () => Promise.all([get("/v1/plugins"), get("/v1/departments")]), ([{ plugins = [] }, { departments: known = [] }]) => {
    const names = new Map(known.map((each) => [each.code, named(each)]));
    const without = known.filter((each) => !plugins.some((plugin) => plugin.departmentCode === each.code));
    return [plugins.length ? table([t("plugin"), t("department"), t("plugin_health"), t("plugin_types")], plugins.map((each) => row([h("b", { class: "code" }, each.name), " ", h("span", { class: "faint" }, each.version)], names.get(each.departmentCode) ?? each.departmentCode, h("span", { class: "live", data: { live: each.online ? "yes" : "no" }, title: exactly(each.seenAt) }, t(each.online ? "plugin_online" : "plugin_offline"), each.seenAt ? ` · ${ago(each.seenAt)}` : ""), String((each.taskTypes ?? []).length)))) : h("p", { class: "empty" }, t("plugins_none")), without.length ? h("p", { class: "quiet" }, t("plugins_without"), " ", without.map((each) => named(each)).join("、")) : null];
  });
}
