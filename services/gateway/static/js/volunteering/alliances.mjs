// Alliances of units whose members take the chair in turn: who is next, what each session agreed.

import { ask, row, table } from "../admin/table.mjs";
import { freshKey, get, post } from "../api.mjs";
import { areaField } from "../area_picker.mjs";
import { h } from "../dom.mjs";
import { field } from "../fields.mjs";
import { moment } from "../format.mjs";
import { goingOn } from "../meanwhile.mjs";
import { may, t, visitor } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { act, button } from "../volunteer/deeds.mjs";

export function alliances(target) {
  const again = () => alliances(target);
  const manages = may("points.volunteers.manage");
  asked(target, () => get("/v1/alliances"), ({ alliances: rows = [] }) => [
    manages && h("div", { class: "card-acts" }, button(t("care_alliance_new"), () => save(again), true)),
    rows.length ? h("ul", { class: "cards" }, rows.map((each) => card(each, manages, again))) : h("p", { class: "empty" }, t("care_alliances_none")),
  ]);
}

function card(each, manages, again) {
  const inside = h("div");
  const begin = () => act(() => post(`/v1/alliances/${each.code}/sessions`, { requestId: freshKey() }), t("care_session_opened"), again);
  return h("li", { class: "card" },
    h("div", { class: "card-head" }, h("b", {}, each.name), h("span", { class: "badge" }, each.open ? t("care_session_open") : t("care_next_chair", { unit: each.nextChair }))),
    h("p", { class: "quiet" }, t("care_alliance_facts", { members: (each.members ?? []).length, agreements: each.agreements ?? 0, activities: each.activities ?? 0 })),
    h("div", { class: "card-acts" },
      manages && !each.open && button(t("care_session_begin"), begin, true),
      manages && each.open && button(t("care_minutes_write"), () => minutes(each, again), true),
      button(t("care_sessions"), () => sessions(each, inside))),
    inside);
}

const sessions = (each, target) =>
  asked(target, () => get(`/v1/alliances/${each.code}/sessions`), ({ sessions: rows = [] }) => rows.length ? table([t("care_number"), t("care_chair"), t("when"), t("care_session_minutes"), t("care_agreements")], rows.map((one) => row(String(one.number), one.chair, moment(one.openedAt), one.minutes ?? "", (one.agreements ?? []).join("；")))) : h("p", { class: "empty" }, t("care_sessions_none")));

async function minutes(each, again) {
  const { sessions: rows = [] } = await get(`/v1/alliances/${each.code}/sessions`);
  const number = Math.max(...rows.map((one) => one.number));
  const words = h("textarea", { class: "input", rows: 5, required: true, maxLength: 20000 });
  const agreements = h("textarea", { class: "input", rows: 3, maxLength: 20000 });
  const activities = h("input", { class: "input", type: "number", min: 0, max: 10000, value: 0 });
  ask(t("care_minutes_write"), [field(t("care_session_minutes"), words, { required: true }), field(t("care_agreements"), agreements, { help: t("care_one_a_line") }), field(t("care_activities"), activities)], t("care_save"), async () => {
    await post(`/v1/alliances/${each.code}:writeMinutes`, { number, minutes: words.value.trim(), agreements: agreements.value.split("\n").map((line) => line.trim()).filter(Boolean), activities: Number(activities.value) });
    again();
  });
}

function save(again) {
  const code = h("input", { class: "input", required: true, maxLength: 60, pattern: "[A-Za-z0-9_\\-]+" });
  const name = h("input", { class: "input", required: true, maxLength: 100 });
  const area = areaField(t("care_area_path"), { required: true, byPath: true, chosen: visitor.roles.find((role) => role.areaPath)?.areaPath ?? "" });
  const members = h("textarea", { class: "input", rows: 5, required: true });
  const going = goingOn({}, (fresh) => fresh.alliance, [["name", "care_title"], ["members", "care_members", (member) => member.unit]]);
  ask(t("care_alliance_new"), [h("p", { class: "notice" }, t("effect_alliance")), going.changed, field(t("care_code"), code, { required: true }), field(t("care_title"), name, { required: true }), area.element, field(t("care_members"), members, { required: true, help: t("care_one_a_line") })], t("care_save"), async () => {
    await going.send((seen) => post("/v1/alliances", { alliance: { version: seen.code === code.value.trim() ? seen.version : 0, code: code.value.trim(), name: name.value.trim(), areaPath: area.value(), members: members.value.split("\n").map((unit) => unit.trim()).filter(Boolean).map((unit) => ({ unit })) } }));
    again();
  });
}
