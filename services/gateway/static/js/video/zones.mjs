// Zones of a camera's preset, drawn corner by corner on its snapshot, and which classes are filed without waiting.

import { freshKey, get, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { may, named, t } from "../page.mjs";
import { trying } from "../trying.mjs";

const KINDS = ["CARRIAGEWAY", "NO_STOPPING", "FIRE_LANE", "PAVEMENT", "SQUARE", "IGNORED"];
const SVG = "http://www.w3.org/2000/svg";

/** An outline over the picture, in hundredths of it. */
function outline(zone, look) {
  const drawn = document.createElementNS(SVG, "polygon");
  drawn.setAttribute("points", zone.corners.map(({ x = 0, y = 0 }) => `${x * 100},${y * 100}`).join(" "));
  drawn.setAttribute("class", `zone ${look}`);
  return drawn;
}

/** Zones of the camera over `frame`, and what changes them; `busy(true)` while corners are being set. */
export function zones(camera, frame, busy) {
  const preset = h("select", { class: "input", "aria-label": t("zone_preset") }, ["", ...(camera.presets ?? [])].map((name) => h("option", { value: name }, name || t("zone_preset_none"))));
  const kind = h("select", { class: "input", "aria-label": t("zone_kind") }, KINDS.map((key) => h("option", { value: key }, t(`zone_${key}`))));
  const name = h("input", { class: "input", maxLength: 100, placeholder: t("zone_name"), "aria-label": t("zone_name") });
  const list = h("ul", { class: "zone-list" });
  const { problem, tried } = trying();
  const layer = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 100 100", preserveAspectRatio: "none", class: "zone-layer", "aria-hidden": "true" })) layer.setAttribute(key, value);
  let known = [];
  let corners = null;

  const draw = () => {
    if (!layer.isConnected) frame.append(layer);
    layer.replaceChildren(...known.map((zone) => outline(zone, "")), ...(corners?.length ? [outline({ corners }, "new")] : []));
    show(list, known.map((zone) => h("li", {}, h("b", {}, zone.name || zone.id), " ", h("span", { class: "quiet" }, t(zone.kind.replace("ZONE_KIND_", "zone_"))), " ", h("button", { class: "button plain", type: "button", "aria-label": t("zone_remove", { name: zone.name || zone.id }), onclick: () => save(known.filter((other) => other !== zone)) }, t("remove")))));
    finish.disabled = (corners?.length ?? 0) < 3;
    begin.textContent = t(corners ? "zone_cancel" : "zone_draw");
  };
  const save = (wanted) => tried(async () => {
    await post(`/v1/cameras/${encodeURIComponent(camera.id)}/zones`, { requestId: freshKey(), preset: preset.value, zones: wanted });
    toast(t("done"));
    await load();
  });
  const load = () => tried(async () => {
    known = (await get(`/v1/cameras/${encodeURIComponent(camera.id)}/zones`, { preset: preset.value })).zones ?? [];
    draw();
  });
  const set = (on) => {
    corners = on ? [] : null;
    busy(on);
    draw();
  };
  const begin = h("button", { class: "button", type: "button", onclick: () => set(!corners) }, t("zone_draw"));
  const finish = h("button", { class: "button main", type: "button", disabled: true, onclick: async () => {
    const zone = { id: `z-${freshKey().slice(0, 8)}`, name: name.value.trim(), kind: `ZONE_KIND_${kind.value}`, corners };
    set(false);
    await save([...known, zone]);
  } }, t("zone_save"));
  frame.addEventListener("click", (event) => {
    if (!corners || corners.length >= 32) return;
    const edge = frame.getBoundingClientRect();
    corners.push({ x: (event.clientX - edge.left) / edge.width, y: (event.clientY - edge.top) / edge.height });
    draw();
  });
  preset.addEventListener("change", load);
  load();
  const drawing = may("video.zones.write") ? [h("p", { class: "help" }, t("zone_help")), h("div", { class: "card-acts" }, preset, kind, name, begin, finish)] : [preset];
  return h("details", { class: "card" }, h("summary", {}, t("zones")), drawing, list, problem, may("video.zones.write") ? trust(camera, tried) : null);
}

/** Which classes become cases here without a person. */
function trust(camera, tried) {
  const boxes = h("div", { class: "kind-chips" });
  tried(async () => {
    const [{ classes = [] }, { cameras = [] }] = await Promise.all([get("/v1/finding-classes"), get("/v1/findings:accuracy")]);
    const trusted = new Set(cameras.filter((each) => each.cameraId === camera.id && each.trusted).map((each) => each.classCode));
    show(boxes, classes.map((each) => {
      const box = h("input", { type: "checkbox", checked: trusted.has(each.code), onchange: () => tried(() => post(`/v1/cameras/${encodeURIComponent(camera.id)}:trust`, { requestId: freshKey(), classCode: each.code, trusted: box.checked })) });
      return h("label", { class: "check" }, box, " ", named(each));
    }));
  });
  return h("fieldset", { class: "trusted" }, h("legend", {}, t("trusted")), h("p", { class: "help" }, t("trusted_help")), boxes);
}
