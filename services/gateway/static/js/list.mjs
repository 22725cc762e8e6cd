// The list of cases: its filters, its rows, and what is new in it.

import { get, once } from "./api.mjs";
import { TURN } from "./command/turn.mjs";
import { bones, h, icon, shape, show } from "./dom.mjs";
import { ended, midnight, plain } from "./format.mjs";
import { named, t, word } from "./page.mjs";
import { lastingly, trouble } from "./patience.mjs";
import { rowOf } from "./rows.mjs";

const PAGE = 100;
export const SIGNALS = ["RED", "YELLOW", "GREEN"];
export const STATES = ["REPORTED", "SELF_DONE", "VERIFYING", "ACCEPTED", "REGISTERED", "DISPATCHED", "SIGNED", "RETURNED", "DISPOSING", "DISPOSED", "FEEDBACK", "CHECKING", "CHECKED", "CHECK_FAILED", "REOPENED", "SUSPENDED", "CLOSED", "REJECTED", "NOT_REGISTERED", "CANCELLED"];
const NAMES = ["text", "turn", "signal", "state", "department", "area", "type", "day", "ended"];
/** Reported or ended since the city's midnight; what ended is among the rows without being asked for. */
const DAYS = ["reported", "closed"];

export class CaseList {
  constructor({ filters, head, list, onOpen, onHover, onCases, within = () => true, rings = () => [], onWish = () => undefined, onSelect = null, isSelected = () => false }) {
    Object.assign(this, { filters, head, list, onOpen, onHover, onCases, within, rings, onWish, onSelect, isSelected });
    this.cases = new Map();
    this.pending = new Map();
    this.token = "";
    this.open = "";
    this.wish = Object.fromEntries(NAMES.map((name) => [name, new URLSearchParams(location.search).get(name) ?? ""]));
    this.drawFilters();
  }

  drawFilters() {
    this.search = h("input", { class: "input", type: "search", value: this.wish.text, placeholder: t("search"), "aria-label": t("search_label"), maxLength: 100, oninput: () => this.later(() => this.set("text", this.search.value.trim())) });
    this.chips = Object.fromEntries(SIGNALS.map((signal) => [signal, h("button", { class: "chip", type: "button", data: { signal }, "aria-pressed": "false", onclick: () => this.toggle(signal) }, shape(signal, 14), h("span", {}, word("signal", signal)), h("b", {}, "–"))]));
    this.selects = {
      state: this.select("state", t("all_states"), STATES.map((state) => [state, word("state", state)])),
      department: this.select("department", t("all_departments"), []),
      area: this.select("area", t("all_areas"), []),
      type: this.select("type", t("all_types"), []),
      day: this.select("day", t("all_days"), DAYS.map((day) => [day, t(`day_${day}`)])),
    };
    show(
      this.filters,
      h("div", { class: "search" }, icon("search"), this.search),
      h("div", { class: "chips" }, Object.values(this.chips)),
      h("div", { class: "filters-row" }, Object.values(this.selects)),
    );
    this.filters.addEventListener("submit", (event) => event.preventDefault());
    this.fillSelects();
  }

  select(name, all, options) {
    return h("select", { class: "input", "aria-label": all, onchange: (event) => this.set(name, event.target.value) }, h("option", { value: "" }, all), options.map(([value, text]) => h("option", { value, selected: this.wish[name] === value }, text)));
  }

  fillSelects() {
    const add = (name, options) => this.selects[name].append(...options.map(([value, text]) => h("option", { value, selected: this.wish[name] === value }, text)));
    const quietly = () => undefined;
    lastingly(this.selects.department, () => once("/v1/departments"), ({ departments = [] }) => add("department", departments.map((each) => [each.code, named(each)])), quietly);
    const levels = ["DISTRICT", "SUBDISTRICT"].map((level) => ({ level: `AREA_LEVEL_${level}`, pageSize: 500 }));
    lastingly(this.selects.area, () => Promise.all(levels.map((each) => once("/v1/areas", each))), ([{ areas: districts = [] }, { areas: streets = [] }]) => {
      add("area", districts.flatMap((district) => [[district.code, named(district)], ...streets.filter((street) => street.parentCode === district.code).map((street) => [street.code, `\u2003${named(street)}`])]));
    }, quietly);
    lastingly(this.selects.type, () => once("/v1/task-types"), ({ taskTypes = [] }) => add("type", taskTypes.map((each) => [each.code, named(each, "title")])), quietly);
  }

