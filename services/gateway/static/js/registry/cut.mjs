// Cuts a polygon in two along a meridian or a parallel.

/** Both halves of a shape, the western or southern one first; `share` says how much of its width lies in that one. */
export function cut(shape, along, share) {
  const axis = along === "east" ? 0 : 1;
  const polygons = shape.type === "MultiPolygon" ? shape.coordinates : [shape.coordinates];
  const values = polygons.flat(2).map((point) => point[axis]);
  const at = Number((Math.min(...values) + (Math.max(...values) - Math.min(...values)) * share).toFixed(7));
  return [-1, 1].map((side) => {
    const kept = polygons.map((rings) => rings.map((ring) => half(ring, axis, at, side)).filter((ring) => ring.length > 3)).filter((rings) => rings.length);
    return kept.length === 1 ? { type: "Polygon", coordinates: kept[0] } : { type: "MultiPolygon", coordinates: kept };
  });
}

function half(ring, axis, at, side) {
  const inside = (point) => (point[axis] - at) * side >= 0;
  const kept = [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const [from, to] = [ring[i], ring[i + 1]];
    if (inside(from)) kept.push(from);
    if (inside(from) !== inside(to)) kept.push(crossing(from, to, axis, at));
  }
  return kept.length ? [...kept, kept[0]] : [];
}

function crossing(from, to, axis, at) {
  const share = (at - from[axis]) / (to[axis] - from[axis]);
  const point = [0, 1].map((each) => Number((from[each] + (to[each] - from[each]) * share).toFixed(7)));
  point[axis] = at;
  return point;
}
