// Holds a step back for ten seconds, so that it can be undone instead of being asked about; a page that closes sends it.

import { freshKey, post } from "../api.mjs";
import { h } from "../dom.mjs";
import { t } from "../page.mjs";
import { passes } from "../patience.mjs";

export const HOLD_MS = 10_000;
const AGAIN_MS = 5000;
const held = new Set();
/** Decided and on the way; no longer to be undone. */
const waiting = new Set();

function bar() {
  let element = document.querySelector(".undo-bar");
  if (!element) {
    element = h("div", { class: "undo-bar", role: "status", "aria-live": "polite" });
    document.body.append(element);
  }
  return element;
}

/**
 * Take steps after ten seconds unless undone. `calls` are `{url, body}`; `onSent(results)` gets an answer or an error for each.
 */
export function hold(words, calls, { onSent = () => undefined, onUndone = () => undefined } = {}) {
  const keyed = calls.map(({ url, body }) => ({ url, body: { requestId: freshKey(), ...body } }));
  const left = h("b", {}, String(HOLD_MS / 1000));
  const line = h("p", {}, h("span", {}, words), " ", h("button", { class: "button", type: "button", onclick: () => undo() }, t("undo"), " ", left));
  const began = Date.now();
  const ticking = setInterval(() => (left.textContent = String(Math.max(0, Math.ceil((HOLD_MS - (Date.now() - began)) / 1000)))), 250);
  const entry = { undo, flush };
  held.add(entry);
  const timer = setTimeout(() => finish(), HOLD_MS);
  bar().append(line);

  function clear() {
    clearTimeout(timer);
    clearInterval(ticking);
    held.delete(entry);
    line.remove();
  }
  function undo() {
    if (!held.has(entry)) return;
    clear();
    onUndone();
  }
  async function finish() {
    clear();
    const results = await Promise.all(keyed.map(({ url, body }) => post(url, body).catch((error) => error)));
    if (results.some(unsent)) await carried(words, keyed, results);
    onSent(results);
  }
  function flush() {
    clear();
    for (const { url, body } of keyed) post(url, body, { keepalive: true }).catch(() => undefined);
  }
}

const unsent = (result) => result instanceof Error && passes(result);

/** What the lost connection kept back is sent when it is there again, and is seen until then; the server takes each once. */
async function carried(words, keyed, results) {
  const now = h("button", { class: "button", type: "button" }, t("retry"));
  const line = h("p", { class: "unsent" }, h("span", {}, t("held_unsent", { words })), " ", now);
  bar().append(line);
  const entry = { undo: () => undefined, flush: () => keyed.forEach(({ url, body }, at) => unsent(results[at]) && post(url, body, { keepalive: true }).catch(() => undefined)) };
  waiting.add(entry);
  while (results.some(unsent)) {
    await new Promise((again) => {
      const timer = setTimeout(again, AGAIN_MS);
      for (const [target, event] of [[now, "click"], [globalThis, "online"]]) target.addEventListener(event, () => { clearTimeout(timer); again(); }, { once: true });
    });
    await Promise.all(keyed.map(async ({ url, body }, at) => {
      if (unsent(results[at])) results[at] = await post(url, body).catch((error) => error);
    }));
  }
  waiting.delete(entry);
  line.remove();
}

/** Undo what was held last; whether there was anything. */
export function undoLast() {
  const last = [...held].at(-1);
  last?.undo();
  return Boolean(last);
}

addEventListener("pagehide", () => [...held, ...waiting].forEach((entry) => entry.flush()));
