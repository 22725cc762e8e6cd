// Holds a step back for ten seconds, so that it can be undone instead of being asked about; a page that closes sends it.

import { freshKey, post } from "../api.mjs";
import { h } from "../dom.mjs";
import { t } from "../page.mjs";

export const HOLD_MS = 10_000;
const held = new Set();

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
    onSent(await Promise.all(keyed.map(({ url, body }) => post(url, body).catch((error) => error))));
  }
  function flush() {
    clear();
    for (const { url, body } of keyed) post(url, body, { keepalive: true }).catch(() => undefined);
  }
}

/** Undo what was held last; whether there was anything. */
export function undoLast() {
  const last = [...held].at(-1);
  last?.undo();
  return Boolean(last);
}

addEventListener("pagehide", () => [...held].forEach((entry) => entry.flush()));
