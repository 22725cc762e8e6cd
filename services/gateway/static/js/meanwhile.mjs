// Where somebody else was quicker: what they changed is shown where one was writing, and one goes on from there.

import { h, icon, show } from "./dom.mjs";
import { t } from "./page.mjs";

const said = (value, text) => (value === undefined || value === "" || value === null ? "—" : text(value));

/** What differs between two states, by `[name, label, text]`; of lists, what went and what came. Null when nothing people see does. */
export function differences(seen, fresh, fields) {
  const lines = fields.flatMap(([name, label, text = String]) => difference(seen[name], fresh[name], t(label), text));
  return lines.length ? h("div", { class: "notice changed", role: "alert" }, h("b", {}, t("changed_meanwhile")), h("ul", {}, lines)) : null;
}

function difference(before, after, label, text) {
  const line = (...what) => h("li", {}, h("span", { class: "quiet" }, label), " ", what);
  if (Array.isArray(before ?? after)) {
    const [was, is] = [before ?? [], after ?? []].map((list) => new Map(list.map((each) => [JSON.stringify(each), each])));
    const only = (one, other, tag) => [...one].filter(([key]) => !other.has(key)).map(([, each]) => line(h(tag, {}, text(each))));
    return [...only(was, is, "s"), ...only(is, was, "b")];
  }
  return (before ?? "") === (after ?? "") ? [] : [line(h("s", {}, said(before, text)), " → ", h("b", {}, said(after, text)))];
}

/**
 * What a form goes on from: `send(work)` does the work with what was seen; where somebody was quicker, `changed` shows what
 * they changed, and the next try goes on from that. `there(fresh)` finds the state in what the refusal brings.
 */
export function goingOn(one, there, fields) {
  let seen = one;
  const changed = h("div", {});
  const send = (work) => work(seen).catch((error) => {
    const fresh = there(error.fresh ?? {});
    if (fresh) {
      show(changed, differences(seen, fresh, fields));
      seen = fresh;
    }
    throw error;
  });
  return { changed, send, seen: () => seen };
}

/** Say in a window of its own what somebody else changed, where there was no form to say it in. */
export function tellChanged(message, changed) {
  if (!changed) return;
  const close = () => dialog.close();
  const dialog = h("dialog", { class: "window", "aria-label": message, onclose: () => dialog.remove() }, h("header", {}, h("h2", {}, message), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: close }, icon("close"))), changed, h("div", { class: "steps-row" }, h("button", { class: "button main", type: "button", onclick: close }, t("close"))));
  document.body.append(dialog);
  dialog.showModal();
}
