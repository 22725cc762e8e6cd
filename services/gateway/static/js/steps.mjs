// The steps a person may take with a case now, each with the small form it needs.

import { freshKey, post } from "./api.mjs";
import { h, show } from "./dom.mjs";
import { field } from "./fields.mjs";
import { eventWord, plain } from "./format.mjs";
import { language, t } from "./page.mjs";
import { lastingly } from "./patience.mjs";
import { uploader } from "./pictures.mjs";
import { INPUTS, inputsOf } from "./step_inputs.mjs";

const GRAVE = new Set(["REJECT", "RETURN_BACK", "CHECK_FAIL", "CANCEL", "FORCE_CLOSE", "REFUSE_FILING", "REFUSE_RESULT", "REFUSE_REQUEST", "REFUSE_SELF", "PART_DECLINE"]);
const SIDE = new Set(["NOTE", "ESCALATE", "SUPERVISE", "URGE", "PRIORITIZE", "CORRECT", "APPEAL"]);
const SHOWS = { DISPOSE: "after", CHECK_PASS: "check", CHECK_FAIL: "check" };
const EXTRA = { DISPATCH: ["department_code"], ACCEPT: ["task_type"], REGISTER: ["filing_condition"], RATE: ["rating"] };

/** What a step is called: by its task type's own words, or by what it does. */
export const stepWord = (step) => (language === "en" && step.titleEn) || step.title || eventWord(step.event);

function weight(step, item) {
  const event = plain(step.event);
  // Given to somebody else once more, a case is no further than before.
  const again = event === "TRANSFER" || (event === "ASSIGN" && item.handler);
  return GRAVE.has(event) ? 2 : step.aside || again || SIDE.has(event) ? 1 : 0;
}

/** Buttons for all steps; a click opens the form of one. `onDone(answer)`, `onStale(fresh, message, again)`. */
export function stepsOf(item, legalSteps, { onDone, onStale, opening = null }) {
  const slot = h("div");
  const ordered = [...legalSteps].sort((one, other) => weight(one, item) - weight(other, item));
  const made = ordered.map((step, index) => {
    const heavy = weight(step, item);
    const look = heavy === 2 ? "grave" : index === 0 && heavy === 0 ? "main" : "";
    const button = h("button", { class: `button ${look}`, type: "button", "aria-expanded": "false", data: { event: plain(step.event) }, onclick: () => open(step, button) }, stepWord(step));
    return { step, button };
  });

  async function open(step, button, typed = null) {
    const again = button.getAttribute("aria-expanded") === "true";
    for (const each of made) each.button.setAttribute("aria-expanded", "false");
    if (again) {
      show(slot);
      return;
    }
    button.setAttribute("aria-expanded", "true");
    await lastingly(slot, () => formOf(item, step, { onDone, onStale, onCancel: () => open(step, button), typed }), (form) => {
      show(slot, form);
      slot.querySelector("input:not([type=file]), select, textarea, button.main")?.focus();
      slot.scrollIntoView({ block: "nearest" });
    });
  }

  const shown = made.filter(({ step }) => !step.aside);
  const folded = made.filter(({ step }) => step.aside);
  const more = folded.length > 2 ? h("details", { class: "steps-more" }, h("summary", { class: "button plain" }, t("more_steps", { count: folded.length })), h("div", { class: "steps-row" }, folded.map(({ button }) => button))) : null;
  if (opening) {
    const match = made.find(({ step }) => step.event === opening.event && (step.move ?? "") === (opening.move ?? ""));
    // What was typed for a step that is no longer to be taken goes into a note and is not lost.
    const note = match || !opening.typed?.opinion ? null : made.find(({ step }) => plain(step.event) === "NOTE");
    const wanted = match ?? note;
    if (wanted) queueMicrotask(async () => {
      await open(wanted.step, wanted.button, opening.typed);
      if (note) slot.prepend(h("p", { class: "notice" }, t("step_gone", { step: eventWord(opening.event) })));
    });
  }
  return [h("div", { class: "steps-row" }, shown.map(({ button }) => button), more ? null : folded.map(({ button }) => button)), more, slot];
}

function proofOf(step) {
  const event = plain(step.event);
  const pieces = (step.proof ?? []).filter((piece) => piece.count);
  if (pieces.length) return pieces.map((piece) => uploader(plain(piece.kind).toLowerCase() || "scene", { count: piece.count }));
  const kind = plain(step.evidenceKind).toLowerCase() || SHOWS[event];
  return step.evidenceRequired || SHOWS[event] ? [uploader(kind || "scene", { count: step.evidenceRequired })] : [];
}

async function formOf(item, step, { onDone, onStale, onCancel, typed }) {
  const event = plain(step.event);
  const { names, required, wordsMin } = inputsOf(step, EXTRA[event]);
  const made = await Promise.all(names.map((name) => INPUTS[name](item, { required: required.has(name), event, withinM: step.withinM })));
  const wordsNeeded = Boolean(step.opinionRequired) || wordsMin > 0;
  const opinion = h("textarea", { class: "input", name: "opinion", required: wordsNeeded, minLength: wordsMin, maxLength: 2000, rows: 2, value: typed?.opinion ?? "" });
  const proof = proofOf(step);
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const submit = h("button", { class: "button main", type: "submit" }, stepWord(step));
  const requestId = freshKey();

  async function send(submitted) {
    submitted.preventDefault();
    problem.hidden = true;
    submit.disabled = true;
    submit.textContent = t("sending");
    try {
      const taken = Object.assign({ event: step.event, opinion: opinion.value.trim() }, ...made.map(([, values]) => values()));
      if (step.move) taken.move = step.move;
      const evidence = proof.flatMap((each) => each.evidence());
      if (evidence.length) taken.evidence = evidence;
      onDone(await post(`/v1/cases/${item.id}:advance`, { requestId, version: item.version, steps: [taken] }));
    } catch (error) {
      if (error.reason === "STALE" && error.fresh?.case) {
        onStale(error.fresh, error.message, { event: step.event, move: step.move, typed: { opinion: opinion.value } });
        return;
      }
      problem.textContent = error.message;
      problem.hidden = false;
      submit.disabled = false;
      submit.textContent = stepWord(step);
    }
  }

  const help = wordsMin > 1 ? t("words_min", { count: wordsMin }) : t("opinion_help");
  return h(
    "form",
    { class: "step-form", onsubmit: send },
    made.map(([element]) => element),
    field(t("opinion"), opinion, { required: wordsNeeded, help }),
    proof.map((each) => each.element),
    problem,
    h("div", { class: "steps-row" }, h("button", { class: "button plain", type: "button", onclick: onCancel }, t("cancel")), submit),
  );
}

export { field };
export { choice } from "./fields.mjs";
