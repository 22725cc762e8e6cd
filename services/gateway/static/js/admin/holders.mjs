// Who holds a post: named from a moment on by name, with the story of the post, and what a handover changes told first.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, moment, person } from "../format.mjs";
import { may, named, t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const WAIT_MS = 250;

/** A field that finds people by name where accounts may be read, and takes a staff code everywhere. */
export function whoField(label, { required = false, help = "" } = {}) {
  const code = h("input", { class: "input code", maxLength: 60, required, placeholder: "staff:GW-02001001001", autocomplete: "off", spellcheck: false });
  if (!may("accounts.read")) return [field(label, code, { required, help }), () => code.value.trim()];
  const found = h("div", { class: "found-people", role: "group", "aria-label": t("holder_found") });
  const name = h("input", { class: "input", type: "search", maxLength: 60, placeholder: t("people_search"), "aria-label": t("holder_search"), oninput: () => soon() });
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(load, WAIT_MS);
  };
  const take = (account) => {
    code.value = account.subject;
    show(found, h("span", { class: "badge" }, named(account)), " ", h("span", { class: "faint code" }, account.subject));
  };
  const load = () => name.value.trim() && asked(found, () => get("/v1/accounts", { text: name.value.trim(), kind: "staff" }), ({ accounts = [] }) => (accounts.length ? accounts.slice(0, 8).map((each) => h("button", { class: "button", type: "button", onclick: () => take(each) }, named(each), " ", h("span", { class: "faint code" }, each.subject))) : h("span", { class: "quiet" }, t("people_none"))));
  return [h("div", { class: "who-field" }, name, found, field(label, code, { required, help })), () => code.value.trim()];
}

const line = (holding) => row(moment(holding.fromAt), [holding.staffCode ? person(holding.staffCode) : h("span", { class: "badge urgent" }, t("vacant")), holding.toCome && [" ", h("span", { class: "badge" }, t("holder_to_come"))]], holding.reason === "import" ? t("holder_imported") : holding.reason, h("span", { title: exactly(holding.namedAt) }, person(holding.namedBy)));

/** Hand a post over: to whom, from when and why; what was and what is to come stands below. */
export function nameHolder(place, again) {
  const [who, read] = whoField(t("holder_next"), { help: t("holder_next_help") });
  const when = choice([["now", t("holder_now")], ["later", t("holder_later")]], { chosen: "now", required: true });
  when.firstChild.remove();
  const from = h("input", { class: "input", type: "datetime-local" });
  const day = field(t("shift_from"), from, { required: true });
  const sync = () => {
    day.hidden = when.value === "now";
    from.required = !day.hidden;
  };
  when.addEventListener("change", sync);
  sync();
  const reason = h("input", { class: "input", required: true, minLength: 2, maxLength: 200 });
  const story = h("div", { class: "post-story" });
  const lead = [h("p", { class: "quiet" }, word("roles", place.role), " · ", h("span", { class: "code" }, place.areaCode), " · ", t("holder"), " ", place.staffCode ? person(place.staffCode) : t("vacant")), h("p", { class: "notice" }, t("effect_holder"))];
  ask(`${t("holder_name")} · ${named(place, "title") || place.code}`, [lead, who, field(t("holder_when"), when, { required: true }), day, field(t("reason"), reason, { required: true }), h("h3", {}, t("holder_story")), story], t("holder_name"), async () => {
    const fromAt = when.value === "later" ? { fromAt: new Date(from.value).toISOString() } : {};
    const { holding } = await post(`/v1/posts/${encodeURIComponent(place.code)}:name`, { requestId: freshKey(), staffCode: read(), reason: reason.value.trim(), ...fromAt });
    toast(t(holding.toCome ? "holder_settled_later" : "holder_settled", { time: moment(holding.fromAt) }));
    again();
  });
  asked(story, () => get(`/v1/posts/${encodeURIComponent(place.code)}/holdings`), ({ holdings = [] }) => (holdings.length ? table([t("shift_from"), t("holder"), t("reason"), t("holder_by")], holdings.map(line)) : h("p", { class: "quiet" }, t("holder_story_none"))));
}
