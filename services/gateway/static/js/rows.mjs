// One case as a row; the same wherever cases are listed.

import { h, shape } from "./dom.mjs";
import { ago, ended, exactly, placeOf, signalOf, stateWord, timeLeft } from "./format.mjs";
import { named, t } from "./page.mjs";

/** A row that opens the case, leads to its page (`link`, perhaps elsewhere by `href`), or leads nowhere (`href: null`). */
export function rowOf(item, { onOpen, onHover = () => undefined, link = false, href = "" }) {
  const signal = signalOf(item);
  const parts = [
    shape(signal, 14),
    h("span", { class: "row-title" }, h("b", {}, named(item, "taskTypeTitle") || item.taskType || t("cases")), item.emergency && h("span", { class: "badge urgent" }, t("emergency")), h("span", { class: "row-words" }, item.description)),
    h("span", { class: "row-left", title: item.deadlineAt ? `${t("deadline")} ${exactly(item.deadlineAt)}` : "" }, timeLeft(item)),
    h("span", { class: "row-meta" }, h("span", { class: "code" }, item.number), h("span", {}, placeOf(item)), h("span", {}, ended(item) || !item.deadlineAt ? "" : stateWord(item.state)), h("span", {}, ago(item.reportedAt))),
  ];
  const common = { class: "row", data: { signal, id: item.id, due: item.deadlineAt ? "known" : "none" }, onmouseenter: () => onHover(item), onfocus: () => onHover(item) };
  if (link && href === null) return h("div", common, parts);
  return link ? h("a", { ...common, href: href || `/cases/${encodeURIComponent(item.number)}` }, parts) : h("button", { ...common, type: "button", onclick: () => onOpen(item) }, parts);
}
