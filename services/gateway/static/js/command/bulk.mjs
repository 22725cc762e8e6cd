// Several cases at once: chosen with x or the box, what all of them allow is offered, and each answers for itself.

import { freshKey, get, post } from "../api.mjs";
import { h, icon, show, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { plain } from "../format.mjs";
import { t } from "../page.mjs";
import { INPUTS, inputsOf } from "../step_inputs.mjs";
import { stepWord } from "../steps.mjs";
import { hold } from "./undo.mjs";

const MOST = 100;
const AT_ONCE = 6;
const EXTRA = { DISPATCH: ["department_code"] };

async function inTurns(items, act) {
  const results = [];
  for (let at = 0; at < items.length; at += AT_ONCE) results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map((item) => act(item).catch((error) => error)))));
  return results;
}

export class Bulk {
  constructor(element, { onChange }) {
    Object.assign(this, { element, onChange });
    this.chosen = new Map();
    this.draw();
  }

  toggle(item) {
    if (this.chosen.has(item.id)) this.chosen.delete(item.id);
    else if (this.chosen.size < MOST) this.chosen.set(item.id, item);
    else toast(t("bulk_most", { count: MOST }));
    this.draw();
  }

  clear() {
    this.chosen.clear();
    this.draw();
  }

  has(id) {
    return this.chosen.has(id);
  }

  draw() {
    this.onChange();
    this.element.hidden = !this.chosen.size;
    if (!this.chosen.size) {
      show(this.element);
      return;
    }
    show(
      this.element,
      h("b", {}, t("bulk_count", { count: this.chosen.size })),
      h("button", { class: "button main", type: "button", onclick: () => this.offer() }, t("bulk_steps")),
      this.chosen.size > 1 && h("button", { class: "button", type: "button", onclick: () => this.merge() }, t("bulk_merge")),
      h("button", { class: "button plain", type: "button", "aria-label": t("bulk_clear"), onclick: () => this.clear() }, icon("close")),
    );
  }

  window(title, ...children) {
    const dialog = h("dialog", { class: "window", "aria-label": title, onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, title), h("button", { class: "button plain", type: "button", onclick: () => dialog.close() }, t("close"))), children);
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
  }

  /** Look what all chosen cases allow, and offer it. */
  async offer() {
    const wholes = (await inTurns([...this.chosen.values()], (item) => get(`/v1/cases/${item.id}`))).filter((whole) => whole.case);
    const counts = new Map();
    for (const whole of wholes) for (const step of whole.legalSteps ?? []) if (!step.evidenceRequired && !step.move) counts.set(step.event, { step, times: (counts.get(step.event)?.times ?? 0) + 1 });
    const offered = [...counts.values()].sort((one, other) => other.times - one.times);
    if (!offered.length) {
      toast(t("bulk_nothing"));
      return;
    }
    const body = h("div", { class: "bulk-form" });
    const select = choice(offered.map(({ step, times }) => [step.event, `${stepWord(step)} · ${t("bulk_of", { count: times, all: wholes.length })}`]), { chosen: offered[0].step.event });
    const dialog = this.window(t("bulk_title", { count: wholes.length }), field(t("bulk_step"), select, { required: true }), body);
    const draw = async () => show(body, await this.form(wholes, offered.find(({ step }) => step.event === select.value)?.step, dialog));
    select.addEventListener("change", draw);
    draw();
  }

  async form(wholes, step, dialog) {
    if (!step) return null;
    const fitting = wholes.filter((whole) => whole.legalSteps.some((each) => each.event === step.event));
    const { names, required } = inputsOf(step, EXTRA[plain(step.event)]);
    const made = await Promise.all(names.map((name) => INPUTS[name](fitting[0].case, { required: required.has(name), event: plain(step.event) })));
    const opinion = h("textarea", { class: "input", rows: 2, maxLength: 2000, required: Boolean(step.opinionRequired) });
    const send = (event) => {
      event.preventDefault();
      const taken = Object.assign({ event: step.event, opinion: opinion.value.trim() }, ...made.map(([, values]) => values()));
      dialog.close();
      this.take(fitting.map((whole) => whole.case), taken, stepWord(step));
    };
    return h("form", { class: "step-form", onsubmit: send }, made.map(([element]) => element), field(t("opinion"), opinion, { required: Boolean(step.opinionRequired) }), h("div", { class: "steps-row" }, h("button", { class: "button main", type: "submit" }, t("bulk_do", { step: stepWord(step), count: fitting.length }))));
  }

  /** Take one step with many cases, held back for ten seconds; what did not go is told. */
  take(items, taken, words) {
    this.clear();
    hold(t("held_many", { step: words, count: items.length }), items.map((item) => ({ url: `/v1/cases/${item.id}:advance`, body: { version: item.version, steps: [taken] } })), {
      onSent: (results) => {
        const failed = results.filter((result) => result instanceof Error);
        toast(failed.length ? t("bulk_some", { done: results.length - failed.length, failed: failed.length, why: failed[0].message }) : t("bulk_all", { count: results.length }));
      },
    });
  }

  /** Make one matter of the chosen cases; the oldest goes on. */
  merge() {
    const items = [...this.chosen.values()].sort((one, other) => one.reportedAt.localeCompare(other.reportedAt));
    const master = choice(items.map((item) => [item.id, `${item.number} ${item.description}`]), { chosen: items[0].id, required: true });
    const why = h("input", { class: "input", required: true, maxLength: 500, value: t("merge_usual") });
    const problem = h("p", { class: "wrong", role: "alert", hidden: true });
    const send = async (event) => {
      event.preventDefault();
      try {
        const rest = items.filter((item) => item.id !== master.value);
        await post(`/v1/cases/${master.value}:merge`, { requestId: freshKey(), cases: rest.map((item) => ({ caseId: item.id, version: item.version })), opinion: why.value.trim() });
        dialog.close();
        this.clear();
        toast(t("merged", { count: rest.length }));
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      }
    };
    const dialog = this.window(t("merge_title", { count: items.length }), h("form", { class: "step-form", onsubmit: send }, field(t("merge_master"), master, { required: true }), field(t("opinion"), why, { required: true }), problem, h("div", { class: "steps-row" }, h("button", { class: "button main", type: "submit" }, t("bulk_merge")))));
  }
}

