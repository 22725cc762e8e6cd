// The city on a map: outlines coloured by what is open in them, and cases as pins that gather into rings.

import * as maplibre from "/static/vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";
import { once } from "./api.mjs";
import { drop, h, pinShape, ring, show } from "./dom.mjs";
import { language, t } from "./page.mjs";

const layerUrl = (level) => `/map/areas/${level}.geojson`;
const PLACE_MS = 120;
const NAME_HALF_PX = 8;
/** From which zoom on areas of a level are named. */
const NAMED_FROM = { subdistrict: 0, community: 10.7, grid: 13 };
const nothing = { type: "FeatureCollection", features: [] };
const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** The colours of outlines as they are now; asked for once, not for each outline. */
const palette = () => ({ red: shade("--red"), yellow: shade("--yellow"), green: shade("--green"), none: shade("--panel") });

/** The tone of an outline by its worst light, the stronger the more is open in it. */
function toneOf({ redCount = 0, yellowCount = 0, greenCount = 0 }, colours) {
  const open = redCount + yellowCount + greenCount;
  const worst = redCount ? "red" : yellowCount ? "yellow" : greenCount ? "green" : "none";
  const strength = open ? 0.2 + (0.3 * (Math.min(open, 8) - 1)) / 7 : 0.5;
  return `${colours[worst]}${Math.round(strength * 255).toString(16).padStart(2, "0")}`;
}

function line(id, source, { width, colour, minzoom = 0 }) {
  return { id, type: "line", source, minzoom, paint: { "line-color": shade(colour), "line-width": width } };
}

/** Each area is named once, at its middle: an outline that lies in several pieces of the map would be named in each. */
function label(id, source, { size, minzoom, maxzoom = 24 }) {
  return {
    id, type: "symbol", source, minzoom, maxzoom,
    layout: { "text-field": ["get", "name"], "text-size": size, "text-max-width": 8, "text-padding": 6 },
    paint: { "text-color": shade("--text-quiet"), "text-halo-color": shade("--map-halo"), "text-halo-width": 1.4 },
  };
}

/** The outlines of a level, each in the tone it was told; worked out beforehand, for a map that is moved has no time for it. */
function fillBy(level) {
  const nothingOpen = toneOf({}, palette());
  return { id: "fill", type: "fill", source: level, paint: { "fill-color": ["to-color", ["coalesce", ["feature-state", "tone"], nothingOpen]], "fill-antialias": false } };
}

function style(level, scale) {
  // Outlines need no finer pieces than this; a map that is moved then asks for few new ones.
  const source = (name) => ({ type: "geojson", data: layerUrl(name), promoteId: "code", maxzoom: 14, buffer: 32 });
  return {
    version: 8,
    sources: {
      grid: source("grid"),
      community: source("community"),
      subdistrict: source("subdistrict"),
      district: source("district"),
      ...Object.fromEntries(Object.keys(NAMED_FROM).map((name) => [`${name}-names`, { type: "geojson", data: nothing }])),
      cases: { type: "geojson", data: nothing, cluster: true, clusterRadius: 44, clusterMaxZoom: 17, clusterProperties: Object.fromEntries(["RED", "YELLOW", "GREEN"].map((signal) => [signal, ["+", ["case", ["==", ["get", "signal"], signal], 1, 0]]])) },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": shade("--map-ground") } },
      fillBy(level),
      line("grid-line", "grid", { width: ["interpolate", ["linear"], ["zoom"], 10, 0.3, 14, 1], colour: "--map-line" }),
      line("community-line", "community", { width: 1, colour: "--map-line" }),
      line("subdistrict-line", "subdistrict", { width: 1.6, colour: "--map-line-strong" }),
      line("district-line", "district", { width: 2.4, colour: "--map-line-strong" }),
      { id: "chosen", type: "line", source: "grid", filter: ["==", ["get", "code"], ""], paint: { "line-color": shade("--accent"), "line-width": 2.5 } },
      label("subdistrict-name", "subdistrict-names", { size: 14 * scale, minzoom: 9, maxzoom: 12.4 }),
      label("community-name", "community-names", { size: 12 * scale, minzoom: 12.4, maxzoom: 14 }),
      label("grid-name", "grid-names", { size: 12 * scale, minzoom: 14 }),
      { id: "cases-known", type: "circle", source: "cases", paint: { "circle-opacity": 0, "circle-radius": 1 } },
    ],
  };
}

