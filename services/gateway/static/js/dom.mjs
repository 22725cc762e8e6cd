// Builds the page's elements; text is always text, never markup.

import { t } from "./page.mjs";

const SVG = "http://www.w3.org/2000/svg";

function apply(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && !(element instanceof SVGElement) && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

function fill(element, children) {
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An element with properties and children; `class` and `for` by their HTML names. */
export function h(tag, properties = {}, ...children) {
  const { class: classes, for: target, ...rest } = properties ?? {};
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (target) element.htmlFor = target;
  return fill(apply(element, rest), children);
}

function svg(tag, attributes, ...children) {
  return fill(apply(document.createElementNS(SVG, tag), attributes), children);
}

/** Replace what is inside an element. */
export function show(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

export const byId = (id) => document.getElementById(id);

const SHAPES = {
  GREEN: () => svg("circle", { cx: 8, cy: 8, r: 5, fill: "currentColor" }),
  YELLOW: () => svg("path", { d: "M8 1.6 14.4 8 8 14.4 1.6 8z", fill: "currentColor" }),
  RED: () => svg("path", { d: "M8 1.8 15 14H1z", fill: "currentColor" }),
  NONE: () => svg("circle", { cx: 8, cy: 8, r: 4.4, fill: "none", stroke: "currentColor", "stroke-width": 2 }),
};

/** The shape of a signal. */
export function shape(signal, size = 12) {
  return svg("svg", { width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": "true" }, SHAPES[signal]());
}

/** The shape of a signal as a pin on the map, with an edge that stands off any ground. */
export function pinShape(signal) {
  const paths = { GREEN: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4z", YELLOW: "M8 1.2 14.8 8 8 14.8 1.2 8z", RED: "M8 1 15.6 14.4H.4z" };
  const d = paths[signal] ?? paths.GREEN;
  return svg(
    "svg",
    { width: 20, height: 20, viewBox: "-1 -1 18 18" },
    svg("path", { d, fill: "currentColor", stroke: "var(--panel)", "stroke-width": 1.4 }),
  );
}

/** A ring of counts by signal. */
export function ring(counts) {
  const total = counts.RED + counts.YELLOW + counts.GREEN;
  const radius = total < 10 ? 15 : total < 100 ? 18 : 22;
  const size = 2 * radius + 6;
  const round = 2 * Math.PI * radius;
  let at = 0;
  const arcs = ["RED", "YELLOW", "GREEN"].filter((signal) => counts[signal]).map((signal) => {
    const length = (counts[signal] / total) * round;
    const arc = svg("circle", {
      class: signal, cx: size / 2, cy: size / 2, r: radius, fill: "none", "stroke-width": 5,
      "stroke-dasharray": `${length} ${round - length}`, "stroke-dashoffset": -at, transform: `rotate(-90 ${size / 2} ${size / 2})`,
    });
    at += length;
    return arc;
  });
  return svg(
    "svg",
    { class: "ring", width: size, height: size, viewBox: `0 0 ${size} ${size}` },
    svg("circle", { class: "core", cx: size / 2, cy: size / 2, r: radius }),
    ...arcs,
    svg("text", { x: size / 2, y: size / 2, "text-anchor": "middle", "dominant-baseline": "central" }, String(total)),
  );
}

const ICONS = {
  close: "M3.5 3.5l9 9m0-9l-9 9",
  open: "M6 3H3v10h10v-3M9 3h4v4m0-4L7 9",
  print: "M4.5 6V2.5h7V6M4.5 11h-2V6h11v5h-2M4.5 9.5h7v4h-7z",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zm3.4 7.9 3.6 3.6",
  camera: "M2 5h3l1.2-2h3.6L11 5h3v8H2zm6 1.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8z",
  tick: "M3 8.5l3.4 3.4L13 4.6",
  dot: "M8 7.9v.2",
  locate: "M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM8 1v2.4m0 9.2V15M1 8h2.4m9.2 0H15",
  sheet: "M3.5 2.5h9v11h-9zM3.5 6h9M3.5 9.5h9M7 6v7.5",
  keys: "M1.5 4h13v8h-13zM4 6.5h.1M7 6.5h.1M10 6.5h.1M12.5 6.5h.1M5 9.5h6",
  home: "M2.5 7.5 8 3l5.5 4.5M4 6.5v7h8v-7M6.8 13.5V10h2.4v3.5",
  pen: "M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4zM9.6 4.2l2.2 2.2",
  phone: "M5 1.5h6v13H5zM7.4 12.4h1.2",
  voice: "M8 1.5a2.2 2.2 0 0 1 2.2 2.2v4a2.2 2.2 0 0 1-4.4 0v-4A2.2 2.2 0 0 1 8 1.5zM3.8 7.7a4.2 4.2 0 0 0 8.4 0M8 12v2.5",
  sound: "M2.5 6v4h2.8L9 13V3L5.3 6zM11 5.8a3 3 0 0 1 0 4.4M12.8 4a5.6 5.6 0 0 1 0 8",
  mute: "M2.5 6v4h2.8L9 13V3L5.3 6zM11.2 6.2l3.4 3.6m0-3.6-3.4 3.6",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
};

/** A line drawing. */
export function icon(name, size = 16) {
  return svg(
    "svg",
    { width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", {
      d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": name === "dot" ? 3.4 : 1.6,
      "stroke-linecap": "round", "stroke-linejoin": "round",
    }),
  );
}

/** The drop that marks a place chosen on the map. */
export function drop() {
  return svg(
    "svg",
    { width: 30, height: 38, viewBox: "0 0 30 38", "aria-hidden": "true" },
    svg("path", { d: "M15 37C6 25 2 20 2 14a13 13 0 0 1 26 0c0 6-4 11-13 23z", fill: "currentColor", stroke: "#fff", "stroke-width": 2 }),
    svg("circle", { cx: 15, cy: 14, r: 4.5, fill: "#fff" }),
  );
}

let toastTimer = 0;

/** A short word at the foot of the page. */
export function toast(text) {
  document.querySelector(".toast")?.remove();
  const element = h("p", { class: "toast", role: "status" }, text);
  document.body.append(element);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.remove(), 6000);
}

/** Grey lines where something will be, and the word for it. */
export function bones(count = 6) {
  return h("div", { class: "bones", role: "status" }, h("p", { class: "quiet" }, t("loading")), Array.from({ length: count }, () => h("i", { "aria-hidden": "true" })));
}
