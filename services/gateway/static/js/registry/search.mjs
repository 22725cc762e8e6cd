// One box to find people, things, places and addresses by; what is personal stays masked.

import { get, post } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { choice } from "../fields.mjs";
import { t, visitor } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { showElement } from "./element.mjs";
import { KINDS, kindWord, schema, terminal } from "./schema.mjs";

const GRID_LEVEL = 5;

export function search(target) {
  const query = h("input", { class: "input", type: "search", id: "books-query", "aria-label": t("books_query"), placeholder: t("books_query_hint"), maxLength: 100, required: true, autocomplete: "off" });
  const kind = choice(KINDS.map((each) => [`ELEMENT_KIND_${each}`, kindWord(each)]), { empty: t("books_every_kind") });
  kind.ariaLabel = t("books_kind");
  const found = h("div", { class: "books-found" }, h("p", { class: "empty" }, t("books_search_lead")));
  const look = (event) => {
    event?.preventDefault();
    if (!query.value.trim()) return;
    const words = query.value.trim();
    asked(found, async () => [await post("/v1/search", { query: words, kinds: kind.value ? [kind.value] : [], terminalId: terminal(), size: 50 }), await schema()], ([answer, known]) => drawn(answer, known, look));
  };
  kind.addEventListener("change", look);
  show(target, h("form", { class: "books-search", role: "search", onsubmit: look }, query, kind, h("button", { class: "button main", type: "submit" }, t("books_find"))), found);
  drawCounts(found);
}

/** What one's own grid holds, before anything is looked for. */
function drawCounts(target) {
  const area = visitor.roles.map((role) => role.areaPath.split(".")).find((path) => path.length >= GRID_LEVEL)?.at(-1);
  if (!area) return;
  asked(target, () => get(`/v1/areas/${area}/elements`), ({ kinds = [] }) => h("p", { class: "quiet books-counts" }, kinds.map((each) => `${kindWord(each.code.toUpperCase())} ${each.count}`).join(" · ")));
}

function drawn({ found = [], more = false }, known, again) {
  if (!found.length) return h("p", { class: "empty" }, t("books_nothing"));
  return [
    h("ul", { class: "books-list" }, found.map(({ element, matched }) => h("li", {}, h("button", { class: "button plain", type: "button", onclick: () => showElement(element.id, again) }, h("span", { class: "badge" }, kindWord(element.kind)), h("b", {}, element.name || known.className(element.classCode) || element.key), h("span", { class: "quiet" }, element.address || ""), h("span", { class: "code faint" }, element.gridCode), h("span", { class: "faint" }, t(`books_matched_${matched}`)))))),
    more && h("p", { class: "quiet" }, t("books_more")),
  ];
}
