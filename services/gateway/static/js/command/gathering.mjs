// What the map shows when there are more cases than a list holds: sums by area, made by the server, finer as one comes nearer.

import { get } from "../api.mjs";
import { ended } from "../format.mjs";
import { toast } from "../dom.mjs";

const BY_ZOOM = [[10.7, "subdistrict"], [12.6, "community"], [14.2, "grid"]];
const GRIDS_MAX = 12;
const FRESH_MS = 10_000;

/** The level whose sums fit a zoom; none when single cases can be told apart. */
export const levelFor = (zoom) => BY_ZOOM.find(([most]) => zoom < most)?.[1] ?? "";

export class Gathering {
  constructor(city, { onArea, pinned, wish }) {
    Object.assign(this, { city, onArea, pinned, wish });
    this.many = false;
    this.known = new Map();
    this.asked = 0;
    city.map?.on("moveend", () => this.many && this.draw());
  }

  /** Tell whether the list holds all there is; `cases` are those it holds. */
  set(many, cases) {
    this.many = many && Boolean(this.city.map);
    this.cases = cases;
    this.draw();
  }

  async draw() {
    const mine = ++this.asked;
    if (!this.many) {
      this.city.gather([]);
      this.pinned(this.cases);
      return;
    }
    try {
      const level = levelFor(this.city.map.getZoom());
      const near = level ? null : await this.nearby();
      const sums = level || !near ? await this.sums(level || "grid") : [];
      if (mine !== this.asked) return;
      this.pinned(near ?? []);
      await this.city.gather(sums, (code) => this.onArea(code, level || "grid"), level || "grid");
    } catch (error) {
      toast(error.message);
    }
  }

  async remembered(key, ask) {
    const known = this.known.get(key);
    if (known && Date.now() - known.at < FRESH_MS) return known.answer;
    const answer = ask();
    this.known.set(key, { at: Date.now(), answer });
    answer.catch(() => this.known.delete(key));
    return answer;
  }

  /** Things have changed, so ask again. */
  forget() {
    this.known.clear();
    if (this.many) this.draw();
  }

  async sums(level) {
    const under = this.wish().areaCode ?? "";
    const answer = await this.remembered(`${level} ${under}`, () => get("/v1/cases:summary", { level: `AREA_LEVEL_${level.toUpperCase()}`, underCode: under }));
    return answer.areas ?? [];
  }

  /** The cases of the grids in view; null while there are too many grids. */
  async nearby() {
    const grids = await this.city.areasInView("grid");
    if (grids.length > GRIDS_MAX) return null;
    const answers = await Promise.all(grids.map((code) => this.remembered(`cases ${code} ${JSON.stringify(this.wish())}`, () => get("/v1/cases", { ...this.wish(), areaCode: code, pageSize: 200 }))));
    return answers.flatMap((answer) => answer.cases ?? []).filter((item) => !ended(item));
  }
}
