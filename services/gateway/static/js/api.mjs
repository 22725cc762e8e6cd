// Asks the server, and turns what went wrong into an error that carries the words to show.

import { t, visitor } from "./page.mjs";
import { patiently } from "./patience.mjs";

export class Refused extends Error {
  constructor(status, told) {
    super(told.message ?? String(status));
    this.status = status;
    this.reason = told.reason ?? "";
    this.fresh = told.fresh;
    this.fields = told.fields ?? [];
    this.retryAfterS = 0;
  }
}

async function answered(response) {
  if (response.ok) return response.status === 204 ? {} : borrowed(await response.json());
  const told = await response.json().catch(() => ({}));
  if (response.status === 401 && globalThis.document && !visitor) {
    const door = told.reason === "SECOND_FACTOR_NEEDED" ? "/second-factor" : "/sign-in";
    location.assign(`${door}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  const refused = new Refused(response.status, told);
  refused.retryAfterS = Number(response.headers.get("retry-after")) || 0;
  throw refused;
}

let signing = null;

/** Ask; where the session has ended meanwhile, have it begun again on this very page, once for all who ask, and go on. */
async function signedIn(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error.status !== 401 || !visitor || !globalThis.document) throw error;
    signing ??= import("./signed_out.mjs").then(({ signInHere }) => signInHere(error.reason)).finally(() => (signing = null));
    await signing;
    return signedIn(ask);
  }
}

/** Reach the server; that nobody answered is said in words. */
async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(t("no_connection"), { cause: error }) : error;
  }
}

function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) if (one !== "" && one !== undefined && one !== null && one !== false) query.append(name, one);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

const OWN = { "x-gridward-client": "page" };

/** Ask; `once: true` for what is asked again soon anyway. */
export const get = async (path, parameters, { once: single = false, ...options } = {}) => {
  const ask = async () => answered(await reach(address(path, parameters), { headers: OWN, ...options }));
  return single ? ask() : signedIn(() => patiently(ask, options.signal));
};

/** What carries a key may be sent again: the server does it once. */
async function send(method, path, body, { background = false, ...options } = {}) {
  const ask = async () => answered(await reach(path, { ...options, method, headers: { ...OWN, "content-type": "application/json" }, body: JSON.stringify(body) }));
  const bear = () => (body?.requestId ? patiently(ask) : ask());
  // What nobody asked for does not take the keys from whoever is typing.
  return background ? bear() : signedIn(bear);
}

export const post = (path, body, options) => send("POST", path, body, options);
export const put = (path, body) => send("PUT", path, body);

/** Send many reports in one go, one a line; what became of each, in order. */
export const replay = async (reports) => {
  const response = await reach("/v1/cases:replay", { method: "POST", headers: { ...OWN, "content-type": "application/x-ndjson" }, body: reports.map((each) => JSON.stringify(each)).join("\n") });
  return response.ok ? (await response.text()).trim().split("\n").map((line) => JSON.parse(line)) : answered(response);
};

export const remove = async (path) => answered(await reach(path, { method: "DELETE", headers: OWN }));

/** Store a picture; its evidence. */
export const upload = (file, kind, path = "/v1/photos") =>
  signedIn(async () => answered(await reach(address(path, { kind }), { method: "POST", headers: { ...OWN, "content-type": "application/octet-stream" }, body: file })));

/** A key by which the server knows a request that is sent twice. */
export const freshKey = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

const lent = new Map();

/** Remember of every picture in an answer what its address needs. */
function borrowed(value) {
  if (Array.isArray(value)) value.forEach(borrowed);
  else if (value && typeof value === "object") {
    if (value.objectKey && typeof value.lent === "string") lent.set(value.objectKey, value.lent);
    else Object.values(value).forEach(borrowed);
  }
  return value;
}

/** Pictures that somebody without an account may see for a while: by key, what their address needs. */
export function lend(seals = {}) {
  for (const [key, seal] of Object.entries(seals)) lent.set(key, seal);
}

export function pictureUrl(key, small = false) {
  const query = [small ? "size=small" : "", lent.get(key) ?? ""].filter(Boolean).join("&");
  return `/v1/evidence/${key.split("/").map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

const kept = new Map();

/** The same answer for the life of the page; asked for once. */
export function once(path, parameters) {
  const key = address(path, parameters);
  if (!kept.has(key)) {
    kept.set(key, get(path, parameters).catch((error) => {
      kept.delete(key);
      throw error;
    }));
  }
  return kept.get(key);
}
