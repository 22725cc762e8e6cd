// A polygon drawn on the map as a filter: click its corners, close it at the first; it stands in the address.

import * as maplibre from "/static/vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";
import { h, toast } from "../dom.mjs";
import { t } from "../page.mjs";

const CORNERS_MAX = 60;
const NEAR_PX = 12;

/** Whether a point lies in a ring of corners. */
export function inside(ring, longitude, latitude) {
  let within = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
    const [x, y] = ring[at];
    const [x0, y0] = ring[before];
    if (y > latitude !== y0 > latitude && longitude < ((x0 - x) * (latitude - y)) / (y0 - y) + x) within = !within;
  }
  return within;
}

export const written = (ring) => ring.map((corner) => corner.map((degrees) => degrees.toFixed(5)).join(",")).join(";");

export function read(text) {
  const ring = (text ?? "").split(";").map((corner) => corner.split(",").map(Number)).filter((corner) => corner.length === 2 && corner.every(Number.isFinite));
  return ring.length >= 3 ? ring : null;
}

export class Region {
  constructor(city, { ring, onChange }) {
    Object.assign(this, { city, ring, onChange });
    this.corners = null;
    this.button = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.toggle() }, t(ring ? "region_clear" : "region_draw"));
    if (!city.map) return;
    city.map.on("click", (event) => this.corners && this.click(event));
    city.ready.then(() => this.draw());
    city.map.on("style.load", () => this.draw());
  }

  toggle() {
    if (this.ring) this.finish(null);
    else if (this.corners) this.stop();
    else {
      this.corners = [];
      this.city.element.classList.add("drawing");
      this.button.textContent = t("cancel");
      toast(t("region_help"));
    }
  }

  stop() {
    this.corners = null;
    this.city.element.classList.remove("drawing");
    this.button.textContent = t(this.ring ? "region_clear" : "region_draw");
    this.button.setAttribute("aria-pressed", String(Boolean(this.ring)));
    this.draw();
  }

  click({ lngLat, point }) {
    const first = this.corners[0];
    const atFirst = first && Math.hypot(...["x", "y"].map((axis) => this.city.map.project(first)[axis] - point[axis])) < NEAR_PX;
    if (atFirst && this.corners.length >= 3) {
      this.finish(this.corners);
      return;
    }
    this.corners.push([lngLat.lng, lngLat.lat]);
    if (this.corners.length >= CORNERS_MAX) this.finish(this.corners);
    else this.draw();
  }

  finish(ring) {
    this.ring = ring;
    this.stop();
    this.onChange(ring);
  }

  draw() {
    const map = this.city.map;
    if (!map?.isStyleLoaded?.() && !map?.getSource("grid")) return;
    const corners = this.corners ?? this.ring ?? [];
    const shape = this.ring && !this.corners ? { type: "Polygon", coordinates: [[...corners, corners[0]]] } : { type: "MultiPoint", coordinates: corners };
    const line = { type: "LineString", coordinates: corners };
    const features = corners.length ? [shape, ...(corners.length > 1 ? [line] : [])].map((geometry) => ({ type: "Feature", properties: {}, geometry })) : [];
    const data = { type: "FeatureCollection", features };
    if (map.getSource("region")) {
      map.getSource("region").setData(data);
      return;
    }
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    map.addSource("region", { type: "geojson", data });
    map.addLayer({ id: "region-fill", type: "fill", source: "region", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": accent, "fill-opacity": 0.12 } });
    map.addLayer({ id: "region-line", type: "line", source: "region", paint: { "line-color": accent, "line-width": 2, "line-dasharray": [2, 1] } });
    map.addLayer({ id: "region-corner", type: "circle", source: "region", filter: ["==", ["geometry-type"], "MultiPoint"], paint: { "circle-color": accent, "circle-radius": 5 } });
  }

  /** Show all of it. */
  reveal() {
    if (!this.ring || !this.city.map) return;
    const bounds = this.ring.reduce((box, corner) => box.extend(corner), new maplibre.LngLatBounds());
    this.city.map.fitBounds(bounds, { padding: 48, duration: 0 });
  }
}
