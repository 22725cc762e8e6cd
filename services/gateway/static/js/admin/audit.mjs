// Who did what with personal data, who signed in, what was taken along, and what was refused; searched by person, deed and what it was about.

import { get } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { choice } from "../fields.mjs";
import { exactly, person } from "../format.mjs";
import { t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { row, table } from "./table.mjs";

/** What each source keeps record of. */
const DEEDS = {
  "/v1/traces": ["person_revealed", "person_searched", "loan_read", "loan_decided", "openness_set", "elements_imported", "element_retired", "own_reads_listed", "unmasking_asked", "unmasking_decided", "holder_named", "terminal_refused", "terminal_revoked", "area_change_decided", "emergency_ended"],
  "/v1/deeds": ["session.begin", "account.take_in", "account.password", "account.close", "account.open", "account.renew", "account.unbind", "cases.export", "cases.print"],
};

const deedWord = (action) => {
  const key = `deed_${action.replace(".", "_")}`;
  return t(key) === key ? h("span", { class: "code" }, action) : t(key);
};

export function audit(target) {
  const field = (key) => h("input", { class: "input code", placeholder: t(key), "aria-label": t(key), maxLength: 100 });
  const [who, about] = [field("audit_who"), field("audit_about")];
  const action = h("select", { class: "input", "aria-label": t("audit_action") });
  const of = choice([["/v1/traces", t("audit_traces")], ["/v1/deeds", t("audit_deeds")]], { chosen: "/v1/traces", required: true });
  of.firstChild.remove();
  of.setAttribute("aria-label", t("audit_of"));
  const offer = () => show(action, h("option", { value: "" }, t("audit_every_deed")), DEEDS[of.value].map((each) => h("option", { value: each }, deedWord(each))));
  of.addEventListener("change", () => {
    offer();
    look();
  });
  action.addEventListener("change", () => look());
  const body = h("div");
  const line = (each) => row(exactly(each.at), [person(each.who), " ", h("span", { class: "faint" }, (each.roles ?? []).map((role) => word("roles", role)).join("、"))], deedWord(each.action), [h("span", { class: "code" }, each.target), (each.fields ?? []).length ? h("span", { class: "faint" }, ` ${each.fields.join("、")}`) : ""], each.purpose || "—", each.refused ? h("span", { class: "badge urgent" }, t("refused"), " ", each.refused) : t(each.masked ? "masked" : "seen", { count: each.rowCount ?? 0 }));
  const look = (token = "") =>
    asked(body, () => get(of.value, { who: who.value.trim(), action: action.value, target: about.value.trim(), pageSize: 100, pageToken: token }), ({ traces = [], nextPageToken }) => (traces.length ? [table([t("when_done"), t("who_did"), t("deed"), t("concerned"), t("purpose"), t("outcome")], traces.map(line)), h("div", { class: "card-acts" }, token && h("button", { class: "button", type: "button", onclick: () => look() }, t("audit_newest")), nextPageToken && h("button", { class: "button", type: "button", onclick: () => look(nextPageToken) }, t("older")))] : h("p", { class: "empty" }, t("audit_none"))));
  show(target, h("form", { class: "admin-search", role: "search", onsubmit: (event) => { event.preventDefault(); look(); } }, of, action, who, about, h("button", { class: "button", type: "submit" }, t("find_it"))), body);
  offer();
  look();
}
