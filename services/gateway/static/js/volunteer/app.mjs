// A volunteer's page: orders near me, what I have taken, points with their whole statement, the mall, posts.

import { ask } from "../admin/table.mjs";
import { freshKey, get, pictureUrl, post } from "../api.mjs";
import { byId, h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { exactly, moment } from "../format.mjs";
import { named, t, visitor } from "../page.mjs";
import { uploader } from "../pictures.mjs";
import "../shell.mjs";
import { asked, tabs } from "../tabs.mjs";
import { act as acting, bare, button, category, figure, hours, lines as linesOf, open } from "./deeds.mjs";
import { redemptionLines } from "./rows.mjs";
import { together } from "./together.mjs";
import { trace } from "./trace.mjs";
import { device, here, orderForm } from "./wishing.mjs";

const act = (run, done) => acting(run, done, () => redraw());

function card(order, ...buttons) {
  const facts = [category(order.category), hours(order.minutes), order.people > 1 && t("people", { count: order.people }), order.wantedAt && moment(order.wantedAt), order.place];
  return h(
    "li",
    { class: "card" },
    h("div", { class: "card-head" }, h("b", {}, order.description), order.nearness && h("span", { class: "badge" }, t(`nearness_${order.nearness}`)), h("span", { class: "badge" }, t(`order_${bare(order.state, "ORDER_STATE_")}`))),
    h("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    order.mine && h("p", {}, t(`claim_${bare(order.mine.state, "CLAIM_STATE_")}`), order.mine.points ? ` · ${t("points_count", { count: order.mine.points })}` : "", order.mine.decision ? ` · ${order.mine.decision}` : ""),
    h("div", { class: "card-acts" }, buttons),
  );
}

const orders = (view, empty, buttonsOf) => (target) =>
  asked(target, () => get("/v1/orders", { view, pageSize: 50 }), (answer) => {
    const rows = (answer.orders ?? []).sort((one, other) => (one.nearness ?? 0) - (other.nearness ?? 0));
    return rows.length ? h("ul", { class: "cards" }, rows.map((order) => card(order, buttonsOf(order)))) : h("p", { class: "empty" }, t(empty));
  });

const offered = orders("ORDER_VIEW_OFFERED", "offered_none", (order) => [button(t("claim"), () => act(() => post(`/v1/orders/${order.id}:claim`, {}), t("claim_done")), true)]);

const taken = orders("ORDER_VIEW_CLAIMED_BY_ME", "taken_none", (order) => {
  const state = bare(order.mine?.state, "CLAIM_STATE_");
  if (state === "TAKEN") return [button(t("check_in"), () => act(async () => post(`/v1/orders/${order.id}:checkIn`, { point: await here(), deviceId: device() }), t("check_in_done")), true), button(t("release"), () => act(() => post(`/v1/orders/${order.id}:release`, {}), t("release_done")))];
  if (state === "CHECKED_IN") return [button(t("check_out"), () => act(async () => post(`/v1/orders/${order.id}:checkOut`, { point: await here(), deviceId: device() }), t("check_out_done")), true)];
  if (state === "CHECKED_OUT") return [button(t("settle"), () => settle(order), true)];
  return doubting(order);
});

/** What is settled or credited may be doubted, by whoever asked and whoever served. */
function doubting(order) {
  if (!["SETTLED", "CREDITED"].includes(bare(order.state, "ORDER_STATE_"))) return [];
  const doubt = () => {
    const why = h("textarea", { class: "input", rows: 3, required: true, maxLength: 500 });
    ask(t("dispute"), [field(t("dispute_why"), why, { required: true })], t("dispute"), async () => {
      await post(`/v1/orders/${order.id}:dispute`, { reason: why.value.trim() });
      redraw();
    });
  };
  return [button(t("dispute"), doubt)];
}

function settle(order) {
  const note = h("textarea", { class: "input", rows: 3, maxLength: 2000 });
  const pictures = uploader("after");
  const send = (event) => {
    event.preventDefault();
    dialog.close();
    act(() => post(`/v1/orders/${order.id}:settle`, { note: note.value.trim(), photos: pictures.evidence() }), t("settle_done"));
  };
  const dialog = h("dialog", { class: "window", "aria-label": t("settle"), onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, t("settle")), button(t("close"), () => dialog.close())), h("form", { class: "step-form", onsubmit: send }, field(t("settle_note"), note), pictures.element, h("button", { class: "button main", type: "submit" }, t("settle"))));
  document.body.append(dialog);
  dialog.showModal();
}

function opened(target) {
  const list = h("div");
  show(target, orderForm(() => ask()), h("h2", {}, t("opened_title")), list);
  const ask = () =>
    orders("ORDER_VIEW_OPENED_BY_ME", "opened_none", (order) => {
      const state = bare(order.state, "ORDER_STATE_");
      if (["SETTLED", "CREDITED"].includes(state) && !order.rating) return [1, 2, 3, 4, 5].map((value) => button(`${value}★`, () => act(() => post(`/v1/orders/${order.id}:rate`, { rating: value }), t("own_thanks")))).concat(doubting(order));
      if (["OPENED", "PUBLISHED"].includes(state)) return [button(t("cancel_order"), () => act(() => post(`/v1/orders/${order.id}:cancel`, { reason: t("cancel_reason") }), t("done")))];
      return doubting(order);
    })(list);
  ask();
}

function statement(target) {
  const lines = h("div");
  let book = "STATEMENT_BOOK_POINTS";
  const turnTo = (name) => () => {
    book = `STATEMENT_BOOK_${name}`;
    draw();
  };
  const draw = () =>
    asked(target, () => get("/v1/statements/me", { book, pageSize: 100 }).catch((error) => transfers(error)), (answer) => {
      const rows = answer.lines ?? [];
      show(lines, rows.length ? linesOf(rows, (line) => trace(line, visitor.subject)) : h("p", { class: "empty" }, t("statement_none")));
      const expiring = (answer.expiring ?? []).slice(0, 3).map((each) => t("expiring", { count: each.points, day: each.day }));
      return [
        h("div", { class: "figures" }, figure(t("points"), answer.points ?? 0, turnTo("POINTS")), figure(t("service_hours"), hours(answer.minutes), turnTo("MINUTES")), figure(t("star"), answer.star ? t("stars", { count: answer.star }) : t("star_none"), turnTo("MINUTES")), Number(answer.minutesToNextStar ?? 0) > 0 && figure(t("to_next_star"), hours(answer.minutesToNextStar), turnTo("MINUTES")), Number(answer.held ?? 0) > 0 && figure(t("held_points"), answer.held, turnTo("HELD")), Number(answer.owed ?? 0) > 0 && figure(t("owed"), answer.owed, turnTo("DEBT"))),
        expiring.length ? h("p", { class: "notice" }, expiring.join("；"), " ", button(t("trace"), () => expiry(answer.expiring))) : null,
        h("div", { class: "segment wide" }, [["STATEMENT_BOOK_POINTS", "points"], ["STATEMENT_BOOK_HELD", "held_points"], ["STATEMENT_BOOK_MINUTES", "service_hours"], Number(answer.owed ?? 0) > 0 && ["STATEMENT_BOOK_DEBT", "owed"]].filter(Boolean).map(([value, key]) => h("button", { type: "button", "aria-pressed": String(book === value), onclick: () => { book = value; draw(); } }, t(key))), button(t("certificate"), certificate)),
        lines,
      ];
    });
  draw();
}

/** What was given to be used until a day, line by line: what is used or has expired comes off the oldest first. */
function expiry(expiring) {
  const days = new Set(expiring.map((each) => each.day));
  const last = [...days].sort().at(-1);
  asked(open(t("expiring_title")), () => get("/v1/statements/me", { book: "STATEMENT_BOOK_POINTS", pageSize: 200 }), ({ lines: rows = [] }) => [
    h("p", { class: "help" }, t("expiring_how")),
    linesOf(rows.filter((line) => line.change < 0 || (line.expiresOn && line.expiresOn <= last)), (line) => trace(line, visitor.subject)),
  ]);
}

/** Where only the plain ledger answers, its transfers are the statement. */
async function transfers(error) {
  if (error.status < 500) throw error;
  const [{ balance }, { transfers: rows = [] }] = await Promise.all([get("/v1/points/me/balance"), get("/v1/points/me/transfers", { pageSize: 100 })]);
  return { points: balance, lines: rows.map((each) => ({ at: each.at, reason: each.reason, after: each.balanceAfter, change: each.creditOwner === visitor.subject ? Number(each.amount) : -Number(each.amount) })) };
}

async function certificate() {
  try {
    const { certificate: issued, pdf } = await post("/v1/certificates", { owner: "me" });
    const bytes = Uint8Array.from(atob(pdf ?? ""), (letter) => letter.charCodeAt(0));
    const link = h("a", { href: URL.createObjectURL(new Blob([bytes], { type: "application/pdf" })), download: `${issued.number}.pdf` });
    link.click();
    toast(t("certificate_done", { number: issued.number }));
  } catch (error) {
    toast(error.message);
  }
}

function mall(target) {
  asked(target, async () => Promise.all([get("/v1/mall/goods"), get("/v1/mall/places"), get("/v1/points/me/balance"), get("/v1/mall/redemptions", { pageSize: 20 })]), ([goods, places, account, redemptions]) => {
    const balance = Number(account.balance ?? 0);
    const at = new Map((places.places ?? []).map((place) => [place.code, place]));
    const rows = (goods.goods ?? []).map((each) => goodsCard(each, at, balance));
    const mine = redemptions.redemptions ?? [];
    return [h("div", { class: "figures" }, figure(t("points"), balance, () => (location.hash = "points"))), rows.length ? h("ul", { class: "goods" }, rows) : h("p", { class: "empty" }, t("mall_none")), h("h2", {}, t("redemptions")), mine.length ? h("ul", { class: "cards" }, mine.map(redemptionCard)) : h("p", { class: "empty" }, t("redemptions_none"))];
  });
}

function goodsCard(each, places, balance) {
  const shelves = (each.shelves ?? []).filter((shelf) => Number(shelf.onHand ?? 0) > 0);
  const left = shelves.reduce((sum, shelf) => sum + Number(shelf.onHand ?? 0), 0);
  const picture = each.image?.objectKey ? h("img", { class: "goods-picture", src: pictureUrl(each.image.objectKey, true), alt: "", loading: "lazy" }) : null;
  const enough = balance >= Number(each.points);
  return h("li", { class: "card" }, picture, h("b", {}, named(each, "title")), h("p", { class: "quiet" }, each.description, each.limitPerMonth ? ` ${t("limit_month", { count: each.limitPerMonth })}` : ""), h("p", {}, h("b", { class: "price" }, t("points_count", { count: each.points })), " ", h("span", { class: "faint" }, left ? t("stock", { count: left }) : t("stock_none"))), h("button", { class: "button main", type: "button", disabled: !left || !enough, title: enough ? "" : t("points_short"), onclick: () => redeem(each, shelves, places) }, enough ? t("redeem") : t("points_short")));
}

function redeem(each, shelves, places) {
  const place = choice(shelves.map((shelf) => [shelf.placeCode, [places.get(shelf.placeCode)?.name ?? shelf.placeCode, places.get(shelf.placeCode)?.address, t("stock", { count: shelf.onHand })].filter(Boolean).join(" · ")]), { required: true, chosen: shelves[0].placeCode });
  const requestId = freshKey();
  const send = async (event) => {
    event.preventDefault();
    try {
      const { redemption, code, codeSvg } = await post("/v1/mall/redemptions", { requestId, goodsCode: each.code, placeCode: place.value, quantity: 1 });
      showCode(dialog, redemption, code, codeSvg);
      redraw();
    } catch (error) {
      toast(error.message);
    }
  };
  const dialog = h("dialog", { class: "window", "aria-label": t("redeem"), onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, named(each, "title")), button(t("close"), () => dialog.close())), h("form", { class: "step-form", onsubmit: send }, field(t("pickup"), place, { required: true }), h("p", { class: "quiet" }, t("redeem_lead", { count: each.points })), h("button", { class: "button main", type: "submit" }, t("redeem"))));
  document.body.append(dialog);
  dialog.showModal();
}

