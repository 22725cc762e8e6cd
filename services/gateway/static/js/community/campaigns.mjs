// Campaigns: everybody with a tag is told once, by the way they like best; who could not be told is called or visited.

import { ask } from "../admin/table.mjs";
import { freshKey, get, once, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { person, timeOf } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { showElement } from "../registry/element.mjs";
import { asked } from "../tabs.mjs";
import { act, card, doing, mark, progress } from "./cards.mjs";
import { areaChoice, placeName } from "./places.mjs";

const tags = async () => (await once("/v1/element-schema")).tags ?? [];
const bare = (value) => (value ?? "").replace("REACH_BY_", "");

export function campaigns(target) {
  const list = h("div", { class: "folk-list" });
  const again = () => asked(list, () => get("/v1/campaigns"), ({ campaigns: told = [] }) => (told.length ? told.map((one) => drawn(one, again)) : h("p", { class: "empty" }, t("folk_no_campaigns"))));
  show(target, h("p", { class: "quiet" }, t("folk_campaigns_lead")), may("campaigns.write") && h("div", { class: "folk-bar" }, act(t("folk_start"), () => start(again), { main: true })), list);
  again();
}

/** The name of a tag; its code until it is known. */
function tagMark(code) {
  const element = mark(code);
  tags().then((known) => (element.textContent = named(known.find((each) => each.code === code) ?? {}) || code)).catch(() => undefined);
  return element;
}

function drawn(one, again) {
  const body = h("div", { class: "folk-list" });
  const reached = one.reachedCount ?? 0;
  const all = one.personCount ?? 0;
  return card(one.title, [tagMark(one.tag), !one.gathered && mark(t("folk_gathering"), "NEUTRAL")], [
    h("p", { class: "folk-done" }, progress(reached, all, one.title), " ", t("folk_reached", { reached, all }), one.missedCount > 0 && [" · ", t("folk_missed", { count: one.missedCount })]),
    h("p", {}, (one.ways ?? []).map((way) => [mark(t("folk_way", { way: t(`folk_reach_${bare(way.by)}`), reached: way.reached ?? 0, trying: way.trying ?? 0 })), " "])),
    h("p", { class: "quiet" }, placeName(one.areaCode), " · ", person(one.startedBy), " · ", timeOf(one.startedAt)),
    body,
  ], [may("campaigns.reach") && act(t("folk_to_reach"), () => toReach(body, one, again))]);
}

function toReach(body, one, again) {
  const redraw = () => toReach(body, one, again);
  const told = (who, reached) => doing(() => post(`/v1/campaigns/${one.id}/reached`, { requestId: freshKey(), personId: who.personId, by: who.by, reached }), t("folk_kept"), redraw);
  asked(body, () => get(`/v1/campaigns/${one.id}/to-reach`), ({ persons = [] }) => (persons.length ? persons.map((who) => h("div", { class: "folk-person" }, placeName(who.gridCode), mark(t(`folk_reach_${bare(who.by)}`)), may("people.read") && act(t("folk_who"), () => showElement(who.personId, () => undefined)), act(t("folk_was_reached"), () => told(who, true)), act(t("folk_not_reached"), () => told(who, false)))) : h("p", { class: "empty" }, t("folk_nobody_left"))));
}

async function start(again) {
  const title = h("input", { class: "input", required: true, maxLength: 100 });
  const tag = choice((await tags().catch(() => [])).map((each) => [each.code, named(each)]), { required: true });
  const area = areaChoice();
  const words = h("textarea", { class: "input", rows: 3, required: true, maxLength: 300 });
  ask(t("folk_start"), [field(t("folk_title"), title, { required: true }), field(t("folk_tag"), tag, { required: true }), field(t("folk_area"), area, { required: true }), field(t("folk_message"), words, { required: true, help: t("folk_message_help") })], t("folk_send"), async () => {
    await post("/v1/campaigns", { requestId: freshKey(), title: title.value.trim(), tag: tag.value, areaCode: area.value, text: words.value.trim() });
    toast(t("folk_started"));
    again();
  });
}