/** The outlines of a level. */
const layerOf = (level) => once(layerUrl(level));

/** The box around all outlines of a level. */
async function boundsOf(level) {
  const layer = await layerOf(level);
  const bounds = new maplibre.LngLatBounds();
  const walk = (part) => (typeof part[0] === "number" ? bounds.extend(part) : part.forEach(walk));
  for (const feature of layer.features ?? []) walk(feature.geometry.coordinates);
  return bounds.isEmpty() ? null : bounds;
}

const middles = new Map();

/** Name, middle and box of each outline of a level, by code. */
function middlesOf(level) {
  if (!middles.has(level)) {
    const asked = readMiddles(level);
    middles.set(level, asked);
    asked.catch(() => middles.delete(level));
  }
  return middles.get(level);
}

async function readMiddles(level) {
  const layer = await layerOf(level);
  const found = new Map();
  for (const { properties, geometry } of layer.features ?? []) {
    const box = new maplibre.LngLatBounds();
    const walk = (part) => (typeof part[0] === "number" ? box.extend(part) : part.forEach(walk));
    walk(geometry.coordinates);
    found.set(String(properties.code), { at: box.getCenter().toArray(), box, name: (language === "en" && properties.name_en) || properties.name });
  }
  return found;
}

export class CityMap {
  constructor(element, { level = "grid", at = null, onCase = () => undefined, onGathered = () => undefined, onArea = null, onMoved = () => undefined, onPoint = null, tools = null, scale = 1 } = {}) {
    this.level = level;
    this.scale = scale;
    this.onCase = onCase;
    this.onGathered = onGathered;
    this.sums = new Map();
    this.markers = new Map();
    this.counts = [];
    this.lifted = "";
    this.element = element;
    try {
      this.map = new maplibre.Map({ container: element, style: style(level, scale), attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 18, fadeDuration: 0 });
    } catch {
      show(element, h("p", { class: "map-fault" }, t("map_failed")));
      this.map = null;
      this.ready = Promise.resolve();
      return;
    }
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.ready = new Promise((resolve) => this.map.once("load", resolve));
    const loading = h("p", { class: "map-loading", role: "status" }, t("map_loading"));
    element.append(loading);
    this.ready.then(() => loading.remove());
    this.map.on("style.load", () => this.restore());
    if (at) this.map.jumpTo({ center: at.slice(0, 2), zoom: at[2] });
    else this.home();
    this.map.on("sourcedata", (event) => event.sourceId === "cases" && this.placePinsSoon());
    this.map.on("move", () => this.placePinsSoon());
    this.map.on("idle", () => this.placePins());
    this.map.on("moveend", (event) => onMoved(event));
    this.map.on("zoomend", () => this.nameAreas());
    if (onArea) this.map.on("dblclick", "fill", (event) => this.enter(event, onArea));
    if (onPoint) this.map.on("click", (event) => onPoint(event.lngLat.lng, event.lngLat.lat));
    if (tools) this.addTools(tools);
    addEventListener("themechange", () => this.repaint());
    new ResizeObserver(() => this.map.resize()).observe(element);
  }

  addTools(element) {
    const zoom = (by, text) => h("button", { type: "button", "aria-label": text, title: text, onclick: () => (by > 0 ? this.map.zoomIn() : this.map.zoomOut()) }, by > 0 ? "+" : "−");
    element.append(
      h("div", { class: "segment" }, h("button", { type: "button", onclick: () => this.home(true) }, t("whole_city"))),
      h("div", { class: "segment" }, zoom(1, t("zoom_in")), zoom(-1, t("zoom_out"))),
    );
  }

  async home(slowly = false) {
    this.bounds ??= await boundsOf("district").catch(() => null);
    if (this.bounds) this.map.fitBounds(this.bounds, { padding: 36, duration: slowly ? 300 : 0 });
  }

  repaint() {
    this.styled = false;
    this.map?.setStyle(style(this.level, this.scale), { diff: false });
  }

  /** What was told before there was a map to show it on, or before its colours changed. */
  restore() {
    this.styled = true;
    this.named = new Set();
    this.nameAreas();
    this.fillBy(this.level);
    this.colour(this.counts);
    if (this.cases) this.pins(this.cases);
    this.choose(this.chosen ?? "");
    this.nameGathered();
  }

