// Draws one case: what it is, what may be done, why it goes where it goes, and all that happened.

import { get, pictureUrl } from "./api.mjs";
import { endingOf, owedOf, partsOf, priorityOf, receiver, relationsOf, timesOf } from "./case_together.mjs";
import { h, icon, show, toast } from "./dom.mjs";
import { ago, ended, eventWord, limitText, moment, person, placeOf, plain, readable, signalBadge, signalOf, span, stateWord, timeLeft, timeOf } from "./format.mjs";
import { language, named, t, word } from "./page.mjs";
import { lastingly } from "./patience.mjs";
import { formOf } from "./case_form.mjs";
import { changesBetween } from "./changes.mjs";
import { enlarge, gallery, voiceOf } from "./pictures.mjs";
import { stepsOf } from "./steps.mjs";

const fact = (label, ...values) => h("div", {}, h("dt", {}, label), h("dd", {}, values));
const wide = (label, ...values) => h("div", { class: "whole" }, h("dt", {}, label), h("dd", {}, values));
const aside = (...values) => h("span", { class: "aside" }, values);

function head(item, tools) {
  return h(
    "header",
    { class: "case-head" },
    h(
      "div",
      { class: "case-line" },
      h("span", { class: "code" }, item.number),
      h("span", { class: "badge" }, stateWord(item.state)),
      signalBadge(item),
      item.emergency && h("span", { class: "badge urgent" }, t("emergency")),
      priorityOf(item) && h("span", { class: "badge urgent" }, priorityOf(item)),
      h("span", { class: "ends" }, tools),
    ),
    h("h1", {}, named(item, "taskTypeTitle") || t("cases")),
  );
}

function deadline(item) {
  if (!item.deadlineAt) return h("span", { class: "quiet" }, "—");
  const late = !ended(item) && h("b", { class: "tone", data: { signal: signalOf(item) } }, timeLeft(item));
  const why = h("details", { class: "why" }, h("summary", {}, t("deadline_why")), h("div", {}));
  why.addEventListener("toggle", () => why.open && explainDeadline(item, why.lastChild), { once: true });
  return [late, late && " ", timeOf(item.deadlineAt), item.deadlineProvisional && aside(t("provisional")), why];
}

/** The stretches of time that counted, and the days that did not. */
function explainDeadline(item, target) {
  lastingly(target, () => get(`/v1/cases/${item.id}/deadline`), (told) => {
    const stretches = (told.intervals ?? []).slice(0, 12).map((each) => h("li", {}, `${moment(each.start)} – ${moment(each.end)}`, " ", h("span", { class: "faint" }, span(Number(each.countedS ?? 0)))));
    const notes = (told.notes ?? []).map((each) => h("li", { class: "faint" }, each.day, " ", each.name || t(`daykind_${each.kind}`)));
    show(target, h("p", {}, limitText(told.limit)), h("ul", {}, stretches, notes), (told.earlier ?? []).length ? h("p", { class: "faint" }, t("deadline_earlier"), " ", told.earlier.map((each) => moment(each.deadlineAt)).join("、")) : null);
  });
}

function facts(item) {
  const route = item.route ?? {};
  const department = language === "en" ? route.departmentNameEn || route.departmentName : route.departmentName;
  return h(
    "section",
    {},
    h("h2", {}, t("facts")),
    h(
      "dl",
      { class: "facts" },
      wide(t("place"), placeOf(item), aside(placeOf(item) !== named(item, "gridName") ? `${named(item, "gridName")} ` : "", h("span", { class: "code" }, item.gridCode))),
      fact(t("reported"), timeOf(item.reportedAt), aside(word("source", plain(item.source)), " · ", ago(item.reportedAt))),
      fact(t("deadline"), deadline(item)),
      fact(t("owner"), department || item.departmentCode || t("owner_none"), item.handler && aside(person(item.handler))),
      fact(t("limit"), limitText(item.limit) || "—", counts(item)),
      item.registeredAt && fact(t("registered"), timeOf(item.registeredAt)),
      item.closedAt && fact(t("ended"), timeOf(item.closedAt), endingOf(item) && aside(endingOf(item))),
      item.checker && fact(t("checker"), person(item.checker)),
      item.solver && fact(t("solver"), person(item.solver)),
      item.closingCondition && wide(t("closing_condition"), language === "en" ? item.closingConditionEn || item.closingCondition : item.closingCondition),
      item.rating && fact(t("rating"), t("stars", { count: item.rating }), item.ratingComment && aside(item.ratingComment)),
    ),
  );
}

function counts(item) {
  const said = [item.reworkCount && t("reworked", { count: item.reworkCount }), item.returnCount && t("returned", { count: item.returnCount }), ...timesOf(item)];
  const text = said.filter(Boolean).join(" · ");
  return text && aside(text);
}

function why(item) {
  const rules = item.route?.rules ?? [];
  const line = (rule) =>
    h("li", { class: rule.matched ? "matched" : "" }, icon(rule.matched ? "tick" : "dot"), h("span", {}, readable((language === "en" && rule.whyEn) || rule.why, item)));
  const matched = rules.filter((rule) => rule.matched);
  const passed = rules.filter((rule) => !rule.matched);
  return h(
    "section",
    {},
    h("h2", {}, t("route")),
    rules.length
      ? h("ul", { class: "rules" }, matched.map(line), passed.length ? h("li", {}, h("span"), h("details", {}, h("summary", {}, t("route_more", { count: passed.length })), h("ul", { class: "rules" }, passed.map(line)))) : null)
      : h("p", { class: "quiet" }, t("route_none")),
  );
}

