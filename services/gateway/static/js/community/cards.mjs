// Cards of one matter each, what may be done with it, and lists that grow page by page.

import { get } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { differences, tellChanged } from "../meanwhile.mjs";
import { t } from "../page.mjs";
import { lastingly } from "../patience.mjs";

/** A button of a card. */
export const act = (text, onclick, { main = false } = {}) => h("button", { class: main ? "button main" : "button", type: "button", onclick }, text);

/** A mark; its tone says what it is about beside its words. */
export const mark = (text, tone = "") => h("span", { class: "badge", data: { tone } }, text);

/** A card: what it is about, its marks, what is to be read, and what may be done. */
export const card = (title, marks, body, acts) =>
  h("section", { class: "panel" }, h("div", { class: "card-head" }, h("b", { class: "folk-words" }, title), h("span", { class: "folk-marks" }, marks)), body, acts.some(Boolean) && h("div", { class: "card-acts" }, acts));

/** Do something at once; where somebody else was quicker, say so and show what there is now. */
export async function doing(work, done, again, { one, there, fields } = {}) {
  try {
    await work();
    toast(done);
    again();
  } catch (error) {
    toast(error.message);
    const fresh = there?.(error.fresh ?? {});
    if (fresh) tellChanged(error.message, differences(one, fresh, fields));
    if (error.status === 409) again();
  }
}

/** A list of cards that grows by a button. */
export function growing(target, { path, query = {}, field, draw, none }) {
  const list = h("div", { class: "folk-list" });
  const more = act(t("folk_more"), () => load());
  let token = "";
  more.hidden = true;
  show(target, list, more);
  const add = (answer) => {
    const found = answer[field] ?? [];
    if (!list.childElementCount && !found.length) show(list, h("p", { class: "empty" }, none));
    else list.append(...found.map(draw));
    token = answer.nextPageToken ?? "";
    more.hidden = !token;
  };
  const load = async () => {
    more.disabled = true;
    try {
      add(await get(path, { ...query, pageSize: 20, pageToken: token }));
    } catch (error) {
      toast(error.message);
    }
    more.disabled = false;
  };
  return lastingly(list, () => get(path, { ...query, pageSize: 20 }), (answer) => {
    list.replaceChildren();
    add(answer);
  });
}

/** A choice between what is open and everything. */
export function scopeChoice(onchange) {
  const box = h("input", { type: "checkbox", checked: true, onchange: () => onchange(box.checked) });
  return h("label", { class: "folk-check" }, box, t("folk_open_only"));
}

/** A bar that says how far something has come. */
export const progress = (done, of, label) => h("progress", { max: Math.max(of, 1), value: Math.min(done, of), "aria-label": label });
