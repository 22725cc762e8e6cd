// Lets the browser send what waits also when the app is closed, where it can; and offers to put the app among the others.

import { byId, h, icon, show } from "../dom.mjs";
import { t, visitor } from "../page.mjs";
import * as vault from "./vault.mjs";

export const TAG = "gridward-outbox";
export const OWNER = "owner";
const LATER = "gridward.pocket.install-later";
const CAN_SEND = "SyncManager" in globalThis;

/** Keep the app on the phone; `told` hears of what was sent while nobody looked. */
export function settleIn(told) {
  // Who puts things there is who they are sent for: another may be signed in by then.
  vault.keep(OWNER, visitor.subject).catch(() => undefined);
  new BroadcastChannel(TAG).addEventListener("message", ({ data }) => told[data.what]?.(data.item, data.answer));
  const how = CAN_SEND ? ["/pocket/sw.js?sends=1", { scope: "/pocket/", type: "module" }] : ["/pocket/sw.js", { scope: "/pocket/" }];
  navigator.serviceWorker?.register(...how).catch(() => undefined);
  offerInstall();
}

/** Ask the browser to send when there is a signal; where it cannot, the app does when it is opened. */
export async function sendWhenPossible() {
  if (!CAN_SEND || !navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.ready;
  await registration.sync?.register(TAG).catch(() => undefined);
}

function offerInstall() {
  const target = byId("install");
  if (matchMedia("(display-mode: standalone)").matches || localStorage.getItem(LATER)) return;
  const later = h("button", { class: "button plain", type: "button", "aria-label": t("install_later"), onclick: () => { localStorage.setItem(LATER, "1"); show(target); } }, icon("close"));
  const offer = (...acts) => show(target, h("div", { class: "panel pocket-install" }, icon("phone", 24), h("div", {}, h("b", {}, t("install_title")), h("p", { class: "quiet" }, t("install_lead"))), h("div", { class: "steps-row" }, acts, later)));
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer(h("button", { class: "button main", type: "button", onclick: async () => { await event.prompt(); show(target); } }, t("install_do")));
  });
  addEventListener("appinstalled", () => show(target));
  // Safari asks nobody; there people do it by its own menu.
  if (/iPhone|iPad/.test(navigator.userAgent)) offer(h("span", { class: "quiet" }, t("install_by_hand")));
}
