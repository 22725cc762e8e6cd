// Errands for people: in their stead, at their side, by helping; one ticket for the counter and the grid.

import { ask } from "../admin/table.mjs";
import { freshKey, get, post, upload } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { person, timeOf } from "../format.mjs";
import { goingOn } from "../meanwhile.mjs";
import { may, t } from "../page.mjs";
import { enlarge } from "../pictures.mjs";
import { showElement } from "../registry/element.mjs";
import { terminal } from "../registry/schema.mjs";
import { asked } from "../tabs.mjs";
import { act, card, growing, mark, scopeChoice } from "./cards.mjs";
import { gridChoice, placeName } from "./places.mjs";

const MODES = ["AGENCY", "ACCOMPANY", "ASSIST"];
const PLACES = ["COUNTER", "GRID"];
const bare = (value) => (value ?? "").replace(/^ERRAND_(MODE|PLACE|STATE)_/, "");
const modes = (chosen = "", rest = {}) => choice(MODES.map((name) => [`ERRAND_MODE_${name}`, t(`folk_mode_${name}`)]), { chosen, ...rest });
const places = () => choice(PLACES.map((name) => [`ERRAND_PLACE_${name}`, t(`folk_place_${name}`)]), { chosen: "ERRAND_PLACE_GRID", required: true });

export function errands(target) {
  const list = h("div", {});
  let openOnly = true;
  const load = () => growing(list, { path: "/v1/errands", query: { openOnly }, field: "errands", draw: (one) => drawn(one, load), none: t("folk_no_errands") });
  show(target,
    h("p", { class: "quiet" }, t("folk_errands_lead")),
    h("div", { class: "folk-bar" }, may("errands.write") && act(t("folk_open_errand"), () => open(load), { main: true }), scopeChoice((only) => { openOnly = only; load(); })),
    list);
  load();
}

function drawn(one, again) {
  const body = h("div", {});
  const state = bare(one.state);
  return card(one.matter, [mark(t(`folk_mode_${bare(one.mode)}`)), mark(t(`folk_errand_${state}`), state)], [
    h("p", { class: "quiet" }, placeName(one.gridCode), " · ", timeOf(one.openedAt), one.consent?.untilDay && [" · ", t("folk_consent_until", { day: one.consent.untilDay })]),
    body,
  ], [
    act(t("folk_lines"), () => lines(body, one)),
    one.consent?.objectKey && act(t("folk_consent_see"), () => enlarge({ objectKey: one.consent.objectKey, kind: "EVIDENCE_KIND_SIGNATURE" })),
    may("people.read") && act(t("folk_who"), () => showElement(one.personId, () => undefined)),
    may("errands.write") && state === "OPEN" && act(t("folk_go_on"), () => goOn(one, again)),
  ]);
}

function lines(body, one) {
  asked(body, () => get(`/v1/errands/${one.id}`), ({ errand }) => h("ol", { class: "folk-lines" }, (errand.lines ?? []).map((line) => h("li", {}, timeOf(line.at), " ", t(`folk_place_${bare(line.place)}`), " · ", person(line.by), " · ", h("b", {}, t(`folk_mode_${bare(line.mode)}`)), " · ", line.words))));
}

/** Fields of a consent; nothing when no picture was chosen. */
function consentFields() {
  const picture = h("input", { class: "input", type: "file", accept: "image/*" });
  const until = h("input", { class: "input", type: "date" });
  const read = async () => {
    if (!picture.files?.[0]) return undefined;
    const { objectKey } = await upload(picture.files[0], "signature");
    return { objectKey, untilDay: until.value };
  };
  return { fields: [field(t("folk_consent"), picture, { help: t("folk_consent_help") }), field(t("folk_consent_day"), until)], read };
}

/** A ticket as it is listed, with what was done last beside it. */
const there = ({ errand }) => errand && { ...errand, last: errand.lines?.at(-1) };
const FIELDS = [
  ["state", "state", (value) => t(`folk_errand_${bare(value)}`)],
  ["mode", "folk_mode", (value) => t(`folk_mode_${bare(value)}`)],
  ["last", "folk_lines", (line) => [person(line.by), " · ", line.words]],
];

function goOn(one, again) {
  const going = goingOn(one, there, FIELDS);
  const mode = modes("", { empty: t("folk_mode_stays") });
  const place = places();
  const state = choice([["ERRAND_STATE_DONE", t("folk_errand_DONE")], ["ERRAND_STATE_GIVEN_UP", t("folk_errand_GIVEN_UP")]], { empty: t("folk_errand_OPEN") });
  const words = h("textarea", { class: "input", rows: 3, required: true, maxLength: 1000 });
  const consent = consentFields();
  ask(t("folk_go_on"), [h("p", { class: "quiet" }, one.matter), going.changed, field(t("folk_done_words"), words, { required: true }), field(t("folk_place"), place, { required: true }), field(t("folk_mode"), mode), field(t("folk_state"), state), consent.fields], t("folk_send"), async () => {
    const given = { place: place.value, mode: mode.value || undefined, state: state.value || undefined, words: words.value.trim(), consent: await consent.read() };
    await going.send((seen) => post(`/v1/errands/${one.id}:advance`, { requestId: freshKey(), version: seen.version, ...given }));
    toast(t("folk_kept"));
    again();
  });
}

/** A person of the registry, found by name; what is personal stays masked. */
function personChoice() {
  const query = h("input", { class: "input", type: "search", maxLength: 60 });
  const found = choice([], { required: true, empty: t("folk_find_first") });
  const look = async () => {
    if (!query.value.trim()) return;
    try {
      const { found: list = [] } = await post("/v1/search", { query: query.value.trim(), kinds: ["ELEMENT_KIND_PERSON"], terminalId: terminal(), size: 20 });
      show(found, list.length ? list.map(({ element }) => h("option", { value: element.id }, `${element.name || element.key} · ${element.address || element.gridCode}`)) : h("option", { value: "" }, t("folk_nobody")));
    } catch (error) {
      toast(error.message);
    }
  };
  query.addEventListener("change", look);
  return { fields: [field(t("folk_find_person"), query, { required: true, help: t("folk_find_help") }), field(t("folk_person"), found, { required: true })], value: () => found.value };
}

function open(again) {
  const place = gridChoice();
  const who = personChoice();
  const matter = h("input", { class: "input", required: true, maxLength: 300 });
  const mode = modes("", { required: true });
  const from = places();
  const consent = consentFields();
  ask(t("folk_open_errand"), [place.fields, who.fields, field(t("folk_matter"), matter, { required: true }), field(t("folk_mode"), mode, { required: true }), field(t("folk_place"), from, { required: true }), consent.fields], t("folk_send"), async () => {
    await post("/v1/errands", { requestId: freshKey(), gridCode: place.value(), personId: who.value(), matter: matter.value.trim(), mode: mode.value, place: from.value, consent: await consent.read() });
    toast(t("folk_kept"));
    again();
  });
}
