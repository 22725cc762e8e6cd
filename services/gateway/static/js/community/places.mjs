// Names of areas, and ways to choose one: one's own grid at once, else by community.

import { get, once } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { named, t, visitor } from "../page.mjs";

const GRID_DEPTH = 5;
const COMMUNITY_DEPTH = 4;

/** The name of an area; its code until it is known. */
export function placeName(code) {
  const element = h("span", { class: "code faint" }, code);
  once(`/v1/areas/${encodeURIComponent(code)}`).then(({ area }) => {
    if (!area) return;
    element.className = "";
    element.textContent = named(area);
  }).catch(() => undefined);
  return element;
}

const paths = () => [...new Set(visitor.roles.map((role) => role.areaPath))].filter(Boolean);
const last = (path) => path.split(".").at(-1);
const options = (areas) => areas.map((area) => [area.code, named(area)]);

async function named1(code) {
  const { area } = await once(`/v1/areas/${encodeURIComponent(code)}`);
  return [code, named(area)];
}

function fill(select, list, chosen = "") {
  const [first] = select.options;
  show(select, first, list.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  if (list.length === 1) select.value = list[0][0];
}

/** Fields to choose a grid by, and `value()` of it. */
export function gridChoice() {
  const own = paths().filter((path) => path.split(".").length >= GRID_DEPTH).map(last);
  const grid = choice([], { required: true });
  const gridField = field(t("folk_grid"), grid, { required: true });
  if (own.length) {
    Promise.all(own.map(named1)).then((list) => fill(grid, list)).catch(() => fill(grid, own.map((code) => [code, code])));
    return { fields: [gridField], value: () => grid.value };
  }
  const community = choice([], { required: true });
  const under = paths().map(last)[0] ?? "";
  const held = paths()[0]?.split(".").length ?? 1;
  const load = held >= COMMUNITY_DEPTH ? named1(under).then((one) => [one]) : get("/v1/areas", { underCode: under, level: "AREA_LEVEL_COMMUNITY", pageSize: 500 }).then(({ areas = [] }) => options(areas));
  const grids = async () => {
    fill(grid, []);
    if (!community.value) return;
    const { areas = [] } = await get("/v1/areas", { underCode: community.value, level: "AREA_LEVEL_GRID", pageSize: 500 });
    fill(grid, options(areas));
  };
  community.addEventListener("change", () => grids().catch(() => undefined));
  load.then((list) => fill(community, list)).then(grids).catch(() => undefined);
  return { fields: [field(t("folk_community"), community, { required: true }), gridField], value: () => grid.value };
}

/** A choice among one's own areas and those below them, down to communities. */
export function areaChoice(chosen = "") {
  const area = choice([], { required: true });
  const tops = paths().map(last);
  const below = async (code) => {
    const levels = ["AREA_LEVEL_DISTRICT", "AREA_LEVEL_SUBDISTRICT", "AREA_LEVEL_COMMUNITY"];
    const found = await Promise.all(levels.map((level) => get("/v1/areas", { underCode: code, level, pageSize: 500 })));
    return found.flatMap(({ areas = [] }) => options(areas));
  };
  Promise.all(tops.map(async (code) => [await named1(code), ...(await below(code))]))
    .then((lists) => fill(area, [...new Map(lists.flat())], chosen || tops[0]))
    .catch(() => fill(area, tops.map((code) => [code, code]), chosen));
  return area;
}
