// A map that is fetched when it is opened, for choosing places on it.

import { h, show } from "../dom.mjs";
import { t } from "../page.mjs";

const CLOSE = 16;

/** A fold with a map around `at`; `onPoint(longitudeDeg, latitudeDeg)` where it is clicked, moving the drop unless it `stays`; `onOpen(map)` when it is there. */
export function cityMap({ title, at, onPoint, stays = false, onOpen = () => undefined }) {
  const ground = h("div", { class: "map" });
  let opened = false;
  return h("details", { class: "place", ontoggle: async (event) => {
    if (!event.target.open || opened) return;
    opened = true;
    try {
      const { CityMap } = await import("../map.mjs");
      const map = new CityMap(ground, { onPoint: (longitudeDeg, latitudeDeg) => {
        if (!stays) map.mark(longitudeDeg, latitudeDeg);
        onPoint(longitudeDeg, latitudeDeg);
      } });
      map.ready.then(() => {
        if (!at) return;
        map.map?.jumpTo({ center: [at.longitudeDeg, at.latitudeDeg], zoom: CLOSE });
        map.mark(at.longitudeDeg, at.latitudeDeg);
      });
      onOpen(map);
    } catch {
      show(ground, h("p", { class: "map-fault" }, t("map_failed")));
    }
  } }, h("summary", {}, title), h("div", { class: "place-map" }, ground));
}
