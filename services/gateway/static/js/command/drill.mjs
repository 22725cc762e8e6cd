// Going down through the city's levels, and back up by the trail: each step narrows list and map alike.

import { once } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { named, t } from "../page.mjs";

export const LEVELS = ["district", "subdistrict", "community", "grid"];

/** The trail from the city down to the area that filters now. */
export async function drawTrail(element, code, onArea) {
  const steps = [];
  for (let at = code; at; ) {
    const area = (await once(`/v1/areas/${encodeURIComponent(at)}`).catch(() => ({}))).area;
    if (!area) break;
    if (area.level !== "AREA_LEVEL_CITY") steps.unshift(area);
    at = area.parentCode ?? "";
  }
  element.hidden = !steps.length;
  show(element, h("button", { type: "button", onclick: () => onArea("") }, t("whole_city")), steps.map((area) => [h("span", { "aria-hidden": "true" }, "›"), h("button", { type: "button", "aria-current": area.code === code ? "true" : null, onclick: () => onArea(area.code) }, named(area))]));
}

/** The level that lies below an area's. */
export const below = (level) => LEVELS[Math.min(LEVELS.indexOf(level) + 1, LEVELS.length - 1)];

/** The level of an area's code, known from its length in the layer; grids are the finest. */
export async function levelOf(code) {
  const area = (await once(`/v1/areas/${encodeURIComponent(code)}`).catch(() => ({}))).area;
  return (area?.level ?? "AREA_LEVEL_GRID").replace("AREA_LEVEL_", "").toLowerCase();
}
