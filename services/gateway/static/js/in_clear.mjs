// Personal data in clear on a page: it says until when it stays, and goes by itself.

import { h } from "./dom.mjs";
import { moment } from "./format.mjs";
import { t } from "./page.mjs";

/** A phone whose clock is ahead still shows it long enough to be read. */
const SHOWN_MS_MIN = 10_000;

/** What is in clear, until its time is over; who still needs it looks anew, and says what for. */
export function inClear(facts, until) {
  const shown = h("section", { class: "in-clear" }, facts, h("p", { class: "quiet" }, t("in_clear_until", { time: moment(until) })));
  setTimeout(() => shown.replaceChildren(h("p", { class: "quiet", role: "status" }, t("in_clear_over"))), Math.max(SHOWN_MS_MIN, new Date(until) - Date.now()));
  return shown;
}
