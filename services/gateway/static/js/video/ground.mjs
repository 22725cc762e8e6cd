// Four or more points of the picture put onto the map, so that what is seen there is filed at its own place.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { t } from "../page.mjs";
import { trying } from "../trying.mjs";
import { cityMap } from "./place.mjs";

const LEAST = 4;
const MOST = 32;

/** What maps a camera's preset; `frame` shows its picture, `busy(true)` keeps other drawing off it. */
export function ground(camera, frame, busy) {
  const path = `/v1/cameras/${encodeURIComponent(camera.id)}/ground`;
  const preset = h("select", { class: "input", "aria-label": t("zone_preset") }, ["", ...(camera.presets ?? [])].map((name) => h("option", { value: name }, name || t("zone_preset_none"))));
  const list = h("ol", { class: "ground-list" });
  const said = h("p", { class: "quiet", role: "status" });
  const { problem, tried } = trying();
  const typed = h("input", { class: "input", placeholder: t("ground_typed"), "aria-label": t("ground_typed") });
  const marks = [];
  let points = [];
  let mode = "";
  let map = null;

  const whole = () => points.filter((each) => each.point);
  const mark = (corner, text) => {
    const dot = h("span", { class: "ground-mark", "aria-hidden": "true" }, text);
    dot.style.setProperty("--left", `${(corner.x ?? 0) * 100}%`);
    dot.style.setProperty("--top", `${(corner.y ?? 0) * 100}%`);
    marks.push(dot);
    frame.append(dot);
  };
  const draw = (landing = null) => {
    for (const dot of marks.splice(0)) dot.remove();
    if (mode || landing) points.forEach((each, index) => mark(each.corner, String(index + 1)));
    if (landing) mark(landing.corner, "?");
    map?.number([...points.flatMap((each, index) => (each.point ? [{ text: String(index + 1), ...each.point }] : [])), ...(landing?.point ? [{ text: "?", ...landing.point }] : [])]);
    show(list, points.map((each, index) => h("li", {}, t("ground_point", { number: index + 1 }), " ", h("span", { class: "code quiet" }, each.point ? `${(each.point.latitudeDeg ?? 0).toFixed(5)}, ${(each.point.longitudeDeg ?? 0).toFixed(5)}` : t("ground_missing")), " ", h("button", { class: "button plain", type: "button", "aria-label": t("ground_remove", { number: index + 1 }), onclick: () => { points.splice(index, 1); changed(); } }, t("remove")))));
    set.textContent = t(mode === "set" ? "ground_stop" : "ground_set");
    set.setAttribute("aria-pressed", String(mode === "set"));
    check.setAttribute("aria-pressed", String(mode === "check"));
    check.disabled = save.disabled = whole().length < LEAST;
    put.disabled = typed.disabled = mode !== "set" || !points.length;
  };
  const changed = () => {
    draw();
    const last = points.at(-1);
    said.textContent = mode !== "set" ? "" : !last || (last.point && whole().length < LEAST) ? t("ground_on_picture", { number: points.length + 1 }) : last.point ? "" : t("ground_on_map", { number: points.length });
    if (whole().length >= LEAST && whole().length === points.length) tried(async () => {
      const { errorM } = await post(`${path}:try`, { points: whole() });
      said.textContent = t("ground_fits", { metres: (errorM ?? 0).toFixed(1) });
    });
  };
  const land = (corner) => tried(async () => {
    const { landings = [] } = await post(`${path}:try`, { points: whole(), corners: [corner] });
    const point = landings[0]?.point;
    draw({ corner, point });
    said.textContent = point ? t("ground_lands", { place: `${point.latitudeDeg.toFixed(5)}, ${point.longitudeDeg.toFixed(5)}` }) : t("ground_nowhere");
  });
  const turn = (wanted) => {
    mode = mode === wanted ? "" : wanted;
    busy(Boolean(mode));
    frame.toggleAttribute("data-mapping", Boolean(mode));
    if (mode) place.open = true;
    changed();
  };
  const onPlace = (longitudeDeg, latitudeDeg) => {
    const last = points.at(-1);
    if (mode !== "set" || !last) return;
    last.point = { longitudeDeg, latitudeDeg };
    changed();
  };
  frame.addEventListener("click", (event) => {
    if (!mode) return;
    const edge = frame.getBoundingClientRect();
    const corner = { x: (event.clientX - edge.left) / edge.width, y: (event.clientY - edge.top) / edge.height };
    if (mode === "check") land(corner);
    else {
      const last = points.at(-1);
      if (last && !last.point) last.corner = corner;
      else if (points.length < MOST) points.push({ corner });
      changed();
    }
  });
  const load = () => tried(async () => {
    points = (await get(path, { preset: preset.value })).points ?? [];
    draw();
    said.textContent = points.length ? t("ground_known", { count: points.length }) : t("ground_none");
  });
  const keep = (wanted) => tried(async () => {
    await post(path, { requestId: freshKey(), preset: preset.value, points: wanted });
    mode = "";
    busy(false);
    frame.removeAttribute("data-mapping");
    toast(t("done"));
    await load();
  });
  const set = h("button", { class: "button", type: "button", onclick: () => turn("set") });
  const check = h("button", { class: "button", type: "button", onclick: () => turn("check") }, t("ground_check"));
  const save = h("button", { class: "button main", type: "button", onclick: () => keep(whole()) }, t("ground_save"));
  const clear = h("button", { class: "button plain", type: "button", onclick: () => keep([]) }, t("ground_clear"));
  const put = h("button", { class: "button", type: "button", onclick: () => {
    const [latitudeDeg, longitudeDeg] = typed.value.split(/[,，\s]+/).map(Number);
    if (Number.isFinite(latitudeDeg) && Number.isFinite(longitudeDeg)) onPlace(longitudeDeg, latitudeDeg);
    typed.value = "";
  } }, t("ground_put"));
  preset.addEventListener("change", load);
  const place = cityMap({ title: t("ground_map"), at: camera.point, stays: true, onPoint: onPlace, onOpen: (opened) => {
    map = opened;
    draw();
  } });
  load();
  return h("details", { class: "card" }, h("summary", {}, t("ground")), h("p", { class: "help" }, t("ground_help")), h("div", { class: "card-acts" }, preset, set, check, save, clear), said, problem, list, h("div", { class: "card-acts" }, typed, put), place);
}
