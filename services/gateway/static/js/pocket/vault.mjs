// Keeps what waits and what was fetched on the phone, encrypted by a key that cannot leave it; signing out throws all away.

const NAME = "gridward-pocket";
const VERSION = 1;
let opened = null;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function open() {
  opened ??= (async () => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of ["keys", "outbox", "kept"]) request.result.createObjectStore(name, { keyPath: "id" });
    };
    return done(request);
  })();
  return opened;
}

const store = async (name, mode) => (await open()).transaction(name, mode).objectStore(name);

/** The key, made when it is first needed; scripts can use it but never read it. */
async function key() {
  const known = await done((await store("keys", "readonly")).get("own"));
  if (known) return known.key;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const first = await done((await store("keys", "readonly")).get("own"));
  if (first) return first.key;
  await done((await store("keys", "readwrite")).put({ id: "own", key: made }));
  return made;
}

const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));

async function sealed(id, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) }, await key(), value);
  return { iv, data };
}

const unsealed = async (id, { iv, data }) => crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(id) }, await key(), data);

/** Put something into the outbox; `files` are blobs. Its bare state stands beside, so that it can be counted unopened. */
export async function put(item, files = []) {
  const told = await sealed(item.id, bytes(item));
  const pictures = await Promise.all(files.map(async (file, index) => ({ ...(await sealed(`${item.id}/${index}`, await file.arrayBuffer())), type: file.type })));
  await done((await store("outbox", "readwrite")).put({ id: item.id, at: item.at, ...told, pictures }));
}

/** Change what is told of an item, keeping its files. */
export async function change(item) {
  const told = await sealed(item.id, bytes(item));
  const entry = await done((await store("outbox", "readonly")).get(item.id));
  if (entry) await done((await store("outbox", "readwrite")).put({ ...entry, ...told }));
}

export const drop = async (id) => done((await store("outbox", "readwrite")).delete(id));
export const count = async () => done((await store("outbox", "readonly")).count());

/** All that waits, oldest first. */
export async function waiting() {
  const entries = await done((await store("outbox", "readonly")).getAll());
  entries.sort((one, other) => one.at - other.at);
  const items = await Promise.all(entries.map(async (entry) => JSON.parse(new TextDecoder().decode(await unsealed(entry.id, entry)))));
  return items;
}

/** One file of an item. */
export async function file(id, index) {
  const entry = await done((await store("outbox", "readonly")).get(id));
  const picture = entry?.pictures?.[index];
  return picture ? new Blob([await unsealed(`${id}/${index}`, picture)], { type: picture.type || "image/jpeg" }) : null;
}

/** Keep what was fetched, for later without a signal. */
export async function keep(id, value) {
  const entry = { id, ...(await sealed(id, bytes(value))) };
  await done((await store("kept", "readwrite")).put(entry));
}

export async function kept(id) {
  const entry = await done((await store("kept", "readonly")).get(id));
  return entry ? JSON.parse(new TextDecoder().decode(await unsealed(id, entry))) : null;
}

/** Throw everything away, the key first, so that what might remain cannot be opened. */
export async function wipe() {
  for (const name of ["keys", "outbox", "kept"]) await done((await store(name, "readwrite")).clear());
  for (const name of await caches.keys()) if (name.startsWith("gridward-pocket-")) await caches.delete(name);
}
