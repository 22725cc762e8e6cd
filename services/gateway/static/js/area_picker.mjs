// Choosing an area, or several: down the tree of the city or by words of its name, with keys alone or with the mouse.

import { get, once } from "./api.mjs";
import { h, icon, show } from "./dom.mjs";
import { named, t } from "./page.mjs";

const LEVELS = ["AREA_LEVEL_CITY", "AREA_LEVEL_DISTRICT", "AREA_LEVEL_SUBDISTRICT", "AREA_LEVEL_COMMUNITY", "AREA_LEVEL_GRID"];
const SHOWN = 60;
const TYPED_MS = 180;
/** Who knows codes by heart may type or paste them and go on; whether they exist is said by whoever takes them. */
const CODE = /^\d{4,40}$|^\w+(\.\w+)+$/;
let count = 0;

const areaOf = async (code) => (await once(`/v1/areas/${encodeURIComponent(code)}`)).area;

async function inside(area) {
  if (!area) {
    const { areas = [] } = await once("/v1/areas", { level: LEVELS[0], pageSize: 1 });
    return areas.length ? [areas[0], ...(await inside(areas[0]))] : [];
  }
  const level = LEVELS[LEVELS.indexOf(area.level) + 1];
  return level ? ((await once("/v1/areas", { underCode: area.code, level, pageSize: 500 })).areas ?? []) : [];
}

/** The names of the areas above one, without the city, as soon as they are known. */
function above(area) {
  const element = h("span", { class: "faint" });
  const codes = (area.path ?? "").split(".").slice(1, -1);
  Promise.all(codes.map(areaOf)).then((areas) => (element.textContent = areas.filter(Boolean).map((each) => named(each)).join(" › "))).catch(() => undefined);
  return element;
}

/** The name of an area; its code until it is known, and where nobody knows it. */
export function areaName(code) {
  const element = h("span", { class: "code faint" }, code);
  areaOf(code).then((area) => {
    if (!area) return;
    element.className = "";
    element.textContent = named(area);
    element.title = code;
  }).catch(() => undefined);
  return element;
}

/** A field to choose by: `element` to show, `value()` and `values()` of the codes chosen, `choose(code)` for another. */
export function areaField(label, { chosen = [], several = false, required = false, byPath = false, help = "", onchange = () => undefined } = {}) {
  const id = `area-${++count}`;
  const last = (path) => path.split(".").at(-1);
  const given = [chosen].flat().filter(Boolean);
  // Some want the whole way down to an area, from the city on.
  const paths = new Map(given.map((path) => [last(path), path]));
  let codes = given.map(last);
  const chips = h("div", { class: "area-chips", "aria-live": "polite" });
  const input = h("input", { class: "input", id, type: "text", role: "combobox", autocomplete: "off", spellcheck: false, maxLength: 60, placeholder: t("area_find"), "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-describedby": `${id}-keys` });
  const list = h("ul", { class: "area-list", id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
  const keys = h("span", { class: "help", id: `${id}-keys` }, help && `${help} · `, t("area_keys"));
  const element = h("div", { class: "field area-field" }, h("label", { for: id }, label, h("span", { class: "mark" }, required ? "" : t("optional"))), chips, h("div", { class: "area-box" }, input, list), keys);
  const typed = () => input.value.split(/[\s,，、]+/).filter(Boolean);
  const check = () => {
    const left = typed();
    const known = left.length <= (several ? Infinity : 1) && left.every((code) => CODE.test(code));
    input.setCustomValidity(!known || (required && !left.length && !codes.length) ? t("area_choose") : "");
  };
  const chip = (code) => h("span", { class: "badge" }, areaName(code), h("button", { class: "button plain", type: "button", "aria-label": `${t("remove")} ${code}`, onclick: () => { keep(codes.filter((each) => each !== code)); input.focus(); } }, icon("close", 12)));
  const keep = (next) => {
    codes = next;
    show(chips, codes.map(chip));
    check();
    onchange();
  };
  const choosing = listed(input, list, (area) => {
    paths.set(area.code, area.path);
    input.value = "";
    keep(several ? [...new Set([...codes, area.code])] : [area.code]);
    choosing.close();
  });
  input.addEventListener("input", check);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && !input.value && codes.length) keep(codes.slice(0, -1));
  });
  element.addEventListener("focusout", ({ relatedTarget }) => element.contains(relatedTarget) || choosing.close());
  show(chips, codes.map(chip));
  check();
  const values = () => {
    const left = typed();
    const wanted = left.length ? [...new Set([...(several ? codes : []), ...left])] : codes;
    return byPath ? wanted.map((code) => paths.get(code) ?? code) : wanted;
  };
  return { element, values, value: () => values()[0] ?? "", choose: (code) => keep([code].filter(Boolean)) };
}

