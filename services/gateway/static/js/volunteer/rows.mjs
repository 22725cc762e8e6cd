// The rows behind a number: lines of a book, services of a community, claims on posts, movements of a shelf, an order.

import { row, table } from "../admin/table.mjs";
import { get } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { moment } from "../format.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { button, category, claimFacts, figure, hours, lines, open } from "./deeds.mjs";
import { trace } from "./trace.mjs";

const code = (text) => h("span", { class: "code" }, text);

/** Pages of a list, one below the other, for as long as there are more. */
function pages(target, path, query, draw) {
  const list = h("div", { class: "care-part" });
  const more = h("div", { class: "card-acts" });
  const page = (pageToken) => get(path, { ...query, pageToken, pageSize: 50 });
  const add = (answer) => {
    list.append(draw(answer));
    show(more, answer.nextPageToken ? button(t("rows_more"), async () => add(await page(answer.nextPageToken))) : null);
    return [list, more];
  };
  return asked(target, () => page(), (answer) => {
    list.replaceChildren();
    return add(answer);
  });
}

/** Somebody's whole book, where one may see it: both sums with the lines they are made of. */
export function bookOf(subject, name) {
  const body = open(name);
  const of = (book) => get(`/v1/statements/${encodeURIComponent(subject)}`, { book: `STATEMENT_BOOK_${book}`, pageSize: 100 });
  asked(body, () => Promise.all([of("POINTS"), of("MINUTES"), of("DEBT")]), ([points, minutes, debt]) => [
    h("div", { class: "figures" }, figure(t("points"), points.points ?? 0), figure(t("held_points"), points.held ?? 0), figure(t("service_hours"), hours(points.minutes)), Number(points.owed ?? 0) > 0 && figure(t("owed"), points.owed)),
    h("h3", {}, t("points")), lines(points.lines ?? [], (line) => trace(line, subject)),
    h("h3", {}, t("service_hours")), lines(minutes.lines ?? [], (line) => trace(line, subject)),
    (debt.lines ?? []).length ? [h("h3", {}, t("owed")), lines(debt.lines, (line) => trace(line, subject))] : null,
  ]);
}

/** The services that make up a community's place in the ranking. */
export function services(communityCode, name, month = "") {
  pages(open(name), `/v1/community-ranking/${encodeURIComponent(communityCode)}/services`, { month }, ({ services: rows = [] }) =>
    table([t("when"), t("join_nickname"), t("order_kind"), t("service_hours"), t("trace_cause")], rows.map((each) => row(each.servedOn, each.nickname, category(each.category), t("minutes_counted", { count: each.minutes }), each.orderId ? orderButton(each.orderId, each.number) : ""))));
}

/** The claims behind the report on posts. */
export const claims = (title, kind = "") =>
  pages(open(title), "/v1/volunteer-posts:claims", { category: kind }, ({ claims: rows = [] }) =>
    table([t("join_nickname"), t("order_kind"), t("join_community"), t("when")], rows.map((each) => row([each.nickname, " ", h("span", { class: "faint code" }, each.subject)], [h("b", {}, each.title), " ", category(each.category)], code(each.communityCode), moment(each.claimedAt)))));

/** How what lies on a shelf, or is set aside there, came about. */
export const moves = (title, goodsCode, placeCode, reserved) =>
  pages(open(title), "/v1/mall/stock:moves", { goodsCode, placeCode, reserved }, ({ lines: rows = [] }) => lines(rows, (line) => trace(line)));

/** The lines of one's books that follow from one redemption. */
export function redemptionLines(title, cause) {
  const of = (book) => get("/v1/statements/me", { book: `STATEMENT_BOOK_${book}`, pageSize: 200 });
  asked(open(title), () => Promise.all([of("POINTS"), of("HELD")]), (books) =>
    books.map(({ lines: rows = [] }, at) => [h("h3", {}, t(at ? "held_points" : "points")), lines(rows.filter((line) => line.cause === cause), (line) => trace(line))]));
}

/** An order by its number; opens what it was and who served. */
export const orderButton = (id, text = "") => h("button", { class: "button plain code", type: "button", onclick: () => order(id) }, text || t("trace"));

const order = (id) =>
  asked(open(t("trace_title")), () => get(`/v1/orders/${id}`), ({ order: whole, claims: served = [] }) => [
    h("h3", {}, `${whole.number} ${whole.description}`),
    h("p", { class: "quiet" }, [category(whole.category), hours(whole.minutes), whole.rating ? t("rated", { count: whole.rating }) : "", t(`order_${whole.state.replace("ORDER_STATE_", "")}`)].filter(Boolean).join(" · ")),
    served.map((claim) => h("div", { class: "card" }, claimFacts(claim))),
  ]);
