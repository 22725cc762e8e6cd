// Who did what with personal data, and what was refused; searched by person and deed.

import { get } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { exactly, person } from "../format.mjs";
import { t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { row, table } from "./table.mjs";

export function audit(target) {
  const who = h("input", { class: "input code", placeholder: t("audit_who"), "aria-label": t("audit_who"), maxLength: 100 });
  const action = h("input", { class: "input code", placeholder: t("audit_action"), "aria-label": t("audit_action"), maxLength: 60 });
  const body = h("div");
  const look = (token = "") =>
    asked(body, () => get("/v1/traces", { who: who.value.trim(), action: action.value.trim(), pageSize: 100, pageToken: token }), ({ traces = [], nextPageToken }) => (traces.length ? [table([t("when_done"), t("who_did"), t("deed"), t("concerned"), t("purpose"), t("outcome")], traces.map((each) => row(exactly(each.at), [person(each.who), " ", h("span", { class: "faint" }, (each.roles ?? []).map((role) => word("roles", role)).join("、"))], h("span", { class: "code" }, each.action), [h("span", { class: "code" }, each.target), (each.fields ?? []).length ? h("span", { class: "faint" }, ` ${each.fields.join("、")}`) : ""], each.purpose || "—", each.refused ? h("span", { class: "badge urgent" }, t("refused"), " ", each.refused) : t(each.masked ? "masked" : "seen", { count: each.rowCount ?? 0 })))), nextPageToken && h("button", { class: "button", type: "button", onclick: () => look(nextPageToken) }, t("older"))] : h("p", { class: "empty" }, t("audit_none"))));
  show(target, h("form", { class: "admin-search", role: "search", onsubmit: (event) => { event.preventDefault(); look(); } }, who, action, h("button", { class: "button", type: "submit" }, t("find_it"))), body);
  look();
}