/** The list under a field: where one is in the tree, or what words found. */
function listed(input, list, take) {
  let trail = [];
  let found = [];
  let at = -1;
  let asking = 0;
  let timer = 0;
  const open = () => !list.hidden;
  const close = () => {
    clearTimeout(timer);
    asking += 1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const goIn = (area) => {
    if (!area || area.level === LEVELS.at(-1)) return;
    const higher = (area.path ?? "").split(".").slice(1, -1);
    Promise.all(higher.map(areaOf)).then((areas) => {
      trail = area.level === LEVELS[0] ? [] : [...areas, area];
      input.value = "";
      draw();
    }).catch(() => undefined);
  };
  const goUp = () => {
    trail = trail.slice(0, -1);
    draw();
  };
  const mark = (place) => {
    at = place;
    const options = [...list.querySelectorAll('[role="option"]')];
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    if (options[at]) {
      input.setAttribute("aria-activedescendant", options[at].id);
      options[at].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  // The pointer must not take the focus from the field.
  const held = { onmousedown: (event) => event.preventDefault() };
  const option = (area, index, searched) => h("li", { role: "option", id: `${list.id}-${index}`, "aria-selected": "false", ...held, onclick: () => take(area) },
    h("span", {}, named(area), " ", h("span", { class: "code faint" }, area.code), searched && [" ", above(area)]),
    area.level !== LEVELS.at(-1) && area.level !== LEVELS[0] && h("span", { class: "area-in", title: t("area_inside"), "aria-hidden": "true", onclick: (event) => { event.stopPropagation(); goIn(area); } }, "›"));
  const crumb = () => h("li", { class: "area-trail", role: "presentation", ...held, onclick: goUp }, "‹ ", trail.map((area) => named(area)).join(" › "));
  async function draw() {
    const words = input.value.trim();
    const mine = ++asking;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    try {
      const areas = words ? ((await get("/v1/areas", { words, pageSize: SHOWN })).areas ?? []) : await inside(trail.at(-1));
      if (mine !== asking) return;
      found = areas;
      show(list, !words && trail.length > 0 && crumb(), areas.length ? areas.map((area, index) => option(area, index, Boolean(words))) : h("li", { class: "quiet", role: "presentation" }, t("area_none")));
      mark(words && areas.length ? 0 : -1);
    } catch (error) {
      if (mine === asking) show(list, h("li", { class: "wrong", role: "presentation" }, error.message));
    }
  }
  const on = {
    ArrowDown: () => (open() ? mark(Math.min(at + 1, found.length - 1)) : draw()),
    ArrowUp: () => mark(Math.max(at - 1, 0)),
    ArrowRight: () => at >= 0 && input.selectionStart === input.value.length && goIn(found[at]),
    ArrowLeft: () => !input.value && trail.length > 0 && goUp(),
    Enter: () => found[at] && take(found[at]),
    Escape: () => close(),
  };
  input.addEventListener("keydown", (event) => {
    if (!on[event.key] || event.isComposing || (!open() && event.key !== "ArrowDown")) return;
    if (on[event.key]() === false) return;
    event.preventDefault();
    event.stopPropagation();
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(draw, TYPED_MS);
  });
  input.addEventListener("click", () => open() || draw());
  return { close };
}
