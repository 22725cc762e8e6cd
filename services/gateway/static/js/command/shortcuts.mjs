// Single keys for triage: listed, changed and switched off in one small window; none works while somebody types.

import { h, show } from "../dom.mjs";
import { t } from "../page.mjs";

const KEPT = "gridward.keys";
export const USUAL = { next: "j", previous: "k", open: "Enter", select: "x", accept: "a", dispatch: "d", assign: "s", close: "e", undo: "u", search: "/", help: "?" };

const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? "{}");
let keys = { ...USUAL, ...kept().keys };
let on = kept().on ?? true;

const keep = () => localStorage.setItem(KEPT, JSON.stringify({ keys, on }));

/** Do what a key stands for; `acts` by name. Ctrl+K and Escape are not single keys and stay as they are. */
export function listen(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    if (!on && event.key !== keys.help) return;
    const pressed = event.getModifierState("CapsLock") && !event.shiftKey ? event.key.toLowerCase() : event.key;
    const name = Object.keys(keys).find((each) => keys[each] === (event.key.length > 1 ? event.key : pressed));
    if (!name || !acts[name] || (name === "open" && event.target.matches("button, a, summary"))) return;
    event.preventDefault();
    acts[name]();
  });
}

/** The window that lists them. */
export function showKeys() {
  const rows = h("tbody");
  const line = (name) => {
    const input = h("input", { class: "input code", value: keys[name], maxLength: 1, "aria-label": t(`key_${name}`), readOnly: name === "open", oninput: () => set(name, input.value) });
    return h("tr", {}, h("th", { scope: "row" }, t(`key_${name}`)), h("td", {}, input));
  };
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const set = (name, value) => {
    const taken = Object.keys(keys).find((each) => each !== name && keys[each] === value);
    problem.hidden = !taken;
    problem.textContent = taken ? t("key_taken", { what: t(`key_${taken}`) }) : "";
    if (!value || taken) return;
    keys[name] = value;
    keep();
  };
  const draw = () => show(rows, Object.keys(USUAL).map(line));
  const box = h("input", { type: "checkbox", checked: on, onchange: () => { on = box.checked; keep(); } });
  const reset = () => {
    keys = { ...USUAL };
    keep();
    draw();
  };
  draw();
  const dialog = h(
    "dialog",
    { class: "window keys", onclose: () => dialog.remove(), "aria-labelledby": "keys-title" },
    h("header", {}, h("h2", { id: "keys-title" }, t("keys_title")), h("button", { class: "button plain", type: "button", onclick: () => dialog.close() }, t("close"))),
    h("label", { class: "switch" }, box, t("keys_on")),
    h("table", {}, rows),
    problem,
    h("p", { class: "quiet" }, t("keys_more")),
    h("footer", {}, h("button", { class: "button", type: "button", onclick: reset }, t("keys_usual"))),
  );
  document.body.append(dialog);
  dialog.showModal();
}
