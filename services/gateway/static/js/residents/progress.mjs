// A case as its reporter reads it: how far it is, what comes next and by when, what was said, what was done.

import { freshKey } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { ended, eventWord, exactly, moment, plain, stateWord, timeOf } from "../format.mjs";
import { named, t, word } from "../page.mjs";
import { gallery, shot } from "../pictures.mjs";
import { take } from "./guest.mjs";

const STAGES = ["stage_reported", "stage_accepted", "stage_dispatched", "stage_disposing", "stage_checking", "stage_closed", "stage_rated"];
const STAGE_OF = { REPORTED: 0, ACCEPTED: 1, REGISTERED: 1, DISPATCHED: 2, SIGNED: 2, RETURNED: 2, DISPOSING: 3, DISPOSED: 3, FEEDBACK: 4, CHECKING: 4, CHECKED: 4, CHECK_FAILED: 3, REOPENED: 3, SUSPENDED: 3, SELF_DONE: 3, VERIFYING: 0, NOT_REGISTERED: 0, CLOSED: 5 };
const STOPPED = new Set(["REJECTED", "NOT_REGISTERED", "CANCELLED"]);
/** Steps a reporter is told of, and those whose words are meant for the reporter. */
const TOLD = new Set(["REPORT", "ACCEPT", "REJECT", "REFUSE_FILING", "REGISTER", "DISPATCH", "SIGN", "DISPOSE", "FEEDBACK", "CHECK_PASS", "REWORK", "CLOSE", "CANCEL", "RATE", "REOPEN"]);
const SPOKEN = new Set(["REJECT", "REFUSE_FILING", "FEEDBACK", "CLOSE", "CANCEL", "RATE", "REOPEN", "REPORT"]);
const OWN_STEPS = new Set(["RATE", "REOPEN", "NOTE"]);

function stages(item) {
  const state = plain(item.state);
  const at = item.rating ? 6 : (STAGE_OF[state] ?? 0);
  const stopped = STOPPED.has(state);
  return h(
    "ol",
    { class: "stages", data: { stopped: stopped ? "yes" : "no" } },
    STAGES.map((key, index) =>
      h("li", { class: index < at || item.rating ? "past" : index === at ? "here" : "", "aria-current": index === at ? "step" : null }, h("i", { "aria-hidden": "true" }), h("span", {}, t(key))),
    ),
  );
}

/** What comes next, in a sentence. */
function next(item) {
  const state = plain(item.state);
  const due = item.deadlineAt && !ended(item) ? t("next_due", { time: exactly(item.deadlineAt).slice(0, -3) }) : "";
  const text = item.rating ? t("next_RATED") : t(`next_${state}`);
  return h("p", { class: "next" }, h("b", {}, stateWord(item.state)), " ", text, " ", due && h("span", { class: "quiet" }, due));
}

function thread(history) {
  const lines = history.filter((entry) => TOLD.has(plain(entry.event))).reverse();
  return h(
    "section",
    {},
    h("h2", {}, t("history")),
    h(
      "ol",
      { class: "thread" },
      lines.map((entry, index) => {
        const event = plain(entry.event);
        return h(
          "li",
          { class: index ? "" : "now" },
          h("div", { class: "what" }, h("b", {}, eventWord(entry.event)), word("roles", entry.role ?? "") !== (entry.role ?? "") && entry.role !== "plugin" && h("span", { class: "quiet" }, word("roles", entry.role)), timeOf(entry.at)),
          SPOKEN.has(event) && entry.opinion && h("div", { class: "said" }, entry.opinion),
          entry.evidence?.length && event !== "REPORT" ? h("div", { class: "gallery" }, entry.evidence.map(shot)) : null,
        );
      }),
    ),
  );
}

function stars() {
  const boxes = [1, 2, 3, 4, 5].map((value) => h("input", { type: "radio", name: "rating", value, required: true, class: "unseen" }));
  const labels = boxes.map((box, index) => h("label", {}, box, h("span", { "aria-hidden": "true" }, "★"), h("span", { class: "unseen" }, t("stars", { count: index + 1 }))));
  const chosen = () => boxes.findIndex((box) => box.checked) + 1;
  const group = h("div", { class: "stars", role: "radiogroup", "aria-label": t("rating"), onchange: () => labels.forEach((label, index) => label.classList.toggle("lit", index < chosen())) }, labels);
  return { group, chosen };
}

function stepForm(item, step, { phone, onDone }) {
  const event = plain(step.event);
  const rating = event === "RATE" ? stars() : null;
  const words = h("textarea", { class: "input", rows: 2, maxLength: 500, required: event !== "RATE", "aria-label": t(`own_${event}_words`), placeholder: t(`own_${event}_words`) });
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const submit = h("button", { class: `button ${event === "RATE" ? "main" : ""}`, type: "submit" }, t(`own_${event}`));
  const requestId = freshKey();
  const send = async (sent) => {
    sent.preventDefault();
    submit.disabled = true;
    problem.hidden = true;
    try {
      const body = { event: step.event, opinion: words.value.trim() };
      if (rating) body.rating = rating.chosen();
      await take(item, body, phone, requestId);
      toast(t(`own_${event}_done`));
      onDone();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      submit.disabled = false;
    }
  };
  const form = h("form", { class: "own-step", onsubmit: send }, h("h2", {}, t(`own_${event}_title`)), rating?.group, words, problem, h("div", {}, submit));
  return event === "RATE" ? form : h("details", { class: "own-more" }, h("summary", {}, t(`own_${event}_title`)), form);
}

/** Draw a case for its reporter; `onDone` after a step of theirs. */
export function drawProgress(target, whole, { phone = "", onDone }) {
  const item = whole.case;
  const steps = (whole.legalSteps ?? []).filter((step) => OWN_STEPS.has(plain(step.event)));
  const title = named(item, "taskTypeTitle") || t("cases");
  show(
    target,
    h(
      "article",
      { class: "own-case" },
      h("header", {}, h("p", { class: "code quiet" }, item.number), h("h2", { class: "own-title" }, title), h("p", {}, item.description), h("p", { class: "faint" }, [item.place || named(item, "gridName"), moment(item.reportedAt)].filter(Boolean).join(" · "))),
      stages(item),
      next(item),
      steps.map((step) => stepForm(item, step, { phone, onDone })),
      item.evidence?.length ? h("section", {}, h("h2", {}, t("evidence")), gallery(item.evidence)) : null,
      thread(whole.history ?? []),
    ),
  );
}

