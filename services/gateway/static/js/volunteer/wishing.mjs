// The form by which a service is asked for, the place one is at, and the device one holds.

import { freshKey, post } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { choice, field } from "../fields.mjs";
import { t } from "../page.mjs";
import { CATEGORIES, category, hours } from "./deeds.mjs";

const DEVICE = "gridward.device";

/** Where one is. */
export const here = () =>
  new Promise((resolve, reject) => {
    if (!navigator.geolocation) return reject(new Error(t("position_failed_here")));
    return navigator.geolocation.getCurrentPosition(({ coords }) => resolve({ longitudeDeg: coords.longitude, latitudeDeg: coords.latitude, accuracyM: Math.min(Math.round(coords.accuracy), 100000) }), () => reject(new Error(t("position_failed_here"))), { enableHighAccuracy: true, timeout: 10_000 });
  });

/** A number of this browser's own, made up once: several volunteers who check in on one device are looked at. */
export function device() {
  const known = localStorage.getItem(DEVICE) ?? freshKey();
  localStorage.setItem(DEVICE, known);
  return known;
}

/** Asks for a service. */
export function orderForm(onDone) {
  const kind = choice(CATEGORIES.map((code) => [code, category(code)]), { required: true });
  const words = h("textarea", { class: "input", rows: 2, required: true, maxLength: 2000 });
  const place = h("input", { class: "input", maxLength: 200 });
  const minutes = choice([30, 60, 90, 120, 180, 240].map((value) => [String(value), hours(value)]), { chosen: "60", required: true });
  const people = h("input", { class: "input", type: "number", min: 1, max: 50, value: 1, required: true });
  const send = async (event) => {
    event.preventDefault();
    try {
      await post("/v1/orders", { requestId: freshKey(), category: kind.value, description: words.value.trim(), point: await here(), place: place.value.trim(), minutes: Number(minutes.value), people: Number(people.value) });
      toast(t("order_done"));
      event.target.reset();
      onDone();
    } catch (error) {
      toast(error.message);
    }
  };
  return h("details", { class: "panel" }, h("summary", {}, t("order_new")), h("form", { class: "grid-form", onsubmit: send }, field(t("order_kind"), kind, { required: true }), field(t("order_words"), words, { required: true }), field(t("place_words"), place), field(t("order_minutes"), minutes, { required: true }), field(t("order_people"), people, { required: true }), h("p", { class: "help" }, t("order_here")), h("button", { class: "button main", type: "submit" }, t("order_send"))));
}
