// What the server told this page: its words, its visitor, and what it is about.

/** What sends in the background has no page around it. */
const NOTHING = { language: "zh", visitor: null, page: {}, words: {} };
const told = globalThis.document ? JSON.parse(document.getElementById("page-data").textContent) : NOTHING;

export const language = told.language;
export const visitor = told.visitor;
export const page = told.page;

/** A text of the page with its values filled in. */
export function t(key, values = {}) {
  return word("ui", key).replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

/** A text of a section; the key itself when there is none. */
export function word(section, key) {
  return told.words[section]?.[key] ?? key;
}

/** Whether the visitor may try something at all. */
export const may = (permission) => Boolean(visitor?.permissions.includes(permission));

/** The name of something in the page's language. */
export const named = (thing, key = "name") => (language === "en" && thing[`${key}En`]) || thing[key] || "";
