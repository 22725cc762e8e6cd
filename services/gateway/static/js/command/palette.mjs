// The command line (Ctrl+K): a verb and whom it concerns, such as “派 网格12 市政”, without leaving the open case.

import { h, show } from "../dom.mjs";
import { eventWord, placeOf, stateWord } from "../format.mjs";
import { named, t, word } from "../page.mjs";
import { departments } from "../step_inputs.mjs";

const SHOWN_MAX = 8;

/** Words that begin a command, in both languages. */
const VERBS = [
  ["dispatch", ["派", "派遣", "dispatch", "d"]],
  ["accept", ["受理", "收", "accept", "a"]],
  ["open", ["看", "打开", "案", "open", "o"]],
  ["state", ["状态", "state"]],
  ["area", ["区域", "去", "area", "go"]],
];

const fits = (text, part) => text.toLowerCase().includes(part.toLowerCase());

/** What a line means: its verb and the rest in parts. */
export function parsed(line) {
  const [first = "", ...rest] = line.trim().split(/\s+/);
  const [verb = ""] = VERBS.find(([, words]) => words.includes(first.toLowerCase())) ?? [];
  return verb ? { verb, parts: rest } : { verb: "", parts: [first, ...rest].filter(Boolean) };
}

/** Cases a part may mean: by the end of the number, by grid (“网格12”, “第12网格”), or by words. */
export function casesFor(part, cases) {
  if (/^\d{2,}$/.test(part)) return cases.filter((item) => item.number.endsWith(part));
  const grid = /^(?:网格|grid)(\d+)$/i.exec(part);
  if (grid) return cases.filter((item) => new RegExp(`(?:第|\\b)${grid[1]}(?:网格)?$`).test(item.gridName));
  return cases.filter((item) => fits(`${item.number} ${item.description} ${item.place ?? ""} ${item.gridName} ${item.gridNameEn ?? ""} ${named(item, "taskTypeTitle")}`, part));
}

/** Suggestions for a line, each with what it does. */
export function suggestions(line, { cases, open, known, acts, pages }) {
  const { verb, parts } = parsed(line);
  const current = cases.find((item) => item.id === open);
  if (verb === "dispatch") return dispatches(parts, { cases, current, known, acts });
  if (verb === "accept") {
    const targets = parts.length ? casesFor(parts[0], cases) : current ? [current] : [];
    return targets.filter((item) => item.state === "CASE_STATE_REPORTED").map((item) => ({ text: `${eventWord("ACCEPT")} ${said(item)}`, act: () => acts.accept(item) }));
  }
  if (verb === "open") return (parts.length ? casesFor(parts.join(" "), cases) : cases).map((item) => ({ text: said(item), hint: stateWord(item.state), act: () => acts.open(item) }));
  if (verb === "state") return Object.entries(known.states).filter(([, text]) => !parts[0] || fits(text, parts[0])).map(([code, text]) => ({ text: `${t("state")} ${text}`, act: () => acts.filter("state", code) }));
  if (verb === "area") return known.areas.filter((area) => !parts[0] || fits(named(area), parts[0])).map((area) => ({ text: `${t("area")} ${named(area)}`, act: () => acts.filter("area", area.code) }));
  const words = parts.join(" ");
  const found = words ? casesFor(words, cases).map((item) => ({ text: said(item), hint: stateWord(item.state), act: () => acts.open(item) })) : [];
  const places = pages.filter((page) => !words || fits(page.text, words));
  const search = words ? [{ text: t("palette_search", { words }), act: () => acts.filter("text", words) }] : [];
  return [...found.slice(0, 4), ...places, ...search];
}

const said = (item) => `${item.number.slice(-5)} ${named(item, "taskTypeTitle")} · ${placeOf(item)}`;

function dispatches(parts, { cases, current, known, acts }) {
  const matching = (part) => known.departments.filter((each) => fits(`${each.name} ${each.nameEn ?? ""} ${each.code} ${each.plugin ?? ""}`, part));
  const [first = "", second = ""] = parts;
  const ready = (item) => ["CASE_STATE_REGISTERED", "CASE_STATE_RETURNED"].includes(item.state);
  const targets = first && casesFor(first, cases).some(ready) ? casesFor(first, cases).filter(ready) : current && ready(current) ? [current] : [];
  const wish = targets[0] !== current || second ? second : first;
  return targets.slice(0, 4).flatMap((item) => {
    const wanted = wish ? matching(wish) : known.departments.filter((each) => each.code === item.departmentCode);
    return wanted.slice(0, 4).map((department) => ({ text: `${eventWord("DISPATCH")} ${said(item)} → ${named(department)}`, act: () => acts.dispatch(item, department) }));
  });
}

/** Open the command line. `context()` gives the cases and the open one. */
export async function openPalette(context) {
  if (document.querySelector("dialog[open]")) return;
  const known = { departments: await departments().catch(() => []), areas: context.areas(), states: Object.fromEntries(context.states.map((code) => [code, word("state", code)])) };
  const list = h("ul", { class: "palette-list", role: "listbox", id: "palette-list", "aria-label": t("palette") });
  const line = h("input", { class: "input", type: "text", placeholder: t("palette_hint"), "aria-label": t("palette"), role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", autocomplete: "off", spellcheck: false, oninput: () => draw() });
  const dialog = h("dialog", { class: "window palette", onclose: () => dialog.remove(), "aria-label": t("palette") }, line, list);
  let found = [];
  let at = 0;

  function draw() {
    found = suggestions(line.value, { ...context.now(), known }).slice(0, SHOWN_MAX);
    at = 0;
    mark();
  }
  function mark() {
    const row = (each, index) => h("li", { role: "option", id: `palette-${index}`, "aria-selected": String(index === at), onclick: () => run(index) }, h("span", {}, each.text), each.hint && h("span", { class: "faint" }, each.hint));
    show(list, found.length ? found.map(row) : h("li", { class: "quiet" }, t("palette_none")));
    line.setAttribute("aria-activedescendant", found.length ? `palette-${at}` : "");
  }
  function run(index) {
    dialog.close();
    found[index]?.act();
  }
  line.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && found.length) {
      event.preventDefault();
      at = (at + by + found.length) % found.length;
      mark();
    } else if (event.key === "Enter" && !event.isComposing) {
      // While Chinese is being composed, Enter ends the word and not the line.
      event.preventDefault();
      run(at);
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  draw();
}

