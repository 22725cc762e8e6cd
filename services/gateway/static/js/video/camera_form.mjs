// One camera to register or change: tried by a visit before it is kept; addresses and passwords go in and never come back.

import { ask } from "../admin/table.mjs";
import { freshKey, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { t } from "../page.mjs";
import { cityMap } from "./place.mjs";

const input = (properties) => h("input", { class: "input", autocomplete: "off", ...properties });
const degrees = (value, max) => input({ type: "number", step: "any", min: 0, max, value: value ?? "" });

/** A window for one camera, `null` for a new one; `done()` when it is kept. */
export function cameraForm(camera, done) {
  const known = camera ?? {};
  const parts = {
    id: input({ required: true, maxLength: 64, value: known.id ?? "", disabled: Boolean(camera) }),
    name: input({ required: true, maxLength: 200, value: known.name ?? "" }),
    gbCode: input({ pattern: "[0-9]{20}", maxLength: 20, inputMode: "numeric", value: known.gbCode ?? "" }),
    longitudeDeg: input({ type: "number", step: "any", min: -180, max: 180, required: true, value: known.point?.longitudeDeg ?? "" }),
    latitudeDeg: input({ type: "number", step: "any", min: -90, max: 90, required: true, value: known.point?.latitudeDeg ?? "" }),
    gridCode: input({ maxLength: 40, value: known.gridCode ?? "" }),
    roadSegment: input({ maxLength: 40, value: known.roadSegment ?? "" }),
    ownerDepartment: input({ maxLength: 40, value: known.ownerDepartment ?? "" }),
    azimuthDeg: degrees(known.azimuthDeg, 360),
    fieldOfViewDeg: degrees(known.fieldOfViewDeg, 360),
    presets: input({ maxLength: 1000, value: (known.presets ?? []).join("、") }),
    streamUrl: input({ maxLength: 500, spellcheck: false, placeholder: known.hasStream ? t("book_kept_as_is") : t("book_stream_example") }),
    user: input({ maxLength: 100, spellcheck: false }),
    password: input({ type: "password", maxLength: 100, autocomplete: "new-password" }),
    controlUrl: input({ maxLength: 500, spellcheck: false, placeholder: known.turns ? t("book_kept_as_is") : t("book_control_example") }),
    liveUrl: input({ type: "url", maxLength: 500, value: known.liveUrl ?? "" }),
    recorder: input({ maxLength: 100, value: known.recorder ?? "" }),
  };
  const text = (name) => parts[name].value.trim();
  const number = (name) => Number(parts[name].value) || 0;
  const told = () => ({
    camera: {
      ...Object.fromEntries(["id", "name", "gbCode", "gridCode", "roadSegment", "ownerDepartment", "streamUrl", "controlUrl", "liveUrl", "recorder"].map((name) => [name, text(name)])),
      point: { longitudeDeg: number("longitudeDeg"), latitudeDeg: number("latitudeDeg") },
      azimuthDeg: number("azimuthDeg"),
      fieldOfViewDeg: number("fieldOfViewDeg"),
      presets: text("presets").split(/[;；、|,，]/).map((name) => name.trim()).filter(Boolean),
    },
    credentials: { user: text("user"), password: parts.password.value },
  });
  const place = (longitudeDeg, latitudeDeg) => {
    parts.longitudeDeg.value = longitudeDeg.toFixed(6);
    parts.latitudeDeg.value = latitudeDeg.toFixed(6);
    parts.gridCode.value = "";
  };
  const fields = [
    h("p", { class: "help" }, t("book_lead")),
    h("p", { class: "notice" }, t("book_effect")),
    h("div", { class: "pair" }, field(t("book_id"), parts.id, { required: true }), field(t("book_name"), parts.name, { required: true })),
    h("div", { class: "pair" }, field(t("book_gb_code"), parts.gbCode, { help: t("book_gb_code_help") }), field(t("book_owner"), parts.ownerDepartment)),
    cityMap({ title: t("book_on_map"), at: known.point, onPoint: place }),
    h("div", { class: "pair" }, field(t("book_longitude"), parts.longitudeDeg, { required: true }), field(t("book_latitude"), parts.latitudeDeg, { required: true })),
    h("div", { class: "pair" }, field(t("book_grid"), parts.gridCode, { help: t("book_grid_help") }), field(t("book_segment"), parts.roadSegment)),
    h("div", { class: "pair" }, field(t("book_azimuth"), parts.azimuthDeg), field(t("book_view"), parts.fieldOfViewDeg)),
    field(t("book_stream"), parts.streamUrl, { help: t("book_stream_help") }),
    h("div", { class: "pair" }, field(t("book_user"), parts.user), field(t("book_password"), parts.password)),
    field(t("book_presets"), parts.presets, { help: t("book_presets_help") }),
    field(t("book_control"), parts.controlUrl, { help: t("book_control_help") }),
    h("div", { class: "pair" }, field(t("book_live"), parts.liveUrl), field(t("book_recorder"), parts.recorder)),
    trial(told),
  ];
  const keep = async () => {
    await post("/v1/cameras", { requestId: freshKey(), version: known.version ?? 0, ...told() });
    toast(t("done"));
    done();
  };
  return ask(camera ? t("book_change_of", { name: camera.name }) : t("book_register"), fields, t("book_keep"), keep);
}

/** A visit on trial, and what came of it. */
function trial(told) {
  const outcome = h("div", { class: "trial", role: "status" });
  const visit = async () => {
    button.disabled = true;
    show(outcome, h("p", { class: "quiet" }, t("focus_taking")));
    try {
      const asked = told();
      const seen = await post("/v1/cameras:try", { ...asked, camera: { ...asked.camera, id: asked.camera.id || "-", name: asked.camera.name || "-" } });
      show(outcome, h("img", { src: `data:image/jpeg;base64,${seen.picture}`, alt: t("book_tried") }), h("p", { class: "quiet" }, t("book_tried_as", { width: seen.widthPx, height: seen.heightPx, seconds: ((seen.tookMs ?? 0) / 1000).toFixed(1) })));
    } catch (error) {
      show(outcome, h("p", { class: "wrong", role: "alert" }, error.message));
    }
    button.disabled = false;
  };
  const button = h("button", { class: "button", type: "button", onclick: visit }, t("book_try"));
  return h("div", { class: "trial-row" }, button, outcome);
}
