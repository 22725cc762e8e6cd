// Areas that change: plan a merge or a split, see what moves, then decide.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h, show } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { cut } from "./cut.mjs";
import { faultWord, kindWord } from "./schema.mjs";

const KINDS = ["MERGE", "SPLIT", "MOVE_BORDER", "RENAME"];
/** Sides of a grid: along which axis they lie, and whether that half comes first. */
const SIDES = { west: ["east", true], east: ["east", false], south: ["north", true], north: ["north", false] };

export function changes(target) {
  const list = h("div", {});
  const warnings = h("div", {});
  const drawList = () => asked(list, () => get("/v1/area-changes"), ({ changes: found = [] }) => found.length ? found.map((each) => card(each, drawList)) : h("p", { class: "empty" }, t("books_changes_none")));
  const check = () => asked(warnings, () => get("/v1/areas:check"), ({ warnings: found = [], gridCount = 0 }) => [h("p", {}, t("books_checked", { count: gridCount, warnings: found.length })), found.length > 0 && table([t("books_grid"), t("books_what_wrong")], found.slice(0, 100).map((each) => row(h("span", { class: "code" }, each.subject), warned(each))))]);
  show(target, h("p", { class: "quiet" }, t("books_changes_lead")), h("div", { class: "steps-row" }, h("button", { class: "button main", type: "button", onclick: () => plan(drawList) }, t("books_change_plan")), h("button", { class: "button", type: "button", onclick: check }, t("books_check_areas"))), warnings, list);
  drawList();
}

function plan(done) {
  const kind = choice(KINDS.map((each) => [each, t(`books_change_${each}`)]), { chosen: "MERGE", required: true });
  const from = areaField(t("books_change_from"), { required: true, several: true });
  const to = h("input", { class: "input code", required: true, autocomplete: "off" });
  const name = h("input", { class: "input", maxLength: 100 });
  const along = choice([["east", t("books_cut_east")], ["north", t("books_cut_north")]], { chosen: "east" });
  const share = h("input", { class: "input", type: "number", min: 5, max: 95, value: 50 });
  const day = h("input", { class: "input", type: "date", required: true, value: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) });
  const reason = h("input", { class: "input", required: true, maxLength: 500 });
  const side = choice(Object.keys(SIDES).map((each) => [each, t(`books_side_${each}`)]), { chosen: "east" });
  const handed = h("input", { class: "input", type: "number", min: 5, max: 95, value: 20 });
  const onlyBorder = h("div", { class: "books-pair" }, field(t("books_border_side"), side, { required: true }), field(t("books_border_share"), handed, { required: true }));
  const onlySplit = h("div", { class: "books-pair" }, field(t("books_cut_along"), along), field(t("books_cut_share"), share));
  const onlyName = field(t("books_name"), name);
  const fit = () => { onlySplit.hidden = kind.value !== "SPLIT"; onlyBorder.hidden = kind.value !== "MOVE_BORDER"; onlyName.hidden = ["SPLIT", "MOVE_BORDER"].includes(kind.value); };
  kind.addEventListener("change", fit);
  fit();
  ask(t("books_change_plan"), [field(t("books_change_kind"), kind, { required: true }), from.element, field(t("books_change_to"), to, { required: true, help: t("books_change_to_help") }), onlyName, onlySplit, onlyBorder, field(t("books_effective_on"), day, { required: true }), field(t("books_why"), reason, { required: true })], t("books_look_ahead"), async () => {
    const makes = {
      SPLIT: (codesNow) => halves(codesNow[0], codes(to.value), along.value, Number(share.value) / 100),
      MOVE_BORDER: (codesNow) => handedOver(codesNow[0], codes(to.value), side.value, Number(handed.value) / 100),
    };
    const plain = () => [{ code: codes(to.value)[0], name: name.value.trim() }];
    const given = from.values();
    const drafts = await (makes[kind.value] ?? plain)(given);
    const fromCodes = kind.value === "MOVE_BORDER" ? drafts.map((draft) => draft.code) : given;
    await post("/v1/area-changes", { requestId: freshKey(), kind: `AREA_CHANGE_KIND_${kind.value}`, fromCodes, to: drafts, effectiveOn: day.value, reason: reason.value.trim() });
    done();
  });
}

