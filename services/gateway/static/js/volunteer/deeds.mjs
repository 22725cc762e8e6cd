// What the volunteers' pages and those of the people who look after them share: kinds, hours, states, buttons.

import { h, show, toast } from "../dom.mjs";
import { exactly, timeOf } from "../format.mjs";
import { t } from "../page.mjs";
import { shot } from "../pictures.mjs";

export const CATEGORIES = ["resident_autonomy", "education_training", "elder_child_care", "environment_improvement", "love_care", "convenience_service", "targeted_warmth"];
export const hours = (minutes) => t("hours", { count: Math.round((Number(minutes ?? 0) / 60) * 10) / 10 });
export const category = (code) => t(`category_${CATEGORIES.includes(code) ? code : "other"}`);
export const bare = (value, prefix) => (value ?? "").replace(prefix, "");
export const button = (text, run, main = false) => h("button", { class: `button ${main ? "main" : ""}`, type: "button", onclick: run }, text);
/** A large number and what it is; with `behind` it opens the rows it is made of. */
export const figure = (label, value, behind = null) =>
  h("div", { class: "figure" }, behind ? h("button", { class: "figure-button", type: "button", "aria-label": `${value} ${label}: ${t("trace")}`, title: t("trace"), onclick: behind }, h("b", {}, String(value))) : h("b", {}, String(value)), h("span", { class: "quiet" }, label));
export const signed = (number) => (Number(number ?? 0) > 0 ? `+${number}` : String(number ?? 0));
export const reason = (line) => (t(`reason_${line.reason}`) === `reason_${line.reason}` ? line.reason : t(`reason_${line.reason}`));

/** Do it, say so, and draw anew; what speaks against it is said. */
export async function act(run, done, again) {
  try {
    await run();
    toast(done);
    again();
  } catch (error) {
    toast(error.message);
  }
}

/** A volunteer's part in an order: who, when, how long, what was credited, with the proof. */
export function claimFacts(claim) {
  const photos = claim.photos ?? [];
  return [
    h("div", { class: "card-head" }, h("b", {}, claim.nickname || claim.volunteer), h("span", { class: "badge" }, t(`claim_${bare(claim.state, "CLAIM_STATE_")}`))),
    h("p", { class: "quiet" }, [claim.checkedInAt && t("in_at", { time: exactly(claim.checkedInAt) }), claim.checkedOutAt && t("out_at", { time: exactly(claim.checkedOutAt) }), claim.minutes && t("minutes_counted", { count: claim.minutes }), Number(claim.points ?? 0) > 0 && t("points_count", { count: claim.points })].filter(Boolean).join(" · ")),
    claim.note && h("p", {}, claim.note),
    claim.decision && h("p", { class: "quiet" }, t("decision_said", { words: claim.decision })),
    photos.length ? h("div", { class: "gallery" }, photos.map(shot)) : null,
  ];
}

/** A window that only shows. */
export function open(title, ...content) {
  const body = h("div", { class: "step-form" });
  const dialog = h("dialog", { class: "window", "aria-label": title, onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, title), button(t("close"), () => dialog.close())), body);
  show(body, ...content);
  document.body.append(dialog);
  dialog.showModal();
  return body;
}

/** The lines of a statement, each with its moment, reason, change and what was there afterwards. */
export const lines = (rows, onCause) =>
  h("table", { class: "rows" }, h("thead", {}, h("tr", {}, h("th", {}, t("when")), h("th", {}, t("why")), h("th", { class: "number" }, t("change")), h("th", { class: "number" }, t("after")))), h("tbody", {}, rows.map((line) => h("tr", {}, h("td", {}, timeOf(line.at)), h("td", {}, reason(line), line.causeTitle && h("span", { class: "faint" }, ` ${line.causeTitle} `), line.key && h("button", { class: "button plain", type: "button", onclick: () => onCause(line) }, t("trace"))), h("td", { class: "number" }, signed(line.change)), h("td", { class: "number" }, String(line.after ?? 0))))));
