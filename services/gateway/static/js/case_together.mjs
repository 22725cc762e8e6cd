// Who else works at a case and with what else it is tied: parts of others, children, merged and like cases, requests and answers owed.

import { freshKey, get, once, post } from "./api.mjs";
import { h, show, toast } from "./dom.mjs";
import { moment, person, plain, stateWord } from "./format.mjs";
import { may, named, t, word } from "./page.mjs";
import { lastingly } from "./patience.mjs";

const ORDERED = "PART_KIND_STEP";
const link = (other) => h("a", { href: `/cases/${encodeURIComponent(other.number)}` }, h("span", { class: "code" }, other.number), " ", h("span", { class: "quiet" }, named(other, "taskTypeTitle"), " · ", stateWord(other.state)));

/** Whom a case went to: a person, a desk or a department. */
export function receiver(code) {
  if (!code) return null;
  if (code.includes(":")) return h("span", {}, person(code));
  const element = h("span", { class: word("desks", code) === code ? "code" : "" }, word("desks", code));
  once("/v1/departments")
    .then((answer) => {
      const found = answer.departments?.find((each) => each.code === code);
      if (!found) return;
      element.textContent = named(found);
      element.className = "";
    })
    .catch(() => undefined);
  return element;
}

function partLine(part) {
  const state = (part.state ?? "").replace("PART_STATE_", "");
  const running = ["OPEN", "SIGNED"].includes(state);
  const times = [part.signedAt && t("part_signed", { time: moment(part.signedAt) }), part.arrivedAt && t("part_arrived", { time: moment(part.arrivedAt) }), part.endedAt ? moment(part.endedAt) : part.dueAt && t("part_due", { time: moment(part.dueAt) })];
  return h(
    "li",
    { class: `${running ? "now" : ""} ${part.missed ? "late" : ""}`, data: { part: String(part.sequence) } },
    h("div", { class: "what" }, part.kind === ORDERED && h("span", { class: "badge" }, t("part_place", { place: part.place || 1 })), h("b", {}, receiver(part.receiver)), h("span", {}, t(`part_${state}`)), part.missed && h("span", { class: "tone faint", data: { signal: "RED" } }, t("part_missed"))),
    h("div", { class: "said" }, part.reply, part.reply && " ", h("span", { class: "faint" }, [t(part.kind?.replace("PART_KIND_", "part_kind_") ?? "part_kind_ASSIST"), ...times].filter(Boolean).join(" · "))),
  );
}

/** The parts that others have in a case; those in order stand in their order. */
export function partsOf(item) {
  const parts = [...(item.parts ?? [])].sort((one, other) => (one.place || 1) - (other.place || 1) || one.sequence - other.sequence);
  return parts.length ? h("section", { class: "parts" }, h("h2", {}, t("parts_title")), h("ol", { class: "thread" }, parts.map(partLine))) : null;
}

/** What waits for somebody's word: a request to decide, answers that are owed. */
export function owedOf(item) {
  const { petition, owed = [], ...told } = item.dealings ?? {};
  const lines = [
    petition && h("li", {}, h("b", {}, t(`petition_${petition.kind}`)), " ", petition.reason, " ", h("span", { class: "faint" }, person(petition.askedBy), " ", moment(petition.askedAt), petition.until && [" · ", t("petition_until", { time: moment(petition.until) })], petition.endorsedBy && [" · ", t("petition_endorsed"), " ", person(petition.endorsedBy)])),
    ...owed.map((each) => h("li", {}, h("b", {}, t(`owed_${each.kind}`)), " ", h("span", { class: each.missed ? "tone" : "faint", data: each.missed ? { signal: "RED" } : {} }, t("part_due", { time: moment(each.dueAt) })))),
    told.suspendedUntil && h("li", {}, t("suspended_until", { time: moment(told.suspendedUntil) })),
    told.interview && h("li", { class: "tone", data: { signal: "RED" } }, t("dealings_interview")),
    told.problemOrder && h("li", { class: "tone", data: { signal: "YELLOW" } }, t("dealings_problem")),
    told.exempt && h("li", {}, t("dealings_exempt")),
  ].filter(Boolean);
  return lines.length ? h("section", { class: "owed" }, h("h2", {}, t("owed_title")), h("ul", { class: "relations" }, lines)) : null;
}

/** How often a case was passed on, urged, supervised, given more time, opened again. */
export function timesOf(item) {
  const told = item.dealings ?? {};
  return ["transferCount", "extensionCount", "superviseCount", "urgeCount", "reopenCount"].filter((name) => told[name]).map((name) => t(`times_${name}`, { count: told[name] }));
}

/** Make a case part of this one: the same matter, reported twice. */
async function merge(item, other, again) {
  if (!confirm(t("merge_here_ask", { number: other.number }))) return;
  try {
    const { case: fresh } = await get(`/v1/cases/${encodeURIComponent(other.caseId ?? other.id)}`);
    await post(`/v1/cases/${item.id}:merge`, { requestId: freshKey(), cases: [{ caseId: fresh.id, version: fresh.version }], opinion: t("merge_usual") });
    toast(t("merged", { count: 1 }));
    again();
  } catch (error) {
    toast(error.message);
  }
}

/** Others this case has to do with: its master, what was merged into it, what may be the same, what came before, its children and parent. */
export function relationsOf(item, { onDone }) {
  const target = h("section", { hidden: true, class: "related" });
  const ask = () => Promise.all([get(`/v1/cases/${item.id}/relations`), get(`/v1/cases/${item.id}/children`), item.parentId ? get(`/v1/cases/${item.parentId}`).catch(() => ({})) : {}]);
  const draw = ([told, { cases: children = [] }, { case: parent }]) => {
    const mergeable = may("incidents.advance") && !item.closedAt;
    const line = (key, others, act) => (others.length ? h("li", {}, h("b", {}, t(key)), others.map((other) => h("div", { class: "related-line" }, link(other), act?.(other)))) : null);
    const cases = (list) => (list ?? []).map((each) => each.case ?? each);
    const join = (other) => mergeable && h("button", { class: "button plain", type: "button", onclick: () => merge(item, other, onDone) }, t("merge_here"));
    const lines = [
      line("relation_master", told.master ? [told.master] : []),
      line("relation_parent", parent ? [parent] : []),
      line("relation_children", children),
      line("relation_merged", cases(told.merged)),
      line("relation_same", cases(told.likelySame), join),
      line("relation_earlier", cases(told.recurrenceOf)),
      told.followerCount && h("li", {}, t("relation_followers", { count: told.followerCount })),
    ].filter(Boolean);
    target.hidden = !lines.length;
    show(target, h("h2", {}, t("relations")), h("ul", { class: "relations" }, lines));
  };
  lastingly(target, ask, draw, () => undefined);
  return target;
}

export const endingOf = (item) => (item.ending ? t(`ending_${plain(item.ending).replace("CASE_ENDING_", "")}`) : "");
export const priorityOf = (item) => (item.priority === "PRIORITY_URGENT" ? t("priority_URGENT") : "");
