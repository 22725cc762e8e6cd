// What every page can do: switch its colours, sign out, name the city, keep a live connection.

import { once, remove } from "./api.mjs";
import { byId } from "./dom.mjs";
import { named, page, t, visitor } from "./page.mjs";

byId("theme")?.addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme !== "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  localStorage.setItem("gridward.theme", dark ? "dark" : "light");
  dispatchEvent(new CustomEvent("themechange"));
});

byId("sign-out")?.addEventListener("click", async () => {
  await remove("/v1/session").catch(() => undefined);
  location.assign("/sign-in");
});

document.addEventListener("click", (event) => {
  const menu = byId("account");
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

if (visitor) {
  once("/v1/areas", { level: "AREA_LEVEL_CITY", pageSize: 1 })
    .then((answer) => {
      const city = answer.areas?.[0];
      if (city && byId("city-name")) byId("city-name").textContent = named(city);
    })
    .catch(() => undefined);
}

if (!visitor && page.city && byId("city-name")) byId("city-name").textContent = page.city;

function lamp(live) {
  const element = byId("live");
  if (!element) return;
  element.dataset.live = live ? "yes" : "no";
  element.querySelector(".word").textContent = live ? t("live") : t("live_off");
}

const PATIENCE_MS = 1000;

/**
 * Follow what happens: `onStart` once, as soon as nothing can be missed any more or the stream keeps one waiting,
 * `onCase` for each case, `onReset` when a page must begin anew.
 */
export function follow({ onStart = () => undefined, onCase, onReset, onPresence = () => undefined }) {
  let begin = () => {
    begin = () => undefined;
    onStart();
  };
  if (byId("live")) byId("live").hidden = false;
  const source = new EventSource("/v1/stream");
  source.addEventListener("ping", (event) => {
    lamp(JSON.parse(event.data).live);
    begin();
  });
  source.addEventListener("case", (event) => {
    lamp(true);
    onCase(JSON.parse(event.data));
  });
  source.addEventListener("presence", (event) => onPresence(JSON.parse(event.data)));
  source.addEventListener("reset", () => onReset());
  source.addEventListener("error", () => lamp(false));
  setTimeout(() => begin(), PATIENCE_MS);
  addEventListener("pagehide", () => source.close());
}