  later(act) {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, 250);
  }

  set(name, value) {
    if (this.wish[name] === value) return;
    this.wish[name] = value;
    const url = new URL(location.href);
    for (const each of NAMES) this.wish[each] ? url.searchParams.set(each, this.wish[each]) : url.searchParams.delete(each);
    history.replaceState(history.state, "", url);
    const select = this.selects[name];
    if (select) {
      if (value && ![...select.options].some((option) => option.value === value)) select.append(h("option", { value }, value));
      select.value = value;
    }
    if (name === "text") this.search.value = value;
    this.onWish(name, value);
    this.load();
  }

  /** Only this signal, or all again. */
  toggle(signal) {
    this.set("signal", this.wish.signal === signal ? "" : signal);
  }

  /** Only the grid in which a case lies; for cases that stand on one another on the map. */
  onlyGridOf(id) {
    const item = this.cases.get(id);
    if (!item) return;
    const select = this.selects.area;
    if (![...select.options].some((option) => option.value === item.gridCode)) select.append(h("option", { value: item.gridCode }, named(item, "gridName")));
    select.value = item.gridCode;
    this.set("area", item.gridCode);
  }

  get filtered() {
    return NAMES.some((name) => name !== "ended" && this.wish[name]);
  }

  clear() {
    for (const name of NAMES) this.wish[name] = "";
    this.search.value = "";
    for (const select of Object.values(this.selects)) select.value = "";
    const url = new URL(location.href);
    for (const name of NAMES) url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
    this.onWish("area", "");
    this.onWish("turn", "");
    this.load();
  }

  parameters() {
    const wish = this.wish;
    const endedState = ["CLOSED", "REJECTED", "NOT_REGISTERED", "CANCELLED"].includes(wish.state);
    return {
      text: wish.text, areaCode: wish.area, departmentCode: wish.department,
      states: wish.state ? `CASE_STATE_${wish.state}` : wish.turn && TURN.map((state) => `CASE_STATE_${state}`), signals: wish.signal && `SIGNAL_${wish.signal}`,
      taskType: wish.type, reportedFrom: wish.day === "reported" && midnight(), closedFrom: wish.day === "closed" && midnight(),
      openOnly: !wish.ended && !endedState && !wish.day, within: this.rings(), pageSize: PAGE,
    };
  }

  load() {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    for (const [signal, chip] of Object.entries(this.chips)) chip.setAttribute("aria-pressed", String(this.wish.signal === signal));
    const slow = setTimeout(() => show(this.list, bones(10)), 300);
    const drawn = () => {
      this.list.scrollTop = 0;
      this.draw();
    };
    const failed = (error, again) => error.name !== "AbortError" && show(this.list, trouble(error, again));
    return lastingly(this.list, () => this.fetchFirst(asked).finally(() => clearTimeout(slow)), drawn, failed);
  }

  async fetchFirst(asked) {
    const answer = await get("/v1/cases", this.parameters(), { signal: asked.signal });
    this.cases = new Map((answer.cases ?? []).map((item) => [item.id, item]));
    this.pending.clear();
    this.token = answer.nextPageToken ?? "";
  }

  /** The loaded cases that lie where one looks. */
  shown() {
    return [...this.cases.values()].filter((item) => this.within(item));
  }

  async more() {
    const answer = await get("/v1/cases", { ...this.parameters(), pageToken: this.token });
    for (const item of answer.cases ?? []) this.cases.set(item.id, item);
    this.token = answer.nextPageToken ?? "";
    this.draw();
  }

  draw() {
    const cases = this.shown();
    const rows = cases.map((item) => this.row(item));
    const rest = this.token ? h("div", { class: "row-more" }, h("button", { class: "button", type: "button", onclick: () => this.more() }, t("more"))) : null;
    const held = this.focused();
    show(this.list, rows.length ? rows : h("p", { class: "empty" }, this.filtered ? t("empty_filtered") : t("empty_list")), rest);
    this.rowFor(held)?.focus({ preventScroll: true });
    this.drawHead();
    this.choose(this.open);
    this.onCases(cases);
  }

  drawHead() {
    const box = h("input", { type: "checkbox", checked: Boolean(this.wish.ended), onchange: () => this.set("ended", box.checked ? "1" : "") });
    show(
      this.head,
      h("span", {}, t(this.token ? "shown_more" : "shown_count", { count: this.shown().length })),
      this.filtered && h("button", { class: "button plain", type: "button", onclick: () => this.clear() }, t("clear_filters")),
      h("label", {}, box, t("with_ended")),
      this.headTools?.(),
    );
  }

  row(item) {
    const row = rowOf(item, { onOpen: (chosen) => this.onOpen(chosen.id), onHover: (hovered) => this.onHover(hovered) });
    if (this.onSelect) {
      row.classList.toggle("selected", this.isSelected(item.id));
      row.addEventListener("click", (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.stopImmediatePropagation();
        this.onSelect(item);
      }, { capture: true });
    }
    return row;
  }

  /** Whether a case that came by the stream belongs in this list. */
  wanted(item) {
    const wish = this.wish;
    const words = `${item.number} ${item.description} ${item.place ?? ""}`;
    return (
      (wish.ended || wish.day || !ended(item)) &&
      (wish.day !== "reported" || item.reportedAt >= midnight()) &&
      (wish.day !== "closed" || (item.closedAt ?? "") >= midnight()) &&
      (!wish.type || item.taskType === wish.type) &&
      (!wish.signal || (!ended(item) && plain(item.signal) === wish.signal)) &&
      (wish.state ? plain(item.state) === wish.state : !wish.turn || TURN.includes(plain(item.state))) &&
      (!wish.department || item.departmentCode === wish.department) &&
      (!wish.area || item.areaPath.split(".").includes(wish.area)) &&
      (!wish.text || words.includes(wish.text))
    );
  }

  /** Take in a case from the stream; nothing moves under the pointer. */
  take(item) {
    const old = this.cases.get(item.id);
    if (old && old.version > item.version) return;
    if (!this.wanted(item) || !this.within(item)) {
      if (old) this.replace(item, ended(item));
      return;
    }
    if (old) this.replace(item, false);
    else if (this.list.scrollTop < 8 && !this.list.matches(":hover, :focus-within")) {
      this.insert([item]);
    } else {
      this.pending.set(item.id, item);
      this.drawNews();
    }
  }

  replace(item, gone) {
    const row = this.rowFor(item.id);
    const focused = row && row === document.activeElement;
    const merged = { ...this.cases.get(item.id), ...item };
    if (gone && item.id !== this.open) {
      this.cases.delete(item.id);
      // Whoever walks the list by keys goes on where they were.
      if (focused) (row.nextElementSibling ?? row.previousElementSibling)?.focus();
      row?.remove();
      this.drawHead();
    } else {
      this.cases.set(item.id, merged);
      const fresh = this.row(merged);
      fresh.classList.add("fresh");
      row?.replaceWith(fresh);
      if (focused) fresh.focus({ preventScroll: true });
      this.choose(this.open);
    }
    this.onCases(this.shown());
  }

  insert(items) {
    this.cases = new Map([...items.map((item) => [item.id, item]), ...this.cases]);
    const scroll = this.list.scrollTop;
    this.draw();
    this.list.scrollTop = scroll;
    for (const item of items) this.rowFor(item.id)?.classList.add("fresh");
  }

  drawNews() {
    this.list.querySelector(".news")?.remove();
    if (!this.pending.size) return;
    const flush = () => {
      const items = [...this.pending.values()].reverse();
      this.pending.clear();
      this.list.scrollTop = 0;
      this.insert(items);
    };
    this.list.prepend(h("button", { class: "news", type: "button", onclick: flush }, t("new_events", { count: this.pending.size })));
  }

  /** The row of a case, if it is shown. */
  rowFor(id) {
    return id ? this.list.querySelector(`.row[data-id="${CSS.escape(id)}"]`) : null;
  }

  /** The case whose row has the focus; it keeps it when the rows are drawn anew. */
  focused() {
    return this.list.contains(document.activeElement) ? document.activeElement.closest(".row")?.dataset.id ?? "" : "";
  }

  /** Mark the row of the open case. */
  choose(id) {
    this.open = id;
    for (const row of this.list.querySelectorAll(".row")) row.setAttribute("aria-current", String(row.dataset.id === id));
  }

  /** Go to the next or the previous row. */
  step(by) {
    const rows = [...this.list.querySelectorAll(".row")];
    const at = rows.findIndex((row) => row === document.activeElement);
    const current = at >= 0 ? at : rows.findIndex((row) => row.dataset.id === this.open);
    rows[Math.min(Math.max(current + by, 0), rows.length - 1)]?.focus();
  }

  /** The case whose row has the focus, or the open one. */
  current() {
    const row = document.activeElement?.closest?.(".row");
    return this.cases.get(row?.dataset.id ?? this.open);
  }

  /** Mark the chosen rows. */
  markSelected() {
    for (const row of this.list.querySelectorAll(".row")) row.classList.toggle("selected", this.isSelected(row.dataset.id));
  }

  /** The counts beside the signals: what is left to do. */
  totals(counts) {
    for (const signal of SIGNALS) this.chips[signal].querySelector("b").textContent = counts[signal];
  }
}
