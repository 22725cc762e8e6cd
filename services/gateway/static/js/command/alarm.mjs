// Says a new red light aloud, once, where somebody switched the sound on: a burst is one sound, and nothing repeats or blinks.

import { h, icon } from "../dom.mjs";
import { ended, placeOf, plain } from "../format.mjs";
import { named, t } from "../page.mjs";

const KEPT = "gridward.alarm";
//: Within this span several are told with one sound.
const SPAN_MS = 10_000;
const TONES = [[880, 0], [660, 0.18]];
const LENGTH_S = 0.16;

let on = localStorage.getItem(KEPT) === "on";
let sound = null;
let sounded = -Infinity;
const told = h("p", { class: "unseen", role: "status", "aria-live": "assertive" });

/** Whether what happened is a case that has just turned red, or an emergency that has just come in. */
export const isAlarm = ({ type, case: item }) => !ended(item) && ((type === "signal_changed" && plain(item.signal) === "RED") || (type === "incident_reported" && (item.emergency || plain(item.signal) === "RED")));

function play() {
  sound ??= new AudioContext();
  sound.resume();
  for (const [pitch, after] of TONES) {
    const tone = sound.createOscillator();
    const loudness = sound.createGain();
    const begin = sound.currentTime + after;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, begin);
    loudness.gain.exponentialRampToValueAtTime(0.25, begin + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, begin + LENGTH_S);
    tone.connect(loudness).connect(sound.destination);
    tone.start(begin);
    tone.stop(begin + LENGTH_S);
  }
}

/** Tell of it if it is one: to ears if wished, to those who have the page read to them in any case. */
export function hear(what, now = performance.now()) {
  if (!isAlarm(what)) return;
  const item = what.case;
  told.textContent = t("alarm_said", { what: named(item, "taskTypeTitle"), number: item.number.slice(-5), place: placeOf(item) });
  if (!on || now - sounded < SPAN_MS) return;
  sounded = now;
  play();
}

/** The switch; it sounds once when switched on, so that one knows what to listen for. */
export function alarmButton() {
  if (!told.isConnected) document.body.append(told);
  const draw = () => {
    button.setAttribute("aria-pressed", String(on));
    button.title = t(on ? "alarm_on" : "alarm_off");
    button.replaceChildren(icon(on ? "sound" : "mute"), h("span", { class: "unseen" }, t("alarm")));
  };
  const button = h("button", { class: "button plain", type: "button", onclick: () => {
    on = !on;
    localStorage.setItem(KEPT, on ? "on" : "off");
    if (on) play();
    draw();
  } });
  draw();
  return button;
}
