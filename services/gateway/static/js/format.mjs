// Says times, signals and people the way people say them.

import { h, shape } from "./dom.mjs";
import { language, named, page, t, visitor, word } from "./page.mjs";

const ENDED = new Set(["CASE_STATE_REJECTED", "CASE_STATE_NOT_REGISTERED", "CASE_STATE_CLOSED", "CASE_STATE_CANCELLED"]);
const locale = language === "zh" ? "zh-CN" : "en-GB";
const zone = page.timezone ? { timeZone: page.timezone } : {};
const clock = new Intl.DateTimeFormat(locale, { ...zone, month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const full = new Intl.DateTimeFormat(locale, { ...zone, year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const plain = (name) => (name ?? "").replace(/^(CASE_STATE|CASE_EVENT|SIGNAL|SOURCE|EVIDENCE_KIND|LIMIT_UNIT)_/, "");
export const stateWord = (state) => word("state", plain(state));
export const eventWord = (event) => word("event", plain(event));
export const ended = (item) => ENDED.has(item.state);

/** The signal of a case; one that has ended has none. */
export const signalOf = (item) => (ended(item) ? "NONE" : plain(item.signal) || "GREEN");

export const moment = (stamp) => (stamp ? clock.format(new Date(stamp)) : "");
export const exactly = (stamp) => (stamp ? full.format(new Date(stamp)) : "");

/** The beginning of today by the city's clock. */
export function midnight() {
  const now = new Date();
  const [hour, minute, second] = new Intl.DateTimeFormat("en-GB", { ...zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(now).split(":").map(Number);
  return new Date(Math.floor(now.getTime() / 1000) * 1000 - ((hour * 60 + minute) * 60 + second) * 1000).toISOString();
}

/** A time element whose exact moment shows on hover. */
export const timeOf = (stamp, text = moment(stamp)) => h("time", { dateTime: stamp, title: exactly(stamp) }, text);

/** A span of time in its largest fitting unit. */
export function span(seconds) {
  const minutes = Math.round(Math.abs(seconds) / 60);
  if (minutes < 1) return t("just_now");
  if (minutes < 60) return t("minutes", { count: minutes });
  if (minutes < 48 * 60) return t("hours", { count: minutes < 600 ? Math.round(minutes / 6) / 10 : Math.round(minutes / 60) });
  return t("days", { count: Math.round(minutes / 1440) });
}

const since = (stamp) => (Date.now() - Date.parse(stamp)) / 1000;

/** How long ago. */
export function ago(stamp) {
  const seconds = since(stamp);
  return seconds < 30 ? t("just_now") : t("ago", { time: span(seconds) });
}

/** What is left of a case's time, or by how much it is over. */
export function timeLeft(item) {
  if (ended(item)) return stateWord(item.state);
  if (item.paused) return t("paused");
  if (!item.deadlineAt) return stateWord(item.state);
  const seconds = -since(item.deadlineAt);
  return Math.abs(seconds) < 60 ? t("just_now") : t(seconds > 0 ? "left" : "over", { time: span(seconds) });
}

export const limitText = (limit) => (limit ? `${limit.value ?? 0} ${word("unit", plain(limit.unit))}` : "");

/** Where a case is: in the words of whoever reported it, else its grid by name. */
export const placeOf = (item) => (item.place && item.place !== item.gridName ? item.place : named(item, "gridName") || item.place || "");

/** Shape and word of a signal. */
export function signalBadge(item) {
  const signal = signalOf(item);
  return h("span", { class: "badge", data: { signal } }, h("span", { class: "signal" }, shape(signal), word("signal", signal)));
}

/** A person by role and code; never by what only the machine knows. */
export function person(subject, role = "") {
  if (!subject) return "";
  if (subject === visitor?.subject) return t("by_you");
  const kind = subject.split(":")[0];
  if (kind === "plugin") return t("plugin_said");
  if (kind === "service") return t("system");
  if (kind === "resident" || kind === "volunteer") return word("roles", kind);
  const [, post, rest] = /^(?:staff:)?(?:([a-z_]+)-(?=\S))?(.+)$/.exec(subject) ?? [];
  const known = [role, post].find((name) => name && word("roles", name) !== name);
  const code = post && word("roles", post) === post ? `${post}-${rest}` : rest;
  return known ? [word("roles", known), " ", h("span", { class: "code faint" }, code)] : h("span", { class: "code" }, code);
}

/** A sentence of the rules with the codes of this case turned into names. */
export function readable(text, item) {
  const route = item.route ?? {};
  const names = new Map([
    [item.taskType, named(item, "taskTypeTitle")],
    [item.departmentCode, language === "en" ? route.departmentNameEn : route.departmentName],
    [item.gridCode, item.gridName],
  ]);
  return text
    .replace(/\b(?:staff|resident|volunteer):(?=\S)/g, "")
    .replace(/[A-Za-z][A-Za-z0-9_]+|\d{6,}/g, (code) => names.get(code) || (word("roles", code) === code ? code : word("roles", code)));
}
