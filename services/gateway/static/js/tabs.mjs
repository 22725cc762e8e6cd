// Rooms of one page behind tabs; which is open stands in the address.

import { h, show } from "./dom.mjs";
import { lastingly } from "./patience.mjs";

/** Draw tabs of `{key, text, draw(element)}` into a target. Returns what draws the open one again. */
export function tabs(target, rooms, { label }) {
  const panel = h("div", { role: "tabpanel", class: "room", id: "room" });
  const known = () => rooms.find((room) => `#${room.key}` === location.hash) ?? rooms[0];
  const buttons = rooms.map((room) => h("button", { role: "tab", type: "button", "aria-controls": "room", data: { key: room.key }, onclick: () => (location.hash = room.key) }, room.text));
  const bar = h("div", { class: "tabs", role: "tablist", "aria-label": label }, buttons);
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const at = rooms.indexOf(known());
    buttons[(at + by + rooms.length) % rooms.length].focus();
    buttons[(at + by + rooms.length) % rooms.length].click();
  });
  const draw = () => {
    const open = known();
    for (const button of buttons) {
      const here = button.dataset.key === open.key;
      button.setAttribute("aria-selected", String(here));
      button.tabIndex = here ? 0 : -1;
    }
    // What the room before showed is not what is being asked for.
    if (panel.dataset.open !== open.key) show(panel);
    panel.dataset.open = open.key;
    open.draw(panel);
  };
  addEventListener("hashchange", draw);
  show(target, bar, panel);
  draw();
  return draw;
}

/** Ask, then draw; what goes wrong is said where the answer would be, and asked again. */
export const asked = (target, ask, draw) => lastingly(target, async () => ask(), (answer) => show(target, draw(answer)));