function loops(legs) {
  if (!legs.length) return null;
  return h(
    "section",
    {},
    h("h2", {}, t("legs")),
    h(
      "ol",
      { class: "thread" },
      legs.map((leg) =>
        h(
          "li",
          { class: leg.repliedAt ? "" : "now" },
          h("div", { class: "what" }, h("b", {}, t(`loop_${leg.loopLevel ?? 1}`)), receiver(leg.receiver), timeOf(leg.receivedAt)),
          h("div", { class: "said" }, leg.repliedAt ? [leg.reply || "", " ", h("span", { class: "faint" }, moment(leg.repliedAt))] : t("leg_open")),
        ),
      ),
    ),
  );
}

/** A picture to enlarge; a paper, such as a mediation agreement, to open. */
function shownEvidence(each) {
  if ((each.contentType ?? "").startsWith("audio/")) return voiceOf(each);
  if (!(each.contentType ?? "image/").startsWith("image/")) return h("a", { href: pictureUrl(each.objectKey), download: "" }, t("evidence"));
  return h("button", { type: "button", "aria-label": t("evidence"), onclick: () => enlarge(each) }, h("img", { src: pictureUrl(each.objectKey, true), alt: "", loading: "lazy" }));
}

function entryLine(entry, newest) {
  const elapsed = Number(entry.elapsedS ?? 0);
  // Who says it in both languages is read in one.
  const words = (language === "en" && entry.opinionEn) || entry.opinion;
  return h(
    "li",
    { class: `${newest ? "now" : ""} ${entry.overdue ? "late" : ""}` },
    h(
      "div",
      { class: "what" },
      h("b", {}, eventWord(entry.event)),
      h("span", {}, entry.actor ? person(entry.actor, entry.role) : entry.role && word("roles", entry.role)),
      entry.receiver && h("span", { class: "quiet" }, t("to"), " ", receiver(entry.receiver)),
      entry.overdue && h("span", { class: "tone faint", data: { signal: "RED" } }, t("overdue_mark")),
      timeOf(entry.at),
    ),
    (words || elapsed >= 60) &&
      h("div", { class: "said" }, words, words && elapsed >= 60 && " ", elapsed >= 60 && h("span", { class: "faint" }, t("after_time", { time: span(elapsed) }))),
    entry.evidence?.length
      ? h("div", { class: "thumbs" }, entry.evidence.map(shownEvidence))
      : null,
  );
}

function historyOf(entries) {
  return h("section", {}, h("h2", {}, t("history")), h("ol", { class: "thread" }, [...entries].reverse().map((entry, index) => entryLine(entry, index === 0))));
}

function evidenceOf(item) {
  const all = item.evidence ?? [];
  return h("section", {}, h("h2", {}, t("evidence")), all.length ? gallery(all) : h("p", { class: "quiet" }, t("evidence_none")));
}

function tools({ alone, onClose, item }) {
  const sheet = h("a", { class: "button plain", href: `/cases/${encodeURIComponent(item.number || item.id)}/sheet.pdf`, title: t("print_case"), "aria-label": t("print_case") }, icon("sheet"));
  if (alone) return [sheet, h("button", { class: "button plain", type: "button", title: t("print"), "aria-label": t("print"), onclick: () => print() }, icon("print"))];
  return [
    h("a", { class: "button plain", href: `/cases/${encodeURIComponent(item.number || item.id)}`, title: t("open_alone") }, icon("open"), h("span", { class: "unseen" }, t("open_alone"))),
    h("button", { class: "button plain", type: "button", title: t("close"), onclick: onClose }, icon("close"), h("span", { class: "unseen" }, t("close"))),
  ];
}

/** For whose step the case waits, so that nobody has to know the whole way. */
const waits = (item) => (ended(item) || !item.state ? null : h("p", { class: "waits" }, t(`waits_${plain(item.state)}`)));

function draw(target, whole, options) {
  const item = whole.case;
  const steps = whole.legalSteps ?? [];
  const { opening, seen, ...rest } = options;
  const done = () => {
    toast(t("done"));
    return openCase(target, item.id, rest);
  };
  const stale = (_fresh, message, typing) => {
    toast(message);
    return openCase(target, item.id, { ...rest, opening: typing, seen: item });
  };
  const stepArea = h(
    "section",
    { class: "steps" },
    h("h2", {}, t("next_steps")),
    waits(item),
    steps.length
      ? [seen && changesBetween(seen, item), stepsOf(item, steps, { onDone: done, onStale: stale, opening })]
      : h("p", { class: "quiet" }, t("no_steps")),
  );
  const main = h("div", {}, steps.length || !ended(item) ? stepArea : null, owedOf(item), partsOf(item), evidenceOf(item), facts(item), formOf(item, { onDone: () => openCase(target, item.id, rest) }), why(item));
  const related = relationsOf(item, { onDone: () => openCase(target, item.id, rest) });
  const side = h("div", { class: "case-side" }, options.alone ? options.map : null, related, loops(whole.legs ?? []), historyOf(whole.history ?? []));
  show(target, h("article", { class: "case" }, head(item, tools({ ...options, item })), h("p", { class: "case-words" }, item.description), main, side));
  options.onShown?.(whole);
}

/** Fetch a case and draw it; what goes wrong is said where the case would be. */
export function openCase(target, id, options = {}) {
  const failed = (error, again) => show(target, h("div", { class: "empty" }, h("p", {}, error.message), h("p", {}, h("button", { class: "button", type: "button", onclick: again }, t("retry")), " ", options.onClose && h("button", { class: "button plain", type: "button", onclick: options.onClose }, t("close")))));
  return lastingly(target, () => get(`/v1/cases/${encodeURIComponent(id)}`), (whole) => draw(target, whole, options), failed);
}

/** Whether somebody is in the middle of a form, which must not be drawn away. */
export const busy = (target) => Boolean(target.querySelector(".step-form"));
