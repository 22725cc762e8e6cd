// A spoken note: begins at a tap, ends at another or with the report itself, at the latest after a minute.

import { h, icon, show } from "../dom.mjs";
import { t } from "../page.mjs";

const LONGEST_MS = 60_000;
const WISHED = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/** `element` to show; `finish()` gives the note or null; `drop()` lets the microphone go. */
export function recorder() {
  let recording = null;
  let note = null;
  let ending = 0;
  const said = h("span", { class: "quiet", "aria-live": "polite" });
  const heard = h("div");
  const button = h("button", { class: "button", type: "button", "aria-pressed": "false", onclick: () => (recording ? stop() : start()) }, icon("voice"), h("span", {}, t("voice_start")));
  const element = h("div", { class: "voice-note" }, h("div", { class: "steps-row" }, button, said), heard);
  if (!globalThis.MediaRecorder || !navigator.mediaDevices) element.hidden = true;

  const tell = (running) => {
    button.setAttribute("aria-pressed", String(running));
    button.querySelector("span").textContent = t(running ? "voice_stop" : note ? "voice_again" : "voice_start");
    said.textContent = running ? t("voice_running") : "";
  };

  async function start() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const pieces = [];
      const machine = new MediaRecorder(stream, { mimeType: WISHED.find((type) => MediaRecorder.isTypeSupported(type)), audioBitsPerSecond: 24_000 });
      const done = new Promise((resolve) => machine.addEventListener("stop", resolve, { once: true }));
      machine.addEventListener("dataavailable", ({ data }) => pieces.push(data));
      machine.start();
      recording = { machine, stream, pieces, done };
      ending = setTimeout(stop, LONGEST_MS);
      tell(true);
    } catch {
      said.textContent = t("voice_failed");
    }
  }

  async function stop() {
    if (!recording) return;
    const { machine, stream, pieces, done } = recording;
    recording = null;
    clearTimeout(ending);
    machine.stop();
    await done;
    for (const track of stream.getTracks()) track.stop();
    note = new Blob(pieces, { type: machine.mimeType.split(";")[0] });
    show(heard, h("audio", { controls: true, src: URL.createObjectURL(note), "aria-label": t("voice_note") }));
    tell(false);
  }

  function drop() {
    clearTimeout(ending);
    for (const track of recording?.stream.getTracks() ?? []) track.stop();
    recording = null;
  }

  return {
    element,
    drop,
    async finish() {
      await stop();
      return note?.size ? note : null;
    },
  };
}
