// Sends what waits, each exactly once: the server knows an item by its id, and a picture sent before is not sent again.

import { post, Refused, replay, upload } from "../api.mjs";
import * as vault from "./vault.mjs";

const AT_ONCE = 4;
/** So many reports go in one row: they keep their order, and each is answered by itself. */
const IN_A_ROW = 50;
const AGAIN_MS = 30_000;
/** Trouble that passes by itself, or with signing in again. */
const PASSING = new Set([401, 408, 429, 500, 502, 503, 504]);

async function pictures(item) {
  for (let index = item.evidence.length; index < item.files; index++) {
    const picture = await vault.file(item.id, index);
    item.evidence.push(picture.type.startsWith("audio/") ? await upload(picture, "", "/v1/voices") : await upload(picture, "scene"));
    await vault.change(item);
  }
}

const filing = (item) => ({ requestId: item.id, report: { ...item.report, evidence: item.evidence } });

const SENDS = {
  async report(item) {
    await pictures(item);
    return post("/v1/cases", filing(item));
  },
  call: (item) => post(item.path, { requestId: item.id, ...item.body }),
  async patrol(item) {
    const { patrol } = await post("/v1/patrols", { requestId: item.id, gridCode: item.gridCode, beganAt: item.beganAt });
    for (let at = 0; at < item.points.length; at += 500) await post(`/v1/patrols/${patrol.id}/track`, { points: item.points.slice(at, at + 500) });
    return post(`/v1/patrols/${patrol.id}:end`, { endedAt: item.endedAt });
  },
};

async function sent(item, answer, told) {
  await vault.drop(item.id);
  told.sent(item, answer);
  return true;
}

async function refused(item, why, told) {
  await vault.change({ ...item, refused: why });
  told.refused(item, why);
  return true;
}

/** Try; true when the item is done with, false when it has to wait. */
async function sendOne(item, told) {
  try {
    return await sent(item, await SENDS[item.kind](item), told);
  } catch (error) {
    return error instanceof Refused && !PASSING.has(error.status) ? refused(item, error.message, told) : false;
  }
}

/** The pictures of a row of reports first, a few at a time; a report whose pictures must wait ends the row before it. */
async function readied(items, told) {
  const ready = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const group = items.slice(at, at + AT_ONCE);
    const went = await Promise.all(group.map((item) => pictures(item).then(() => "ready", async (error) => error instanceof Refused && !PASSING.has(error.status) && refused(item, error.message, told))));
    const stop = went.indexOf(false);
    ready.push(...group.filter((_, place) => (stop < 0 || place < stop) && went[place] === "ready"));
    if (stop >= 0) return { ready, waits: true };
  }
  return { ready, waits: false };
}

/** Reports in a row by one call, in the order in which they were made. */
async function sendRow(items, told) {
  const { ready, waits } = await readied(items, told);
  if (!ready.length) return [!waits];
  const answers = await replay(ready.map(filing)).catch(() => null);
  if (!answers) return [false];
  const went = await Promise.all(ready.map((item, place) => {
    const { caseId, caseNumber, message, again } = answers[place] ?? { again: true };
    return caseId ? sent(item, { case: { id: caseId, number: caseNumber } }, told) : !again && refused(item, message, told);
  }));
  return [...went, !waits];
}

/** What goes next: reports that follow one another as a row, anything else a few at a time. */
function next(items) {
  const reports = items.findIndex((item) => item.kind !== "report");
  const row = items.slice(0, Math.min(reports < 0 ? items.length : reports, IN_A_ROW));
  return row.length > 1 ? { group: row, send: sendRow } : { group: items.slice(0, AT_ONCE), send: (group, told) => Promise.all(group.map((item) => sendOne(item, told))) };
}

export class Sender {
  constructor(told) {
    this.told = told;
  }

  /** Send whenever there may be a signal again, for as long as the page is open. */
  watch() {
    addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.flush());
    setInterval(() => this.flush(), AGAIN_MS);
    return this;
  }

  /** Send what waits; of several open tabs one does it. */
  async flush() {
    if (this.flushing) return this.flushing;
    this.flushing = navigator.locks.request("gridward-outbox", () => this.round()).finally(() => {
      this.flushing = null;
      this.told.changed();
    });
    return this.flushing;
  }

  async round() {
    const items = (await vault.waiting()).filter((item) => !item.refused);
    while (items.length && navigator.onLine) {
      const { group, send } = next(items);
      items.splice(0, group.length);
      const went = await send(group, this.told);
      this.told.changed();
      if (went.includes(false)) return;
    }
  }
}
