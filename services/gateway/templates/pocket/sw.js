// Keeps the app on the phone: what changes is asked for first, what is kept answers without a signal.
{% if sends -%}
import { Sender } from "{{ static }}/js/pocket/sender.mjs";
import * as vault from "{{ static }}/js/pocket/vault.mjs";

{% endif -%}
const CACHE = "gridward-pocket-{{ version }}";
const FILES = {{ files | as_json }};

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("gridward-pocket-") && name !== CACHE);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => clients.claim()));
});

const fresh = async (request) => {
  try {
    const response = await fetch(request);
    if (response.ok && !response.redirected) (await caches.open(CACHE)).put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await caches.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
};

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/") || url.pathname === "/pocket/" || url.pathname.startsWith("/map/areas/")) event.respondWith(fresh(event.request));
});
{% if sends %}

/** Send what waits while the app is closed; only for who put it there, for another may be signed in by now. */
async function sendWaiting() {
  const answer = await fetch("/v1/session", { headers: { "x-gridward-client": "page" } });
  if (answer.status === 401) return;
  const { subject } = await answer.json();
  if (!subject || subject !== (await vault.kept("owner"))) return;
  const channel = new BroadcastChannel("gridward-outbox");
  const say = (what) => (item, answer) => channel.postMessage({ what, item: item && { id: item.id, kind: item.kind, title: item.title }, answer });
  await new Sender({ sent: say("sent"), refused: say("refused"), changed: say("changed") }).flush();
  channel.close();
  if ((await vault.waiting()).some((item) => !item.refused)) throw new Error("some wait still; the browser asks again");
}

addEventListener("sync", (event) => {
  if (event.tag === "gridward-outbox") event.waitUntil(sendWaiting());
});
{%- endif %}
