// The mall from behind the counter: goods, shelves, what runs low, what was redeemed, what came back.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, pictureUrl, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { moment } from "../format.mjs";
import { named, t } from "../page.mjs";
import { uploader } from "../pictures.mjs";
import { asked } from "../tabs.mjs";
import { act, bare, button } from "../volunteer/deeds.mjs";
import { moves } from "../volunteer/rows.mjs";

const KINDS = ["GOODS", "SERVICE", "HONOUR"];

export function mall(target) {
  const again = () => mall(target);
  const all = async () => {
    const [{ goods = [] }, { places = [] }, { shelves: low = [] }] = await Promise.all([get("/v1/mall/goods", { withWithdrawn: true }), get("/v1/mall/places"), get("/v1/mall/stock:low")]);
    return { goods, places, low, redemptions: await redeemedAt(places) };
  };
  asked(target, all, ({ goods, places, low, redemptions }) => {
    const at = new Map(places.map((place) => [place.code, place]));
    const titles = new Map(goods.map((each) => [each.code, named(each, "title")]));
    return [
      h("div", { class: "card-acts" }, button(t("care_goods_new"), () => edit(null, again), true), button(t("care_place_new"), () => editPlace(again))),
      low.length ? h("section", { class: "panel" }, h("h2", {}, t("care_low")), h("ul", { class: "plain-list" }, low.map((shelf) => h("li", {}, h("b", {}, titles.get(shelf.goodsCode) ?? shelf.goodsCode), ` · ${at.get(shelf.placeCode)?.name ?? shelf.placeCode} · `, t("stock", { count: shelf.onHand ?? 0 }), " ", button(t("care_stock_add"), () => stock(shelf.goodsCode, places, shelf.placeCode, again)))))) : null,
      h("h2", {}, t("care_goods")),
      table([t("care_goods"), t("points"), t("care_limit"), t("care_shelves"), ""], goods.map((each) => goodsRow(each, at, places, again))),
      h("h2", {}, t("care_redemptions")),
      redemptions.length ? table([t("care_goods"), t("when"), t("points"), t("pickup"), t("care_state"), ""], redemptions.map((each) => redemptionRow(each, at, again))) : h("p", { class: "empty" }, t("redemptions_none")),
    ];
  });
}

/** Whoever keeps the shelves need not see who fetched what. */
function unlessForbidden(error) {
  if (error.status !== 403) throw error;
  return {};
}

/** What was redeemed last at each place, newest first. */
async function redeemedAt(places) {
  const pages = await Promise.all(places.map(({ code }) => get("/v1/mall/redemptions", { placeCode: code, pageSize: 30 }).catch(unlessForbidden)));
  return pages.flatMap(({ redemptions = [] }) => redemptions).sort((one, other) => Date.parse(other.at) - Date.parse(one.at)).slice(0, 100);
}

function goodsRow(each, at, places, again) {
  const picture = each.image?.objectKey ? h("img", { class: "goods-thumb", src: pictureUrl(each.image.objectKey, true), alt: "" }) : null;
  return row(
    [picture, h("b", {}, named(each, "title")), " ", h("span", { class: "faint code" }, each.code), each.withdrawn && h("span", { class: "badge" }, t("care_withdrawn"))],
    t("care_price_version", { count: each.points, version: each.version ?? 0 }),
    each.limitPerMonth ? t("care_limit_month", { count: each.limitPerMonth }) : t("care_limit_none"),
    h("ul", { class: "plain-list" }, (each.shelves ?? []).map((shelf) => h("li", {}, `${at.get(shelf.placeCode)?.name ?? shelf.placeCode}: `, t("care_shelf", { free: shelf.onHand ?? 0, held: shelf.reserved ?? 0 }), " ", button(t("care_moves"), () => moves(named(each, "title"), each.code, shelf.placeCode, false)), Number(shelf.reserved ?? 0) > 0 && button(t("care_moves_held"), () => moves(named(each, "title"), each.code, shelf.placeCode, true))))),
    h("div", { class: "card-acts" }, button(t("care_edit"), () => edit(each, again)), button(t("care_stock_add"), () => stock(each.code, places, "", again))),
  );
}

