// Working calendars: office hours and the days that differ; a change recounts open cases, which is told before it is made.

import { freshKey, get, once, post } from "../api.mjs";
import { areaField, areaName } from "../area_picker.mjs";
import { h, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { goingOn } from "../meanwhile.mjs";
import { may, named, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

/** Office hours where nobody has settled others. */
const USUAL = [{ start: "08:00", end: "12:00" }, { start: "14:00", end: "18:00" }];

/** The calendars there are; where none was changed yet, the city's as it came. */
async function known() {
  const { calendars: list = [] } = await get("/v1/calendars");
  if (list.length) return list;
  const { areas = [] } = await get("/v1/areas", { level: "AREA_LEVEL_CITY", pageSize: 1 });
  return areas.map((city) => ({ areaCode: city.code, title: named(city), slots: USUAL, untouched: true }));
}

export function calendars(target) {
  asked(target, known, (list) => {
    const again = () => calendars(target);
    if (!list.length) return h("p", { class: "empty" }, t("calendars_none"));
    return [may("rules.write") && h("div", { class: "card-acts" }, h("button", { class: "button", type: "button", onclick: () => begin(list, again) }, t("calendar_new"))), list.map((calendar) => {
      const days = calendar.days ?? [];
      return h("section", { class: "panel" }, h("div", { class: "card-head" }, h("b", {}, calendar.title || (calendar.areaCode ? areaName(calendar.areaCode) : t("whole_city"))), may("rules.write") && h("button", { class: "button", type: "button", onclick: () => change(calendar, again) }, t("calendar_day_add"))), h("p", {}, t("office_hours"), " ", (calendar.slots ?? []).map((slot) => h("span", { class: "badge code" }, `${slot.start}–${slot.end}`))), days.length ? table([t("day"), t("day_kind"), t("day_name")], days.map((each) => row(h("span", { class: "code" }, each.day), t(each.worked ? "day_worked" : "day_free"), each.name))) : h("p", { class: "quiet" }, t(calendar.untouched ? "calendars_none" : "days_none")));
    })];
  });
}

const FIELDS = [["slots", "office_hours", (slot) => `${slot.start}–${slot.end}`], ["days", "day", (each) => `${each.day} ${t(each.worked ? "day_worked" : "day_free")} ${each.name}`]];

/** An area gets a calendar of its own, beginning as the nearest above it. */
function begin(list, again) {
  const area = areaField(t("area"), { required: true });
  ask(t("calendar_new"), [h("p", { class: "quiet" }, t("calendar_new_lead")), area.element], t("calendar_day_add"), async () => {
    const there = list.find((each) => each.areaCode === area.value());
    const path = (await once(`/v1/areas/${encodeURIComponent(area.value())}`)).area.path.split(".");
    const above = list.filter((each) => path.includes(each.areaCode)).sort((one, other) => path.indexOf(other.areaCode) - path.indexOf(one.areaCode))[0];
    change(there ?? { ...(above ?? { slots: USUAL }), areaCode: area.value(), title: "", version: 0 }, again);
  });
}

function change(calendar, again) {
  const going = goingOn(calendar, (fresh) => fresh.calendar, FIELDS);
  const day = h("input", { class: "input", type: "date", required: true });
  const worked = h("input", { type: "checkbox" });
  const name = h("input", { class: "input", maxLength: 60, required: true });
  const reason = h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });
  ask(t("calendar_day_add"), [going.changed, field(t("day"), day, { required: true }), h("label", { class: "switch" }, worked, t("day_worked")), field(t("day_name"), name, { required: true }), h("p", { class: "notice" }, t("effect_calendar")), field(t("reason"), reason, { required: true })], t("save"), async () => {
    const days = (seen) => [...(seen.days ?? []).filter((each) => each.day !== day.value), { day: day.value, worked: worked.checked, name: name.value.trim() }];
    const { recountedCases } = await going.send((seen) => post(`/v1/calendars/${calendar.areaCode}:put`, { requestId: freshKey(), version: seen.version ?? 0, calendar: { areaCode: calendar.areaCode, slots: seen.slots, weekend: seen.weekend, finalYears: seen.finalYears, days: days(seen) }, reason: reason.value.trim() }));
    toast(t("calendar_done", { count: recountedCases ?? 0 }));
    again();
  });
}
