// The video patrol desk: a wall of cameras, tours to walk, findings to decide, and which cameras need care.

import { get } from "../api.mjs";
import { byId, h, show } from "../dom.mjs";
import { ago, exactly } from "../format.mjs";
import { may, t } from "../page.mjs";
import "../shell.mjs";
import { asked, tabs } from "../tabs.mjs";
import { books, cameras } from "./books.mjs";
import { findings } from "./findings.mjs";
import { focusOn } from "./focus.mjs";
import { held } from "./held.mjs";
import { tours } from "./tours.mjs";
import { why } from "./why.mjs";

const SIZES = [1, 4, 9, 16];
const POLL_MS = 5000;
const SIZE = "gridward.wall";
let polling = 0;

const picture = (bytes, alt) => h("img", { src: `data:image/jpeg;base64,${bytes}`, alt });

class Tile {
  constructor(camera, onOpen) {
    this.camera = camera;
    this.frame = h("div", { class: "tile-frame" }, h("span", { class: "faint" }, t("tile_waiting")));
    this.age = h("span", { class: "faint" });
    this.element = h("li", { class: "tile" }, h("button", { type: "button", "aria-label": camera.name, onclick: () => onOpen(camera) }, this.frame, h("span", { class: "tile-name" }, h("b", {}, camera.name), this.age)));
  }

  async refresh() {
    const answer = await get(`/v1/cameras/${encodeURIComponent(this.camera.id)}/tile`, { knownAt: this.takenAt }, { once: true }).catch((error) => ({ problem: error.message }));
    if (answer.picture) {
      this.takenAt = answer.takenAt;
      show(this.frame, picture(answer.picture, this.camera.name));
    } else if (answer.problem && !this.takenAt) show(this.frame, h("span", { class: "faint" }, t("tile_fault"), " ", why(answer.problem)));
    this.element.classList.toggle("stale", !this.takenAt || Date.now() - Date.parse(this.takenAt) > 30_000);
    this.age.textContent = this.takenAt ? ago(this.takenAt) : "";
  }
}

function wall(target) {
  asked(target, cameras, (all) => {
    let size = Number(localStorage.getItem(SIZE)) || 4;
    let page = 0;
    const grid = h("ul", { class: "wall" });
    const place = h("span", { class: "quiet" });
    const draw = () => {
      clearInterval(polling);
      page = Math.max(0, Math.min(page, Math.ceil(all.length / size) - 1));
      const shown = all.slice(page * size, (page + 1) * size).map((camera) => new Tile(camera, (chosen) => focusOn(chosen, { all, onClosed: draw })));
      grid.dataset.size = String(size);
      show(grid, shown.map((tile) => tile.element));
      place.textContent = t("wall_page", { from: page * size + 1, to: Math.min(all.length, (page + 1) * size), all: all.length });
      const refresh = () => grid.isConnected ? Promise.all(shown.map((tile) => tile.refresh())) : clearInterval(polling);
      refresh();
      polling = setInterval(refresh, POLL_MS);
    };
    const turn = (by) => {
      page += by;
      draw();
    };
    grid.addEventListener("keydown", (event) => {
      const by = { PageDown: 1, PageUp: -1 }[event.key];
      if (by) turn(by);
    });
    const sizes = h("div", { class: "segment" }, SIZES.map((value) => h("button", { type: "button", "aria-pressed": String(value === size), onclick: (event) => { size = value; localStorage.setItem(SIZE, String(value)); for (const each of event.target.parentElement.children) each.setAttribute("aria-pressed", String(each === event.target)); draw(); } }, String(value))));
    queueMicrotask(draw);
    if (!all.length) return h("p", { class: "empty" }, t("cameras_none"));
    return [h("div", { class: "wall-bar" }, sizes, h("button", { class: "button", type: "button", onclick: () => turn(-1) }, t("page_before")), place, h("button", { class: "button", type: "button", onclick: () => turn(1) }, t("page_after"))), grid];
  });
}

function health(target) {
  asked(target, () => get("/v1/camera-health", { faultyOnly: true, pageSize: 500 }), (answer) => {
    const rows = answer.cameras ?? [];
    if (!rows.length) return h("p", { class: "empty" }, t("health_none"));
    const faults = (row) => (row.faults ?? []).map((each) => t(`fault_${(each.fault ?? each).replace?.("FAULT_", "") ?? ""}`)).join("、");
    const tickets = (row) => (row.faults ?? []).filter((each) => each.caseNumber).map((each) => [h("a", { href: `/cases/${encodeURIComponent(each.caseNumber)}` }, each.caseNumber), " "]);
    return h("div", { class: "scroll", tabIndex: 0, role: "group", "aria-label": t("tab_health") }, h("table", { class: "rows" }, h("thead", {}, h("tr", {}, [t("camera"), t("fault"), t("since"), t("tickets")].map((text) => h("th", {}, text)))), h("tbody", {}, rows.map((row) => h("tr", {}, h("td", {}, h("b", {}, row.cameraName), " ", h("span", { class: "code faint" }, row.cameraId)), h("td", {}, faults(row) || why(row.problem)), h("td", {}, row.lastSeenAt ? exactly(row.lastSeenAt) : "—"), h("td", { class: "code" }, tickets(row).length ? tickets(row) : "—"))))));
  });
}

const ROOMS = [
  ["wall", wall, true],
  ["findings", findings, true],
  ["tours", tours, true],
  ["health", health, true],
  ["books", books, may("video.cameras.write")],
  ["held", held, may("video.evidence.hold")],
];

tabs(byId("app"), ROOMS.filter(([, , shown]) => shown).map(([key, draw]) => ({ key, text: t(`tab_${key}`), draw })), { label: t("video_page") });