/** A warning with its number, which its words leave out. */
const warned = (each) => `${faultWord(each)} (${each.message.match(/\d+/)?.[0] ?? "—"})`;
const codes = (text) => text.split(/[\s,，、]+/).filter(Boolean);

async function shapeOf(code) {
  const { area } = await get(`/v1/areas/${code}`, { withGeometry: true });
  return area.geometry ? JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(area.geometry), (each) => each.charCodeAt(0)))) : null;
}

async function halves(code, names, along, share) {
  const shape = await shapeOf(code);
  if (!shape || names.length !== 2) throw new Error(t("books_cut_two"));
  return cut(shape, along, share).map((half, at) => ({ code: names[at], geometry: btoa(JSON.stringify(half)) }));
}

/** The grid that gives up one side, and its neighbour, which takes what is left of both. */
async function handedOver(code, [neighbour], side, share) {
  const shape = code && neighbour && (await shapeOf(code));
  if (!shape) throw new Error(t("books_border_two"));
  const [along, first] = SIDES[side];
  const kept = cut(shape, along, first ? share : 1 - share)[first ? 1 : 0];
  return [{ code, geometry: btoa(JSON.stringify(kept)) }, { code: neighbour }];
}

function card(change, again) {
  const state = change.state.replace("AREA_CHANGE_STATE_", "");
  const decide = async (carryOut) => {
    await post(`/v1/area-changes/${change.id}:decide`, { requestId: freshKey(), carryOut });
    again();
  };
  const sure = (carryOut) => ask(t(carryOut ? "books_carry_out" : "books_give_up"), [h("p", {}, t(carryOut ? "books_carry_out_effect" : "books_give_up_effect", { day: change.effectiveOn, ended: (change.endedCodes ?? []).join(" ") || "—" }))], t(carryOut ? "books_carry_out" : "books_give_up"), () => decide(carryOut));
  return h("article", { class: "books-change" },
    h("header", {}, h("h2", {}, t(`books_change_${change.kind.replace("AREA_CHANGE_KIND_", "")}`), " · ", change.effectiveOn), h("span", { class: "badge" }, t(`books_change_state_${state}`))),
    h("p", {}, change.reason),
    h("p", { class: "code faint" }, t("books_ends"), " ", (change.endedCodes ?? []).join(" ") || "—", " · ", t("books_begins"), " ", (change.begunCodes ?? []).join(" ") || "—"),
    (change.uncounted ?? []).length > 0 && h("p", { class: "wrong" }, t("books_uncounted", { services: change.uncounted.map((each) => t(`books_counts_of_${each}`)).join(", ") })),
    (change.moves ?? []).length > 0 && table([t("books_moves_from"), t("books_moves_to"), t("books_moves_what")], change.moves.map((move) => row(h("span", { class: "code" }, move.fromCode), h("span", { class: "code" }, move.toCode), moved(move)))),
    (change.warnings ?? []).map((each) => h("p", { class: "quiet" }, h("span", { class: "code" }, each.subject), " ", warned(each))),
    h("div", { class: "steps-row" }, state === "PLANNED" && h("button", { class: "button main", type: "button", onclick: () => sure(true) }, t("books_carry_out")), ["PLANNED", "DECIDED"].includes(state) && h("button", { class: "button", type: "button", onclick: () => sure(false) }, t("books_give_up"))));
}

function moved(move) {
  const told = Object.entries(move.elements ?? {}).filter(([, count]) => Number(count)).map(([kind, count]) => `${kindWord(kind.toUpperCase())} ${count}`);
  const beside = [["books_open_cases", move.openCases], ["books_cameras", move.cameras], ["books_posts_count", move.posts], ["books_terminals_count", move.terminals], ["books_force_count", move.force]];
  return [...told, ...beside.filter(([, count]) => count).map(([key, count]) => `${t(key)} ${count}`)].join(" · ") || "—";
}
