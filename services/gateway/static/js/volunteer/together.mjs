// What volunteers have together: whom one looks after, the year's reviews, the wall of hours, communities by hours.

import { ask, row, table } from "../admin/table.mjs";
import { get, post } from "../api.mjs";
import { h, show } from "../dom.mjs";
import { field } from "../fields.mjs";
import { moment } from "../format.mjs";
import { t, visitor } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { reviewing } from "../volunteering/reviews.mjs";
import { button, hours } from "./deeds.mjs";
import { bookOf, services } from "./rows.mjs";

export function together(target) {
  const parts = [["tab_pairs", pairs], ["hours_wall", wall], ["tab_ranking", ranking], ["tab_reviews", (part) => reviewing(part, { owner: "me", kinds: ["SELF"] })]];
  show(target, parts.map(([title, draw]) => {
    const part = h("section", { class: "care-part" });
    draw(part);
    return [h("h2", {}, t(title)), part];
  }));
}

function pairs(target) {
  const contact = (pair) => {
    const note = h("textarea", { class: "input", rows: 2, required: true, maxLength: 500 });
    ask(t("pair_contact"), [field(t("pair_note"), note, { required: true })], t("pair_contact"), async () => {
      await post(`/v1/volunteer-pairs/${pair.id}:contact`, { note: note.value.trim() });
      pairs(target);
    });
  };
  asked(target, () => get("/v1/volunteer-pairs"), ({ pairs: rows = [] }) => rows.length ? h("ul", { class: "cards" }, rows.map((pair) => h("li", { class: "card" }, h("div", { class: "card-head" }, h("b", {}, t(`need_${pair.need}`)), pair.overdue && h("span", { class: "badge wrong" }, t("pair_overdue"))), h("p", { class: "quiet" }, t("pair_last", { time: moment(pair.contactAt) }), pair.contactNote ? ` · ${pair.contactNote}` : ""), h("div", { class: "card-acts" }, button(t("pair_contact"), () => contact(pair), true))))) : h("p", { class: "empty" }, t("pairs_none")));
}

const wall = (target) =>
  asked(target, () => get("/v1/hour-wall", { pageSize: 20 }), ({ rows = [] }) => table([t("rank"), t("join_nickname"), t("service_hours"), t("star"), ""], rows.map((each) => row(String(each.rank), each.name, hours(each.minutes), "★".repeat(each.star ?? 0), each.mine ? button(t("trace"), () => bookOf(visitor.subject, each.name)) : ""))));

const ranking = (target) =>
  asked(target, () => Promise.all([get("/v1/community-ranking"), get("/v1/areas", { level: "AREA_LEVEL_COMMUNITY", pageSize: 500 })]), ([{ rows = [] }, { areas = [] }]) => {
    const names = new Map(areas.map((area) => [area.code, area.name]));
    return rows.length ? table([t("rank"), t("join_community"), t("service_hours"), ""], rows.map((each) => row(String(each.rank), names.get(each.communityCode) ?? each.communityCode, hours(each.minutes), button(t("trace"), () => services(each.communityCode, names.get(each.communityCode) ?? each.communityCode))))) : h("p", { class: "empty" }, t("ranking_none"));
  });
