// Questions of law: they go to the lawyer on duty at the nearest station, and the first answer stands.

import { ask } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { person, timeOf } from "../format.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, card, mark, scopeChoice } from "./cards.mjs";
import { gridChoice, placeName } from "./places.mjs";

export function law(target) {
  const list = h("div", { class: "folk-list" });
  let openOnly = true;
  const again = () => asked(list, () => get("/v1/legalQuestions", { openOnly }), ({ questions = [] }) => (questions.length ? questions.map((one) => drawn(one, again)) : h("p", { class: "empty" }, t("folk_no_questions"))));
  show(target, h("p", { class: "quiet" }, t("folk_law_lead")), h("div", { class: "folk-bar" }, act(t("folk_ask"), () => put(again), { main: true }), scopeChoice((only) => { openOnly = only; again(); })), list);
  again();
}

function drawn(one, again) {
  return card(one.words, [one.byHotline && mark(t("folk_hotline")), mark(t(one.answeredAt ? "folk_answered" : "folk_waits"), one.answeredAt ? "POSITIVE" : "NEUTRAL")], [
    one.answer && h("p", { class: "folk-answer" }, h("b", {}, t("folk_answer")), " ", one.answer),
    h("p", { class: "quiet" }, placeName(one.gridCode), " · ", timeOf(one.askedAt), " · ", t("folk_goes_to"), " ", one.lawyer ? person(one.lawyer) : one.receiver, one.answeredAt && [" · ", person(one.answeredBy), " ", timeOf(one.answeredAt)]),
  ], [!one.answeredAt && may("stations.answer") && act(t("folk_give_answer"), () => answer(one, again), { main: true })]);
}

function put(again) {
  const place = gridChoice();
  const words = h("textarea", { class: "input", rows: 5, required: true, maxLength: 2000 });
  const hotline = h("input", { type: "checkbox" });
  ask(t("folk_ask"), [place.fields, field(t("folk_question"), words, { required: true, help: t("folk_words_help") }), h("label", { class: "folk-check" }, hotline, t("folk_hotline"))], t("folk_send"), async () => {
    const { question } = await post("/v1/legalQuestions", { requestId: freshKey(), gridCode: place.value(), words: words.value.trim(), byHotline: hotline.checked });
    toast(t(question.lawyer ? "folk_with_lawyer" : "folk_with_desk"));
    again();
  });
}

function answer(one, again) {
  const words = h("textarea", { class: "input", rows: 6, required: true, maxLength: 4000 });
  const now = h("p", { class: "quiet", role: "status" }, one.words);
  ask(t("folk_give_answer"), [now, field(t("folk_answer"), words, { required: true, help: t("folk_answer_once") })], t("folk_send"), async () => {
    try {
      await post(`/v1/legalQuestions/${one.id}:answer`, { requestId: freshKey(), version: one.version, answer: words.value.trim() });
    } catch (error) {
      const there = error.fresh?.question;
      if (there) {
        show(now, there.words, h("br"), h("b", {}, t("folk_answer")), " ", there.answer, " · ", person(there.answeredBy));
        again();
      }
      throw error;
    }
    toast(t("folk_answered"));
    again();
  });
}
