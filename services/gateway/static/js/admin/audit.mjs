// Who did what with personal data, who signed in, what was taken along, and what was refused; searched by person and deed.

import { get } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { choice } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { row, table } from "./table.mjs";

export function audit(target) {
  const who = h("input", { class: "input code", placeholder: t("audit_who"), "aria-label": t("audit_who"), maxLength: 100 });
  const action = h("input", { class: "input code", placeholder: t("audit_action"), "aria-label": t("audit_action"), maxLength: 60 });
  const of = choice([["/v1/traces", t("audit_traces")], ["/v1/deeds", t("audit_deeds")]], { chosen: "/v1/traces", required: true });
  of.firstChild.remove();
  of.setAttribute("aria-label", t("audit_of"));
  of.addEventListener("change", () => look());
  const body = h("div");
  const look = (token = "") =>
    asked(body, () => get(of.value, { who: who.value.trim(), action: action.value.trim(), pageSize: 100, pageToken: token }), ({ traces = [], nextPageToken }) => (traces.length ? [table([t("when_done"), t("who_did"), t("deed"), t("concerned"), t("purpose"), t("outcome")], traces.map((each) => row(exactly(each.at), [person(each.who), " ", h("span", { class: "faint" }, (each.roles ?? []).map((role) => word("roles", role)).join("、"))], h("span", { class: "code" }, each.action), [h("span", { class: "code" }, each.target), (each.fields ?? []).length ? h("span", { class: "faint" }, ` ${each.fields.join("、")}`) : ""], each.purpose || "—", each.refused ? h("span", { class: "badge urgent" }, t("refused"), " ", each.refused) : t(each.masked ? "masked" : "seen", { count: each.rowCount ?? 0 })))), nextPageToken && h("button", { class: "button", type: "button", onclick: () => look(nextPageToken) }, t("older"))] : h("p", { class: "empty" }, t("audit_none"))));
  show(target, h("form", { class: "admin-search", role: "search", onsubmit: (event) => { event.preventDefault(); look(); } }, of, who, action, h("button", { class: "button", type: "submit" }, t("find_it"))), body);
  look();
}
