// Bears with a server that is starting and with a network that stutters: asks again after a pause instead of giving up.

import { bones, h, show } from "./dom.mjs";
import { t } from "./page.mjs";

const PASSING = new Set([429, 500, 502, 503, 504]);
const PAUSES_MS = [300, 1000, 3000];
const LONGEST_MS = 5000;
const LATER_MS = [5000, 10_000, 20_000, 30_000];

/** Whether trouble passes by itself: nobody answered at all, or somebody who will answer soon. */
export const passes = (error) => (error.status === undefined ? error instanceof TypeError : PASSING.has(error.status));

export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/** Ask; where nobody answers, ask a few times more, as late as the server wishes. Without a signal there is no use in that. */
export async function patiently(ask, signal) {
  for (const ms of PAUSES_MS) {
    try {
      return await ask();
    } catch (error) {
      if (!passes(error) || !navigator.onLine || (error.retryAfterS ?? 0) * 1000 > LONGEST_MS) throw error;
      await pause(Math.max(ms * (0.75 + Math.random() / 2), (error.retryAfterS ?? 0) * 1000), signal);
    }
  }
  return ask();
}

/** What went wrong, where the answer would be, and a way to ask again at once. */
export const trouble = (error, again) => h("div", { class: "empty" }, h("p", {}, error.message), h("button", { class: "button", type: "button", onclick: again }, t("retry")));

const SLOW_MS = 300;
const VERY_SLOW_MS = 10_000;

/** Say in an empty element that its answer is on the way, and after a while that it takes long; what ends that. */
function awaited(element) {
  if (element.childElementCount || element.matches("nav, select")) return () => undefined;
  const slow = setTimeout(() => show(element, bones(4)), SLOW_MS);
  const very = setTimeout(() => element.querySelector(".bones p")?.replaceChildren(t("loading_long")), VERY_SLOW_MS);
  return () => [slow, very].forEach(clearTimeout);
}

const turns = new WeakMap();

/**
 * Ask and draw into an element. What fails is said there, and asked again by itself for as long as it may pass; of two
 * questions for one element the later counts.
 */
export async function lastingly(element, ask, draw, failed = (error, again) => show(element, trouble(error, again))) {
  const mine = {};
  turns.set(element, mine);
  const current = () => turns.get(element) === mine;
  for (let round = 0; current(); round++) {
    const settled = awaited(element);
    const answer = await ask().catch((error) => ({ error })).finally(settled);
    if (!current()) return;
    if (!answer?.error) {
      draw(answer);
      return;
    }
    failed(answer.error, () => lastingly(element, ask, draw, failed));
    if (!passes(answer.error)) return;
    await pause(LATER_MS[Math.min(round, LATER_MS.length - 1)]);
    if (!element.isConnected) return;
  }
}