/** A picture made to stand inside a page, so that it can also stand alone. */
const alone = (svg) => (svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'));

function showCode(dialog, redemption, code, svg) {
  const picture = svg ? h("img", { class: "pickup-code", alt: t("pickup_code"), src: URL.createObjectURL(new Blob([alone(svg)], { type: "image/svg+xml" })) }) : null;
  show(dialog, h("header", {}, h("h2", {}, t("redeemed")), button(t("close"), () => dialog.close())), h("div", { class: "pickup" }, picture, h("b", { class: "code" }, code), h("p", { class: "quiet" }, t("redeemed_lead", { until: exactly(redemption.until) })), h("p", { class: "wrong" }, t("code_once"))));
}

function redemptionCard(each) {
  const state = bare(each.state, "REDEMPTION_STATE_");
  return h("li", { class: "card" }, h("div", { class: "card-head" }, h("b", {}, named(each, "title")), h("span", { class: "badge" }, t(`redemption_${state}`))), h("p", { class: "quiet" }, [t("points_count", { count: each.points }), moment(each.at), state === "HELD" && t("fetch_until", { time: moment(each.until) })].filter(Boolean).join(" · ")), h("div", { class: "card-acts" }, button(t("trace"), () => redemptionLines(named(each, "title"), each.id)), state === "HELD" && button(t("cancel_redemption"), () => act(() => post(`/v1/mall/redemptions/${each.id}:cancel`, {}), t("done")))));
}

function posts(target) {
  asked(target, async () => {
    const { volunteer } = await get("/v1/volunteers/me").catch(() => ({}));
    return volunteer ? { volunteer, ...(await get("/v1/volunteer-posts", { communityCode: volunteer.communityCode })) } : { volunteer: null };
  }, ({ volunteer, posts: rows = [] }) => {
    if (!volunteer) return joinForm();
    return rows.length ? h("ul", { class: "cards" }, rows.map((each) => h("li", { class: "card" }, h("div", { class: "card-head" }, h("b", {}, each.title), h("span", { class: "badge" }, t("posts_left", { count: each.left ?? 0 }))), h("p", { class: "quiet" }, category(each.category)), h("div", { class: "card-acts" }, each.mine ? button(t("post_release"), () => act(() => post(`/v1/volunteer-posts/${each.id}:release`, {}), t("done"))) : each.left ? button(t("post_claim"), () => act(() => post(`/v1/volunteer-posts/${each.id}:claim`, {}), t("post_claimed")), true) : null)))) : h("p", { class: "empty" }, t("posts_none"));
  });
}

function joinForm() {
  const name = h("input", { class: "input", required: true, maxLength: 60, autocomplete: "name" });
  const nickname = h("input", { class: "input", required: true, maxLength: 30 });
  const community = choice([], { required: true });
  get("/v1/areas", { level: "AREA_LEVEL_COMMUNITY", pageSize: 500 }).then(({ areas = [] }) => community.append(...areas.map((area) => h("option", { value: area.code }, named(area))))).catch(() => undefined);
  const send = (event) => {
    event.preventDefault();
    act(() => post("/v1/volunteers:join", { name: name.value.trim(), nickname: nickname.value.trim(), communityCode: community.value }), t("joined_volunteers"));
  };
  return h("form", { class: "panel grid-form", onsubmit: send }, h("p", {}, t("join_lead")), field(t("join_name"), name, { required: true, help: t("join_name_help") }), field(t("join_nickname"), nickname, { required: true }), field(t("join_community"), community, { required: true }), h("button", { class: "button main", type: "submit" }, t("join_send")));
}

const redraw = tabs(byId("app"), [{ key: "near", text: t("tab_near"), draw: offered }, { key: "mine", text: t("tab_mine"), draw: taken }, { key: "points", text: t("points"), draw: statement }, { key: "mall", text: t("tab_mall"), draw: mall }, { key: "posts", text: t("tab_posts"), draw: posts }, { key: "order", text: t("tab_order"), draw: opened }, { key: "together", text: t("tab_together"), draw: together }], { label: t("volunteer_page") });