  /** Name the areas of the levels that are named at this zoom; each level is asked for once. */
  nameAreas() {
    for (const [level, from] of Object.entries(NAMED_FROM)) {
      if (!this.styled || this.named.has(level) || this.map.getZoom() < from) continue;
      const named = this.named.add(level);
      const draw = (found) => {
        const features = [...found.values()].map(({ at, name }) => ({ type: "Feature", properties: { name }, geometry: { type: "Point", coordinates: at } }));
        if (named === this.named) this.map.getSource(`${level}-names`).setData({ type: "FeatureCollection", features });
      };
      middlesOf(level).then(draw).catch(() => named.delete(level));
    }
  }

  /** Fill by the outlines of another level. */
  fillBy(level) {
    this.level = level;
    if (this.styled && this.map.getLayer("fill").source !== level) {
      this.map.removeFeatureState({ source: this.map.getLayer("fill").source });
      this.map.removeLayer("fill");
      this.map.addLayer(fillBy(level), "grid-line");
    }
  }

  /** Colour the outlines by what is open in them. */
  colour(areas) {
    this.counts = areas;
    if (!this.styled) return;
    this.map.removeFeatureState({ source: this.level });
    const colours = palette();
    for (const area of areas) this.map.setFeatureState({ source: this.level, id: area.areaCode }, { tone: toneOf(area, colours) });
  }

  /** Show cases as pins: `{id, signal, longitudeDeg, latitudeDeg, title}`. */
  pins(cases) {
    this.cases = cases;
    const features = cases.map((each) => ({
      type: "Feature",
      properties: { id: each.id, signal: each.signal, title: each.title },
      geometry: { type: "Point", coordinates: [each.longitudeDeg, each.latitudeDeg] },
    }));
    if (this.styled) this.map.getSource("cases").setData({ type: "FeatureCollection", features });
  }

  /** Pins move with the map by themselves; which there are is looked up a few times a second. */
  placePinsSoon() {
    this.placing ??= setTimeout(() => {
      this.placing = null;
      this.placePins();
    }, PLACE_MS);
  }

