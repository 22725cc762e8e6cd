// What every page can do: switch its colours, sign out, name the city, keep a live connection.

import { once, remove } from "./api.mjs";
import { ring } from "./bell.mjs";
import { byId } from "./dom.mjs";
import { named, page, t, visitor } from "./page.mjs";
import { lastingly } from "./patience.mjs";

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

document.querySelector(".bar nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

document.addEventListener("click", (event) => {
  const menu = byId("account");
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

if (visitor) ring();

if (visitor) {
  lastingly(document.documentElement, () => once("/v1/areas", { level: "AREA_LEVEL_CITY", pageSize: 1 }), ({ areas = [] }) => {
    if (areas[0] && byId("city-name")) byId("city-name").textContent = named(areas[0]);
  }, () => undefined);
}

if (!visitor && page.city && byId("city-name")) byId("city-name").textContent = page.city;

function lamp(live) {
  const element = byId("live");
  if (!element) return;
  element.dataset.live = live ? "yes" : "no";
  element.querySelector(".word").textContent = live ? t("live") : t("live_off");
}

const PATIENCE_MS = 1000;
const AGAIN_MS = [1000, 2000, 5000, 15_000];

/**
 * Follow what happens: `onLive` as often as it is known that nothing was missed, `onStart` once, as soon as nothing can be missed any more or the stream keeps one waiting,
 * `onCase` for each case, `onReset` when a page must begin anew. A browser comes back by itself where a stream broke,
 * but not where one was refused; that is done here.
 */
export function follow({ onStart = () => undefined, onCase, onReset, onPresence = () => undefined, onLive = () => undefined }) {
  let source = null;
  let refused = 0;
  let position = "";
  let begin = () => {
    begin = () => undefined;
    onStart();
  };
  const heard = (act) => (event) => {
    refused = 0;
    position = event.lastEventId || position;
    act(event.data);
  };
  const open = () => {
    source = new EventSource(position ? `/v1/stream?after=${position}` : "/v1/stream");
    source.addEventListener("ping", heard((data) => {
      const { live } = JSON.parse(data);
      lamp(live);
      if (live) onLive();
      begin();
    }));
    source.addEventListener("case", heard((data) => {
      lamp(true);
      onCase(JSON.parse(data));
    }));
    source.addEventListener("presence", heard((data) => onPresence(JSON.parse(data))));
    source.addEventListener("reset", heard(onReset));
    source.addEventListener("error", () => {
      lamp(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS[Math.min(refused++, AGAIN_MS.length - 1)]);
    });
  };
  if (byId("live")) byId("live").hidden = false;
  open();
  setTimeout(() => begin(), PATIENCE_MS);
  addEventListener("offline", () => lamp(false));
  addEventListener("pagehide", () => source.close());
}
