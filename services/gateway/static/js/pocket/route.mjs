// The way of the day: today's cases in an order that is short to walk, on a map and as a list; the list needs no signal.

import { h, show, toast } from "../dom.mjs";
import { signalOf } from "../format.mjs";
import { t } from "../page.mjs";
import { rowOf } from "../rows.mjs";
import { position } from "./place.mjs";

const STOPS_MAX = 30;
const EARTH_M = 6_371_000;

/** Metres between two points, true enough for a walk. */
function metres(one, other) {
  const rad = Math.PI / 180;
  const x = (other.longitudeDeg - one.longitudeDeg) * rad * Math.cos(((one.latitudeDeg + other.latitudeDeg) / 2) * rad);
  return EARTH_M * Math.hypot(x, (other.latitudeDeg - one.latitudeDeg) * rad);
}

const total = (way, from) => way.reduce((sum, stop, at) => sum + metres(at ? way[at - 1].point : from, stop.point), 0);

/** The nearest next each time, then turned round wherever two legs cross: short, and quick to find for a day's cases. */
export function ordered(cases, from) {
  const left = cases.filter((item) => item.point).slice(0, STOPS_MAX);
  let way = [];
  for (let here = from; left.length; ) {
    const nearest = left.reduce((best, item) => (metres(here, item.point) < metres(here, best.point) ? item : best));
    way.push(...left.splice(left.indexOf(nearest), 1));
    here = nearest.point;
  }
  for (let better = true; better; ) {
    better = false;
    for (let start = 0; start < way.length - 1; start++) {
      for (let end = start + 1; end < way.length; end++) {
        const turned = [...way.slice(0, start), ...way.slice(start, end + 1).reverse(), ...way.slice(end + 1)];
        if (total(turned, from) < total(way, from) - 1) [way, better] = [turned, true];
      }
    }
  }
  return way;
}

async function drawMap(ground, way, from) {
  const { CityMap } = await import("../map.mjs");
  const city = new CityMap(ground);
  await city.ready;
  if (!city.map) return;
  city.pins(way.map((item) => ({ id: item.id, signal: signalOf(item), title: item.number, ...item.point })));
  const corners = [from, ...way.map((item) => item.point)].map((point) => [point.longitudeDeg, point.latitudeDeg]);
  city.map.addSource("way", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: corners } } });
  const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
  city.map.addLayer({ id: "way", type: "line", source: "way", paint: { "line-color": accent, "line-width": 3, "line-dasharray": [2, 1] } });
  city.mark(from.longitudeDeg, from.latitudeDeg);
  const [easts, norths] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  city.map.fitBounds([[Math.min(...easts), Math.min(...norths)], [Math.max(...easts), Math.max(...norths)]], { padding: 48, maxZoom: 16, duration: 0 });
}

/** What the sheet shows for these cases. */
export function routeOf(cases) {
  const ground = h("div", { class: "map" });
  const list = h("div", {}, h("p", { class: "quiet" }, t("finding_place")));
  position().then((here) => {
    const first = cases.find((item) => item.point)?.point;
    const from = here ?? first;
    if (!from) {
      show(list, h("p", { class: "empty" }, t("route_nothing")));
      return;
    }
    const way = ordered(cases, from);
    show(list, h("p", { class: "quiet" }, t("route_long", { count: way.length, km: (total(way, from) / 1000).toFixed(1) })), h("ol", { class: "route-list" }, way.map((item, at) => h("li", {}, h("span", { class: "faint" }, t("route_leg", { metres: Math.round(metres(at ? way[at - 1].point : from, item.point)) })), rowOf(item, { link: true })))));
    drawMap(ground, way, from).catch(() => toast(t("map_failed")));
  });
  return h("div", { class: "route-sheet" }, h("div", { class: "map-pane" }, ground), list);
}
