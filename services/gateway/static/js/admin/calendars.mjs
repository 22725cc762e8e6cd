// Working calendars: office hours and the days that differ; a change recounts open cases, which is told before it is made.

import { freshKey, get, post } from "../api.mjs";
import { h, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { may, t } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { ask, row, table } from "./table.mjs";

function unlessUnknown(error) {
  if (error.status !== 404) throw error;
  return {};
}

/** The calendars there are; where none was changed yet, the city's as it came. */
async function known() {
  const { calendars: list = [] } = await get("/v1/calendars");
  if (list.length) return list;
  const { areas = [] } = await get("/v1/areas", { level: "AREA_LEVEL_CITY", pageSize: 1 });
  const { calendar } = areas.length ? await get(`/v1/calendars/${areas[0].code}`).catch(unlessUnknown) : {};
  return calendar ? [{ ...calendar, areaCode: calendar.areaCode || areas[0].code }] : [];
}

export function calendars(target) {
  asked(target, known, (list) => {
    const again = () => calendars(target);
    if (!list.length) return h("p", { class: "empty" }, t("calendars_none"));
    return list.map((calendar) => {
      const days = calendar.days ?? [];
      return h("section", { class: "panel" }, h("div", { class: "card-head" }, h("b", {}, calendar.areaCode || t("whole_city")), may("rules.write") && h("button", { class: "button", type: "button", onclick: () => change(calendar, again) }, t("calendar_day_add"))), h("p", {}, t("office_hours"), " ", (calendar.slots ?? []).map((slot) => h("span", { class: "badge code" }, `${slot.start}–${slot.end}`))), days.length ? table([t("day"), t("day_kind"), t("day_name")], days.map((each) => row(h("span", { class: "code" }, each.day), t(each.worked ? "day_worked" : "day_free"), each.name))) : h("p", { class: "quiet" }, t("days_none")));
    });
  });
}

function change(calendar, again) {
  const day = h("input", { class: "input", type: "date", required: true });
  const worked = h("input", { type: "checkbox" });
  const name = h("input", { class: "input", maxLength: 60, required: true });
  const reason = h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });
  ask(t("calendar_day_add"), [field(t("day"), day, { required: true }), h("label", { class: "switch" }, worked, t("day_worked")), field(t("day_name"), name, { required: true }), h("p", { class: "notice" }, t("effect_calendar")), field(t("reason"), reason, { required: true })], t("save"), async () => {
    const days = [...(calendar.days ?? []).filter((each) => each.day !== day.value), { day: day.value, worked: worked.checked, name: name.value.trim() }];
    const { recountedCases } = await post(`/v1/calendars/${calendar.areaCode}:put`, { requestId: freshKey(), version: calendar.version ?? 0, calendar: { ...calendar, days }, reason: reason.value.trim() });
    toast(t("calendar_done", { count: recountedCases ?? 0 }));
    again();
  });
}
