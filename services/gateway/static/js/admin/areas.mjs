// Areas and posts: down the tree, who stands where, which posts nobody holds.

import { freshKey, get, once, post } from "../api.mjs";
import { h, show, toast } from "../dom.mjs";
import { field } from "../fields.mjs";
import { person } from "../format.mjs";
import { may, named, t, word } from "../page.mjs";
import { asked } from "../tabs.mjs";
import { nameHolder, whoField } from "./holders.mjs";
import { ask, row, table } from "./table.mjs";

const LEVELS = ["AREA_LEVEL_DISTRICT", "AREA_LEVEL_SUBDISTRICT", "AREA_LEVEL_COMMUNITY", "AREA_LEVEL_GRID"];

const nameOf = (code, areas) => named(areas.find((area) => area.code === code) ?? {});

export function areas(target) {
  const posts = h("div");
  const list = h("div");
  show(target, h("div", { class: "admin-split" }, list, posts));
  open("", 0, []);

  function open(code, depth, trail) {
    asked(list, () => get("/v1/areas", { underCode: code, level: LEVELS[Math.min(depth, LEVELS.length - 1)], pageSize: 500 }), ({ areas: found = [] }) => [h("nav", { class: "crumbs", "aria-label": t("area") }, h("button", { class: "button plain", type: "button", onclick: () => open("", 0, []) }, t("whole_city")), trail.map((area, index) => ["›", h("button", { class: "button plain", type: "button", onclick: () => open(area.code, index + 1, trail.slice(0, index + 1)) }, named(area))])), h("ul", { class: "plain-list" }, found.map((area) => h("li", {}, h("button", { class: "button plain", type: "button", onclick: () => (depth < LEVELS.length - 1 ? open(area.code, depth + 1, [...trail, area]) : showPosts(area)) }, named(area)), h("span", { class: "code faint" }, area.code), h("button", { class: "button plain", type: "button", onclick: () => showPosts(area) }, t("posts_show")), area.level === "AREA_LEVEL_GRID" && h("a", { class: "button plain", href: `/board/${area.code}` }, t("board_open")))))]);
    if (trail.length) showPosts(trail.at(-1));
    else showVacancies();
  }

  function showPosts(area) {
    asked(posts, () => get("/v1/posts", { underCode: area.code, pageSize: 200 }), ({ posts: found = [] }) => [h("h2", {}, named(area)), found.length ? table([t("post"), t("role"), t("holder"), t("duty_line"), ""], found.map((each) => row([named(each, "title"), " ", h("span", { class: "code faint" }, each.code)], word("roles", each.role), each.staffCode ? person(each.staffCode) : h("span", { class: "badge urgent" }, t("vacant")), each.dutyPhone || "—", h("div", { class: "card-acts" }, may("registry.staff.write") && h("button", { class: "button", type: "button", onclick: () => nameHolder(each, () => showPosts(area)) }, t("holder_name")), may("registry.duty.write") && h("button", { class: "button", type: "button", onclick: () => standIn(each, () => showPosts(area)) }, t("shift_set")))))) : h("p", { class: "empty" }, t("posts_empty"))]);
  }

  function showVacancies() {
    const both = () => Promise.all([get("/v1/vacancies"), once("/v1/areas", { level: "AREA_LEVEL_GRID", pageSize: 500 })]);
    asked(posts, both, ([{ vacancies = [] }, { areas: grids = [] }]) => [h("h2", {}, t("vacancies", { count: vacancies.length })), vacancies.length ? table([t("area"), t("role")], vacancies.slice(0, 100).map((each) => row([nameOf(each.areaCode, grids), " ", h("span", { class: "code faint" }, each.areaCode)], word("roles", each.role)))) : h("p", { class: "empty" }, t("vacancies_none"))]);
  }
}

/** Somebody stands in at a post for a while: what comes to the post meanwhile goes to them. */
function standIn(place, again) {
  const [who, read] = whoField(t("shift_who"), { required: true });
  const from = h("input", { class: "input", type: "datetime-local", required: true });
  const until = h("input", { class: "input", type: "datetime-local", required: true });
  ask(`${t("shift_set")} · ${named(place, "title")}`, [h("p", { class: "notice" }, t("effect_shift")), who, field(t("shift_from"), from, { required: true }), field(t("shift_until"), until, { required: true })], t("shift_set"), async () => {
    await post(`/v1/posts/${encodeURIComponent(place.code)}/shifts`, { requestId: freshKey(), staffCode: read(), startsAt: new Date(from.value).toISOString(), endsAt: new Date(until.value).toISOString() });
    toast(t("done"));
    again();
  });
}
