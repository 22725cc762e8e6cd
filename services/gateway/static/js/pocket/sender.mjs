// Sends what waits, each exactly once: the server knows an item by its id, and a picture sent before is not sent again.

import { post, Refused, upload } from "../api.mjs";
import * as vault from "./vault.mjs";

const AT_ONCE = 4;
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

const SENDS = {
  async report(item) {
    await pictures(item);
    return post("/v1/cases", { requestId: item.id, report: { ...item.report, evidence: item.evidence } });
  },
  call: (item) => post(item.path, { requestId: item.id, ...item.body }),
  async patrol(item) {
    const { patrol } = await post("/v1/patrols", { requestId: item.id, gridCode: item.gridCode, beganAt: item.beganAt });
    for (let at = 0; at < item.points.length; at += 500) await post(`/v1/patrols/${patrol.id}/track`, { points: item.points.slice(at, at + 500) });
    return post(`/v1/patrols/${patrol.id}:end`, { endedAt: item.endedAt });
  },
};

async function sendOne(item, told) {
  try {
    const answer = await SENDS[item.kind](item);
    await vault.drop(item.id);
    told.sent(item, answer);
    return true;
  } catch (error) {
    if (error instanceof Refused && !PASSING.has(error.status)) {
      await vault.change({ ...item, refused: error.message });
      told.refused(item, error.message);
      return true;
    }
    return false;
  }
}

export class Sender {
  constructor(told) {
    this.told = told;
    addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.flush());
    setInterval(() => this.flush(), AGAIN_MS);
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
    for (let at = 0; at < items.length && navigator.onLine; at += AT_ONCE) {
      const went = await Promise.all(items.slice(at, at + AT_ONCE).map((item) => sendOne(item, this.told)));
      this.told.changed();
      if (went.includes(false)) return;
    }
  }
}
