// Task types and their admission: decided with a reason, after being told how many open cases it concerns.

import { freshKey, get, post } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { limitText } from "../format.mjs";
import { may, named, t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const NEXT = { PENDING: ["ADMITTED", "RETIRED"], ADMITTED: ["SUSPENDED", "RETIRED"], SUSPENDED: ["ADMITTED", "RETIRED"], RETIRED: [] };
const bare = (state) => (state ?? "").replace("ADMISSION_STATE_", "") || "PENDING";

export function taskTypes(target) {
  asked(target, async () => Promise.all([get("/v1/task-types"), get("/v1/departments")]), ([{ taskTypes: types = [] }, { departments = [] }]) => {
    const names = new Map(departments.map((each) => [each.code, named(each)]));
    const sorted = [...types].sort((one, other) => Number(bare(one.admission) !== "PENDING") - Number(bare(other.admission) !== "PENDING") || one.code.localeCompare(other.code));
    if (!sorted.length) return h("p", { class: "empty" }, t("types_none"));
    const again = () => taskTypes(target);
    return table([t("type_name"), t("department"), t("type_class"), t("type_limits"), t("type_source"), t("state"), ""], sorted.map((type) => row([h("b", {}, named(type, "title")), " ", h("span", { class: "code faint" }, `${type.code} v${type.version ?? 1}`)], names.get(type.departmentCode) ?? type.departmentCode, h("span", { class: "code" }, type.categoryCode), (type.filingConditions ?? []).map((each) => h("div", {}, named(each, "title"), " ", h("span", { class: "faint" }, limitText(each.limit)))), type.plugin ? h("span", { class: "code" }, type.plugin) : t("type_imported"), h("span", { class: "badge" }, word("admission", bare(type.admission))), may("registry.admission.decide") && NEXT[bare(type.admission)].length ? h("button", { class: "button", type: "button", onclick: () => decide(type, again) }, t("decide")) : "")));
  });
}

async function decide(type, again) {
  const { cases = [], nextPageToken } = await get("/v1/cases", { taskType: type.code, openOnly: true, pageSize: 200 }).catch(() => ({}));
  const state = choice(NEXT[bare(type.admission)].map((each) => [each, word("admission", each)]), { required: true, chosen: NEXT[bare(type.admission)][0] });
  const reason = h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });
  const effect = h("p", { class: "notice" });
  const tell = () => (effect.textContent = t(state.value === "ADMITTED" ? "effect_admit" : "effect_stop", { type: named(type, "title"), count: `${cases.length}${nextPageToken ? "+" : ""}` }));
  state.addEventListener("change", tell);
  tell();
  ask(named(type, "title"), [field(t("state"), state, { required: true }), effect, field(t("reason"), reason, { required: true })], t("decide"), async () => {
    await post(`/v1/task-types/${type.code}:decide`, { requestId: freshKey(), admission: `ADMISSION_STATE_${state.value}`, reason: reason.value.trim() });
    toast(t("done"));
    again();
  });
}
