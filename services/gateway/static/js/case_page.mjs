// One case by itself, with a small map of its place.

import { busy, openCase } from "./case.mjs";
import { bones, byId, h, show } from "./dom.mjs";
import { signalOf } from "./format.mjs";
import { CityMap } from "./map.mjs";
import { page } from "./page.mjs";
import { follow } from "./shell.mjs";

const target = byId("case");
const ground = h("div", { class: "map" });
const frame = h("div", { class: "map-pane" }, ground);
let map = null;
let current = "";

function shown(whole) {
  const item = whole.case;
  current = item.id;
  document.title = `${item.number} · ${document.title.split(" · ").at(-1)}`;
  if (!item.point) {
    frame.hidden = true;
    return;
  }
  map ??= new CityMap(ground);
  map.ready.then(() => {
    map.pins([{ id: item.id, signal: signalOf(item), title: item.number, longitudeDeg: item.point.longitudeDeg, latitudeDeg: item.point.latitudeDeg }]);
    map.choose(item.gridCode);
    map.map?.jumpTo({ center: [item.point.longitudeDeg, item.point.latitudeDeg], zoom: 14 });
  });
}

const options = { alone: true, map: frame, onShown: shown };
show(target, bones(12));
openCase(target, page.caseId, options);
follow({
  onCase: ({ case: item }) => {
    if (item.id === current && !busy(target)) openCase(target, current, options);
  },
  onReset: () => {
    if (current && !busy(target)) openCase(target, current, options);
  },
});
