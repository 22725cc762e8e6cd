// One camera large: look, draw a box around what is wrong, choose what it is, file it; next and previous by the arrow keys.

import { freshKey, get, once, pictureUrl, post } from "../api.mjs";
import { h, icon, show, toast } from "../dom.mjs";
import { exactly } from "../format.mjs";
import { may, named, t } from "../page.mjs";
import { ground } from "./ground.mjs";
import { why } from "./why.mjs";
import { zones } from "./zones.mjs";

/** A frame on which a box is drawn with the mouse or a finger; `box()` in parts of the picture, null without one. */
function canvas(frame) {
  const mark = h("div", { class: "box", hidden: true });
  let from = null;
  let drawn = null;
  const at = (event) => {
    const edge = frame.getBoundingClientRect();
    return [(event.clientX - edge.left) / edge.width, (event.clientY - edge.top) / edge.height].map((part) => Math.min(1, Math.max(0, part)));
  };
  const place = ([x, y]) => {
    drawn = { left: Math.min(from[0], x), top: Math.min(from[1], y), right: Math.max(from[0], x), bottom: Math.max(from[1], y) };
    for (const [name, part] of Object.entries({ "--left": drawn.left, "--top": drawn.top, "--width": drawn.right - drawn.left, "--height": drawn.bottom - drawn.top })) mark.style.setProperty(name, `${part * 100}%`);
    mark.hidden = drawn.right - drawn.left < 0.01 || drawn.bottom - drawn.top < 0.01;
  };
  frame.append(mark);
  frame.addEventListener("pointerdown", (event) => {
    if (frame.dataset.zoning) return;
    event.preventDefault();
    from = at(event);
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => from && place(at(event)));
  frame.addEventListener("pointerup", () => (from = null));
  return { box: () => (mark.hidden ? null : drawn) };
}

export async function focusOn(camera, { all, onClosed }) {
  const frame = h("div", { class: "focus-frame" });
  const said = h("p", { class: "quiet", role: "status" }, t("focus_taking"));
  const classes = h("div", { class: "kind-chips" });
  const words = h("input", { class: "input", maxLength: 2000, placeholder: t("focus_words"), "aria-label": t("focus_words") });
  const dialog = h("dialog", { class: "window focus", "aria-label": camera.name, onclose: () => { dialog.remove(); onClosed?.(); } });
  const settings = h("div", { class: "focus-settings" });
  const live = () => get(`/v1/cameras/${encodeURIComponent(camera.id)}/live`).then(({ url }) => window.open(url, "_blank", "noopener"), (error) => (said.textContent = error.message));
  let snapshot = null;
  let drawing = { box: () => null };
  const go = (by) => {
    const next = all[(all.findIndex((each) => each.id === camera.id) + by + all.length) % all.length];
    dialog.close();
    focusOn(next, { all, onClosed });
  };
  const reports = may("video.report");
  dialog.append(h("header", {}, h("h2", {}, camera.name), h("span", { class: "card-acts" }, h("button", { class: "button", type: "button", onclick: () => go(-1) }, t("page_before")), h("button", { class: "button", type: "button", onclick: () => go(1) }, t("page_after")), may("video.snapshot") && h("button", { class: "button", type: "button", onclick: live }, t("live_view")), h("button", { class: "button plain", type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, icon("close")))), frame, said, ...(reports ? [words, h("p", { class: "help" }, t("focus_help")), classes] : []), settings);
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by && !event.target.matches("input")) go(by);
  });
  document.body.append(dialog);
  dialog.showModal();
  if (reports) offer();
  const settle = () => show(settings, [zones, may("video.zones.write") && ground].filter(Boolean).map((part) => part(camera, frame, (on) => (frame.dataset.zoning = on ? "yes" : ""))));
  try {
    if (!may("video.snapshot")) {
      const tile = await get(`/v1/cameras/${encodeURIComponent(camera.id)}/tile`);
      if (tile.picture) show(frame, h("img", { class: "tile-large", src: `data:image/jpeg;base64,${tile.picture}`, alt: camera.name, draggable: false }));
      said.textContent = tile.takenAt ? t("focus_taken", { time: exactly(tile.takenAt) }) : why(tile.problem);
      settle();
      return;
    }
    snapshot = (await post(`/v1/cameras/${encodeURIComponent(camera.id)}:snapshot`, { requestId: freshKey() })).snapshot;
    show(frame, h("img", { src: pictureUrl(snapshot.evidence.objectKey), alt: camera.name, draggable: false }));
    drawing = canvas(frame);
    said.textContent = t("focus_taken", { time: exactly(snapshot.takenAt) });
    settle();
  } catch (error) {
    said.textContent = error.message;
  }

  async function offer() {
    const [{ classes: known = [] }, { taskTypes = [] }] = await Promise.all([get("/v1/finding-classes").catch(() => ({})), once("/v1/task-types").catch(() => ({}))]);
    const admitted = taskTypes.filter((each) => each.admission === "ADMISSION_STATE_ADMITTED" && /^[CE]/.test(each.categoryCode ?? ""));
    const shown = known.length ? known.map((each) => ({ code: each.code, type: each.taskType, text: named(each) })) : admitted.map((each) => ({ code: "", type: each.code, text: named(each, "title") }));
    show(classes, shown.map((each) => h("button", { class: "button", type: "button", onclick: (event) => file(each, event.target) }, each.text)));
  }

  async function file(kind, pressed) {
    if (!snapshot) return;
    pressed.disabled = true;
    const box = drawing.box();
    try {
      if (box && kind.code) {
        const { finding, joined } = await post("/v1/findings:flag", { requestId: freshKey(), cameraId: camera.id, snapshotId: snapshot.id, classCode: kind.code, box, words: words.value.trim() || kind.text, taskType: kind.type });
        toast(t(joined ? "flag_joined" : "flag_done", { kind: kind.text }));
        dialog.close();
        return finding;
      }
      const { number } = await post(`/v1/snapshots/${snapshot.id}:report`, { requestId: freshKey(), taskType: kind.type, description: words.value.trim() || t("focus_seen", { kind: kind.text, camera: camera.name }) });
      toast(t("focus_filed", { number }));
      dialog.close();
    } catch (error) {
      said.textContent = error.message;
      pressed.disabled = false;
    }
    return null;
  }
}
