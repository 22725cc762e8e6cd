// Orders of one's area: publish them, see who could come, judge settlements and disputes, note who did not come.

import { ask } from "../admin/table.mjs";
import { get, post } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, moment } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, bare, button, category, claimFacts, hours } from "../volunteer/deeds.mjs";
import { orderForm } from "../volunteer/wishing.mjs";

const VIEWS = [["opened", ["OPENED"]], ["serving", ["PUBLISHED", "SERVING"]], ["settled", ["SETTLED"]], ["disputed", ["DISPUTED"]], ["all", []]];
let shown = "opened";

export function orders(target) {
  const list = h("div", { "aria-live": "polite" });
  const bar = h("div", { class: "segment wide" });
  const draw = () => {
    show(bar, VIEWS.map(([key]) => h("button", { type: "button", "aria-pressed": String(key === shown), onclick: () => { shown = key; draw(); } }, t(`care_view_${key}`))));
    const states = VIEWS.find(([key]) => key === shown)[1].map((state) => `ORDER_STATE_${state}`);
    asked(list, () => get("/v1/orders", { view: "ORDER_VIEW_AREA", states, pageSize: 100 }), ({ orders: rows = [] }) => rows.length ? h("ul", { class: "cards" }, rows.map((order) => card(order, draw))) : h("p", { class: "empty" }, t("care_orders_none")));
  };
  show(target, may("points.orders.open") ? orderForm(draw) : null, bar, list);
  draw();
}

function card(order, again) {
  const state = bare(order.state, "ORDER_STATE_");
  const inside = h("div", { class: "cards" });
  const facts = [order.number, category(order.category), hours(order.minutes), t("people", { count: order.people }), order.place, order.wantedAt && moment(order.wantedAt)];
  const stands = [
    state === "PUBLISHED" && (Date.parse(order.publishedAt) > Date.now() ? t("care_publish_at", { time: moment(order.publishedAt) }) : t(`care_ring_${order.ring ?? 0}`)),
    ["PUBLISHED", "SERVING"].includes(state) && t("care_left", { count: order.left ?? 0 }),
    order.rating && t("rated", { count: order.rating }),
  ].filter(Boolean).join(" · ");
  return h("li", { class: "card" },
    h("div", { class: "card-head" }, h("b", {}, order.description), h("span", { class: "badge" }, t(`order_${state}`))),
    h("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    stands && h("p", {}, stands),
    h("div", { class: "card-acts" }, publishing(order, state, again),
      ["OPENED", "PUBLISHED"].includes(state) && may("points.orders.publish") && button(t("cancel_order"), () => cancel(order, again)),
      ["OPENED", "PUBLISHED"].includes(state) && may("points.orders.publish") && button(t("care_candidates"), () => candidates(order, inside)),
      state !== "OPENED" && button(t("care_claims"), () => claims(order, inside, again)),
      state === "DISPUTED" && may("points.orders.settle") && button(t("care_dispute_decide"), () => dispute(order, again), true)),
    inside);
}

function publishing(order, state, again) {
  if (state !== "OPENED" || !may("points.orders.publish")) return null;
  const publish = (body) => post(`/v1/orders/${order.id}:publish`, body);
  const later = () => {
    const at = h("input", { class: "input", type: "datetime-local", required: true });
    ask(t("care_publish_later"), [field(t("care_publish_when"), at, { required: true })], t("care_publish_later"), async () => {
      await publish({ at: new Date(at.value).toISOString() });
      again();
    });
  };
  return [
    button(t("care_publish"), () => act(() => publish({}), t("care_published"), again), true),
    button(t("care_publish_weekend"), () => act(() => publish({ weekendBatch: true }), t("care_published"), again)),
    button(t("care_publish_later"), later),
  ];
}

function cancel(order, again) {
  const why = h("input", { class: "input", required: true, maxLength: 500 });
  ask(t("cancel_order"), [field(t("care_reason"), why, { required: true })], t("cancel_order"), async () => {
    await post(`/v1/orders/${order.id}:cancel`, { reason: why.value.trim() });
    again();
  });
}

const candidates = (order, target) =>
  asked(target, () => get(`/v1/orders/${order.id}/candidates`), ({ candidates: rows = [] }) => rows.length ? h("ul", { class: "plain-list" }, rows.slice(0, 30).map((each) => h("li", {}, h("b", {}, each.nickname), " ", h("span", { class: "quiet" }, t(`care_ring_${each.ring}`)), each.fits && h("span", { class: "badge" }, t("care_fits"))))) : h("p", { class: "empty" }, t("care_candidates_none")));

const claims = (order, target, again) =>
  asked(target, () => get(`/v1/orders/${order.id}`), ({ order: whole, claims: rows = [] }) => [
    whole.disputeReason && h("p", { class: "wrong" }, whole.disputeReason),
    rows.length ? rows.map((claim) => h("div", { class: "card" }, claimFacts(claim), may("points.orders.settle") && h("div", { class: "card-acts" }, judging(order, claim, again)))) : h("p", { class: "empty" }, t("care_claims_none")),
  ]);

function judging(order, claim, again) {
  const state = bare(claim.state, "CLAIM_STATE_");
  const path = `/v1/orders/${order.id}/claims/${encodeURIComponent(claim.volunteer)}`;
  const decide = (body) => post(`${path}:decide`, body);
  return [
    state === "REQUESTED" && button(t("care_approve"), () => act(() => decide({ approved: true }), t("care_approved"), again), true),
    state === "REQUESTED" && button(t("care_refuse"), () => {
      const why = h("input", { class: "input", required: true, maxLength: 500 });
      ask(t("care_refuse"), [field(t("care_reason"), why, { required: true })], t("care_refuse"), async () => { await decide({ approved: false, reason: why.value.trim() }); again(); });
    }),
    ["TAKEN", "CHECKED_IN", "CHECKED_OUT", "REQUESTED"].includes(state) && button(t("care_by_word"), () => {
      const minutes = h("input", { class: "input", type: "number", min: 1, max: 480, required: true, value: order.minutes });
      const why = h("input", { class: "input", required: true, maxLength: 500 });
      ask(t("care_by_word"), [field(t("care_minutes"), minutes, { required: true, help: exactly(claim.checkedInAt) }), field(t("care_reason"), why, { required: true })], t("care_approve"), async () => { await decide({ approved: true, minutes: Number(minutes.value), reason: why.value.trim() }); again(); });
    }),
    state === "TAKEN" && button(t("care_no_show"), () => act(() => post(`${path}:noShow`, {}), t("care_no_show_done"), again)),
  ];
}

function dispute(order, again) {
  const upheld = choice([["true", t("care_upheld")], ["false", t("care_dismissed")]], { required: true });
  const rating = choice([1, 2, 3, 4, 5].map((value) => [String(value), `${value}★`]));
  const why = h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });
  ask(t("care_dispute_decide"), [field(t("care_decision"), upheld, { required: true }), field(t("care_new_rating"), rating, { help: t("care_new_rating_help") }), field(t("care_reason"), why, { required: true })], t("care_dispute_decide"), async () => {
    await post(`/v1/orders/${order.id}:decideDispute`, { upheld: upheld.value === "true", rating: Number(rating.value || 0), reason: why.value.trim() });
    again();
  });
}
