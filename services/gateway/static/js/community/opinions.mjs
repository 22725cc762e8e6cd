// What people said on rounds: collected, taken up, answered, rated, closed; and the mood of each community.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { ago, person } from "../format.mjs";
import { goingOn } from "../meanwhile.mjs";
import { may, page, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, card, doing, growing, mark, scopeChoice } from "./cards.mjs";
import { gridChoice, placeName } from "./places.mjs";

const TONES = ["POSITIVE", "NEUTRAL", "NEGATIVE"];
const DAYS = 7;
const bare = (value, prefix) => (value ?? "").replace(prefix, "");

export function opinions(target) {
  const list = h("div", {});
  const mood = h("div", {});
  let openOnly = true;
  const load = () => growing(list, { path: "/v1/opinions", query: { openOnly }, field: "opinions", draw: (one) => drawn(one, again), none: t("folk_no_opinions") });
  const again = () => { load(); moods(mood); };
  show(target,
    h("p", { class: "quiet" }, t("folk_opinions_lead")),
    h("div", { class: "folk-bar" }, may("opinions.write") && act(t("folk_collect"), () => collect(again), { main: true }), scopeChoice((only) => { openOnly = only; load(); })),
    list, h("h2", {}, t("folk_mood")), h("p", { class: "quiet" }, t("folk_mood_lead")), mood);
  again();
}

function drawn(one, again) {
  const state = bare(one.state, "OPINION_STATE_");
  const tone = bare(one.tone, "TONE_");
  const write = may("opinions.write");
  const step = (name, said, done) => doing(() => send(one, name, said), done, again, { one, there, fields: FIELDS });
  return card(one.words, [mark(t(`folk_tone_${tone}`), tone), mark(t(`folk_opinion_${state}`))], [
    one.answer && h("p", { class: "folk-answer" }, h("b", {}, t("folk_answer")), " ", one.answer, one.rating ? ` · ${t("folk_rated", { rating: one.rating })}` : ""),
    h("p", { class: "quiet" }, placeName(one.gridCode), " · ", person(one.collectedBy), " · ", ago(one.collectedAt), one.handler && [" · ", t("folk_handled_by"), " ", person(one.handler)], one.caseId && [" · ", h("a", { href: `/cases/${encodeURIComponent(one.caseId)}` }, t("folk_case"))]),
  ], [
    write && state === "COLLECTED" && act(t("folk_handle"), () => step("HANDLE", {}, t("folk_opinion_HANDLED"))),
    write && ["HANDLED", "ANSWERED"].includes(state) && act(t(one.answer ? "folk_answer_again" : "folk_give_answer"), () => answer(one, again)),
    write && state === "ANSWERED" && act(t("folk_rate"), () => rate(one, again)),
    write && state === "ANSWERED" && one.rating > 0 && act(t("folk_close"), () => step("CLOSE", {}, t("folk_opinion_CLOSED"))),
  ]);
}

const there = (fresh) => fresh.opinion;
const FIELDS = [
  ["state", "state", (value) => t(`folk_opinion_${bare(value, "OPINION_STATE_")}`)],
  ["handler", "folk_handled_by", person],
  ["answer", "folk_answer"],
  ["rating", "folk_rating", (value) => t(`folk_stars_${value}`)],
];
const send = (one, step, said) => post(`/v1/opinions/${one.id}:advance`, { requestId: freshKey(), version: one.version, step: `OPINION_STEP_${step}`, ...said });

function answer(one, again) {
  const words = h("textarea", { class: "input", rows: 4, required: true, maxLength: 2000 });
  const going = goingOn(one, there, FIELDS);
  ask(t("folk_give_answer"), [h("p", { class: "quiet" }, one.words), going.changed, field(t("folk_answer"), words, { required: true, help: t("folk_answer_help") })], t("folk_send"), async () => {
    await going.send((seen) => send(seen, "ANSWER", { words: words.value.trim() }));
    again();
  });
}

function rate(one, again) {
  const rating = choice([5, 4, 3, 2, 1].map((value) => [String(value), t(`folk_stars_${value}`)]), { required: true });
  const going = goingOn(one, there, FIELDS);
  ask(t("folk_rate"), [h("p", { class: "quiet" }, t("folk_rate_lead")), going.changed, field(t("folk_rating"), rating, { required: true })], t("folk_send"), async () => {
    await going.send((seen) => send(seen, "RATE", { rating: Number(rating.value) }));
    again();
  });
}

function collect(again) {
  const place = gridChoice();
  const words = h("textarea", { class: "input", rows: 4, required: true, maxLength: 2000 });
  const tone = choice(TONES.map((name) => [`TONE_${name}`, t(`folk_tone_${name}`)]), { required: true });
  ask(t("folk_collect"), [place.fields, field(t("folk_words"), words, { required: true, help: t("folk_words_help") }), field(t("folk_tone"), tone, { required: true })], t("folk_send"), async () => {
    await post("/v1/opinions", { requestId: freshKey(), gridCode: place.value(), words: words.value.trim(), tone: tone.value });
    toast(t("folk_opinion_COLLECTED"));
    again();
  });
}

/** The last days by community, the lowest of today first. */
function moods(target) {
  const day = (back) => new Date(Date.now() - back * 86_400_000).toLocaleDateString("sv-SE", { timeZone: page.timezone });
  const days = Array.from({ length: DAYS }, (_, index) => day(DAYS - 1 - index));
  asked(target, () => get("/v1/mood", { fromDay: days[0], untilDay: days.at(-1) }), ({ moods: told = [] }) => {
    if (!told.length) return h("p", { class: "empty" }, t("folk_no_mood"));
    const by = Map.groupBy ? Map.groupBy(told, (each) => each.areaCode) : told.reduce((map, each) => map.set(each.areaCode, [...(map.get(each.areaCode) ?? []), each]), new Map());
    const today = (list) => list.find((each) => each.day === days.at(-1))?.index ?? 100;
    const lines = [...by].sort(([, one], [, other]) => today(one) - today(other)).slice(0, 20);
    const shown = [...days].reverse();
    const cell = (each) => (each ? h("span", { class: "folk-mood", data: { mood: each.index >= 90 ? "fair" : each.index >= 70 ? "cloudy" : "rain" }, title: t("folk_mood_counts", { collected: each.collected ?? 0, negative: each.negative ?? 0, open: each.open ?? 0 }) }, String(each.index ?? 0)) : "—");
    return table([t("folk_community"), ...shown.map((each) => each.slice(5))], lines.map(([code, list]) => row(placeName(code), ...shown.map((each) => cell(list.find((one) => one.day === each))))));
  });
}