  placePins() {
    if (!this.styled || !this.map.isSourceLoaded("cases")) return;
    const seen = new Set();
    for (const feature of this.map.querySourceFeatures("cases")) {
      const { properties, geometry } = feature;
      const key = properties.cluster ? `ring-${properties.cluster_id}-${properties.RED}-${properties.YELLOW}-${properties.GREEN}` : `pin-${properties.id}-${properties.signal}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (this.markers.has(key)) continue;
      const element = properties.cluster ? this.ringOf(properties, geometry) : this.pinOf(properties);
      this.markers.set(key, new maplibre.Marker({ element }).setLngLat(geometry.coordinates).addTo(this.map));
    }
    for (const [key, marker] of this.markers) {
      if (seen.has(key)) continue;
      marker.remove();
      this.markers.delete(key);
    }
  }

  pinOf({ id, signal, title }) {
    const lifted = id === this.lifted ? "lifted" : "";
    const clicked = (event) => {
      event.stopPropagation();
      this.onCase(id);
    };
    return h("button", { class: `pin ${lifted}`, type: "button", title, "aria-label": title, data: { signal, id }, onclick: clicked }, pinShape(signal));
  }

  ringOf(properties, geometry) {
    const total = properties.RED + properties.YELLOW + properties.GREEN;
    const clicked = async (event) => {
      event.stopPropagation();
      const source = this.map.getSource("cases");
      const zoom = await source.getClusterExpansionZoom(properties.cluster_id);
      if (zoom > 17) {
        const [first] = await source.getClusterLeaves(properties.cluster_id, 1, 0);
        this.onGathered(first.properties.id);
        return;
      }
      this.map.easeTo({ center: geometry.coordinates, zoom, duration: 200 });
    };
    return h("button", { class: "pin", type: "button", "aria-label": t("shown_count", { count: total }), onclick: clicked }, ring(properties));
  }

  /** Lift the pin of a case a little. */
  lift(id) {
    this.lifted = id;
    for (const pin of this.element.querySelectorAll(".pin[data-id]")) pin.classList.toggle("lifted", pin.dataset.id === id);
  }

  enter(event, onArea) {
    const [feature] = event.features ?? [];
    if (!feature || this.element.classList.contains("drawing")) return;
    event.preventDefault();
    onArea(String(feature.properties.code), this.level);
  }

  /** Show how much there is in each area, gathered by the server, instead of pins: `{areaCode, …Count}`. */
  async gather(areas, onArea, level = this.level) {
    for (const marker of this.sums.values()) marker.remove();
    this.sums.clear();
    this.gathered = areas.length ? level : "";
    this.nameGathered();
    if (!this.map || !areas.length) return;
    const middles = await middlesOf(level);
    for (const marker of this.sums.values()) marker.remove();
    this.sums.clear();
    for (const area of areas) {
      const middle = middles.get(area.areaCode);
      if (!middle) continue;
      const counts = { RED: area.redCount ?? 0, YELLOW: area.yellowCount ?? 0, GREEN: area.greenCount ?? 0 };
      const total = counts.RED + counts.YELLOW + counts.GREEN;
      const clicked = (event) => {
        event.stopPropagation();
        onArea(area.areaCode);
      };
      const drawn = ring(counts);
      const element = h("button", { class: "pin sum", type: "button", title: middle.name, "aria-label": `${middle.name} ${t("shown_count", { count: total })}`, onclick: clicked }, drawn);
      // Above the middle, where the area's name stands.
      const offset = [0, -drawn.height.baseVal.value / 2 - NAME_HALF_PX];
      this.sums.set(area.areaCode, new maplibre.Marker({ element, offset }).setLngLat(middle.at).addTo(this.map));
    }
  }

  /** Sums of communities stand over the communities' names, not across those of the level above. */
  nameGathered() {
    if (!this.styled) return;
    const turn = this.gathered === "community" ? NAMED_FROM.community : 12.4;
    this.map.setLayerZoomRange("subdistrict-name", 9, turn);
    this.map.setLayerZoomRange("community-name", turn, 14);
  }

  /** Codes of the areas of a level that can be seen now. */
  async areasInView(level) {
    const seen = this.map.getBounds();
    const apart = (box) => box.getWest() > seen.getEast() || box.getEast() < seen.getWest() || box.getSouth() > seen.getNorth() || box.getNorth() < seen.getSouth();
    return [...(await middlesOf(level))].filter(([, { box }]) => !apart(box)).map(([code]) => code);
  }

  /** Show the whole of an area. */
  async show(code, level) {
    const box = (await middlesOf(level)).get(code)?.box;
    if (box && this.map) this.map.fitBounds(box, { padding: 36, duration: 300 });
  }

  /** Where the map stands, for the address. */
  get view() {
    if (!this.map) return "";
    const { lng, lat } = this.map.getCenter();
    return [lng.toFixed(4), lat.toFixed(4), this.map.getZoom().toFixed(1)].join(",");
  }

  /** Outline a grid. */
  choose(gridCode) {
    this.chosen = gridCode;
    if (this.styled) this.map.setFilter("chosen", ["==", ["get", "code"], gridCode]);
  }

  /** Bring a point into view without jumping when it is there already. */
  reveal(longitudeDeg, latitudeDeg, zoom = 13) {
    if (!this.map) return;
    this.map.resize();
    const here = this.map.getBounds().contains([longitudeDeg, latitudeDeg]);
    if (!here || this.map.getZoom() < zoom - 0.5) this.map.easeTo({ center: [longitudeDeg, latitudeDeg], zoom: Math.max(zoom, this.map.getZoom()), duration: 300 });
  }

  /** Set these marks in place of those before: `{text, longitudeDeg, latitudeDeg}`. */
  number(places) {
    for (const marker of this.numbers ?? []) marker.remove();
    this.numbers = this.map ? places.map(({ text, longitudeDeg, latitudeDeg }) => new maplibre.Marker({ element: h("span", { class: "map-number" }, text) }).setLngLat([longitudeDeg, latitudeDeg]).addTo(this.map)) : [];
  }

  /** Set the one drop that marks a chosen place. */
  mark(longitudeDeg, latitudeDeg) {
    if (!this.map) return;
    this.drop ??= new maplibre.Marker({ element: h("div", { class: "marker" }, drop()), anchor: "bottom" });
    this.drop.setLngLat([longitudeDeg, latitudeDeg]).addTo(this.map);
  }
}