function edit(old, again) {
  const text = (value, more = {}) => h("input", { class: "input", value: value ?? "", maxLength: 100, ...more });
  const number = (value, more) => h("input", { class: "input", type: "number", min: 0, value: value ?? 0, ...more });
  const code = text(old?.code, { required: true, pattern: "[A-Za-z0-9_\\-]{1,40}", disabled: Boolean(old) });
  const title = text(old?.title, { required: true });
  const titleEn = text(old?.titleEn);
  const words = h("textarea", { class: "input", rows: 2, maxLength: 2000, value: old?.description ?? "" });
  const kind = choice(KINDS.map((key) => [`GOODS_KIND_${key}`, t(`care_kind_${key}`)]), { chosen: old?.kind ?? "GOODS_KIND_GOODS", required: true });
  const points = number(old?.points, { min: 1, required: true });
  const limit = number(old?.limitPerMonth);
  const low = number(old?.lowMark);
  const withdrawn = h("input", { type: "checkbox", checked: Boolean(old?.withdrawn) });
  const pictures = uploader("SCENE");
  ask(old ? named(old, "title") : t("care_goods_new"), [
    h("p", { class: "notice" }, t("care_goods_effect")),
    field(t("care_code"), code, { required: true }), field(t("care_title"), title, { required: true }), field(t("care_title_en"), titleEn), field(t("care_words"), words),
    field(t("care_kind"), kind, { required: true }), field(t("points"), points, { required: true }), field(t("care_limit"), limit, { help: t("care_limit_help") }), field(t("care_low_mark"), low, { help: t("care_low_help") }),
    pictures.element, old && field(t("care_withdrawn"), withdrawn),
  ], t("care_save"), async () => {
    const picture = pictures.evidence().at(-1)?.objectKey ?? old?.picture ?? "";
    await post("/v1/mall/goods", { goods: { code: code.value.trim(), title: title.value.trim(), titleEn: titleEn.value.trim(), description: words.value.trim(), kind: kind.value, points: Number(points.value), limitPerMonth: Number(limit.value), lowMark: Number(low.value), withdrawn: withdrawn.checked, picture } });
    again();
  });
}

function editPlace(again) {
  const fields = Object.fromEntries(["code", "name", "address", "hours"].map((key) => [key, h("input", { class: "input", maxLength: 200, required: key !== "address" && key !== "hours" })]));
  const area = areaField(t("care_place_areaPath"), { required: true, byPath: true });
  ask(t("care_place_new"), [h("p", { class: "notice" }, t("care_place_effect")), Object.entries(fields).map(([key, control]) => field(t(`care_place_${key}`), control, { required: control.required })), area.element], t("care_save"), async () => {
    await post("/v1/mall/places", { place: { ...Object.fromEntries(Object.entries(fields).map(([key, control]) => [key, control.value.trim()])), areaPath: area.value() } });
    again();
  });
}

function stock(goodsCode, places, placeCode, again) {
  const place = choice(places.map((each) => [each.code, each.name]), { chosen: placeCode, required: true });
  const quantity = h("input", { class: "input", type: "number", min: 1, max: 100000, required: true });
  const requestId = freshKey();
  ask(t("care_stock_add"), [h("p", { class: "notice" }, t("care_stock_effect")), field(t("pickup"), place, { required: true }), field(t("care_quantity"), quantity, { required: true })], t("care_stock_add"), async () => {
    await post("/v1/mall/stock", { requestId, goodsCode, placeCode: place.value, quantity: Number(quantity.value) });
    again();
  });
}

function redemptionRow(each, at, again) {
  const state = bare(each.state, "REDEMPTION_STATE_");
  const back = (broken) => act(() => post(`/v1/mall/redemptions/${each.id}:return`, { broken }), t("care_returned"), again);
  return row(
    [named(each, "title"), ` × ${each.quantity}`, " ", h("span", { class: "faint" }, t("care_price_version", { count: each.points, version: each.goodsVersion ?? 0 }))],
    moment(each.at), String(each.points), at.get(each.placeCode)?.name ?? each.placeCode, t(`redemption_${state}`),
    state === "FETCHED" ? h("div", { class: "card-acts" }, button(t("care_return"), () => back(false)), button(t("care_return_broken"), () => back(true))) : "",
  );
}
