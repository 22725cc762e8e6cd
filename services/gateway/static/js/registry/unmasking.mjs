// Seeing people's data in clear: how many one has seen today, asking for more with a purpose, a case and a time, a second one's word, and the traces.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, moment, person } from "../format.mjs";
import { may, t, visitor, word } from "../page.mjs";
import { asked } from "../tabs.mjs";

const HOURS = [1, 2, 4, 8, 24];
const bare = (state) => (state ?? "").replace("UNMASKING_STATE_", "") || "ASKED";

export function unmasking(target) {
  const [own, waiting] = [h("div"), h("div")];
  const drawOwn = () => may("people.reveal") && asked(own, () => get("/v1/unmaskings:mine"), (mine) => ownPart(mine, drawOwn));
  const drawWaiting = () => may("people.approve") && asked(waiting, () => get("/v1/unmaskings"), ({ unmaskings = [] }) => [h("h2", {}, t("unmask_to_decide")), h("p", { class: "quiet" }, t("unmask_decide_lead")), unmaskings.length ? unmaskings.map((each) => card(each, drawWaiting)) : h("p", { class: "empty" }, t("unmask_none_waiting"))]);
  show(target, own, waiting);
  drawOwn();
  drawWaiting();
}

function ownPart({ unmaskings = [], seenCount = 0, aloneMax = 0, traces = [] }, again) {
  return [
    h("section", { class: "panel unmask-today" },
      h("div", {}, h("h2", {}, t("unmask_today")), h("p", {}, h("b", { class: "unmask-count" }, `${seenCount} / ${aloneMax}`), " ", t("unmask_people")), h("meter", { min: 0, max: aloneMax, high: aloneMax * 0.8, value: Math.min(seenCount, aloneMax), "aria-label": t("unmask_today") }), h("p", { class: "quiet" }, t("unmask_lead", { count: aloneMax }))),
      h("button", { class: "button main", type: "button", onclick: () => askFor(again) }, t("unmask_ask"))),
    h("h2", {}, t("unmask_own")),
    unmaskings.length ? table([t("books_purpose"), t("books_case_number"), t("unmask_used"), t("unmask_until"), t("state")], unmaskings.map((each) => row(each.purpose, caseLink(each.caseId), `${each.peopleUsed ?? 0} / ${each.peopleMax}`, each.until ? moment(each.until) : t("unmask_hours", { count: each.hours }), badge(each)))) : h("p", { class: "empty" }, t("unmask_own_none")),
    h("h2", {}, t("unmask_traces")),
    tracesTable(traces),
  ];
}

const badge = (each) => h("span", { class: bare(each.state) === "ASKED" ? "badge urgent" : "badge" }, t(`unmask_${bare(each.state)}`));
const caseLink = (number) => (number ? h("a", { class: "code", href: `/cases/${encodeURIComponent(number)}` }, number) : "—");

const tracesTable = (traces) => (traces.length ? table([t("when_seen"), t("unmask_as"), t("books_purpose"), t("unmask_fields"), t("unmask_whom")], traces.map((each) => row(exactly(each.at), (each.roles ?? []).map((role) => word("roles", role)).join("、"), each.purpose, h("span", { class: "code" }, (each.fields ?? []).join(" ")), h("span", { class: "code faint" }, each.target)))) : h("p", { class: "empty" }, t("unmask_traces_none")));

/** Ask for more than one may see alone: as whom, what for, about which case, how many, how long. */
export function askFor(again) {
  const roles = [...new Set(visitor.roles.map((each) => each.title))].join("、");
  const purpose = h("input", { class: "input", required: true, minLength: 5, maxLength: 200 });
  const number = h("input", { class: "input code", maxLength: 64, placeholder: "9991-20260306-00017", autocomplete: "off" });
  const people = h("input", { class: "input", type: "number", required: true, min: 1, max: 5000, value: 100 });
  const hours = choice(HOURS.map((each) => [String(each), t("unmask_hours", { count: each })]), { chosen: "2", required: true });
  const effect = h("p", { class: "notice" });
  const tell = () => (effect.textContent = t("effect_unmask", { count: people.value || "0", hours: hours.value || "0" }));
  for (const control of [people, hours]) control.addEventListener("input", tell);
  tell();
  ask(t("unmask_ask"), [h("p", { class: "quiet" }, t("unmask_as"), " ", h("b", {}, roles)), field(t("books_purpose"), purpose, { required: true, help: t("unmask_purpose_help") }), field(t("books_case_number"), number, { help: t("unmask_case_help") }), h("div", { class: "books-pair" }, field(t("unmask_how_many"), people, { required: true }), field(t("unmask_how_long"), hours, { required: true })), effect], t("unmask_ask"), async () => {
    await post("/v1/unmaskings", { requestId: freshKey(), purpose: purpose.value.trim(), caseId: number.value.trim(), peopleMax: Number(people.value), hours: Number(hours.value) });
    toast(t("unmask_asked"));
    again();
  });
}

function card(each, again) {
  const traces = h("div");
  const open = bare(each.state) === "ASKED";
  const look = () => asked(traces, () => get("/v1/traces", { who: each.askedBy, action: "person_revealed", pageSize: 100 }), ({ traces: rows = [] }) => tracesTable(rows));
  return h("article", { class: "books-change", data: { id: each.id } },
    h("header", {}, h("h3", {}, each.purpose), badge(each)),
    h("p", {}, person(each.askedBy), " · ", exactly(each.askedAt), each.caseId && [" · ", caseLink(each.caseId)]),
    h("p", {}, t("unmask_wants", { count: each.peopleMax, hours: each.hours }), !open && [" · ", t("unmask_used"), ` ${each.peopleUsed ?? 0}`], each.until && [" · ", t("unmask_until"), " ", moment(each.until)], each.decidedBy && [" · ", t("unmask_decided_by"), " ", person(each.decidedBy)]),
    h("div", { class: "steps-row" }, may("audit.read") && h("button", { class: "button plain", type: "button", onclick: look }, t("unmask_show_traces")), open && h("button", { class: "button", type: "button", onclick: () => decide(each, false, again) }, t("unmask_refuse")), open && h("button", { class: "button main", type: "button", onclick: () => decide(each, true, again) }, t("unmask_grant"))),
    traces);
}

function decide(each, grant, again) {
  const title = t(grant ? "unmask_grant" : "unmask_refuse");
  ask(title, [h("p", {}, h("b", {}, each.purpose), " · ", person(each.askedBy)), h("p", { class: "notice" }, t(grant ? "effect_unmask_grant" : "effect_unmask_refuse", { count: each.peopleMax, hours: each.hours }))], title, async () => {
    await post(`/v1/unmaskings/${each.id}:decide`, { requestId: freshKey(), grant });
    toast(t("done"));
    again();
  });
}
