// Who may sign in: found by name, taken in, closed, given a new password; each deed is on record. And what each role may do.

import { get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { ago, exactly } from "../format.mjs";
import { language, may, named, t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

const KINDS = ["staff", "resident", "volunteer"];
const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-+=!";
const WAIT_MS = 250;

/** A password nobody would guess, without letters that are mistaken for one another. */
const invented = () => `A7x-${[...crypto.getRandomValues(new Uint32Array(15))].map((number) => LETTERS[number % LETTERS.length]).join("")}`;

export function people(target) {
  const text = h("input", { class: "input", type: "search", maxLength: 60, placeholder: t("people_search"), "aria-label": t("people_search"), oninput: () => soon() });
  const kind = choice(KINDS.map((each) => [each, t(`kind_${each}`)]), { chosen: "staff", empty: t("people_all") });
  kind.setAttribute("aria-label", t("people_kind"));
  const list = h("div");
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => load(), WAIT_MS);
  };
  const load = (after = "") => asked(list, () => get("/v1/accounts", { text: text.value.trim(), kind: kind.value, after }), ({ accounts = [], nextAfter }) => [
    accounts.length ? table([t("people_login"), t("people_name"), t("people_seen"), t("people_proof"), ""], accounts.map((each) => line(each, () => load(after)))) : h("p", { class: "empty" }, t("people_none")),
    h("div", { class: "card-acts" }, after && h("button", { class: "button", type: "button", onclick: () => load() }, t("people_first")), nextAfter && h("button", { class: "button", type: "button", onclick: () => load(nextAfter) }, t("more"))),
  ]);
  kind.addEventListener("change", () => load());
  show(target, h("div", { class: "admin-bar" }, text, kind, may("accounts.write") && h("button", { class: "button main", type: "button", onclick: () => takeIn(() => load()) }, t("people_add"))), list);
  load();
}

function line(account, again) {
  const act = (key, verb, effect) => h("button", { class: "button", type: "button", onclick: () => sure(account, key, verb, effect, again) }, t(key));
  const acts = may("accounts.write") ? [act("people_renew", "renew", "effect_renew"), account.hasSecondFactor && act("people_unbind", "unbind", "effect_unbind"), account.closed ? act("people_open", "open", "effect_open") : act("people_close", "close", "effect_close")] : "";
  return row([h("b", { class: "code" }, account.login), account.closed && [" ", h("span", { class: "badge urgent" }, t("people_closed"))]], [named(account), " ", h("span", { class: "faint code" }, account.subject)], account.seenAt ? h("span", { title: exactly(account.seenAt) }, ago(account.seenAt)) : "—", t(account.hasSecondFactor ? "people_twice" : account.hasPassword ? "people_password" : "people_elsewhere"), h("div", { class: "card-acts" }, acts));
}

/** Say what it will do, then do it. */
function sure(account, key, verb, effect, again) {
  const password = verb === "renew" ? h("input", { class: "input code", value: invented(), required: true, minLength: 12, maxLength: 128, autocomplete: "off", spellcheck: false }) : null;
  ask(`${t(key)} · ${account.login}`, [h("p", { class: "notice" }, t(effect, { name: named(account) })), password && field(t("people_password_new"), password, { required: true, help: t("people_password_help") })], t(key), async () => {
    await post(`/v1/accounts/${encodeURIComponent(account.login)}:${verb}`, password ? { password: password.value } : {});
    toast(t("done"));
    again();
  });
}

function takeIn(again) {
  const input = (extra = {}) => h("input", { class: "input", maxLength: 60, autocomplete: "off", ...extra });
  const [login, name, nameEn] = [input({ required: true, class: "input code" }), input({ required: true }), input()];
  const subject = input({ class: "input code", required: true, placeholder: "staff:GW-02001001001", value: "staff:" });
  const kind = choice(KINDS.map((each) => [each, t(`kind_${each}`)]), { chosen: "staff", required: true });
  kind.addEventListener("change", () => (subject.value = `${kind.value}:`));
  const language = choice([["zh", "中文"], ["en", "English"]], { chosen: "zh", required: true });
  const password = h("input", { class: "input code", value: invented(), required: true, minLength: 12, maxLength: 128, autocomplete: "off", spellcheck: false });
  ask(t("people_add"), [h("p", { class: "notice" }, t("effect_add")), field(t("people_login"), login, { required: true }), field(t("people_name"), name, { required: true }), field(t("people_name_en"), nameEn), field(t("people_kind"), kind, { required: true }), field(t("people_subject"), subject, { required: true, help: t("people_subject_help") }), field(t("people_language"), language, { required: true }), field(t("people_password_new"), password, { required: true, help: t("people_password_help") })], t("people_add"), async () => {
    await post("/v1/accounts", { login: login.value.trim(), name: name.value.trim(), nameEn: nameEn.value.trim(), kind: kind.value, subject: subject.value.trim(), language: language.value, password: password.value });
    toast(t("people_added", { login: login.value.trim() }));
    again();
  });
}

/** Roles and what they may do, as the suite itself holds to it. */
/** The permissions of a role as sentences: one for each thing, with all that may be done with it. */
function rights(permissions) {
  const byThing = new Map();
  for (const permission of permissions) {
    const parts = permission.split(".");
    const verb = parts.pop();
    const thing = parts.join("_") || "all";
    byThing.set(thing, [...(byThing.get(thing) ?? []), verb === "*" ? t("verb_all") : t(`verb_${verb}`)]);
  }
  return h("ul", { class: "rights" }, [...byThing].map(([thing, verbs]) => h("li", {}, h("b", {}, t(`right_${thing}`)), " ", verbs.join(language === "en" ? ", " : "、"))));
}

export function roles(target) {
  asked(target, () => get("/v1/roles"), ({ roles: list = [] }) => [h("p", { class: "quiet" }, t("roles_lead")), table([t("role"), t("role_may")], list.map((each) => row([h("b", {}, word("roles", each.role)), " ", h("span", { class: "code faint" }, each.role)], rights(each.permissions))))]);
}
