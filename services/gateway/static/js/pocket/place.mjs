// Where the phone is, and in which grid; known from the outlines on the phone, so that it works without a signal.

import { once } from "../api.mjs";

const OLD_MS = 20_000;
let last = null;

/** The position, as fresh as the phone gives it. */
export function position() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) {
      resolve(null);
      return;
    }
    const found = ({ coords }) => resolve((last = { longitudeDeg: coords.longitude, latitudeDeg: coords.latitude, accuracyM: Math.min(Math.round(coords.accuracy), 100000) }));
    navigator.geolocation.getCurrentPosition(found, () => resolve(last), { enableHighAccuracy: true, timeout: 8000, maximumAge: OLD_MS });
  });
}

function within(ring, x, y) {
  let inside = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
    const [x1, y1] = ring[at];
    const [x0, y0] = ring[before];
    if (y1 > y !== y0 > y && x < ((x0 - x1) * (y - y1)) / (y0 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** Code and name of the grid that holds a point. */
export async function gridAt({ longitudeDeg, latitudeDeg }) {
  const layer = await once("/map/areas/grid.geojson").catch(() => ({ features: [] }));
  for (const { properties, geometry } of layer.features ?? []) {
    const shapes = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    if (shapes.some((rings) => within(rings[0], longitudeDeg, latitudeDeg))) return { code: String(properties.code), name: properties.name, nameEn: properties.name_en };
  }
  return null;
}

/** Follow the way walked; `onPoint` with each step of a patrol. Returns what ends it. */
export function walk(onPoint) {
  const watch = navigator.geolocation?.watchPosition(({ coords, timestamp }) => onPoint({ point: { longitudeDeg: coords.longitude, latitudeDeg: coords.latitude, accuracyM: Math.min(Math.round(coords.accuracy), 100000) }, at: new Date(timestamp).toISOString() }), () => undefined, { enableHighAccuracy: true, maximumAge: 5000 });
  return () => watch !== undefined && navigator.geolocation.clearWatch(watch);
}
