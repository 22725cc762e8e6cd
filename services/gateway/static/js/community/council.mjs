// The council of the grid: what is brought before it, who sits, what is decided; and selections, one vote a household.

import { ask } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { timeOf } from "../format.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, card, mark, progress, scopeChoice } from "./cards.mjs";
import { areaChoice, gridChoice, placeName } from "./places.mjs";

const KINDS = ["SMALL", "URGENT", "HARD"];
const PARTIES_MIN = 2;

export function council(target) {
  const items = h("div", { class: "folk-list" });
  const votes = h("div", { class: "folk-list" });
  let openOnly = true;
  const load = () => {
    asked(items, () => get("/v1/councilItems", { openOnly }), ({ items: told = [] }) => (told.length ? told.map((one) => item(one, load)) : h("p", { class: "empty" }, t("folk_no_items"))));
    asked(votes, () => get("/v1/selections", { openOnly }), ({ selections = [] }) => (selections.length ? selections.map((one) => selection(one, load)) : h("p", { class: "empty" }, t("folk_no_selections"))));
  };
  show(target,
    h("p", { class: "quiet" }, t("folk_council_lead")),
    h("div", { class: "folk-bar" }, act(t("folk_propose"), () => propose(load), { main: true }), act(t("folk_open_selection"), () => openSelection(load)), scopeChoice((only) => { openOnly = only; load(); })),
    h("h2", {}, t("folk_items")), items, h("h2", {}, t("folk_selections")), votes);
  load();
}

function item(one, again) {
  const kind = (one.kind ?? "").replace("ITEM_KIND_", "");
  const parties = one.parties ?? [];
  return card(one.title, [mark(t(`folk_item_${kind}`)), one.decidedAt && mark(t(one.adopted ? "folk_adopted" : "folk_turned_down"), one.adopted ? "POSITIVE" : "NEGATIVE")], [
    h("p", {}, t("folk_parties"), " ", parties.length ? parties.map((each) => [mark(each), " "]) : t("folk_nobody_sits")),
    one.decision && h("p", { class: "folk-answer" }, h("b", {}, t("folk_decision")), " ", one.decision),
    h("p", { class: "quiet" }, placeName(one.gridCode), " · ", timeOf(one.proposedAt), one.decidedAt && [" · ", t("folk_decided"), " ", timeOf(one.decidedAt)], !one.decidedAt && parties.length < PARTIES_MIN && [" · ", t("folk_two_parties")]),
  ], one.decidedAt ? [] : [act(t("folk_join"), () => join(one, again)), parties.length >= PARTIES_MIN && act(t("folk_decide"), () => decide(one, again), { main: true })]);
}

function propose(again) {
  const place = gridChoice();
  const kind = choice(KINDS.map((name) => [`ITEM_KIND_${name}`, t(`folk_item_${name}`)]), { required: true });
  const title = h("input", { class: "input", required: true, maxLength: 300 });
  ask(t("folk_propose"), [place.fields, field(t("folk_item_kind"), kind, { required: true }), field(t("folk_title"), title, { required: true })], t("folk_send"), async () => {
    await post("/v1/councilItems", { requestId: freshKey(), gridCode: place.value(), kind: kind.value, title: title.value.trim() });
    toast(t("folk_kept"));
    again();
  });
}

/** What is seen of an item in a window; where somebody else was quicker, it shows what is there now. */
function seen(one, again) {
  let item = one;
  const now = h("p", { class: "quiet", role: "status" }, one.title);
  const send = async (deed, given) => {
    try {
      await post(`/v1/councilItems/${one.id}:${deed}`, { requestId: freshKey(), version: item.version, ...given });
    } catch (error) {
      if (error.fresh?.item) {
        item = error.fresh.item;
        show(now, item.title, " · ", t("folk_parties"), " ", (item.parties ?? []).join("、") || t("folk_nobody_sits"), item.decision && [" · ", t("folk_decision"), " ", item.decision]);
        again();
      }
      throw error;
    }
  };
  return { now, send };
}

function join(one, again) {
  const { now, send } = seen(one, again);
  const party = h("input", { class: "input", required: true, maxLength: 60 });
  ask(t("folk_join"), [now, field(t("folk_party"), party, { required: true, help: t("folk_party_help") })], t("folk_send"), async () => {
    await send("join", { party: party.value.trim() });
    again();
  });
}

function decide(one, again) {
  const { now, send } = seen(one, again);
  const decision = h("textarea", { class: "input", rows: 4, required: true, maxLength: 2000 });
  const adopted = choice([["yes", t("folk_adopted")], ["no", t("folk_turned_down")]], { required: true });
  ask(t("folk_decide"), [now, field(t("folk_outcome"), adopted, { required: true }), field(t("folk_decision"), decision, { required: true })], t("folk_send"), async () => {
    await send("decide", { decision: decision.value.trim(), adopted: adopted.value === "yes" });
    toast(t("folk_decided"));
    again();
  });
}

function selection(one, again) {
  const open = Date.parse(one.closesAt) > Date.now();
  const all = one.householdCount ?? 0;
  return card(one.title, [mark(t(open ? "folk_votes_open" : "folk_votes_closed"), open ? "POSITIVE" : "")], [
    h("div", { class: "folk-votes" }, (one.votes ?? []).map((each) => [h("span", {}, each.candidate), progress(each.count ?? 0, all, each.candidate), h("span", { class: "code" }, String(each.count ?? 0))])),
    h("p", { class: "quiet" }, placeName(one.areaCode), " · ", t("folk_households", { count: all }), " · ", t("folk_closes"), " ", timeOf(one.closesAt)),
  ], [open && act(t("folk_vote"), () => vote(one, again))]);
}

function openSelection(again) {
  const title = h("input", { class: "input", required: true, maxLength: 120 });
  const area = areaChoice();
  const names = h("textarea", { class: "input", rows: 4, required: true, maxLength: 4000 });
  const closes = h("input", { class: "input", type: "datetime-local", required: true });
  ask(t("folk_open_selection"), [field(t("folk_title"), title, { required: true }), field(t("folk_area"), area, { required: true }), field(t("folk_candidates"), names, { required: true, help: t("folk_candidates_help") }), field(t("folk_closes"), closes, { required: true })], t("folk_send"), async () => {
    const candidates = names.value.split("\n").map((each) => each.trim()).filter(Boolean);
    await post("/v1/selections", { requestId: freshKey(), areaCode: area.value, title: title.value.trim(), candidates, closesAt: new Date(closes.value).toISOString() });
    toast(t("folk_kept"));
    again();
  });
}

function vote(one, again) {
  const household = h("input", { class: "input code", required: true, maxLength: 60 });
  const candidate = choice((one.votes ?? []).map((each) => [each.candidate, each.candidate]), { required: true });
  ask(t("folk_vote"), [h("p", { class: "quiet" }, one.title), field(t("folk_household"), household, { required: true }), field(t("folk_candidate"), candidate, { required: true })], t("folk_send"), async () => {
    await post(`/v1/selections/${one.id}:vote`, { requestId: freshKey(), householdCode: household.value.trim(), candidate: candidate.value });
    toast(t("folk_voted"));
    again();
  });
}
